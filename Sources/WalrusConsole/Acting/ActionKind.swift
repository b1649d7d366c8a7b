internal import Inspect
public import WalrusFormat

/// What can be done to a log, in the order of the menu.
public enum ActionKind: String, Hashable, Sendable, CaseIterable {
    case append, consume, seek
    case markClean, markDirty
    case replay, `import`
    case reclaim, trash
    case repair, undo
    case salvage, backup, restore

    /// The command's name after `:`.
    var name: String { rawValue.kebab }

    var definition: ActionDefinition {
        switch self {
        case .append: .append
        case .consume: .consume
        case .seek: .seek
        case .markClean: .markClean
        case .markDirty: .markDirty
        case .replay: .replay
        case .reclaim: .reclaim
        case .trash: .trash
        case .repair: .repair
        case .undo: .undo
        case .salvage: .salvage
        case .backup: .backup
        case .restore: .restore
        case .import: .import
        }
    }
}

/// An action as one value: its place in the menu and among the commands, what it asks, and the order
/// that the answers come to. What it does, and the plan of it, are `WalrusActions`'.
struct ActionDefinition: Sendable {
    /// In the menu.
    let key: Character
    /// For the menu and the help.
    let title: String
    /// Whether it is done to the topic that is pointed at; else to the log.
    let needsTopic: Bool
    /// What is to be looked for before anything can be asked; nil: nothing.
    var search: String?
    /// The form's title.
    var heading: @Sendable (ActionContext) -> String = { _ in "" }
    /// The questions; where there are none, the plan is made at once.
    var fields: @Sendable (ActionContext) -> [FormField] = { _ in [] }
    let work: @Sendable (ActionForm, ActionContext) throws(FormProblem) -> ActionOrder.Work
}

/// What an action may know of where one is.
struct ActionContext {
    let model: ConsoleModel
    /// What is pointed at.
    let topic: TopicName?
    /// What was found to choose from.
    var choices: [FormOption] = []

    var ascii: Bool { model.glyphs.isASCII }
    /// The topic's name, for people.
    var name: String { topic?.shown(ascii: ascii) ?? "" }

    /// Marked entries of the topic that can be read.
    var marks: [EntryRow] { (topic.map { model.marks[$0] } ?? []).filter { $0.ordinal != nil } }

    /// The entry that is pointed at, if it is one of the topic.
    var entry: EntryRow? {
        model.screen == .entries && model.entries?.topic == topic ? model.entries?.selected : nil
    }

    /// What was looked for last in the topic.
    var query: Query? { model.entries?.topic == topic ? model.entries?.query : nil }

    /// The marked entries as a list: their numbers, and how they begin.
    var markOptions: [FormOption] {
        marks.map { row in
            let start = VisibleText(row.preview, mode: .dots, ascii: ascii, limit: 30).text
            return FormOption(
                .place(row.place), "#\(Figures.grouped(row.ordinal ?? 0))  \(start)")
        }
    }
}

/// Why answers come to nothing yet.
struct FormProblem: Error, Hashable {
    let text: String
    init(_ text: String) { self.text = text }
}

/// The menu of what can be done.
public struct ActionMenu: Hashable, Sendable {
    /// What is pointed at; nil: nothing, so that only the log's own actions are on offer.
    public var topic: TopicName?
    public var selected = 0
}
