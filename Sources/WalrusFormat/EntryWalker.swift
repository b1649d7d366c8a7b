/// Reads a block entry by entry, in order, whatever state it is in.
///
/// The rule for damage, which every reader of this project follows: a damaged entry is skipped, and
/// the walk goes on behind it as long as its length can be trusted. The length of a sound header is
/// trusted; that of a damaged one only when the payload it names has the checksum it names. Where
/// no length can be trusted the rest of the block is lost, and reading resumes at the next block.
/// Payload bytes are never taken for a header.
///
/// Memory: one window of 1 MiB, whatever the entries' size. Time: in proportion to the block's
/// length, whatever stands in it. Bytes come through `read`, so that this knows no files: it fills
/// the buffer from the given offset in the file and returns how many bytes there were, fewer only
/// at the end of the file.
@safe public struct EntryWalker: ~Copyable {
    public typealias Read = (_ offset: Int, UnsafeMutableRawBufferPointer) throws -> Int
    /// Gets an entry, and its payload when that was at hand whole. Returns whether to go on.
    public typealias Visit = (WalkedEntry, _ payload: UnsafeRawBufferPointer?) throws -> Bool

    /// Payloads hashed together at most; bounds what a visitor's "stop" may have read in vain.
    private static let pendingMax = 64
    private static let windowSize = 1 << 20
    /// What the first read takes: a page tells whose block it is, and is all that there is of most
    /// blocks in a directory with many topics. What is read behind it costs memory even in a hole.
    private static let firstRead = 1 << 12
    /// What later ones take: what was read is still in the processor's cache when it is hashed.
    private static let usualRead = 1 << 18

    private let read: Read
    private let window: UnsafeMutableRawBufferPointer
    /// What part of the file the window holds.
    private var held = 0..<0
    /// What the next read takes, growing from `firstRead` to `usualRead`.
    private var nextRead = EntryWalker.firstRead
    /// Bytes that may still be hashed to find out lengths that headers do not tell: all that is
    /// spent on frames with one walker, or a part of it during a walk.
    private var guessBudget = 2 * Layout.fileSize
    private var streams = FNV1aStreams()
    private var pending: [Pending] = []

    /// An entry whose payload waits in the window to be hashed.
    private struct Pending {
        let offset: Int
        let fields: HeaderFields
    }

    public init(read: @escaping Read) {
        unsafe self.read = read
        unsafe window = .allocate(byteCount: Self.windowSize, alignment: 64)
    }

    deinit { unsafe window.deallocate() }

    // MARK: - The frame

    /// Finds out whose block begins at `start` and how long it is. Nil when there is no header to
    /// tell: the slot is empty, or its beginning is damaged beyond use.
    ///
    /// The first three sound headers vote, so that one damaged header does not take the block away
    /// from its topic.
    public mutating func frame(at start: Int) throws -> BlockFrame? {
        nextRead = Self.firstRead
        var heads: [EntryHeader] = []
        // Where the first entry says that the block ends: it is as long as that entry needs.
        var needed: Int?
        var at = start
        while heads.count < 3, at + Layout.headerSize <= needed ?? Layout.fileSize {
            let header = try unsafe bytes(at: at, Layout.headerSize)
            guard header.count == Layout.headerSize else { break }
            if let head = try? unsafe EntryHeader.decode(header.bytes), head.blockEnd > start {
                if at == start {
                    let units = Layout.units(forPayloadLength: head.payloadLength)
                    let end = min(start + units * Layout.unit, Layout.fileSize)
                    if end != head.blockEnd,
                        try !isPayload(at, head.payloadLength, head.checksum)
                    {
                        // The length is as doubtful as the payload: following it could lead into
                        // another block, whose headers must not speak for this one.
                        return BlockFrame(
                            start: start, length: head.blockEnd - start, topic: head.topic)
                    }
                    needed = end
                }
                heads.append(head)
                at += Layout.headerSize + head.payloadLength
            } else if let (next, end) = try lengthByNextHeader(
                after: at, blockStart: start, needed)
            {
                needed = end
                at = next
            } else {
                break
            }
        }
        guard let first = heads.first else { return nil }
        let end = Self.majority(heads.map(\.blockEnd)) ?? needed ?? first.blockEnd
        return BlockFrame(
            start: start, length: end - start,
            topic: Self.majority(heads.map(\.topic)) ?? first.topic)
    }

    /// The value that at least two of `votes` agree on.
    private static func majority<T: Hashable>(_ votes: [T]) -> T? {
        votes.first { vote in votes.count { $0 == vote } > 1 }
    }

    /// Where the entry after the damaged header at `at` begins: the place that a guessed length
    /// leads to, if a sound header stands there and it is no part of the payload.
    ///
    /// It is none when the payload before it has its checksum, or when it says of the block what
    /// the damaged header says, so that believing it changes nothing. A header behind the block's
    /// end is the next block's and does not speak for this one.
    ///
    /// - Parameter end: where the block ends, nil when the damaged header is its first: the block is
    ///   then as long as the guessed length needs.
    private mutating func lengthByNextHeader(after at: Int, blockStart: Int, _ end: Int?) throws
        -> (next: Int, end: Int)?
    {
        let damaged = try unsafe Array(bytes(at: at, Layout.headerSize))
        for guess in unsafe HeaderFields.guesses(damaged.span.bytes, topicLength: nil) {
            let next = at + Layout.headerSize + guess.length
            let end =
                end ?? blockStart + Layout.units(forPayloadLength: guess.length) * Layout.unit
            guard next + Layout.headerSize <= min(end, Layout.fileSize) else { continue }
            let candidate = try unsafe bytes(at: next, Layout.headerSize)
            guard candidate.count == Layout.headerSize,
                let fields = try? unsafe HeaderFields.decode(candidate.bytes)
            else { continue }
            let shared = HeaderShape(topicLength: fields.topic.count).checksum
            if unsafe candidate[..<shared].elementsEqual(damaged[..<shared]) { return (next, end) }
            if try isPayload(at, guess.length, guess.checksum) { return (next, end) }
        }
        return nil
    }

    /// The length of the block at `start` that has no frame, as far as its first entry tells: a
    /// unit, unless a longer payload has the checksum that the damaged header names.
    public mutating func length(at start: Int) throws -> Int {
        let header = try unsafe Array(bytes(at: start, Layout.headerSize))
        guard header.count == Layout.headerSize else { return Layout.unit }
        for guess in unsafe HeaderFields.guesses(header.span.bytes, topicLength: nil) {
            let length = Layout.units(forPayloadLength: guess.length) * Layout.unit
            guard length > Layout.unit, start + length <= Layout.fileSize else { continue }
            if try isPayload(start, guess.length, guess.checksum) { return length }
        }
        return Layout.unit
    }

    // MARK: - The walk

    /// Visits the entries of `frame` from the header at `offset` (bytes from the block's start)
    /// to the end. Without `verify` payloads are not read, and only headers are checked.
    public mutating func walk(
        _ frame: BlockFrame, from offset: Int = 0, verify: Bool = true, _ visit: Visit
    ) throws -> WalkEnd {
        let template = HeaderTemplate(frame)
        nextRead = Self.firstRead
        let budget = guessBudget
        guessBudget = 4 * frame.length
        defer { guessBudget = budget }
        var at = offset
        pending.removeAll(keepingCapacity: true)
        while at + Layout.headerSize <= frame.length {
            if pending.count == Self.pendingMax || !holds(frame.start + at, Layout.headerSize) {
                if let stop = try unsafe flush(frame, visit) {
                    return WalkEnd(offset: stop, stopped: true)
                }
            }
            let header = try unsafe bytes(at: frame.start + at, Layout.headerSize)
            guard header.count == Layout.headerSize else { break }
            if unsafe header.bytes.littleEndian(UInt16.self, at: 0) == 0,
                unsafe header.bytes.firstNonZero(in: 0..<Layout.headerSize) == nil
            {
                break
            }
            let fields: HeaderFields
            switch unsafe template.check(header.bytes, frame: frame, offset: at) {
            case .success(let sound):
                fields = sound
            case .failure(let damage):
                if let stop = try unsafe flush(frame, visit) {
                    return WalkEnd(offset: stop, stopped: true)
                }
                guard let entry = try salvage(frame, at, damage) else {
                    return WalkEnd(offset: at, lost: damage)
                }
                if try !visit(entry, nil) { return WalkEnd(offset: entry.end, stopped: true) }
                at = entry.end
                continue
            }
            let payload = frame.start + at + Layout.headerSize
            let next = at + Layout.headerSize + fields.payloadLength
            if !verify {
                let entry = WalkedEntry(
                    offset: at, payloadLength: fields.payloadLength, checksum: fields.checksum,
                    stamp: fields.stamp, damage: nil)
                if try !visit(entry, nil) { return WalkEnd(offset: next, stopped: true) }
            } else if Layout.headerSize + fields.payloadLength <= Self.windowSize {
                if !holds(payload, fields.payloadLength) {
                    // Hash what the window holds before it moves on.
                    if let stop = try unsafe flush(frame, visit) {
                        return WalkEnd(offset: stop, stopped: true)
                    }
                    try slide(to: frame.start + at, count: next - at)
                }
                guard holds(payload, fields.payloadLength) else { break }  // cut off: file shrank
                unsafe streams.append(held(payload, fields.payloadLength))
                pending.append(Pending(offset: at, fields: fields))
            } else {
                if let stop = try unsafe flush(frame, visit) {
                    return WalkEnd(offset: stop, stopped: true)
                }
                guard let computed = try checksum(payload, fields.payloadLength) else { break }
                let entry = Self.entry(Pending(offset: at, fields: fields), computed)
                if try !visit(entry, nil) { return WalkEnd(offset: next, stopped: true) }
            }
            at = next
        }
        if let stop = try unsafe flush(frame, visit) { return WalkEnd(offset: stop, stopped: true) }
        return WalkEnd(offset: at)
    }

    /// Hashes the waiting payloads and visits their entries. Returns where the visitor stopped.
    private mutating func flush(_ frame: BlockFrame, _ visit: Visit) throws -> Int? {
        defer { pending.removeAll(keepingCapacity: true) }
        guard !pending.isEmpty else { return nil }
        let sums = streams.hashAll { $0 }
        for (entry, computed) in zip(pending, sums) {
            let walked = Self.entry(entry, computed)
            let payload = unsafe held(
                frame.start + entry.offset + Layout.headerSize, entry.fields.payloadLength)
            if try unsafe !visit(walked, payload) { return walked.end }
        }
        return nil
    }

    private static func entry(_ entry: Pending, _ computed: UInt64) -> WalkedEntry {
        let stored = entry.fields.checksum
        return WalkedEntry(
            offset: entry.offset, payloadLength: entry.fields.payloadLength, checksum: computed,
            stamp: entry.fields.stamp,
            damage: computed == stored ? nil : .payload(stored: stored, computed: computed))
    }

    /// An entry whose header is damaged, if its length can still be trusted.
    private mutating func salvage(_ frame: BlockFrame, _ at: Int, _ damage: EntryDamage) throws
        -> WalkedEntry?
    {
        let header = try unsafe bytes(at: frame.start + at, Layout.headerSize)
        guard header.count == Layout.headerSize else { return nil }
        let guesses = unsafe HeaderFields.guesses(
            header.bytes, topicLength: frame.topic.bytes.count)
        for guess in guesses where at + Layout.headerSize + guess.length <= frame.length {
            guard try isPayload(frame.start + at, guess.length, guess.checksum) else { continue }
            return WalkedEntry(
                offset: at, payloadLength: guess.length, checksum: guess.checksum, stamp: nil,
                damage: damage)
        }
        return nil
    }

    /// Where the first whole and sound entry of `frame` stands at or behind `offset`, wherever a header
    /// could. Payload bytes that look like one count too: nothing else vouches for them there.
    mutating func entry(in frame: BlockFrame, from offset: Int) throws -> Int? {
        let template = HeaderTemplate(frame)
        var candidates = 0
        var at = offset
        while at + Layout.headerSize <= frame.length {
            let count = min(frame.length - at, Self.usualRead)
            let found = try unsafe template.firstIndex(in: bytes(at: frame.start + at, count))
            guard let found else {
                // What begins at the end of one piece is looked for in the next.
                at += max(1, count - Layout.headerSize)
                continue
            }
            at += found
            let header = try unsafe bytes(at: frame.start + at, Layout.headerSize)
            if header.count == Layout.headerSize,
                case .success(let fields) = unsafe template.check(
                    header.bytes, frame: frame, offset: at)
            {
                candidates += 1
                // So many in vain that it is not worth more time: there may be one.
                if try candidates > 64
                    || isPayload(
                        frame.start + at, fields.payloadLength, fields.checksum)
                {
                    return at
                }
            }
            at += 1
        }
        return nil
    }

    /// Whether the entry whose header stands at `header` has a payload of that length and checksum.
    /// "No" once the budget is spent: header after header of wrong guesses must not take for ever.
    private mutating func isPayload(_ header: Int, _ length: Int, _ sum: UInt64) throws -> Bool {
        guard length <= guessBudget else { return false }
        guessBudget -= length
        return try checksum(header + Layout.headerSize, length) == sum
    }

    // MARK: - The window

    private func holds(_ offset: Int, _ count: Int) -> Bool {
        held.lowerBound <= offset && offset + count <= held.upperBound
    }

    private func held(_ offset: Int, _ count: Int) -> UnsafeRawBufferPointer {
        let start = offset - held.lowerBound
        return unsafe UnsafeRawBufferPointer(rebasing: window[start..<start + count])
    }

    /// `count` bytes of the file at `offset`, or as many as there are.
    private mutating func bytes(at offset: Int, _ count: Int) throws -> UnsafeRawBufferPointer {
        if !holds(offset, count) { try slide(to: offset, count: count) }
        return unsafe held(offset, min(count, held.upperBound - offset))
    }

    /// Moves the window to `offset`, with at least `count` bytes in it if the file has them.
    private mutating func slide(to offset: Int, count: Int) throws {
        precondition(pending.isEmpty && count <= Self.windowSize)
        let size = max(count, nextRead)
        nextRead = min(4 * nextRead, Self.usualRead)
        held = offset..<offset
        let got = try unsafe read(offset, UnsafeMutableRawBufferPointer(rebasing: window[..<size]))
        held = offset..<offset + got
    }

    /// FNV-1a of `count` bytes at `offset`, read piece by piece. Nil when the file ends before.
    private mutating func checksum(_ offset: Int, _ count: Int) throws -> UInt64? {
        var state = FNV1a()
        var at = offset
        while at < offset + count {
            let piece = try unsafe bytes(at: at, min(offset + count - at, Self.windowSize))
            guard unsafe !piece.isEmpty else { return nil }
            unsafe state.add(piece)
            at += piece.count
        }
        return state.value
    }
}

/// The bytes that every header of a block shares, to check one against without decoding it.
private struct HeaderTemplate {
    private let prefix: [UInt8]
    private let shape: HeaderShape
    private let topic: Range<Int>

    init(_ frame: BlockFrame) {
        let count = frame.topic.bytes.count
        shape = HeaderShape(topicLength: count)
        topic = 2..<2 + count
        let header = EntryHeader(
            topic: frame.topic, blockEnd: frame.end, checksum: 0, payloadLength: 0, stamp: nil)
        prefix = Array(header.encoded()[..<shape.checksum])
    }

    /// Where the bytes stand first that begin every header.
    func firstIndex(in bytes: UnsafeRawBufferPointer) -> Int? {
        unsafe prefix.withUnsafeBytes { prefix in
            var at = 0
            while at + prefix.count <= bytes.count {
                let byte = unsafe bytes[at]
                if unsafe byte == prefix[0],
                    unsafe bytes[at..<at + prefix.count].elementsEqual(prefix)
                {
                    return at
                }
                // Most of what is searched is zeros, and no header begins with one.
                let isZero =
                    unsafe byte == 0 && at + 8 <= bytes.count
                    && bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self) == 0
                at += unsafe isZero && prefix[0] != 0 ? 8 : 1
            }
            return nil
        }
    }

    func check(_ bytes: RawSpan, frame: BlockFrame, offset: Int)
        -> Result<HeaderFields, EntryDamage>
    {
        do throws(FormatError) {
            let matches = unsafe bytes.withUnsafeBytes { a in
                unsafe prefix.withUnsafeBytes { b in
                    unsafe a[..<b.count].elementsEqual(b)
                }
            }
            let fields =
                matches
                ? try HeaderFields.rest(bytes, shape, topic) : try HeaderFields.decode(bytes)
            guard offset + Layout.headerSize + fields.payloadLength <= frame.length else {
                let at = HeaderShape(topicLength: fields.topic.count).payloadLength
                return .failure(
                    .header(
                        FormatError(
                            field: "read_size", range: at..<at + 4,
                            problem: "is \(fields.payloadLength), more than its block holds")))
            }
            return matches ? .success(fields) : .failure(.misplaced(stranger(bytes, fields, frame)))
        } catch {
            return .failure(.header(error))
        }
    }

    /// What makes a header that is sound by itself not one of this block.
    private func stranger(_ bytes: RawSpan, _ fields: HeaderFields, _ frame: BlockFrame)
        -> FormatError
    {
        if bytes.array(fields.topic) != frame.topic.bytes {
            return FormatError(
                field: "topic", range: fields.topic, problem: "is not that of its block")
        }
        return FormatError(
            field: "next_block_start", range: shape.blockEnd..<shape.blockEnd + 8,
            problem: "is \(fields.blockEnd), its block ends at \(frame.end)")
    }
}
