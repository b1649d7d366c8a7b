public import SystemPackage
internal import WalrusFormat
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
        /// Where the entries stand.
        public var places: [Place] { chain.flatMap(\.places) }
        /// Entries before the cursor.
        public var consumed = 0
        /// The cursor is where no entry begins.
        public var isStuck = false

        public init() {}
    }

    public struct Place: Hashable, Sendable {
        public let file: String
        public let slot: Int
        public let offset: Int

        public init(file: String, slot: Int, offset: Int) {
            self.file = file
            self.slot = slot
            self.offset = offset
        }
    }

    struct Block {
        let file: String
        let slot: Int
        let entries: [(offset: Int, entry: Entry)]
        let used: Int
        /// Its number in the order of the scan, from 1.
        let number: Int

        var places: [Place] {
            entries.map { Place(file: file, slot: slot, offset: $0.offset) }
        }
    }

    public private(set) var topics: [[UInt8]: Topic] = [:]
    public private(set) var clean: [[UInt8]: Bool] = [:]
    /// What it could not make sense of.
    public private(set) var problems: [String] = []
    /// Where something stands that it does not read.
    public private(set) var stops: [String] = []
    /// What it follows out of bounds.
    public private(set) var crashes: [String] = []

    private static let unit = 10_485_760

    /// - Parameter keepsPayloads: whether entries are to have their payloads.
    public init(_ path: FilePath, keepsPayloads: Bool = true) throws {
        // Every regular file whose name does not end so is a data file to it.
        let names = try Directory.list(path).filter { $0.kind == .file }.map(\.name)
            .filter { !$0.hasSuffix("_index.db") }.sorted()
        var number = 1
        for name in names {
            if Int(name) == nil { problems.append("\(name): the reference crashes on this") }
            let file = try DiskFile(path.appending(name), .readOnly)
            let size = try file.size()
            if size != 100 * Self.unit { stops.append("\(name): \(size) bytes") }
            for slot in 0..<100 {
                let start = slot * Self.unit
                // Eight zeros end the file, and so does a block in which it finds nothing.
                let head = try Self.read(file, start, 256)
                if head.prefix(8).allSatisfy({ $0 == 0 }) {
                    if try file.firstNonZero(in: min(start, size)..<size) != nil {
                        stops.append("\(name): slot \(slot)")
                    }
                    break
                }
                let length = Int(head[0]) | Int(head[1]) << 8
                guard length > 0, length <= 254 else {
                    stops.append("\(name): slot \(slot) has no header")
                    number += 1
                    continue
                }
                var walk = Walk(file: file, start: start, keepsPayloads: keepsPayloads)
                try walk.run()
                if walk.isWild { crashes.append("\(name): byte \(start + walk.used)") }
                guard let topic = walk.topic else {
                    stops.append("\(name): slot \(slot)")
                    break
                }
                if walk.used + 256 <= Self.unit,
                    try Self.read(file, start + walk.used, 256).contains(where: { $0 != 0 })
                {
                    stops.append("\(name): byte \(start + walk.used)")
                }
                if walk.used > Self.unit { stops.append("\(name): slot \(slot) is long") }
                let block = Block(
                    file: name, slot: slot, entries: walk.found, used: walk.used, number: number)
                if !topic.isEmpty { topics[topic, default: Topic()].chain.append(block) }
                number += 1
            }
        }
        try readCursors(path)
        for (key, entry) in try Self.index(path.appending("topic_clean_index.db"), keyAt: 0) {
            clean[key] = entry[16] != 0
        }
    }

    /// Bytes of a file, zeros behind its end.
    private static func read(_ file: DiskFile, _ offset: Int, _ count: Int) throws -> [UInt8] {
        let bytes = try file.read(at: offset, count: count)
        return bytes + [UInt8](repeating: 0, count: count - bytes.count)
    }

    /// The entries from `start` on: up to the first header that does not hold, or payload that does
    /// not sum up, or until one ends at 10 MiB or beyond.
    private struct Walk {
        let file: DiskFile
        let start: Int
        let keepsPayloads: Bool
        var topic: [UInt8]?
        var found: [(offset: Int, entry: Entry)] = []
        var used = 0
        var isWild = false

        init(file: DiskFile, start: Int, keepsPayloads: Bool) {
            self.file = file
            self.start = start
            self.keepsPayloads = keepsPayloads
        }

        mutating func run() throws {
            let end = try file.size()
            while used < unit {
                let header = try read(file, start + used, 256)
                let length = Int(header[0]) | Int(header[1]) << 8
                guard length > 0, length <= 254 else { return }
                let root = 2 + length - 32
                guard root >= 2, let name = string(header, root, from: 2) else {
                    isWild = true
                    return
                }
                let size = Int(number32(header, root + 24))
                guard start + used + 256 + size <= end else { return }
                let payload = try file.read(at: start + used + 256, count: size)
                guard FNV1a.hash(payload) == number64(header, root + 16) else { return }
                topic = topic ?? name
                found.append((used, Entry(payload: keepsPayloads ? payload : [])))
                used += 256 + size
            }
        }
    }

    private mutating func readCursors(_ path: FilePath) throws {
        for (key, entry) in try Self.index(
            path.appending("read_offset_idx_index.db"), keyAt: 16)
        {
            let (block, offset) = (Self.number64(entry, 0), Int(clamping: Self.number64(entry, 8)))
            guard let chain = topics[key]?.chain else { continue }
            let isTail = block >> 63 == 1
            let index =
                isTail
                ? chain.firstIndex { UInt64($0.number) == block & 0x7fff_ffff_ffff_ffff }
                : Int(clamping: block)
            if index == nil, !chain.isEmpty {
                problems.append("the cursor of \(key) is in no block of the topic")
            }
            // A block that is not found means the beginning, one too many the end.
            let at = min(index ?? 0, chain.count)
            let before = chain.prefix(at).reduce(0) { $0 + $1.entries.count }
            guard at < chain.count, index != nil else {
                topics[key]?.consumed = before
                continue
            }
            let place = min(offset, chain[at].used)
            let bounds = chain[at].entries.map(\.offset) + [chain[at].used]
            if !bounds.contains(offset) {
                problems.append("the cursor of \(key) is between entries: \(block), \(offset)")
            }
            topics[key]?.isStuck = !bounds.contains(place)
            topics[key]?.consumed = before + chain[at].entries.count { $0.offset < place }
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
        if bytes[at + 7] & 0x80 == 0 {
            return bytes[at + 7] > 7 ? nil : Array(bytes[at..<at + Int(bytes[at + 7])])
        }
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
