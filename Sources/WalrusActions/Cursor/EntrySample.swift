internal import Inspect
internal import WalrusFormat

/// Entries in a row as a plan shows them: how much they are, the first ones, and the last.
struct EntrySample {
    /// Entries that are shown from the beginning.
    private static let firstMax = 3
    /// Bytes of a payload, and characters of what is made of them.
    private static let previewMax = 60

    private let shown: [EntryRow]
    private let count: Int
    /// Bytes of payload of all of them.
    let bytes: Int
    /// Whether those that are shown could be read.
    var isWhole: Bool { shown.count == min(count, Self.firstMax + 1) }

    /// - Parameter ordinals: of the entries; there is one at least.
    init(_ reader: EntryReader, _ ordinals: Range<Int>) throws {
        count = ordinals.count
        var shown: [EntryRow] = []
        func add(from ordinal: Int, to end: Int) throws {
            guard ordinal < end else { return }
            try unsafe reader.forEach(from: ordinal, previewMax: Self.previewMax) { row, _ in
                guard let at = row.ordinal else { return true }
                if at < end { shown.append(row) }
                return at + 1 < end
            }
        }
        let end = min(ordinals.upperBound, ordinals.lowerBound + Self.firstMax)
        try add(from: ordinals.lowerBound, to: end)
        try add(from: max(end, ordinals.upperBound - 1), to: ordinals.upperBound)
        self.shown = shown
        bytes = try Self.bytes(reader, ordinals)
    }

    /// Only blocks of which a part is meant, or not all is sound, have to be read for it.
    private static func bytes(_ reader: EntryReader, _ ordinals: Range<Int>) throws -> Int {
        var bytes = 0
        for (index, block) in reader.topic.blocks.enumerated() {
            let own = block.entriesBefore + 1..<block.entriesBefore + block.entries + 1
            let wanted = own.clamped(to: ordinals)
            guard !wanted.isEmpty else { continue }
            if wanted == own, reader.topic.damaged == 0 {
                bytes += block.used - block.entries * Layout.headerSize
                continue
            }
            try unsafe reader.forEach(in: index, from: wanted.lowerBound) { row, _ in
                guard let ordinal = row.ordinal else { return true }
                if wanted.contains(ordinal) { bytes += row.length }
                return ordinal < wanted.upperBound
            }
        }
        return bytes
    }

    /// An entry a line, and how many are between them.
    var lines: [String] {
        var lines = shown.map { row in
            "  \(row.ordinal ?? 0)  \(counted(row.length, "byte", "bytes"))  \(Self.text(row))"
        }
        let hidden = count - shown.count
        if hidden > 0 {
            lines.insert("  \(hidden) more", at: max(0, lines.count - 1))
        }
        return lines
    }

    /// How the payload begins, on one line: a dot for each character that is none to be printed.
    private static func text(_ row: EntryRow) -> String {
        var text = ""
        for scalar in String(decoding: row.preview, as: UTF8.self).unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned,
                .privateUse:
                text += "."
            default: text.unicodeScalars.append(scalar == "\u{fffd}" ? "." : scalar)
            }
        }
        return row.length > row.preview.count ? text + "..." : text
    }
}
