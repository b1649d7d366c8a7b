import ArgumentParser
import Inspect
import WalrusConsole
import WalrusEngine
import WalrusFormat
import WalrusIO

struct Consume: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Take entries out of a topic: print them and move its cursor, for good. Writes.",
        discussion: """
            An entry is consumed only after it was printed whole: if the reader of the output goes \
            away, or the process is killed, it is the next one again. Exits with 1 when there was \
            nothing to consume.
            """)

    @OptionGroup var log: LogArguments
    @OptionGroup var topic: TopicArguments
    @OptionGroup var form: OutputArguments

    @Option(parsing: .unconditional, help: "Consume at most so many.")
    var limit: Int

    @Option(help: "How to print the payload.")
    var payload: PayloadForm = .text

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit must be above 0") }
    }

    func perform() throws {
        _ = try log.existing()
        // What is taken out must be printed whole, or it is lost.
        var printer = EntryPrinter(form.output, payload, isWhole: true)
        var consumed = 0
        try withEngine(log) { engine in
            try topic.check(in: engine)
            try printer.begin()
            while consumed < limit, let entry = try engine.readNext(topic.name, checkpoint: false) {
                let bytes = entry.payload
                try printer.print(EntryRecord(entry)) { offset, count in
                    Array(bytes[offset..<offset + count])
                }
                try printer.output.flush()
                // The lock keeps every other consumer out: this is the entry just printed.
                _ = try engine.readNext(topic.name, checkpoint: true)
                consumed += 1
            }
            try printer.end()
        }
        if consumed == 0 {
            throw Failure(.nothing, "no unread entry in \(topic.name.shown(ascii: true))")
        }
    }
}

extension EntryRecord {
    init(_ entry: Entry) {
        self.init(
            ordinal: entry.ordinal, length: entry.payloadLength,
            checksum: FNV1a.hash(entry.payload), file: entry.file, slot: entry.slot,
            offset: entry.offset, isConsumed: true, sequence: entry.sequence,
            timestamp: entry.timestamp)
    }
}
