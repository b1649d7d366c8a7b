import ArgumentParser
import Inspect
import WalrusConsole
import WalrusFormat
import WalrusIO
import WalrusJSON

struct Blocks: Verb {
    static let configuration = CommandConfiguration(
        abstract: "List the blocks: whose they are, how full, and how far they are read.",
        discussion: """
            --map draws every slot of every file, a line a file, as the console's Blocks screen \
            does: by state, by topic (a letter each) or by fill. Exits with 1 when there is none.
            """)

    @OptionGroup var log: LogArguments
    @OptionGroup var form: OutputArguments

    @Flag(help: "Draw the map of all slots.")
    var map = false

    @Option(help: "What the map tells: state, topic or fill.")
    var by = NamedArgument(BlocksModel.Mode.state)

    @Flag(help: "Draw the map with ASCII alone.")
    var ascii = false

    func perform() throws {
        let (path, state) = try log.scan()
        if map {
            let forecast = ReclaimForecast(state, of: path)
            try MapPrinter(state, forecast, by.value, ascii ? .ascii : .unicode)
                .print(form.output)
            try state.admitGaps()
            if state.files.isEmpty { throw Failure(.nothing, "\(log.path): no data files there") }
            return
        }
        let blocks = state.files.flatMap(\.blocks)
        try Report(form.output).print(
            "blocks", blocks,
            [
                .init("FILE"), .init("BLOCK", number: true), .init("SLOTS", number: true),
                .init("TOPIC"), .init("ENTRIES", number: true), .init("USED", number: true),
                .init("DAMAGED", number: true), .init("STATE"),
            ], members: members
        ) { block in
            [
                block.file.text, String(block.slot), String(block.units),
                block.topic.shown(ascii: false), String(block.entries), String(block.used),
                String(block.damaged),
                (state.topic(block.topic).map(state.isCursorLost) ?? false
                    ? "not known" : block.reading.rawValue) + (block.isTail ? ", last" : ""),
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

/// Prints the map: a line for each file, and what its marks mean.
private struct MapPrinter {
    let state: DirectoryState
    let forecast: ReclaimForecast
    let mode: BlocksModel.Mode
    let glyphs: GlyphSet

    init(
        _ state: DirectoryState, _ forecast: ReclaimForecast, _ mode: BlocksModel.Mode,
        _ glyphs: GlyphSet
    ) {
        self.state = state
        self.mode = mode
        self.glyphs = glyphs
        self.forecast = forecast
    }

    func print(_ format: OutputFormat) throws {
        let files = Array(zip(state.files, forecast.files))
        try Report(format).print(
            "files", files, [.init("FILE"), .init("SLOTS"), .init("FATE")], members: members
        ) { file, forecast in
            let cells = BlockMap.slots(of: file, fate: forecast.fate).map { slot in
                BlockMap.cell(
                    slot, slot.block.map { file.blocks[$0] }, mode, state: state, glyphs: glyphs
                ).glyph
            }
            return [file.name.text, cells.joined(), forecast.fate.rawValue]
        }
        guard format == .text, !files.isEmpty else { return }
        let output = StandardOutput()
        try output.write("\n" + legend.joined(separator: "   ") + "\n")
        try output.flush()
    }

    private func members(_ pair: (file: FileState, forecast: ReclaimForecast.File)) -> JSON {
        let slots = BlockMap.slots(of: pair.file, fate: pair.forecast.fate)
        let cells = slots.map { slot -> JSON in
            guard let index = slot.block else { return .object([("state", name(slot.use))]) }
            let block = pair.file.blocks[index]
            return .object([
                ("state", name(slot.use)), ("block", .int(block.slot)),
                ("topic", .string(block.topic.text)), ("topic_hex", .string(block.topic.hex)),
                ("fill", .int(Int((BlockMap.fill(of: block, unit: slot.unit) * 100).rounded()))),
            ])
        }
        return .object([
            ("file", .string(pair.file.name.text)),
            ("fate", .string(pair.forecast.fate.rawValue)), ("slots", .array(cells)),
        ])
    }

    private func name(_ use: BlockMap.Use) -> JSON { .string(use.name) }

    private var legend: [String] {
        switch mode {
        case .state: BlockMap.Use.allCases.map { "\($0.glyph(glyphs)) \($0.title)" }
        case .fill:
            ["\(glyphs.verticalLevels[1]) little", "\(glyphs.verticalLevels.last ?? "") full"]
        case .topic:
            (BlockMap.hasLetters(state) ? [] : ["letters repeat: -o json has the topics"])
                + state.topics.enumerated().filter { !$0.element.blocks.isEmpty }.map {
                    "\(BlockMap.letter($0.offset)) \($0.element.name.shown(ascii: glyphs.isASCII))"
                }
        }
    }
}
