import ArgumentParser
import Inspect
import SystemPackage
import WalrusConsole
import WalrusFormat
import WalrusIO
import WalrusJSON

struct Forecast: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Tell why each file is still there, and what would free its space.",
        discussion: """
            A file goes when every entry in it is consumed and it gets no new block. For each file: \
            its fate (goes, stranded, filling, held, kept), who holds it, and how many entries these \
            readers have to consume before it goes. For each topic: what reading it to its end would \
            free. A stranded file is one that the reference, which wrote to the log last, never \
            deletes; walrus reclaim does. Where a cursor is lost, figures are the most there can be. \
            What walrus reclaim moved into the trash takes space too, until it is emptied. \
            Exits with 1 when there is no file.
            """)

    @OptionGroup var log: LogArguments
    @OptionGroup var form: OutputArguments

    func perform() throws {
        let (path, state) = try log.scan()
        let forecast = ReclaimForecast(state, of: path)
        switch form.output {
        case .text:
            try printText(forecast)
            if forecast.files.contains(where: { $0.deleter == .nobody && $0.fate != .kept }) {
                StandardStreams.complain(
                    "walrus: note: the reference wrote to this log last, and deletes no file of an earlier run, "
                        + "read or not: walrus reclaim does")
            }
            state.noteTrash()
        case .json, .jsonl: try printJSON(forecast)
        }
        try state.admitGaps()
        if state.files.isEmpty { throw Failure(.nothing, "\(log.path): no data files there") }
    }

    private func printText(_ forecast: ReclaimForecast) throws {
        try Report(.text).print(
            "files", forecast.files,
            [
                .init("FILE"), .init("ON DISK", number: true), .init("FATE"),
                .init("STILL TO FILL", number: true), .init("HELD BY"),
            ], members: Self.members
        ) { file in
            [
                file.name.text, String(file.allocated), file.fate.rawValue,
                Self.slotsToFill(file).map(String.init) ?? "-", Self.holders(file),
            ]
        }
        guard !forecast.topics.isEmpty else { return }
        let output = StandardOutput()
        try output.write("\n")
        try output.flush()
        try Report(.text).print(
            "topics", forecast.topics,
            [
                .init("READ TO END"), .init("ENTRIES", number: true),
                .init("FREES", number: true), .init("FILES FREED", number: true),
                .init("FILES HELD", number: true),
            ], members: Self.members
        ) { topic in
            [
                topic.name.shown(ascii: false),
                (topic.isCursorLost ? "<=" : "") + String(topic.entriesToRead),
                String(topic.bytesAlone), String(topic.filesAlone), String(topic.files),
            ]
        }
    }

    /// Nil: it gets no more blocks, whatever it has room for.
    private static func slotsToFill(_ file: ReclaimForecast.File) -> Int? {
        file.freeSlots > 0 ? file.freeSlots : nil
    }

    private static func holders(_ file: ReclaimForecast.File) -> String {
        let names = file.holders.prefix(4).map {
            "\($0.topic.shown(ascii: false)) "
                + "(\($0.isCursorLost ? "at most " : "")\($0.entriesToRead) to read)"
        }
        let more = file.holders.count - names.count
        return names.joined(separator: ", ") + (more > 0 ? ", \(more) more" : "")
    }

    private func printJSON(_ forecast: ReclaimForecast) throws {
        let output = StandardOutput()
        if form.output == .jsonl {
            for file in forecast.files { try output.write(Self.members(file).text + "\n") }
        } else {
            let disk = ReclaimForecast.Fate.allCases.map {
                ($0.rawValue, JSON.int(forecast.bytes[$0] ?? 0))
            }
            try output.write(
                JSON.object([
                    ("schema", .int(1)), ("cursors_lost", .bool(forecast.areCursorsLost)),
                    (
                        "disk",
                        .object(
                            [("allocated", .int(forecast.allocated))] + disk + [
                                ("if_all_read", .int(forecast.bytesIfAllRead)),
                                ("trash", .int(forecast.trash)), ("total", .int(forecast.total)),
                            ])
                    ),
                    (
                        "next",
                        forecast.next.map {
                            .object([
                                ("file", .string($0.name.text)),
                                ("entries_to_read", .int($0.entriesToRead)),
                                ("cursors_lost", .bool($0.areCursorsLost)),
                                ("allocated", .int($0.allocated)),
                            ])
                        } ?? .null
                    ),
                    ("files", .array(forecast.files.map(Self.members))),
                    ("topics", .array(forecast.topics.map(Self.members))),
                ]).text + "\n")
        }
        try output.flush()
    }

    private static func members(_ file: ReclaimForecast.File) -> JSON {
        .object([
            ("file", .string(file.name.text)), ("allocated", .int(file.allocated)),
            ("fate", .string(file.fate.rawValue)),
            ("deleted_by", .optional(Self.deleter(file))),
            ("free_slots", .optional(slotsToFill(file))),
            ("unread_size", .int(file.unreadSize)),
            ("entries_to_read", .int(file.entriesToRead)),
            ("cursors_lost", .bool(file.areCursorsLost)), ("why", .string(file.reason)),
            ("holders", .array(file.holders.map(members))),
        ])
    }

    /// Which engine deletes the file once nothing in it is unread; nil: none does by itself.
    private static func deleter(_ file: ReclaimForecast.File) -> String? {
        guard file.fate != .kept else { return nil }
        return switch file.deleter {
        case .thisEngine: "walrus"
        case .reference, .perhapsReference: "reference"
        case .nobody: nil
        }
    }

    private static func members(_ holder: ReclaimForecast.Holder) -> JSON {
        .object([
            ("topic", .string(holder.topic.text)), ("topic_hex", .string(holder.topic.hex)),
            ("unread", .int(holder.unread)), ("unread_size", .int(holder.unreadSize)),
            ("blocks", .int(holder.blocks)), ("first_block", .int(holder.slot)),
            ("last_block", .int(holder.lastSlot)),
            ("entries_to_read", .int(holder.entriesToRead)),
            ("cursor_lost", .bool(holder.isCursorLost)),
        ])
    }

    private static func members(_ topic: ReclaimForecast.Topic) -> JSON {
        .object([
            ("topic", .string(topic.name.text)), ("topic_hex", .string(topic.name.hex)),
            ("entries_to_read", .int(topic.entriesToRead)),
            ("cursor_lost", .bool(topic.isCursorLost)), ("files", .int(topic.files)),
            ("bytes", .int(topic.bytes)), ("files_alone", .int(topic.filesAlone)),
            ("bytes_alone", .int(topic.bytesAlone)),
        ])
    }
}

extension ReclaimForecast {
    /// The forecast of the log at `path`, of those who are at work there too.
    init(_ state: DirectoryState, of path: FilePath) {
        self.init(state, runBegan: DataDirectory.began(DataDirectory.writers(of: path)))
    }
}
