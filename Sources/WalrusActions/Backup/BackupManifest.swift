internal import WalrusFormat

/// What a backup holds, so that whoever restores it can tell that it is all there: a line a topic.
///
///     walrus-backup 1
///     topic HEX ENTRIES UNREAD SUM   SUM: FNV-1a 64 over length and checksum of each sound entry
///     crc HEX                        CRC-32C of all lines before
struct BackupManifest: Hashable, Sendable {
    /// Ends as the reference demands, for those who extract the archive with tar.
    static let name = "backup" + DirectoryNames.sidecarSuffix
    static let sizeMax = 256 << 20

    struct Topic: Hashable, Sendable {
        var entries: Int
        var unread: Int
        var sum: UInt64
    }

    var topics: [TopicName: Topic] = [:]

    struct Unusable: Error, CustomStringConvertible {
        let description = "the archive's list of what it holds is damaged"
    }

    init() {}

    func encoded() -> [UInt8] {
        var text = "walrus-backup 1\n"
        for (name, topic) in topics.sorted(by: { $0.key < $1.key }) {
            text +=
                "topic \(name.hex) \(topic.entries) \(topic.unread) \(Hex.encode(topic.sum))\n"
        }
        let lines = Array(text.utf8)
        return lines + Array("crc \(String(CRC32C.hash(lines), radix: 16))\n".utf8)
    }

    init(_ image: [UInt8]) throws(Unusable) {
        let lines = image.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.count >= 3, lines.last?.isEmpty == true else { throw Unusable() }
        let closing = lines[lines.count - 2]
        let crc = CRC32C.hash(Array(image[..<closing.startIndex]))
        guard String(decoding: closing, as: UTF8.self) == "crc \(String(crc, radix: 16))",
            String(decoding: lines[0], as: UTF8.self) == "walrus-backup 1"
        else { throw Unusable() }
        for line in lines.dropFirst().dropLast(2) {
            // The name of a topic may be empty.
            let words = String(decoding: line, as: UTF8.self).split(
                separator: " ", omittingEmptySubsequences: false)
            guard words.count == 5, words[0] == "topic", let name = TopicName(hex: words[1]),
                let entries = Int(words[2]), let unread = Int(words[3]),
                let sum = UInt64(words[4], radix: 16)
            else { throw Unusable() }
            topics[name] = Topic(entries: entries, unread: unread, sum: sum)
        }
    }
}
