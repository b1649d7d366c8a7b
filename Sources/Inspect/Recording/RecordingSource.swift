/// Frames that can be asked for in any order.
public protocol RecordingSource {
    var count: Int { get }
    /// In nanoseconds since 1970 UTC.
    func time(_ index: Int) -> UInt64
    func isKey(_ index: Int) -> Bool
    func frame(_ index: Int) throws -> RecordedFrame
}

/// A frame that was recorded and cannot be played.
public struct RecordingError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}

extension RecordingSource {
    /// The look of frame `index`, and as many of those before it as make rates, graphs and events:
    /// fewer where a look is large. The newest last.
    ///
    /// - Parameter rowsMax: topics, files and blocks of all the looks before it together.
    public func looks(upTo index: Int, rowsMax: Int = 60_000) throws -> [RecordedLook] {
        guard (0..<count).contains(index) else {
            throw RecordingError("there is no frame \(index + 1) among \(count)")
        }
        func key(atOrBefore index: Int) -> Int? {
            var at = index
            while at > 0, !isKey(at) { at -= 1 }
            return isKey(at) ? at : nil
        }
        guard var start = key(atOrBefore: index) else {
            throw RecordingError("frame \(index + 1) has no key frame before it")
        }
        var decoder = RecordingDecoder()
        func apply(_ index: Int) throws {
            do { try decoder.apply(try frame(index)) } catch is RecordingReader.Malformed {
                throw RecordingError("frame \(index + 1) is not one of this version")
            }
        }
        try apply(start)
        let wanted = max(10, min(600, rowsMax / max(1, decoder.rows)))
        let first = max(0, index + 1 - wanted)
        if let earlier = key(atOrBefore: first), earlier < start {
            start = earlier
            decoder = RecordingDecoder()
            try apply(start)
        }
        var looks: [RecordedLook] = []
        for at in start...index {
            if at > start { try apply(at) }
            guard at >= first else { continue }
            do { looks.append(try decoder.look(at: time(at))) } catch {
                throw RecordingError("frame \(at + 1) holds what no directory does")
            }
        }
        return looks
    }
}

/// A recording in memory. When it takes more than its limit, the oldest frames go.
public struct RecordingTape: RecordingSource, Sendable {
    /// Bytes.
    public let limit: Int
    private var frames: [RecordedFrame] = []
    private var encoder = RecordingEncoder()
    private var size = 0
    /// What a frame takes beside its bytes.
    private static let overhead = 64

    public init(limit: Int) { self.limit = limit }

    public var count: Int { frames.count }
    public func time(_ index: Int) -> UInt64 { frames[index].time }
    public func isKey(_ index: Int) -> Bool { frames[index].isKey }
    public func frame(_ index: Int) -> RecordedFrame { frames[index] }

    /// Adds a look. Returns how many frames were dropped at the begin.
    @discardableResult
    public mutating func append(_ state: DirectoryState, holders: [Int]) -> Int {
        let frame = encoder.encode(state, holders: holders)
        frames.append(frame)
        size += frame.bytes.count + Self.overhead
        var dropped = 0
        while size > limit,
            let next = frames.dropFirst().firstIndex(where: \.isKey)
        {
            size -= frames[..<next].reduce(0) { $0 + $1.bytes.count + Self.overhead }
            frames.removeFirst(next)
            dropped += next
        }
        return dropped
    }
}
