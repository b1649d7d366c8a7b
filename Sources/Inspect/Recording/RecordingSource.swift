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
    /// Of all frames.
    public var times: [UInt64] { (0..<count).map { time($0) } }

    /// The last frame that is not later than `time`; nil when all are.
    public func index(at time: UInt64) -> Int? {
        // A clock that was set back leaves frames out of order: the last one counts.
        (0..<count).last { self.time($0) <= time }
    }

    /// Tells the look of frame `index`, after as many of those before it as make rates, graphs and
    /// events: fewer where a look is large. One is held at a time.
    ///
    /// - Parameter rowsMax: topics, files and blocks of all the looks before it together.
    public func replay(
        upTo index: Int, rowsMax: Int = 60_000, _ tell: (RecordedLook) -> Void
    ) throws {
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
        for at in start...index {
            if at > start { try apply(at) }
            guard at >= first else { continue }
            do { tell(try decoder.look(at: time(at))) } catch {
                throw RecordingError("frame \(at + 1) holds what no directory does")
            }
        }
    }
}

/// A recording in memory. When it takes more than its limit, the oldest frames go.
///
/// A copy is a few words: what is read elsewhere is not in the way of what is added.
public struct RecordingTape: RecordingSource, Sendable {
    /// Bytes.
    public let limit: Int
    private var frames: [RecordedFrame] = []
    private var size = 0
    /// How many frames were dropped at the begin, in all.
    public private(set) var dropped = 0
    /// What a frame takes beside its bytes.
    private static let overhead = 64

    public init(limit: Int) { self.limit = limit }

    public var count: Int { frames.count }
    public func time(_ index: Int) -> UInt64 { frames[index].time }
    public func isKey(_ index: Int) -> Bool { frames[index].isKey }
    public func frame(_ index: Int) -> RecordedFrame { frames[index] }

    /// Adds the frame that its encoder made after the one added last.
    public mutating func append(_ frame: RecordedFrame) {
        frames.append(frame)
        size += frame.bytes.count + Self.overhead
        while size > limit,
            let next = frames.dropFirst().firstIndex(where: \.isKey)
        {
            size -= frames[..<next].reduce(0) { $0 + $1.bytes.count + Self.overhead }
            frames.removeFirst(next)
            dropped += next
        }
    }
}

extension RecordingTape: Hashable {
    public static func == (a: RecordingTape, b: RecordingTape) -> Bool { a.frames == b.frames }
    public func hash(into hasher: inout Hasher) { hasher.combine(count) }
}
