internal import WalrusFormat
internal import WalrusIO

/// A sound entry in what was read of its block: plain numbers, so that thousands cost little.
struct StoredEntry: Sendable {
    let stamp: EntryStamp?
    /// Where the payload stands in what was read.
    let start: Int
    let payloadLength: Int

    /// With the header.
    var size: Int { Layout.headerSize + payloadLength }
    var range: Range<Int> { start..<start + payloadLength }
}

/// Sound entries, one behind the other, and the bytes that they were read with.
struct StoredRun: Sendable {
    var bytes: [UInt8] = []
    var entries: [StoredEntry] = []
    /// The next entry is more than is needed; otherwise, after no entry at all, it is not sound.
    var isEnough = false

    /// How much is wanted.
    struct Need {
        /// Entries.
        var count = 1
        /// Bytes of payload; the first entry may have more if `isFirstFree`. Less than none: what
        /// came before has taken more.
        var payloadSize = 0
        var isFirstFree = true
        /// Bytes to read at most, but for an entry that has more.
        var readSize: Int
        /// Whether to read such an entry; otherwise it is as if there were none.
        var takesLong = true
    }

    /// Small entries come with one call of the system.
    private static let firstRead = 4_096
    /// What is read and checked before more is read: it is still in the processor's cache then.
    private static let pieceSize = 512 << 10

    /// The entry at `offset` of `block` alone; none when it is not sound.
    static func single(_ block: Block, at offset: Int) throws(IOError) -> StoredRun {
        try StoredRun(block, at: offset, Need(readSize: firstRead))
    }

    /// The sound entries from `offset` of `block` on, as far as what is read brings them.
    ///
    /// - Parameter given: what was read there before, instead of reading.
    init(_ block: Block, at offset: Int, _ need: Need, _ given: [UInt8]? = nil) throws(IOError) {
        let start = block.frame.start + offset
        let count = given?.count ?? min(need.readSize, block.used - offset)
        var scan = RunScan(block, offset, need, capacity: count)
        if let given {
            bytes = given
            unsafe given.withUnsafeBytes { unsafe scan.check($0) }
        } else {
            var failure: IOError?
            bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                let raw = UnsafeMutableRawBufferPointer(buffer)
                do throws(IOError) {
                    repeat {
                        let size = min(Self.pieceSize, count - filled)
                        let piece = unsafe UnsafeMutableRawBufferPointer(
                            rebasing: raw[filled..<filled + size])
                        let read = unsafe try block.file.read(at: start + filled, into: piece)
                        filled += read
                        unsafe scan.check(UnsafeRawBufferPointer(rebasing: raw[..<filled]))
                        if read < size { break }
                    } while filled < count && !scan.isDone
                } catch { failure = error }
            }
            if let failure { throw failure }
        }
        entries = scan.entries
        isEnough = scan.isEnough
        if entries.isEmpty, need.takesLong, let long = scan.long {
            try readLong(long, block, start)
        }
    }

    /// Reads the rest of an entry of whose payload only a part is there.
    private mutating func readLong(_ header: BlockHeaders.Fields, _ block: Block, _ start: Int)
        throws(IOError)
    {
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
            return
        }
        bytes = payload
        entries = [StoredEntry(stamp: header.stamp, start: 0, payloadLength: payload.count)]
    }
}

/// Finds and checks entries in bytes that come piece by piece.
private struct RunScan: ~Copyable {
    private(set) var entries: [StoredEntry] = []
    private(set) var isEnough = false
    /// Nothing more is to be found in this block, or in as much of it as is to be read.
    private(set) var isDone = false
    /// The first entry, if it is longer than what is read.
    private(set) var long: BlockHeaders.Fields?

    private let headers: BlockHeaders
    private let need: StoredRun.Need
    /// Bytes that are read at most.
    private let capacity: Int
    /// Where known damage, or the end of the entries, is.
    private let end: Int
    private var left: Int
    private var at = 0
    /// The checksums of the entries that are not checked yet.
    private var sums: [UInt64] = []
    private var streams = FNV1aStreams()

    init(_ block: Block, _ offset: Int, _ need: StoredRun.Need, capacity: Int) {
        headers = BlockHeaders(block.frame)
        self.need = need
        self.capacity = capacity
        let damage = block.damaged.first { $0.lowerBound > offset }
        end = (damage?.lowerBound ?? block.used) - offset
        left = need.payloadSize
    }

    /// Goes on in `bytes`, which begin with all that was there before.
    mutating func check(_ bytes: UnsafeRawBufferPointer) {
        let sound = entries.count
        sums.removeAll(keepingCapacity: true)
        while !isDone, at + Layout.headerSize <= bytes.count, unsafe next(bytes) {}
        for entry in entries[sound...] {
            unsafe streams.append(UnsafeRawBufferPointer(rebasing: bytes[entry.range]))
        }
        let right = streams.hashAll { found in
            var right = 0
            while right < sums.count, found[right] == sums[right] { right += 1 }
            return right
        }
        guard right < sums.count else { return }
        entries.removeSubrange((sound + right)...)
        (isDone, isEnough) = (true, false)
    }

    /// Takes the entry at hand. False when there is none, or not all of it.
    private mutating func next(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let head = unsafe bytes.bytes.extracting(at..<at + Layout.headerSize)
        guard let header = headers.decode(head) else {
            isDone = true
            return false
        }
        let start = at + Layout.headerSize
        let length = header.payloadLength
        guard start + length <= end else {
            isDone = true
            return false
        }
        guard entries.count < need.count, entries.isEmpty && need.isFirstFree || length <= left
        else {
            (isDone, isEnough) = (true, true)
            return false
        }
        guard start + length <= bytes.count else {
            // A long one comes alone; after others it is the next read's.
            if start + length > capacity {
                isDone = true
                if entries.isEmpty { long = header }
            }
            return false
        }
        left -= length
        entries.append(StoredEntry(stamp: header.stamp, start: start, payloadLength: length))
        sums.append(header.checksum)
        at = start + length
        return true
    }
}
