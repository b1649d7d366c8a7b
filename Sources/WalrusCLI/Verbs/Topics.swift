import ArgumentParser
import Inspect
import WalrusConsole
import WalrusFormat
import WalrusJSON

struct Topics: Verb {
    static let configuration = CommandConfiguration(
        abstract: "List the topics: entries, unread, size, clean flag, cursor.",
        discussion: """
            The column DAMAGED is there when a topic has damaged entries. Exits with 1 when there \
            is no topic.
            """)

    @OptionGroup var log: LogArguments
    @OptionGroup var form: OutputArguments

    func perform() throws {
        let (_, state) = try log.scan()
        // A column of zeros tells nothing.
        let isDamaged = state.topics.contains { $0.damaged > 0 }
        func members(_ topic: TopicState) -> JSON {
            Self.members(topic, isCursorLost: state.isCursorLost(topic))
        }
        try Report(form.output).print(
            "topics", state.topics,
            [
                .init("TOPIC"), .init("ENTRIES", number: true), .init("UNREAD", number: true),
                .init("SIZE", number: true), .init("FLAG"), .init("BLOCKS", number: true),
            ] + (isDamaged ? [.init("DAMAGED", number: true)] : []) + [.init("CURSOR")],
            members: members
        ) { topic in
            let isLost = state.isCursorLost(topic)
            return [
                topic.name.shown(ascii: false), String(topic.entries),
                // The most that it can be.
                (isLost ? "<=" : "") + String(topic.unread),
                String(topic.size), topic.isClean ? "clean" : "dirty", String(topic.blocks.count),
            ] + (isDamaged ? [String(topic.damaged)] : [])
                + [
                    topic.cursor.map { "\($0.file):\($0.slot)+\($0.offset)" }
                        ?? (isLost ? "lost" : "begin")
                ]
        }
        try state.admitGaps()
        if state.topics.isEmpty { throw Failure(.nothing, "\(log.path): no topics there") }
    }

    static func members(_ topic: TopicState, isCursorLost: Bool) -> JSON {
        let cursor = topic.cursor.map { cursor in
            JSON.object([
                ("file", .string(cursor.file.text)), ("block", .int(cursor.slot)),
                ("offset", .int(cursor.offset)),
            ])
        }
        return .object([
            ("topic", .string(topic.name.text)), ("topic_hex", .string(topic.name.hex)),
            ("entries", .int(topic.entries)), ("unread", .int(topic.unread)),
            ("size", .int(topic.size)), ("clean", .bool(topic.isClean)),
            ("blocks", .int(topic.blocks.count)), ("damaged", .int(topic.damaged)),
            ("cursor", cursor ?? .null), ("cursor_lost", .bool(isCursorLost)),
        ])
    }
}
