import ArgumentParser
import Inspect
import WalrusConsole
import WalrusFormat
import WalrusIO
import WalrusJSON

enum PayloadForm: String, ExpressibleByArgument, CaseIterable {
    case none, text, hex, base64
}

/// Prints entries one by one, payloads piece by piece: no entry is held in memory whole.
struct EntryPrinter {
    let output: StandardOutput
    let format: OutputFormat
    let payload: PayloadForm
    /// Whether a line of text holds all of a payload, however long.
    let isWhole: Bool
    /// How many entries were printed.
    private(set) var printed = 0

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
        _ entry: EntryRecord, _ read: (_ offset: Int, _ count: Int) throws -> [UInt8]
    ) throws {
        defer { printed += 1 }
        if format == .text { return try printText(entry, read) }
        if format == .json, printed > 0 { try output.write(",") }
        var head = JSON.object(entry.members).text
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
        try withoutActuallyEscaping(read) { read in
            let pieces = PayloadPieces(length: length, read)
            switch payload {
            case .none: break
            case .hex: try pieces.eachPiece { try output.write(Hex.encode($0)) }
            case .base64: try pieces.eachPiece { try output.write(Base64.encode($0)) }
            case .text: try pieces.eachText { try output.write(escape($0)) }
            }
        }
    }

    /// A line: ordinal, place, length, checksum, state, and the payload in harmless characters.
    private func printText(
        _ entry: EntryRecord, _ read: (Int, Int) throws -> [UInt8]
    ) throws {
        let fields = [
            entry.ordinal.map(String.init) ?? "-",
            "\(entry.file):\(entry.slot)+\(entry.offset)", String(entry.length),
            Hex.encode(entry.checksum),
            entry.state + (entry.storedChecksum.map { ", header says \(Hex.encode($0))" } ?? ""),
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
