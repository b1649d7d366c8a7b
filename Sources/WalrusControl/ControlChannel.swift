internal import Synchronization
internal import SystemPackage
public import WalrusIO

/// Messages over a connection, each kept to what one of its kind may be.
public struct ControlChannel: Sendable {
    /// Why no message came.
    public enum Failure: Error, Hashable, Sendable {
        /// The other end went in the middle of one.
        case cut
        /// It did not come in time; `isBegun`: a part of it did.
        case tooSlow(isBegun: Bool)
        case malformed(MalformedMessage)
        /// The kind's limit, in bytes.
        case tooLong(length: Int, limit: Int)
        /// Too much is arriving for others.
        case busy
        case io(IOError)
    }

    public struct Message: Sendable {
        public let kind: UInt16
        public let bytes: [UInt8]
        /// What the message takes, given back with the last copy of it.
        public let lease: ControlRoom.Lease?
    }

    public let connection: LocalConnection
    private let room: ControlRoom?

    /// - Parameter room: what messages take that arrive; nil: it is nobody else's.
    public init(_ connection: LocalConnection, room: ControlRoom? = nil) {
        self.connection = connection
        self.room = room
    }

    public func send(_ frame: [UInt8], within patience: UInt64) throws(IOError) {
        try connection.send(frame, until: Clock.monotonic() + patience)
    }

    /// Waits for a message; nil when the other end has none and is gone.
    ///
    /// No memory is taken for what a header announces, only for what has come, and no more than
    /// twice that.
    ///
    /// - Parameters:
    ///   - limit: bytes that a message of a kind may have; nil: there is no such kind.
    ///   - idle: nanoseconds until its first byte.
    ///   - whole: nanoseconds from there to its last.
    public func receive(limit: (UInt16) -> Int?, idle: UInt64, whole: UInt64) throws(Failure)
        -> Message?
    {
        var header: [UInt8] = []
        guard try more(1, &header, until: Clock.monotonic() + idle, isBegun: false) > 0 else {
            return nil
        }
        let deadline = Clock.monotonic() + whole
        while header.count < ControlFrame.headerSize {
            let missing = ControlFrame.headerSize - header.count
            guard try more(missing, &header, until: deadline) > 0 else { throw .cut }
        }
        let frame: ControlFrame
        do throws(MalformedMessage) { frame = try ControlFrame.decode(header) } catch {
            throw .malformed(error)
        }
        guard let limit = limit(frame.kind) else {
            throw .malformed(MalformedMessage("messages of kind \(frame.kind) are not known here"))
        }
        guard frame.length <= limit else { throw .tooLong(length: frame.length, limit: limit) }
        let lease = room.map(ControlRoom.Lease.init)
        return Message(
            kind: frame.kind, bytes: try body(frame.length, lease, until: deadline), lease: lease)
    }

    private func body(_ length: Int, _ lease: ControlRoom.Lease?, until deadline: UInt64)
        throws(Failure) -> [UInt8]
    {
        var bytes: [UInt8] = []
        var capacity = 0
        while bytes.count < length {
            if bytes.count == capacity {
                capacity = min(length, max(ControlRoom.free, 2 * capacity))
                guard lease?.extend(to: capacity) ?? true else { throw .busy }
                bytes.reserveCapacity(capacity)
            }
            guard try more(capacity - bytes.count, &bytes, until: deadline) > 0 else { throw .cut }
        }
        return bytes
    }

    private func more(
        _ count: Int, _ bytes: inout [UInt8], until deadline: UInt64, isBegun: Bool = true
    ) throws(Failure) -> Int {
        do throws(IOError) {
            return try connection.receive(count, into: &bytes, until: deadline)
        } catch {
            throw error.errno == .timedOut ? .tooSlow(isBegun: isBegun) : .io(error)
        }
    }
}

/// How much may arrive at once, over several channels.
public final class ControlRoom: Sendable {
    /// Bytes that a message takes without asking.
    static let free = 64 << 10

    private let left: Atomic<Int>

    public init(_ bytes: Int) { left = Atomic(bytes) }

    /// What one message takes of it.
    public final class Lease: Sendable {
        private let room: ControlRoom
        private let taken = Atomic(0)

        init(_ room: ControlRoom) { self.room = room }

        deinit { room.left.wrappingAdd(taken.load(ordering: .relaxed), ordering: .relaxed) }

        /// Takes as much as a message of `capacity` bytes needs. False: there is no room. For the one
        /// thread that receives the message.
        func extend(to capacity: Int) -> Bool {
            let more = capacity - taken.load(ordering: .relaxed)
            guard capacity > free, more > 0 else { return true }
            guard room.left.wrappingSubtract(more, ordering: .relaxed).newValue >= 0 else {
                room.left.wrappingAdd(more, ordering: .relaxed)
                return false
            }
            taken.wrappingAdd(more, ordering: .relaxed)
            return true
        }
    }
}
