internal import WalrusFormat

/// What an undo record says of itself: a line a fact, so that a person can read it too.
///
///     walrus-undo 1
///     time NANOSECONDS              since 1970 UTC
///     directory HEX                 the path
///     command HEX                   the command line
///     bytes LENGTH FNV              the file `bytes` beside it
///     replace NAME OLD NEW          each as AT+LENGTH in `bytes`, or - for no file
///     erase NAME START END
///     piece OFFSET AT+LENGTH        what stood in the range of the last `erase`
///     crc HEX                       CRC-32C of all lines before
struct UndoManifest: Hashable, Sendable {
    static let sizeMax = 64 << 20

    var time: UInt64
    var directory: String
    var command: String
    var bytesLength = 0
    var bytesChecksum: UInt64 = 0
    var changes: [FileChange] = []

    struct Unusable: Error, CustomStringConvertible {
        let description: String
    }

    // MARK: - Encoding

    func encoded() -> [UInt8] {
        var text = "walrus-undo 1\ntime \(time)\n"
        text += "directory \(Hex.encode(Array(directory.utf8)))\n"
        text += "command \(Hex.encode(Array(command.utf8)))\n"
        text += "bytes \(bytesLength) \(Hex.encode(bytesChecksum))\n"
        for change in changes {
            switch change.kind {
            case .replace(let old, let new):
                text += "replace \(change.file) \(Self.text(old)) \(Self.text(new))\n"
            case .erase(let range, let pieces):
                text += "erase \(change.file) \(range.lowerBound) \(range.upperBound)\n"
                for piece in pieces {
                    text += "piece \(piece.offset) \(Self.text(piece.stored))\n"
                }
            }
        }
        let lines = Array(text.utf8)
        return lines + Array("crc \(String(CRC32C.hash(lines), radix: 16))\n".utf8)
    }

    private static func text(_ stored: FileChange.Stored?) -> String {
        stored.map { "\($0.at)+\($0.length)" } ?? "-"
    }

    // MARK: - Decoding

    init(time: UInt64, directory: String, command: String) {
        self.time = time
        self.directory = directory
        self.command = command
    }

    init(_ image: [UInt8]) throws(Unusable) {
        self.init(time: 0, directory: "", command: "")
        let lines = image.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.count >= 3, lines.last?.isEmpty == true else {
            throw Unusable(description: "it is cut short")
        }
        let closing = lines[lines.count - 2]
        let body = Array(image[..<closing.startIndex])
        guard
            String(decoding: closing, as: UTF8.self)
                == "crc \(String(CRC32C.hash(body), radix: 16))"
        else { throw Unusable(description: "it does not match its CRC") }
        for (number, line) in lines.dropLast(2).enumerated() {
            let words = String(decoding: line, as: UTF8.self).split(separator: " ").map(String.init)
            guard let key = words.first, try add(key, Array(words.dropFirst()), number == 0) else {
                throw Unusable(description: "line \(number + 1) says nothing that is known here")
            }
        }
    }

    /// Whether the line is one of the form's.
    private mutating func add(_ key: String, _ words: [String], _ isFirst: Bool) throws(Unusable)
        -> Bool
    {
        if isFirst { return key == "walrus-undo" && words == ["1"] }
        switch (key, words.count) {
        case ("time", 1): return Self.set(&time, UInt64(words[0]))
        case ("directory", 1): return Self.set(&directory, Self.unhex(words[0]))
        case ("command", _): return Self.set(&command, Self.unhex(words.first ?? ""))
        case ("bytes", 2):
            return Self.set(&bytesLength, Int(words[0]))
                && Self.set(&bytesChecksum, UInt64(words[1], radix: 16))
        case ("replace", 3):
            guard Self.isName(words[0]), let old = stored(words[1]), let new = stored(words[2])
            else { return false }
            changes.append(
                FileChange(file: words[0], kind: .replace(old: old.place, new: new.place)))
        case ("erase", 3):
            guard Self.isName(words[0]), DataFileName(words[0]) != nil, let start = Int(words[1]),
                let end = Int(words[2]), 0 <= start, start <= end, end <= Layout.fileSize
            else { return false }
            changes.append(FileChange(file: words[0], kind: .erase(range: start..<end, pieces: [])))
        case ("piece", 2):
            guard let offset = Int(words[0]), let place = stored(words[1])?.place,
                var last = changes.popLast(), case .erase(let range, var pieces) = last.kind,
                offset >= pieces.last?.range.upperBound ?? range.lowerBound,
                offset <= range.upperBound - place.length
            else { return false }
            pieces.append(FileChange.Piece(offset: offset, stored: place))
            last.kind = .erase(range: range, pieces: pieces)
            changes.append(last)
        default: return false
        }
        return true
    }

    private static func set<T>(_ value: inout T, _ new: T?) -> Bool {
        guard let new else { return false }
        value = new
        return true
    }

    private static func unhex(_ text: String) -> String? {
        Hex.decode(text).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// A file in the directory itself, and one of a log.
    private static func isName(_ name: String) -> Bool {
        !name.contains("/")
            && (DataFileName(name) != nil || name.hasSuffix(DirectoryNames.sidecarSuffix))
    }

    /// "-" is a place of its own: no file.
    private func stored(_ word: String) -> (place: FileChange.Stored?, Void)? {
        if word == "-" { return (nil, ()) }
        let parts = word.split(separator: "+").compactMap { Int($0) }
        guard parts.count == 2, parts[0] >= 0, parts[1] >= 0, parts[0] <= bytesLength - parts[1]
        else { return nil }
        return (FileChange.Stored(at: parts[0], length: parts[1]), ())
    }
}
