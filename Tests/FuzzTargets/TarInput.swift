import SystemPackage
import TestSupport
import WalrusActions
import WalrusEngine
import WalrusFormat
import WalrusIO

/// An archive made of a few bytes: a backup of a small log, changed member by member, with sums that
/// are right again so that what stands behind them is reached.
struct TarInput {
    private static let block = 512
    private static let stepsMax = 64
    private static let sizeMax = 1 << 20
    private static let names = [
        "wal/1763670155020", "wal/1763670155021", "wal/1763670155099", "1763670155020",
        "wal/read_offset_idx_index.db", "wal/topic_clean_index.db", "wal/backup_index.db",
        "wal/walrus_snapshot_index.db", "wal/lock_index.db", "wal/x_index.db", "wal", "wal/",
        "./wal/./a_index.db",
        "../1763670155020", "wal/../../1763670155020", "/1763670155020", "wal/b/1763670155020",
        "other/1763670155020", "wal/notes.txt", "wal/\u{1b}[2J_index.db", "",
        "wal/" + String(repeating: "n", count: 300) + "_index.db", "wal/0_index.db\u{0}x",
    ]
    private static let keys = [
        "path", "size", "GNU.sparse.major", "GNU.sparse.minor", "GNU.sparse.name",
        "GNU.sparse.realsize", "GNU.sparse.map", "mtime", "",
    ]

    /// A header, and all the blocks up to the next one.
    private struct Member {
        var header: [UInt8]
        var data: [UInt8]
        var isSealed = true

        var bytes: [UInt8] {
            var header = header
            if isSealed {
                header.replaceSubrange(148..<156, with: [UInt8](repeating: 0x20, count: 8))
                let sum = header.reduce(0) { $0 + Int($1) }
                let digits = String(sum, radix: 8)
                let text = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
                header.replaceSubrange(148..<154, with: Array(text.utf8.prefix(6)))
                header[154] = 0
            }
            return header + data
        }
    }

    private var members: [Member]
    private var input: FuzzBytes

    /// Makes the archive.
    static func archive(_ bytes: [UInt8]) throws -> [UInt8] {
        var input = FuzzBytes(bytes)
        guard input.byte() % 16 > 0 else { return input.all() }
        var tar = TarInput(members: members(of: try backup.get()), input: input)
        for _ in 0..<stepsMax where !tar.input.isEmpty { tar.step() }
        let archive = tar.members.flatMap(\.bytes) + [UInt8](repeating: 0, count: 2 * block)
        return Array(archive.prefix(sizeMax))
    }

    /// Two topics in two files, one of them half read.
    private static let backup = Result { () throws -> [UInt8] in
        let log = try LogWriter(inMemory: true)
        try log.entries([[1, 2, 3], [4], []], "a", firstSequence: 1)
        try log.entries([[5], [6]], "b", file: LogWriter.name(1), slot: 1, firstSequence: 1)
        try log.cursors(["a": .chain(0, offset: 259)])
        try log.marks(["b": CleanMark(isClean: true, generation: 3)])
        let place = try TempDirectory(inMemory: true)
        let archive = place.path.appending("a.tar")
        _ = try BackupJob(log.path, to: archive).run { _ in true }
        return try Directory.contents(of: archive) ?? []
    }

    private static func members(of archive: [UInt8]) -> [Member] {
        var members: [Member] = []
        for start in stride(from: 0, to: archive.count - block + 1, by: block) {
            let bytes = Array(archive[start..<start + block])
            if bytes[257..<262].elementsEqual("ustar".utf8) {
                members.append(Member(header: bytes, data: []))
            } else if !members.isEmpty {
                members[members.count - 1].data += bytes
            }
        }
        return members
    }

    private mutating func step() {
        let kind = input.byte() % 12
        guard !members.isEmpty else { return }
        let index = input.byte() % members.count
        switch kind {
        case 0: members.remove(at: index)
        case 1: members.insert(members[index], at: input.byte() % (members.count + 1))
        case 2: members.swapAt(index, input.byte() % members.count)
        case 3: members[index].header[input.number(2) % Self.block] = UInt8(input.byte())
        case 4: setNumber(124..<136, of: index)
        case 5: members[index].header[156] = Array("0x5g7Lx0".utf8)[input.byte() % 8]
        case 6: rename(index)
        case 7: addRecords(before: index)
        case 8:
            let count = members[index].data.count
            guard count > 0 else { return }
            let at = input.number(2) % count
            for (offset, byte) in input.bytes(input.byte()).enumerated() where at + offset < count {
                members[index].data[at + offset] = byte
            }
        case 9: members[index].data = map() + members[index].data.dropFirst(Self.block)
        case 10: members[index].data.removeLast(min(members[index].data.count, input.number(2)))
        default: members[index].isSealed = false
        }
    }

    /// A number that means something in an archive: of a size, at a limit, or any.
    private mutating func number() -> String {
        switch input.byte() % 8 {
        case 0: "0"
        case 1: "\(input.byte())"
        case 2: "\(Self.block * input.byte())"
        case 3: "\(Layout.fileSize)"
        case 4: "\(input.number(6))"
        case 5: "-\(input.byte())"
        case 6: "9223372036854775807"
        default: String(decoding: input.bytes(input.byte() % 24), as: UTF8.self)
        }
    }

    private mutating func setNumber(_ range: Range<Int>, of index: Int) {
        let digits = Int(number()).map { String(max(0, $0), radix: 8) } ?? "9"
        let text = Array(digits.utf8.prefix(range.count))
        let zeros = [UInt8](repeating: 0x30, count: max(0, range.count - 1 - text.count))
        let field = (zeros + text + [0]).prefix(range.count)
        members[index].header.replaceSubrange(range, with: field)
    }

    private mutating func rename(_ index: Int) {
        let name = Array(Self.names[input.byte() % Self.names.count].utf8.prefix(100))
        members[index].header.replaceSubrange(
            0..<100, with: name + [UInt8](repeating: 0, count: 100 - name.count))
    }

    /// Puts an extended header before a member.
    private mutating func addRecords(before index: Int) {
        var text: [UInt8] = []
        for _ in 0..<1 + input.byte() % 5 {
            let key = Self.keys[input.byte() % Self.keys.count]
            let isName = key == "path" || key == "GNU.sparse.name"
            let value = isName ? Self.names[input.byte() % Self.names.count] : number()
            let rest = key.utf8.count + value.utf8.count + 3
            // Two digits are enough, or the record tells of another length.
            text += Array("\(rest + (rest + 2 > 99 ? 3 : 2)) \(key)=\(value)\n".utf8)
        }
        var member = members[index]
        member.header[156] = UInt8(ascii: input.byte() % 8 == 0 ? "g" : "x")
        let size = String(text.count, radix: 8)
        member.header.replaceSubrange(
            124..<136,
            with: Array((String(repeating: "0", count: 11 - size.count) + size).utf8) + [0])
        member.data =
            text + [UInt8](repeating: 0, count: (Self.block - text.count % Self.block) % Self.block)
        members.insert(member, at: index)
    }

    /// The map of a sparse file, in its block.
    private mutating func map() -> [UInt8] {
        var text = "\(input.byte() % 8)\n"
        for _ in 0..<input.byte() % 12 { text += number() + "\n" }
        let bytes = Array(text.utf8.prefix(Self.block))
        return bytes + [UInt8](repeating: 0, count: Self.block - bytes.count)
    }
}
