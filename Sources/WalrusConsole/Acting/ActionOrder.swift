public import Inspect
public import WalrusFormat

/// What is to be done to a topic, as the user has put it together. Nothing is done by it: a plan is
/// made of it first.
public struct ActionOrder: Hashable, Sendable {
    public enum Work: Hashable, Sendable {
        /// `isBatch`: all of the entries at once, or none.
        case append(Source, isBatch: Bool)
        /// From the topic's reader on, up to and without `end`; `out` is the file that they are
        /// written to before, if any.
        case consume(limit: Int?, end: EntryPoint, out: String?)
        case seek(EntryPoint)
        case mark(clean: Bool)
    }

    /// Where the entries come from that are appended.
    public enum Source: Hashable, Sendable {
        case typed([[UInt8]])
        case file(String, Form)
        /// Entries of a topic that were marked.
        case marked(TopicState, [EntryRow])
    }

    /// What in a file is an entry.
    public enum Form: String, Hashable, Sendable, CaseIterable {
        case whole = "all of it"
        case lines = "each line"
        case lengthPrefixed = "length-prefixed"
    }

    public let topic: TopicName
    public let work: Work

    public init(_ topic: TopicName, _ work: Work) {
        self.topic = topic
        self.work = work
    }
}

/// The numbered menu of what can be done to a topic.
public struct ActionMenu: Hashable, Sendable {
    public enum Action: Int, Hashable, Sendable, CaseIterable {
        case append = 1
        case consume, seek, markClean, markDirty

        var title: String {
            switch self {
            case .append: "append entries: typed, from an editor, a file, or marked ones"
            case .consume: "consume entries (moves the cursor, for good)"
            case .seek: "move the cursor to a place, back or forward"
            case .markClean: "mark the topic clean"
            case .markDirty: "mark the topic dirty"
            }
        }
    }

    public var topic: TopicName
    public var selected = 0
}

/// Something to be done that is spelled out before, and the way to confirm it.
public struct ActionDialog: Hashable, Sendable {
    public enum Confirmation: Hashable, Sendable {
        case yes
        case typed(String)
    }

    /// What confirming it leads to.
    public enum Purpose: Hashable, Sendable {
        /// The plan that the effects' runner keeps under that number.
        case act(Int)
        /// Actions are on offer from then on.
        case writeMode
    }

    public enum Focus: Hashable, Sendable { case word, cancel, apply }

    public let purpose: Purpose
    public let title: String
    public let lines: [String]
    /// The command that does the same.
    public let command: String?
    public let confirmation: Confirmation
    /// What has been typed of the word.
    public internal(set) var typed = ""
    public internal(set) var focus = Focus.cancel
    public internal(set) var isRunning = false

    public init(
        _ purpose: Purpose, title: String, lines: [String], command: String?,
        confirmation: Confirmation
    ) {
        self.purpose = purpose
        self.title = title
        self.lines = lines
        self.command = command
        self.confirmation = confirmation
    }

    static let writeMode = ActionDialog(
        .writeMode, title: "write mode",
        lines: [
            "actions that write to the log are on offer then (a)",
            "each shows a plan and asks before anything is done",
            "each is noted in the audit log; :readonly ends the mode",
        ], command: nil, confirmation: .typed("yes"))

    /// The word is there, or none is asked for.
    public var isConfirmed: Bool {
        switch confirmation {
        case .yes: true
        case .typed(let word): typed == word
        }
    }

    /// Whether Enter does it now.
    public var isArmed: Bool { !isRunning && isConfirmed && focus != .cancel }
}

extension TopicName {
    /// The name in harmless characters, unambiguous.
    public func shown(ascii: Bool) -> String {
        VisibleText(bytes, mode: .escape, ascii: ascii, limit: 1_000).text
    }
}
