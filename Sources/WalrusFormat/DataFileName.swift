/// The name of a data file: milliseconds since 1970 in decimal, as the reference names them.
///
/// Names sort as strings, so that is how they are ordered here, whatever their number of digits.
public struct DataFileName: Hashable, Sendable {
    public let text: String

    /// Nil unless `text` is 10 to 20 decimal digits: nothing else is taken for a data file (F10).
    public init?(_ text: String) {
        guard (10...20).contains(text.utf8.count),
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        self.text = text
    }

    /// The clock when the file was made, if the name still fits one.
    public var milliseconds: UInt64? { UInt64(text) }

    /// The name for a new file: the clock, but always greater than every existing name (F13).
    /// Nil when there is none left, which takes a last name of twenty nines.
    public static func next(after last: DataFileName?, milliseconds: UInt64) -> DataFileName? {
        let digits = String(milliseconds)
        let padding = String(repeating: "0", count: max(0, 10 - digits.utf8.count))
        let clock = DataFileName(padding + digits)
        guard let last else { return clock }
        if let clock, last < clock { return clock }
        return last.successor
    }

    /// The smallest change that sorts after this name: one more, or one digit longer.
    private var successor: DataFileName? {
        var digits = Array(text.utf8)
        for at in digits.indices.reversed() {
            if digits[at] < UInt8(ascii: "9") {
                digits[at] += 1
                return DataFileName(String(decoding: digits, as: UTF8.self))
            }
            digits[at] = UInt8(ascii: "0")
        }
        return DataFileName(text + "0")
    }
}

extension DataFileName: Comparable {
    public static func < (a: DataFileName, b: DataFileName) -> Bool {
        a.text.utf8.lexicographicallyPrecedes(b.text.utf8)
    }
}

extension DataFileName: CustomStringConvertible {
    public var description: String { text }
}

/// The names of the other files in a directory, and of directories for keys.
public enum DirectoryNames {
    public static let cursorIndex = "read_offset_idx_index.db"
    public static let cleanIndex = "topic_clean_index.db"
    public static let lock = "lock_index.db"
    public static let cursorJournal = "cursor_journal_index.db"
    public static let metrics = "metrics_index.db"
    public static let snapshot = "snapshot_index.db"
    public static let batchIntents = "batch_intent_index.db"
    /// The folder of data files that were reclaimed and not deleted: a folder each time.
    public static let trash = ".walrus-trash"
    /// What a folder in the trash says of itself. Named so that it is no data file for anybody, also
    /// where somebody copies the folder's contents into a log.
    public static let trashManifest = "trash_manifest_index.db"
    /// What the reference skips when it looks for data files, and every file of ours ends in.
    public static let sidecarSuffix = "_index.db"

    /// The name under which the next version of `name` is written before it is renamed. It ends in
    /// the suffix that the reference skips; the reference's own `.tmp` crashes it when left over.
    public static func replacement(of name: String) -> String { "new_" + name }

    /// The directory of the instance `key` inside the data directory.
    ///
    /// Corresponds to the reference's `sanitize_namespace`.
    public static func namespace(forKey key: String) -> String {
        let safe = String(
            key.unicodeScalars.map { scalar -> Character in
                let isSafe =
                    scalar.isASCII
                    && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                        || scalar == "-" || scalar == "_" || scalar == ".")
                return isSafe ? Character(scalar) : "_"
            })
        if safe.utf8.allSatisfy({ $0 == UInt8(ascii: "_") }) {
            return "ns_" + String(FNV1a.hash(Array(key.utf8)), radix: 16)
        }
        return safe
    }
}
