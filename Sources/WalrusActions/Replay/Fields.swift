import WalrusFormat

/// Named values as lines of text with a checksum: what a record on disk consists of.
struct Fields: Hashable, Sendable {
    private var values: [String: String] = [:]

    init() {}

    subscript(name: String) -> String? {
        get { values[name] }
        set { values[name] = newValue }
    }

    /// Text of any kind, which is written as hexadecimal digits.
    mutating func set(_ name: String, bytes: String?) {
        values[name] = bytes.map { Hex.encode(Array($0.utf8)) }
    }

    func bytes(_ name: String) -> String? {
        values[name].flatMap { Hex.decode($0) }.map { String(decoding: $0, as: UTF8.self) }
    }

    mutating func set(_ name: String, _ number: some BinaryInteger) {
        values[name] = String(number)
    }

    func int(_ name: String) -> Int? { values[name].flatMap { Int($0) } }
    func number(_ name: String) -> UInt64? { values[name].flatMap { UInt64($0) } }

    mutating func set(_ name: String, _ place: EntryPlace?) { values[name] = place?.text }
    func place(_ name: String) -> EntryPlace? { values[name].flatMap { EntryPlace($0) } }

    /// A line a field, in the order of names.
    var text: String {
        values.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }.joined()
    }

    /// The lines, and one with their checksum.
    var encoded: [UInt8] {
        let body = Array(text.utf8)
        return body + Array("end \(Hex.encode(FNV1a.hash(body)))\n".utf8)
    }

    /// Nil unless the checksum is that of the lines before it. What follows it does not count.
    init?(_ bytes: [UInt8]) {
        let lines = bytes.prefix { $0 != 0 }.split(
            separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard let last = lines.lastIndex(where: { $0.starts(with: Array("end ".utf8)) }) else {
            return nil
        }
        let body = lines[..<last].flatMap { $0 + [UInt8(ascii: "\n")] }
        guard
            String(decoding: lines[last].dropFirst(4), as: UTF8.self)
                == Hex.encode(FNV1a.hash(body))
        else { return nil }
        for line in lines[..<last] {
            let parts = String(decoding: line, as: UTF8.self).split(
                separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { return nil }
            values[String(parts[0])] = String(parts[1])
        }
    }
}
