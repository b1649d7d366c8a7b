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
    /// What typing the word does, with its number; nil: the title says it.
    public let deed: String?
    /// Whether it can be stopped while it is done.
    public let canStop: Bool
    /// What has been typed of the word.
    public internal(set) var typed = ""
    public internal(set) var focus = Focus.cancel
    /// The first line that is shown, of those that do not all fit.
    var top = 0

    public init(
        _ purpose: Purpose, title: String, lines: [String], command: String?,
        confirmation: Confirmation, deed: String? = nil, canStop: Bool = false
    ) {
        self.purpose = purpose
        self.title = title
        self.lines = lines
        self.command = command
        self.confirmation = confirmation
        self.deed = deed
        self.canStop = canStop
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
        // As bytes: a string equals another one that merely looks like it.
        case .typed(let word): typed.utf8.elementsEqual(word.utf8)
        }
    }

    /// Whether Enter does it now.
    public var isArmed: Bool { isConfirmed && focus != .cancel }
}

/// Something is being found out: what there is to choose from, or what an order would do.
public struct ActionWait: Hashable, Sendable {
    let title: String
    var progress = ""
    /// What becomes of a text that is written in an editor meanwhile.
    var editing: (form: ActionOrder.Form, isBatch: Bool) {
        get { (form, isBatch) }
        set { (form, isBatch) = newValue }
    }
    private var form = ActionOrder.Form.whole
    private var isBatch = false
    /// Nobody wants the answer any more. It is waited for all the same, so that no answer is taken
    /// for that to another question.
    var isStopping = false

    init(title: String) { self.title = title }
}

/// What was confirmed and is being done. It goes on whether the dialog is on the screen or not.
public struct RunningAction: Hashable, Sendable {
    public let title: String
    let command: String?
    public let canStop: Bool
    public internal(set) var progress = ""
    var isStopping = false
    var isStopFocused = false

    init(_ plan: ActionDialog) {
        title = plan.title
        command = plan.command
        canStop = plan.canStop
    }
}

/// What an action came to, where that is more than a line.
public struct ActionReport: Hashable, Sendable {
    public let kind: ConsoleModel.Notice.Kind
    public let lines: [String]
    /// Nil: what the kind says.
    var title: String?
    var top = 0
}
