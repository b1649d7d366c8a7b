internal import Inspect
internal import Synchronization
internal import SystemPackage
internal import WalrusActions
internal import WalrusConsole
internal import WalrusFormat

/// Makes plans of what the console is asked to do, keeps the last one, and does it once it is
/// confirmed.
final class ActionRunner: Sendable {
    private let planner: ActionPlanner
    private let last = Mutex<(number: Int, planned: PlannedAction)?>(nil)
    private let count = Atomic(0)
    /// How readers were moved here: the last of each topic, the newest first.
    private let moves = Mutex<[CursorChange]>([])
    /// Of what is asked for now.
    private let control = Mutex(ActionControl())

    init(_ directory: FilePath, places: ActionPlaces) {
        planner = ActionPlanner(directory: directory, places: places)
    }

    /// What is asked from now on has not been stopped yet.
    func begin() { control.withLock { $0 = ActionControl() } }

    /// Stops what is being found out, or done, where it can be stopped.
    func stop() { control.withLock { $0 }.stop() }

    private func attached(_ tell: @escaping @Sendable (String) -> Void) -> ActionControl {
        let control = control.withLock { $0 }
        control.attach(tell)
        return control
    }

    /// What there is to choose from.
    func choices(for action: ActionKind, _ tell: @escaping @Sendable (String) -> Void) throws
        -> [FormOption]
    {
        let back = action == .undo ? moves.withLock { $0 }.map(FormOption.init) : []
        do { return back + (try planner.choices(for: action, attached(tell))) } catch {
            guard !back.isEmpty else { throw error }
            return back
        }
    }

    /// Throws what keeps it from being done, in words for people.
    func plan(
        _ order: ActionOrder, _ topic: TopicState?, _ tell: @escaping @Sendable (String) -> Void
    ) throws -> ActionDialog {
        let planned = try planner.plan(order, topic, attached(tell))
        let number = count.wrappingAdd(1, ordering: .relaxed).newValue
        last.withLock { $0 = (number, planned) }
        let plan = planned.plan
        let confirmation: ActionDialog.Confirmation =
            if case .typed(let word) = plan.confirmation { .typed(word) } else { .yes }
        return ActionDialog(
            .act(number), title: plan.title, lines: plan.lines, command: plan.commandLine,
            confirmation: confirmation, deed: plan.deed, canStop: planned.canStop)
    }

    /// Does what the last plan says, if it has that number. What it came to, a sentence a line.
    func act(_ number: Int, _ tell: @escaping @Sendable (String) -> Void)
        -> Result<String, ActionFailure>
    {
        let kept = last.withLock { last in
            defer { last = nil }
            return last
        }
        guard let kept, kept.number == number else {
            return .failure(ActionFailure("the plan is gone: make it anew"))
        }
        let planned = kept.planned
        let control = attached(tell)
        return Result {
            let log = try planner.places.audit.map { try AuditLog($0) } ?? AuditLog()
            let subject = AuditLog.Subject(
                planned.verb, planned.directory, topic: planned.topic,
                command: planned.plan.commandLine)
            let outcome = try log.noting(subject) { try planned.apply(control) }
            if let move = outcome.cursorMove {
                moves.withLock { moves in
                    moves.removeAll { $0.topic == move.topic }
                    moves.insert(move, at: 0)
                }
            }
            return ([outcome.text] + control.notes).joined(separator: "\n")
        }.mapError { ActionFailure($0) }
    }
}

extension FormOption {
    /// The way back of a reader that was moved.
    fileprivate init(_ move: CursorChange) {
        self.init(
            .returnCursor(move.topic, from: move.after, to: move.before),
            "undo \(move.deed) of \(move.topic.word): from \(move.after) to "
                + "\(move.before?.text ?? "begin")")
    }
}
