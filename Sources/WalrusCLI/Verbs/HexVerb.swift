import ArgumentParser
import Inspect
import SystemPackage
import WalrusConsole
import WalrusFormat
import WalrusIO
import WalrusJSON

struct HexVerb: Verb {
    static let configuration = CommandConfiguration(
        commandName: "hex",
        abstract: "Print bytes of a file, and the fields that they are.",
        discussion: """
            Which bytes: --file NAME --offset N, or --topic NAME --entry N for an entry with its \
            header. The fields are those of the entry, or of whatever else, that the first byte is \
            part of, with what is wrong with them. Offsets count from the start of the file.
            """)

    @OptionGroup var log: LogArguments
    @OptionGroup var form: OutputArguments

    @Option(help: ArgumentHelp("A file of the directory.", valueName: "NAME"))
    var file: String?

    @Option(
        parsing: .unconditional, help: "The first byte, in decimal, as 0x1F, or as 10M.")
    var offset: BytesArgument = BytesArgument(value: 0)

    @Option(
        parsing: .unconditional,
        help: "How many bytes; without it, all of the entry, 4096 at most, or 256.")
    var length: BytesArgument?

    @Option(help: ArgumentHelp("The topic whose entry is meant.", valueName: "NAME"))
    var topic: String?

    @Flag(help: "The topic is the name's bytes in hexadecimal.")
    var topicHex = false

    @Option(parsing: .unconditional, help: "The entry, by its ordinal.")
    var entry: Int?

    func validate() throws {
        guard (file == nil) != (topic == nil) else {
            throw ValidationError("which bytes? --file NAME --offset N, or --topic NAME --entry N")
        }
        if topic != nil, (entry ?? 0) < 1 {
            throw ValidationError("--topic needs --entry N, from 1 on")
        }
        if let topic, topicHex, TopicName(hex: topic) == nil {
            throw ValidationError("'\(topic)' is not pairs of hexadecimal digits")
        }
        if let file, FilePath.Component(file)?.kind != .regular {
            throw ValidationError("--file takes the name of a file in DIR, not a path")
        }
    }

    func perform() throws {
        let (path, state) = try log.scan()
        let place = try place(path, state)
        let inspector = ByteInspector(path)
        let size = try inspector.bytes(of: place.file, 0..<0).size
        guard place.offset < size || (size == 0 && place.offset == 0) else {
            throw Failure(.nothing, "\(place.file) has \(size) bytes, none at \(place.offset)")
        }
        let known = state.files.first { $0.name.text == place.file }
        let block = known?.block(at: place.offset / Layout.unit)
        let cursor = block.flatMap { state.topic($0.topic)?.cursor }
        let map = try inspector.map(at: place, file: known, cursor: cursor)
        var count = length?.value ?? 256
        if length == nil, entry != nil, let whole = map.entry?.range {
            count = min(4_096, whole.upperBound - place.offset)
        }
        let dump = HexDump(
            inspector: inspector, place: place, count: min(count, size - place.offset), size: size,
            map: map)
        let output = StandardOutput()
        if form.output == .text { try dump.printText(output) } else { try dump.printJSON(output) }
        try output.flush()
    }

    private func place(_ path: FilePath, _ state: DirectoryState) throws -> BytePlace {
        if let file { return BytePlace(file: file, offset: offset.value) }
        let name = topicHex ? topic.flatMap { TopicName(hex: $0) } : topic.map { TopicName($0) }
        guard let name, let topic = state.topic(name), let entry else {
            throw Failure(.nothing, "no topic \(self.topic ?? ""); walrus topics lists them")
        }
        let rows = try EntryReader(directory: path, topic: topic).rows(
            from: entry, count: 8, previewMax: 0)
        guard let row = rows.first(where: { $0.ordinal == entry }) else {
            throw Failure(
                .nothing, "no entry \(entry) in \(name.shown(ascii: true)): it has \(topic.entries)"
            )
        }
        return BytePlace(file: row.file, slot: row.slot, offset: row.offset)
    }
}

/// Prints bytes piece by piece, and the fields around the first of them.
private struct HexDump {
    let inspector: ByteInspector
    let place: BytePlace
    let count: Int
    let size: Int
    let map: ByteMap

    /// Bytes read at once: a multiple of a line.
    private static let pieceSize = 1 << 16

    private func pieces(_ use: (_ offset: Int, [UInt8]) throws -> Void) throws {
        let end = place.offset + count
        for start in stride(from: place.offset, to: end, by: Self.pieceSize) {
            let range = start..<min(start + Self.pieceSize, end)
            try use(start, try inspector.bytes(of: place.file, range).bytes)
        }
    }

    func printText(_ output: StandardOutput) throws {
        try pieces { offset, bytes in
            for start in stride(from: 0, to: bytes.count, by: 16) {
                let line = bytes[start..<min(start + 16, bytes.count)]
                let digits = String(offset + start, radix: 16)
                var text = String(repeating: "0", count: max(0, 8 - digits.utf8.count)) + digits
                for (index, byte) in line.enumerated() {
                    text += (index == 8 ? "  " : " ") + Hex.encode([byte])
                }
                text += String(repeating: " ", count: max(1, 58 - text.utf8.count) + 1)
                text += String(
                    decoding: line.map { (0x20...0x7e).contains($0) ? $0 : UInt8(ascii: ".") },
                    as: UTF8.self)
                try output.write(text + "\n")
            }
        }
        try output.write("\n")
        try output.flush()
        try Report(.text).print(
            "fields", map.fields,
            [
                .init("FIELD"), .init("OFFSET", number: true), .init("LENGTH", number: true),
                .init("VALUE"), .init("PROBLEM"),
            ], members: Self.members
        ) { field in
            [
                String(repeating: " ", count: field.depth) + field.name,
                String(field.range.lowerBound), String(field.range.count), Self.text(field.value),
                field.problem ?? "",
            ]
        }
    }

    func printJSON(_ output: StandardOutput) throws {
        var members: [(String, JSON)] = [
            ("schema", .int(1)), ("file", .string(place.file)), ("size", .int(size)),
            ("offset", .int(place.offset)), ("length", .int(count)),
            ("block", .optional(map.topic == nil ? nil : map.slot)),
            ("topic", .optional(map.topic?.text)), ("topic_hex", .optional(map.topic?.hex)),
        ]
        if let entry = map.entry {
            members.append(
                (
                    "entry",
                    .object([
                        ("ordinal", .optional(entry.ordinal)),
                        ("offset", .int(entry.range.lowerBound)),
                        ("length", .int(entry.range.count)),
                        ("state", .string(entry.isConsumed ? "consumed" : "unread")),
                    ])
                ))
        } else {
            members.append(("entry", .null))
        }
        members.append(("fields", .array(map.fields.map(Self.members))))
        var text = JSON.object(members).text
        text.removeLast()
        try output.write(text + ",\"bytes\":\"")
        try pieces { _, bytes in try output.write(Hex.encode(bytes)) }
        try output.write("\"}\n")
    }

    private static func members(_ field: ByteField) -> JSON {
        let value: JSON =
            switch field.value {
            case .none: .null
            case .number(let number) where number <= UInt64(Int.max): .int(Int(number))
            default: .string(text(field.value))
            }
        return .object([
            ("name", .string(field.name)), ("depth", .int(field.depth)),
            ("kind", .string(field.kind.rawValue)), ("offset", .int(field.range.lowerBound)),
            ("length", .int(field.range.count)), ("value", value),
            ("problem", .optional(field.problem)), ("meaning", .string(field.meaning)),
        ])
    }

    private static func text(_ value: ByteField.Value) -> String {
        switch value {
        case .none: ""
        case .text(let bytes): VisibleText(bytes, mode: .escape, limit: 2_000).text
        case .number(let number): String(number)
        case .hex(let number, let bytes): String(Hex.encode(number).suffix(2 * bytes))
        case .time(let time): String(time)
        }
    }
}
