public import Inspect
public import WalrusFormat

/// The numbered menu of what can be done to a topic.
public struct ActionMenu: Hashable, Sendable {
    public enum Action: Int, Hashable, Sendable, CaseIterable {
        case append = 1
        case consume

        var title: String {
            switch self {
            case .append: "append an entry"
            case .consume: "consume entries (moves the cursor, for good)"
            }
        }
    }

    public var topic: TopicName
    public var selected = 0
}

/// Something to be written, spelled out before it is done.
public struct ActionDialog: Hashable, Sendable {
    public enum Work: Hashable, Sendable {
        case append(payload: [UInt8])
        /// The entries to be consumed, in order: exactly these, or none.
        case consume([EntryRow])
    }

    public enum Focus: Hashable, Sendable { case name, cancel, apply }

    public var topic: TopicName
    public var work: Work
    /// The cursor when the plan was made: a changed one voids it.
    public var cursor: CursorState?
    /// What has been typed of the topic's name.
    public var typed = ""
    public var focus = Focus.cancel
    public var isRunning = false

    public init(topic: TopicName, work: Work, cursor: CursorState?) {
        self.topic = topic
        self.work = work
        self.cursor = cursor
    }

    /// Whether the name has been typed as it is shown.
    public func isNamed(ascii: Bool) -> Bool { typed == topic.shown(ascii: ascii) }
}

extension TopicName {
    /// The name in harmless characters, unambiguous.
    public func shown(ascii: Bool) -> String {
        VisibleText(bytes, mode: .escape, ascii: ascii, limit: 1_000).text
    }
}
