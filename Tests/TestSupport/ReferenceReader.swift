public import SystemPackage
internal import WalrusIO

/// A log as the reference reads it: written from the rules of `docs/format.md` alone, with no code
/// of the program's own readers, and with the reference's own short-sightedness.
public struct ReferenceReader {
    public struct Entry: Equatable {
        public let payload: [UInt8]
    }

    public struct Topic {
        var chain: [Block] = []
        public var entries: [Entry] { chain.flatMap { block in block.entries.map(\.entry) } }
        /// Entries before the cursor.
        public var consumed = 0

        public init() {}
    }

    struct Block {
        let entries: [(offset: Int, entry: Entry)]
        let used: Int
        /// Its number in the order of the scan, from 1.
        let number: Int
    }

    public private(set) var topics: [[UInt8]: Topic] = [:]
    public private(set) var clean: [[UInt8]: Bool] = [:]
    /// What it could not make sense of.
    public private(set) var problems: [String] = []
    /// Where something stands that it does not read.
    public private(set) var stops: [String] = []

    private static let unit = 10_485_760

    public init(_ path: FilePath) throws {
        // Every regular file whose name does not end so is a data file to it.
        let names = try Directory.list(path).filter { $0.kind == .file }.map(\.name)
            .filter { !$0.hasSuffix("_index.db") }.sorted()
        var number = 1
        for name in names {
            if Int(name) == nil { problems.append("\(name): the reference crashes on this") }
            let file = try DiskFile(path.appending(name), .readOnly)
            let size = try file.size()
            guard size == 100 * Self.unit else {
                stops.append("\(name): \(size) bytes")
                continue
            }
            for slot in 0..<100 {
                // A block in which it finds nothing ends the file.
                guard let (topic, block) = try Self.block(file, slot * Self.unit, number) else {
                    if try file.firstNonZero(in: slot * Self.unit..<size) != nil {
                        stops.append("\(name): slot \(slot)")
                    }
                    break
                }
                let next = slot * Self.unit + block.used
                if block.used + 256 <= Self.unit,
                    try file.read(at: next, count: 256).contains(where: { $0 != 0 })
                {
                    stops.append("\(name): byte \(next)")
                }
                topics[topic, default: Topic()].chain.append(block)
                number += 1
            }
        }
        try readCursors(path)
        for (key, entry) in try Self.index(path.appending("topic_clean_index.db"), keyAt: 0) {
            clean[key] = entry[16] != 0
        }
    }

    /// The entries from `start` on: up to the first header that does not hold, or payload that does
    /// not sum up, and never past 10 MiB.
    private static func block(_ file: DiskFile, _ start: Int, _ number: Int) throws
        -> (topic: [UInt8], block: Block)?
    {
        var at = 0
        var topic: [UInt8]?
        var found: [(offset: Int, entry: Entry)] = []
        while at + 256 <= unit {
            let header = try file.read(at: start + at, count: 256)
            let length = Int(header[0]) | Int(header[1]) << 8
            guard length >= 32, length <= 254 else { break }
            let root = 2 + length - 32
            guard let name = string(header, root, from: 2) else { break }
            let size = Int(number32(header, root + 24))
            guard at + 256 + size <= unit, topic == nil || topic == name else { break }
            let payload = try file.read(at: start + at + 256, count: size)
            var sum: UInt64 = 0xcbf2_9ce4_8422_2325
            for byte in payload { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01b3 }
            guard sum == number64(header, root + 16) else { break }
            topic = name
            found.append((at, Entry(payload: payload)))
            at += 256 + size
        }
        return topic.map { ($0, Block(entries: found, used: at, number: number)) }
    }

    private mutating func readCursors(_ path: FilePath) throws {
        for (key, entry) in try Self.index(
            path.appending("read_offset_idx_index.db"), keyAt: 16)
        {
            let (block, offset) = (Self.number64(entry, 0), Int(Self.number64(entry, 8)))
            guard let chain = topics[key]?.chain else { continue }
            let isTail = block >> 63 == 1
            let index =
                isTail
                ? chain.firstIndex { $0.number == Int(block & 0x7fff_ffff_ffff_ffff) }
                : Int(block)
            guard let index else {
                problems.append("the cursor of \(key) is in no block of the topic")
                continue
            }
            let before = chain.prefix(index).reduce(0) { $0 + $1.entries.count }
            let inside = index < chain.count ? chain[index].entries : []
            let bounds = inside.map(\.offset) + [index < chain.count ? chain[index].used : 0]
            if !bounds.contains(offset) {
                problems.append("the cursor of \(key) is between entries: \(block), \(offset)")
            }
            topics[key]?.consumed = before + inside.count { $0.offset < offset }
        }
    }

    // MARK: - Archived values

    private struct Unreadable: Error { let path: FilePath }

    /// The entries of an index file by key. `keyAt`: where in the 24 bytes the key stands.
    private static func index(_ path: FilePath, keyAt: Int) throws -> [[UInt8]: [UInt8]] {
        guard let bytes = try Directory.contents(of: path), !bytes.isEmpty else { return [:] }
        let count = Int(number32(bytes, bytes.count - 12))
        let root = bytes.count - 12
        let first = root + 8 + Int(Int32(bitPattern: number32(bytes, root + 8)))
        var entries: [[UInt8]: [UInt8]] = [:]
        for place in 0..<count {
            let at = first + 24 * place
            guard let key = string(bytes, at + keyAt, from: 0) else {
                throw Unreadable(path: path)
            }
            entries[key] = Array(bytes[at..<at + 24])
        }
        return entries
    }

    private static func string(_ bytes: [UInt8], _ at: Int, from start: Int) -> [UInt8]? {
        if bytes[at + 7] & 0x80 == 0 { return Array(bytes[at..<at + Int(min(7, bytes[at + 7]))]) }
        let count = Int(number32(bytes, at))
        let text = at + Int(Int32(bitPattern: number32(bytes, at + 4)))
        guard text >= start, text + count <= bytes.count else { return nil }
        return Array(bytes[text..<text + count])
    }

    private static func number32(_ bytes: [UInt8], _ at: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << (8 * UInt32($1)) }
    }

    private static func number64(_ bytes: [UInt8], _ at: Int) -> UInt64 {
        (0..<8).reduce(0) { $0 | UInt64(bytes[at + $1]) << (8 * UInt64($1)) }
    }
}
