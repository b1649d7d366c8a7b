internal import WalrusFormat
internal import WalrusIO

/// An entry as it stands on disk, header and payload sound.
struct StoredEntry: Sendable {
    let stamp: EntryStamp?
    /// What the payload was read with.
    private let bytes: [UInt8]
    private let range: Range<Int>

    var payloadLength: Int { range.count }
    /// With the header.
    var size: Int { Layout.headerSize + range.count }
    var payload: [UInt8] { range.count == bytes.count ? bytes : Array(bytes[range]) }

    /// The payload, not copied.
    func withPayload<R, E: Error>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R {
        try body(unsafe bytes.span.bytes.extracting(range))
    }

    /// Small entries come with one call of the system.
    private static let firstRead = 4_096

    /// The entry at `offset` of `block`; nil when it is not sound.
    static func read(_ block: Block, at offset: Int) throws(IOError) -> StoredEntry? {
        try read(block, at: offset, Need(readSize: firstRead)).entries.first
    }

    // MARK: - Many at once

    /// How much is wanted.
    struct Need {
        /// Entries.
        var count = 1
        /// Bytes of payload; the first entry may have more if `isFirstFree`. Less than none: what
        /// came before has taken more.
        var payloadSize = 0
        var isFirstFree = true
        /// Bytes to read at once.
        var readSize: Int
    }

    /// What one read gave.
    struct Run {
        var entries: [StoredEntry] = []
        /// The next entry is more than is needed; otherwise, after no entry at all, it is not sound.
        var isEnough = false
    }

    /// A header, and where its payload stands in what was read.
    private struct Candidate {
        let header: BlockHeaders.Fields
        let range: Range<Int>
    }

    /// The sound entries from `offset` of `block` on, as far as one read brings them.
    ///
    /// - Parameter bytes: what such a read has brought, where it was done before.
    static func read(_ block: Block, at offset: Int, _ need: Need, _ bytes: [UInt8]? = nil)
        throws(IOError) -> Run
    {
        let start = block.frame.start + offset
        let count = min(need.readSize, block.used - offset)
        let bytes =
            if let bytes { bytes } else { try block.file.bytes(at: start, count: count) }
        // Where known damage begins.
        let end = block.damaged.first { $0.lowerBound > offset }?.lowerBound ?? block.used
        let headers = BlockHeaders(block.frame)
        var run = Run()
        var candidates: [Candidate] = []
        var left = need.payloadSize
        var at = 0
        while at + Layout.headerSize <= bytes.count {
            let head = unsafe bytes.span.bytes.extracting(at..<at + Layout.headerSize)
            guard let header = headers.decode(head) else { break }
            let range = at + Layout.headerSize..<at + Layout.headerSize + header.payloadLength
            guard offset + range.upperBound <= end else { break }
            let isFree = candidates.isEmpty && need.isFirstFree
            guard candidates.count < need.count, isFree || range.count <= left else {
                run.isEnough = true
                break
            }
            left -= range.count
            guard range.upperBound <= bytes.count else {
                // A long one comes alone; after others it is the next read's.
                guard candidates.isEmpty else { break }
                run.entries = try readLong(block, start, header, bytes).map { [$0] } ?? []
                return run
            }
            candidates.append(Candidate(header: header, range: range))
            at = range.upperBound
        }
        run.entries = sound(candidates, in: bytes)
        if run.entries.count < candidates.count { run.isEnough = false }
        return run
    }

    /// The entry of whose payload only a part came with `bytes`.
    private static func readLong(
        _ block: Block, _ start: Int, _ header: BlockHeaders.Fields, _ bytes: [UInt8]
    ) throws(IOError) -> StoredEntry? {
        let there = bytes.count - Layout.headerSize
        var failure: IOError?
        let payload = unsafe [UInt8](unsafeUninitializedCapacity: header.payloadLength) {
            buffer, initialized in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            unsafe raw.copyBytes(from: bytes[Layout.headerSize...])
            initialized = there
            do throws(IOError) {
                initialized += unsafe try block.file.read(
                    at: start + bytes.count,
                    into: UnsafeMutableRawBufferPointer(rebasing: raw[there...]))
            } catch { failure = error }
        }
        if let failure { throw failure }
        guard payload.count == header.payloadLength, FNV1a.hash(payload) == header.checksum else {
            return nil
        }
        return StoredEntry(stamp: header.stamp, bytes: payload, range: 0..<payload.count)
    }

    private init(stamp: EntryStamp?, bytes: [UInt8], range: Range<Int>) {
        self.stamp = stamp
        self.bytes = bytes
        self.range = range
    }

    /// Those of the candidates, up to the first other one, whose payload has its checksum.
    private static func sound(_ candidates: [Candidate], in bytes: [UInt8]) -> [StoredEntry] {
        let sums = unsafe bytes.withUnsafeBytes { bytes in
            var streams = FNV1aStreams()
            for candidate in candidates {
                unsafe streams.append(UnsafeRawBufferPointer(rebasing: bytes[candidate.range]))
            }
            return streams.hashAll { $0 }
        }
        return zip(candidates, sums).prefix { $0.header.checksum == $1 }.map {
            StoredEntry(stamp: $0.0.header.stamp, bytes: bytes, range: $0.0.range)
        }
    }
}
