import ArgumentParser
import Inspect
import WalrusConsole
import WalrusFormat
import WalrusIO

enum PayloadForm: String, ExpressibleByArgument, CaseIterable {
    case none, text, hex, base64
}

/// What is printed of an entry, wherever it comes from.
struct PrintableEntry {
    let ordinal: Int?
    let length: Int
    let checksum: UInt64
    let file: DataFileName
    let slot: Int
    let offset: Int
    let isConsumed: Bool
    let sequence: UInt64?
    let timestamp: UInt64?
}

/// Prints entries one by one, payloads piece by piece: no entry is held in memory whole.
struct EntryPrinter {
    let output: StandardOutput
    let format: OutputFormat
    let payload: PayloadForm
    /// Whether a line of text holds all of a payload, however long.
    let isWhole: Bool
    private var isFirst = true

    /// Bytes of payload read at once; a multiple of three, for base 64.
    private static let pieceSize = 3 << 16

    init(_ format: OutputFormat, _ payload: PayloadForm, isWhole: Bool = false) {
        output = StandardOutput()
        self.format = format
        self.payload = payload
        self.isWhole = isWhole
    }

    mutating func begin() throws(IOError) {
        if format == .json { try output.write("{\"schema\":1,\"entries\":[") }
    }

    mutating func end() throws(IOError) {
        if format == .json { try output.write("]}\n") }
        try output.flush()
    }

    /// Prints an entry; `read` gets a piece of its payload.
    mutating func print(
        _ entry: PrintableEntry, _ read: (_ offset: Int, _ count: Int) throws -> [UInt8]
    ) throws {
        defer { isFirst = false }
        if format == .text { return try printText(entry, read) }
        if format == .json, !isFirst { try output.write(",") }
        var members: [(String, JSON)] = [
            ("ordinal", .optional(entry.ordinal)), ("length", .int(entry.length)),
            ("fnv", .string(Hex.encode(entry.checksum))), ("file", .string(entry.file.text)),
            ("block", .int(entry.slot)), ("offset", .int(entry.offset)),
            ("state", .string(entry.isConsumed ? "consumed" : "unread")),
        ]
        if let sequence = entry.sequence {
            members.append(("sequence", .int(Int(clamping: sequence))))
        }
        if let time = entry.timestamp { members.append(("timestamp", .int(Int(clamping: time)))) }
        var head = JSON.object(members).text
        if payload != .none {
            head.removeLast()
            try output.write(head + ",\"payload\":\"")
            try printPayload(entry.length, read) { text in
                var quoted = ""
                JSON.write(String(decoding: text, as: UTF8.self), to: &quoted)
                return String(quoted.dropFirst().dropLast())
            }
            try output.write("\"}")
        } else {
            try output.write(head)
        }
        if format == .jsonl { try output.write("\n") }
    }

    /// Prints `length` bytes of payload; text goes through `escape`.
    private func printPayload(
        _ length: Int, _ read: (Int, Int) throws -> [UInt8], escape: ([UInt8]) -> String
    ) throws {
        var rest: [UInt8] = []
        for at in stride(from: 0, to: length, by: Self.pieceSize) {
            let piece = try read(at, min(Self.pieceSize, length - at))
            switch payload {
            case .none: break
            case .hex: try output.write(Hex.encode(piece))
            case .base64: try output.write(Base64.encode(piece))
            case .text:
                // A character cut in two by the end of a piece goes with the next one.
                let bytes = rest + piece
                let isLast = at + piece.count >= length
                let end = isLast ? bytes.count : bytes.count - Self.openTail(bytes)
                rest = Array(bytes[end...])
                try output.write(escape(Array(bytes[..<end])))
            }
        }
    }

    /// How many bytes at the end begin a character that is not all there.
    private static func openTail(_ bytes: [UInt8]) -> Int {
        for back in 1...3 where back <= bytes.count {
            let byte = bytes[bytes.count - back]
            if byte & 0xc0 == 0x80 { continue }
            let length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
            return length > back ? back : 0
        }
        return 0
    }

    /// A line: ordinal, place, length, checksum, state, and the payload in harmless characters.
    private func printText(
        _ entry: PrintableEntry, _ read: (Int, Int) throws -> [UInt8]
    ) throws {
        let fields = [
            entry.ordinal.map(String.init) ?? "-",
            "\(entry.file):\(entry.slot)+\(entry.offset)", String(entry.length),
            Hex.encode(entry.checksum), entry.isConsumed ? "consumed" : "unread",
        ]
        try output.write(fields.joined(separator: "  "))
        if payload != .none {
            // A line is for people: as much of the payload as one can take in.
            let shown = isWhole ? entry.length : min(entry.length, 4_096)
            try output.write("  ")
            try printPayload(shown, read) { VisibleText($0, mode: .escape, limit: .max).text }
            if shown < entry.length {
                try output.write("  (\(entry.length - shown) more bytes: -o jsonl prints all)")
            }
        }
        try output.write("\n")
    }
}
