internal import SystemPackage
internal import WalrusFormat
internal import WalrusIO

/// The blocks that the reference finds when it opens a directory, by its own rules: it looks at every
/// 10 MiB of a file until it comes upon eight zeros, takes what stands there for a header, and reads
/// entries until one does not hold.
struct ReferenceScan {
    struct Block {
        /// Index into the directory's files.
        let file: Int
        let slot: Int
        /// In the order of the scan, from 1.
        let number: UInt64
        /// Bytes of entries.
        let used: Int
        let entries: Int
        /// What it found byte by byte; nil where all of the block is sound, as the scan knows it.
        let walk: ReferenceWalk?
    }

    private(set) var chains: [TopicName: [Block]] = [:]
    private(set) var hazards: [RecoveryPreview.Hazard] = []
    private var next: UInt64 = 1

    /// The offset in a block where a topic's cursor may stand.
    typealias Mark = (_ topic: TopicName) -> Int?

    /// - Parameter files: the data files in the order of their names.
    init(_ files: [FileScan], strays: [String], mark: Mark) {
        for name in strays {
            hazards.append(
                .init(
                    file: name, slot: nil, mayCrash: true,
                    message: "It is no data file, and is read as one."))
        }
        for (index, file) in files.enumerated() { add(file, index, mark) }
    }

    private mutating func add(_ scan: FileScan, _ index: Int, _ mark: Mark) {
        if scan.status.size != Layout.fileSize {
            note(scan, nil, crash: true, "It is not 1000 MiB long: behind its end a map crashes.")
        }
        let file: DiskFile
        do throws(IOError) { file = try scan.open() } catch {
            return note(scan, nil, crash: false, "It cannot be read (\(error)).")
        }
        for slot in 0..<Layout.unitsPerFile {
            do {
                guard try add(slot, of: scan, index, file, mark) else { return }
            } catch {
                return note(scan, slot, crash: false, "It cannot be read (\(error)).")
            }
        }
    }

    /// Returns whether it goes on with the next slot.
    private mutating func add(
        _ slot: Int, of scan: FileScan, _ index: Int, _ file: DiskFile, _ mark: Mark
    ) throws -> Bool {
        let use = scan.slots.indices.contains(slot) ? scan.slots[slot] : .empty
        var known: BlockScan?
        switch use {
        case .empty:
            if slot < scan.slots.count {
                let message = "An empty block ends the file: what follows is hidden."
                note(scan, slot, crash: false, message)
            }
            return false
        case .block(let place):
            let block = scan.blocks[place]
            if block.frame.units == 1, block.damaged == 0, block.lost == nil, block.entries > 0 {
                append(
                    Block(
                        file: index, slot: slot, number: next, used: block.used,
                        entries: block.entries, walk: nil), block.frame.topic)
                return true
            }
            known = block
        case .continued, .unreadable: break
        }
        return try walk(slot, of: scan, index, file, known, mark)
    }

    private mutating func walk(
        _ slot: Int, of scan: FileScan, _ index: Int, _ file: DiskFile, _ known: BlockScan?,
        _ mark: Mark
    ) throws -> Bool {
        let start = slot * Layout.unit
        let hides = slot + 1 < scan.slots.count ? ": what follows is hidden" : ""
        let topic: TopicName
        switch try ReferenceWalk.header(file, start) {
        case .zero:
            if !hides.isEmpty { note(scan, slot, crash: false, "Zeros end the file\(hides).") }
            return false
        case .none:
            // Not a header at all: the slot is passed by, and has had a number.
            next += 1
            return true
        case .wild:
            note(scan, slot, crash: true, "A damaged header leads out of its bounds\(hides).")
            return false
        case .header(let header): topic = header.topic
        }
        // Where nothing is damaged the payloads were verified by the scan.
        let isSound = known.map { $0.damaged == 0 && $0.lost == nil } ?? false
        let walk = try ReferenceWalk(
            file, start, mark: mark(topic) ?? 0, verifies: !isSound)
        if walk.isWild {
            note(
                scan, slot, crash: true,
                "The header at byte \(hex(walk.used)) is damaged and leads out of its bounds.")
        } else if let known, walk.used < known.used, known.frame.units == 1 {
            note(
                scan, slot, crash: false,
                walk.entries == 0
                    ? "Its first entry does not hold, which ends the file\(hides)."
                    : "The entry at byte \(hex(walk.used)) does not hold: what follows in the block is hidden."
            )
        } else if known.map({ walk.used < $0.used }) ?? false {
            note(
                scan, slot, crash: false,
                "A block of several units is read as one: its entries from byte \(hex(walk.used)) on are hidden."
            )
        } else if known == nil, walk.entries > 0 {
            note(
                scan, slot, crash: false,
                "Bytes inside of a longer block are read as \(walk.entries) entries.")
        }
        guard walk.entries > 0 else { return false }
        append(
            Block(
                file: index, slot: slot, number: next, used: walk.used, entries: walk.entries,
                walk: walk), topic)
        return true
    }

    private mutating func append(_ block: Block, _ topic: TopicName) {
        next += 1
        // A topic without a name is in no list of its.
        if !topic.bytes.isEmpty { chains[topic, default: []].append(block) }
    }

    private mutating func note(
        _ scan: FileScan, _ slot: Int?, crash: Bool, _ message: String
    ) {
        hazards.append(
            .init(file: scan.name.text, slot: slot, mayCrash: crash, message: message))
    }
}

/// The entries that the reference finds from the start of a slot on.
struct ReferenceWalk {
    struct Header {
        let topic: TopicName
        let length: Int
        let checksum: UInt64
    }

    enum Head {
        /// Eight zeros.
        case zero
        /// Its length is none.
        case none
        /// What it points to is outside of it: anything may come of following it.
        case wild
        case header(Header)
    }

    private(set) var entries = 0
    private(set) var used = 0
    /// It came upon a header that leads out of its bounds.
    private(set) var isWild = false
    /// Entries that begin before the mark, and whether one begins there.
    private var atMark = (entries: 0, isBoundary: false)

    /// - Parameters:
    ///   - mark: the offset for which it is to be known how many entries begin before it.
    ///   - verifies: whether payloads are to be summed up.
    init(_ file: DiskFile, _ start: Int, mark: Int, verifies: Bool) throws {
        let size = try file.size()
        while used < Layout.unit {
            guard case .header(let header) = try head(file, start) else { break }
            let payload = start + used + Layout.headerSize
            // What is behind the file's end sums up to nothing that was ever written.
            guard payload + header.length <= size else { break }
            if verifies, try Self.sum(file, payload, header.length) != header.checksum { break }
            if used <= mark { atMark = (entries + (used < mark ? 1 : 0), used == mark) }
            entries += 1
            used += Layout.headerSize + header.length
        }
    }

    /// How many entries begin before 0, the mark, or an offset behind them all; and whether that is
    /// where one begins, or the last one ends.
    func before(_ offset: Int) -> (entries: Int, isBoundary: Bool) {
        if offset >= used { return (entries, offset == used) }
        return offset == 0 ? (0, true) : atMark
    }

    private mutating func head(_ file: DiskFile, _ start: Int) throws -> Head {
        let head = try Self.header(file, start + used)
        if case .wild = head { isWild = true }
        return head
    }

    /// What the reference makes of the 256 bytes at `offset`.
    static func header(_ file: DiskFile, _ offset: Int) throws -> Head {
        let read = try file.read(at: offset, count: Layout.headerSize)
        let bytes = read + [UInt8](repeating: 0, count: Layout.headerSize - read.count)
        guard bytes.prefix(8).contains(where: { $0 != 0 }) else { return .zero }
        let length = Int(bytes.number(at: 0, 2))
        guard length > 0, length <= Layout.headerSize - 2 else { return .none }
        let root = 2 + length - 32
        guard root >= 2, let name = string(bytes, root) else { return .wild }
        return .header(
            Header(
                topic: TopicName(bytes: name), length: Int(bytes.number(at: root + 24, 4)),
                checksum: bytes.number(at: root + 16, 8)))
    }

    /// An archived string; nil when it is outside of the header.
    private static func string(_ bytes: [UInt8], _ at: Int) -> [UInt8]? {
        let last = bytes[at + 7]
        if last & 0x80 == 0 { return last <= 7 ? Array(bytes[at..<at + Int(last)]) : nil }
        let count = Int(bytes.number(at: at, 4))
        let text = at + Int(Int32(truncatingIfNeeded: bytes.number(at: at + 4, 4)))
        guard text >= 2, text + count <= bytes.count else { return nil }
        return Array(bytes[text..<text + count])
    }

    private static func sum(_ file: DiskFile, _ offset: Int, _ count: Int) throws -> UInt64 {
        var sum = FNV1a()
        var at = offset
        while at < offset + count {
            let piece = try file.read(at: at, count: min(1 << 20, offset + count - at))
            guard !piece.isEmpty else { break }
            unsafe piece.withUnsafeBytes { unsafe sum.add($0) }
            at += piece.count
        }
        return sum.value
    }
}

/// As the console names a byte of a block.
private func hex(_ offset: Int) -> String { "0x" + String(offset, radix: 16, uppercase: true) }

extension [UInt8] {
    /// `size` bytes at `at` as an unsigned little-endian number.
    fileprivate func number(at: Int, _ size: Int) -> UInt64 {
        (0..<size).reduce(0) { $0 | UInt64(self[at + $1]) << (8 * UInt64($1)) }
    }
}
