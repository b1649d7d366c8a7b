internal import WalrusIO

/// Reads an archive that may be anything: bounded in memory, and nothing in it is believed.
///
/// Knows the ustar, pax and GNU formats, and of sparse files GNU's version 1.0, which is what `walrus backup`
/// and `tar --sparse --format=posix` write, and the kind 'S', which is what `tar --sparse` writes.
struct TarReader {
    struct Refusal: Error, Hashable, CustomStringConvertible {
        let description: String
    }

    enum Member: Hashable, Sendable {
        case folder(String)
        /// Its name is the archive's word, whatever that is.
        case file(SparseImage)
    }

    private static let block = TarWriter.block
    private static let recordsMax = 1 << 20
    private static let segmentsMax = 1 << 18
    /// Longer ones are no files of a log.
    private static let fileMax = 1 << 40

    typealias Read = (_ offset: Int, _ count: Int) throws(IOError) -> [UInt8]

    private let read: Read
    /// Bytes of the archive.
    private let size: Int
    private var at = 0
    /// What extended headers say of the next member.
    private var records: [String: String] = [:]

    init(size: Int, _ read: @escaping Read) {
        self.size = size
        self.read = read
    }

    /// The next member; nil at the end of the archive.
    mutating func next() throws -> Member? {
        records = [:]
        while true {
            let header = try take(Self.block)
            if header.allSatisfy({ $0 == 0 }) { return nil }
            try checkSum(header)
            var length = try number(header, 124..<136)
            let type = header[156]
            guard length <= size - at else { throw cut() }
            switch type {
            case UInt8(ascii: "x"):
                guard length <= Self.recordsMax else {
                    throw Refusal(description: "an extended header in the archive is too long")
                }
                try addRecords(try take(length))
                try skip(TarWriter.padding(length))
            case UInt8(ascii: "g"):
                try skip(length + TarWriter.padding(length))
            case UInt8(ascii: "5"):
                try skip(length + TarWriter.padding(length))
                return .folder(try name(header))
            case UInt8(ascii: "L"):
                guard length <= Self.recordsMax else {
                    throw Refusal(description: "a name in the archive is too long")
                }
                guard
                    let name = String(
                        validating: try take(length).prefix { $0 != 0 }, as: UTF8.self)
                else { throw Refusal(description: "a name in the archive is not UTF-8") }
                records["path"] = name
                try skip(TarWriter.padding(length))
            case UInt8(ascii: "S"):
                return .file(try oldSparseFile(name(header), header, length))
            case UInt8(ascii: "0"), 0, UInt8(ascii: "7"):
                if let text = records["size"] {
                    guard let told = Int(text), told >= 0, told <= size - at else { throw cut() }
                    length = told
                }
                return .file(try file(name(header), length))
            default:
                throw Refusal(
                    description: "the archive has a member of the kind "
                        + "'\(type.isPrintable ? String(UnicodeScalar(type)) : "\(type)")', which no backup of a log has"
                )
            }
        }
    }

    private func cut() -> Refusal {
        Refusal(description: "the archive is cut short: it has \(size) bytes and tells of more")
    }

    private mutating func take(_ count: Int) throws -> [UInt8] {
        guard count <= size - at else { throw cut() }
        let bytes = try read(at, count)
        guard bytes.count == count else { throw cut() }
        at += count
        return bytes
    }

    private mutating func skip(_ count: Int) throws {
        guard count <= size - at else { throw cut() }
        at += count
    }

    // MARK: - Headers

    private func checkSum(_ header: [UInt8]) throws {
        var sum = 0
        for (index, byte) in header.enumerated() {
            sum += (148..<156).contains(index) ? 0x20 : Int(byte)
        }
        guard try number(header, 148..<156) == sum else {
            throw Refusal(
                description: "this is no tar archive, or it is damaged at byte \(at - 512)")
        }
    }

    /// Octal digits, ended by a blank or zero.
    private func number(_ header: [UInt8], _ range: Range<Int>) throws -> Int {
        let field = header[range].drop { $0 == 0x20 }.prefix { $0 != 0 && $0 != 0x20 }
        guard let value = Int(String(decoding: field, as: UTF8.self), radix: 8), value >= 0,
            value <= Self.fileMax
        else {
            throw Refusal(
                description: "a number in the archive cannot be read, at byte \(at - 512)")
        }
        return value
    }

    private func name(_ header: [UInt8]) throws -> String {
        if let name = records["GNU.sparse.name"] ?? records["path"] { return name }
        func field(_ range: Range<Int>) -> String? {
            String(validating: header[range].prefix { $0 != 0 }, as: UTF8.self)
        }
        guard let name = field(0..<100), let prefix = field(345..<500) else {
            throw Refusal(description: "a name in the archive is not UTF-8")
        }
        let isPOSIX = header[257..<263].elementsEqual(Array("ustar\u{0}".utf8))
        return isPOSIX && !prefix.isEmpty ? "\(prefix)/\(name)" : name
    }

    private mutating func addRecords(_ bytes: [UInt8]) throws {
        var at = 0
        while at < bytes.count {
            let digits = bytes[at...].prefix { $0 != 0x20 }.prefix(8)
            guard let length = Int(String(decoding: digits, as: UTF8.self)),
                length > digits.count + 2,
                length <= bytes.count - at, bytes[at + length - 1] == UInt8(ascii: "\n"),
                let text = String(
                    validating: bytes[at + digits.count + 1..<at + length - 1], as: UTF8.self),
                let sign = text.firstIndex(of: "=")
            else { throw Refusal(description: "an extended header in the archive is damaged") }
            records[String(text[..<sign])] = String(text[text.index(after: sign)...])
            at += length
        }
    }

    // MARK: - Files

    private mutating func file(_ name: String, _ length: Int) throws -> SparseImage {
        let start = at
        try skip(length + TarWriter.padding(length))
        guard records.keys.contains(where: { $0.hasPrefix("GNU.sparse.") }) else {
            return SparseImage(
                name: name, size: length,
                segments: length == 0 ? [] : [.init(offset: 0, length: length, at: start)])
        }
        guard records["GNU.sparse.major"] == "1", records["GNU.sparse.minor"] == "0",
            let size = records["GNU.sparse.realsize"].flatMap({ Int($0) }),
            (0...Self.fileMax).contains(size)
        else {
            throw Refusal(
                description:
                    "\(name) is sparse in a form that is not known here: extract the archive "
                    + "with tar, and look at it with walrus check")
        }
        return SparseImage(
            name: name, size: size, segments: try segments(size, start..<start + length))
    }

    /// The map at the beginning of a sparse file, and where its pieces are.
    private func segments(_ size: Int, _ member: Range<Int>) throws -> [SparseImage.Segment] {
        func wrong() -> Refusal { Refusal(description: "the map of a sparse file is damaged") }
        var numbers = NumberLines(read: read, at: member.lowerBound, end: member.upperBound)
        guard let count = try numbers.next(), count <= Self.segmentsMax else { throw wrong() }
        var ranges: [(offset: Int, length: Int)] = []
        for _ in 0..<count {
            guard let offset = try numbers.next(), let length = try numbers.next() else {
                throw wrong()
            }
            ranges.append((offset, length))
        }
        let map = (numbers.consumed + Self.block - 1) / Self.block * Self.block
        guard map <= member.count else { throw wrong() }
        return try Self.segments(ranges, size, member.lowerBound + map..<member.upperBound)
    }

    /// The pieces of a file of `size` bytes, which stand one behind the other and fill `member`.
    private static func segments(
        _ ranges: [(offset: Int, length: Int)], _ size: Int, _ member: Range<Int>
    ) throws -> [SparseImage.Segment] {
        func wrong() -> Refusal { Refusal(description: "the map of a sparse file is damaged") }
        var segments: [SparseImage.Segment] = []
        var (place, last) = (member.lowerBound, 0)
        for (offset, length) in ranges {
            guard offset >= last, offset <= size, length <= size - offset,
                length <= member.upperBound - place
            else { throw wrong() }
            last = offset + length
            if length > 0 { segments.append(.init(offset: offset, length: length, at: place)) }
            place += length
        }
        guard place == member.upperBound else { throw wrong() }
        return segments
    }

    /// A file of the kind 'S' (tar.h of GNU tar, `struct sparse_header`): its map is in the header, four
    /// pieces, and in blocks behind it, 21 pieces each.
    private mutating func oldSparseFile(_ name: String, _ header: [UInt8], _ length: Int) throws
        -> SparseImage
    {
        let size = try number(header, 483..<495)
        var ranges: [(offset: Int, length: Int)] = []
        func add(_ block: [UInt8], _ pieces: Range<Int>) throws {
            for start in stride(from: pieces.lowerBound, to: pieces.upperBound, by: 24) {
                guard block[start + 12] != 0 else { return }
                ranges.append(
                    (
                        try number(block, start..<start + 12),
                        try number(block, start + 12..<start + 24)
                    ))
            }
        }
        try add(header, 386..<482)
        var hasMore = header[482] != 0
        while hasMore {
            guard ranges.count <= Self.segmentsMax else {
                throw Refusal(description: "the map of a sparse file is too long")
            }
            let block = try take(Self.block)
            try add(block, 0..<504)
            hasMore = block[504] != 0
        }
        let start = at
        try skip(length + TarWriter.padding(length))
        return SparseImage(
            name: name, size: size,
            segments: try Self.segments(ranges, size, start..<start + length))
    }
}

/// Decimal numbers, one a line.
private struct NumberLines {
    let read: TarReader.Read
    let at: Int
    let end: Int
    private(set) var consumed = 0
    private var held: ArraySlice<UInt8> = []

    init(read: @escaping TarReader.Read, at: Int, end: Int) {
        self.read = read
        self.at = at
        self.end = end
    }

    mutating func next() throws -> Int? {
        var value = 0
        var digits = 0
        while true {
            if held.isEmpty {
                let place = at + consumed
                held = try read(place, min(4_096, end - place))[...]
            }
            guard let byte = held.popFirst() else { return nil }
            consumed += 1
            if byte == UInt8(ascii: "\n") { return digits > 0 ? value : nil }
            guard (0x30...0x39).contains(byte), digits < 15 else { return nil }
            digits += 1
            value = value * 10 + Int(byte - 0x30)
        }
    }
}

extension UInt8 {
    fileprivate var isPrintable: Bool { (0x21...0x7e).contains(self) }
}
