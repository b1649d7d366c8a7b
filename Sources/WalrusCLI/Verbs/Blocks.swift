import ArgumentParser
import Inspect
import WalrusConsole
import WalrusFormat

struct Blocks: Verb {
    static let configuration = CommandConfiguration(
        abstract: "List the blocks: whose they are, how full, and how far they are read.",
        discussion: "Exits with 1 when there is none.")

    @OptionGroup var log: LogArguments
    @OptionGroup var form: OutputArguments

    func perform() throws {
        let (_, state) = try log.scan()
        let blocks = state.files.flatMap(\.blocks)
        try Report(form.output).print(
            "blocks", blocks,
            [
                .init("FILE"), .init("BLOCK", number: true), .init("UNITS", number: true),
                .init("TOPIC"), .init("ENTRIES", number: true), .init("USED", number: true),
                .init("DAMAGED", number: true), .init("STATE"),
            ], members: members
        ) { block in
            [
                block.file.text, String(block.slot), String(block.units),
                block.topic.shown(ascii: false), String(block.entries), String(block.used),
                String(block.damaged),
                block.reading.rawValue + (block.isTail ? ", last" : ""),
            ]
        }
        try state.admitGaps()
        if blocks.isEmpty { throw Failure(.nothing, "\(log.path): no blocks there") }
    }

    private func members(_ block: BlockState) -> JSON {
        .object([
            ("file", .string(block.file.text)), ("block", .int(block.slot)),
            ("units", .int(block.units)), ("topic", .string(block.topic.text)),
            ("topic_hex", .string(block.topic.hex)), ("entries", .int(block.entries)),
            ("first_ordinal", .int(block.entriesBefore + 1)), ("used", .int(block.used)),
            ("length", .int(block.length)), ("damaged", .int(block.damaged)),
            ("state", .string(block.reading.rawValue)), ("last", .bool(block.isTail)),
        ])
    }
}
