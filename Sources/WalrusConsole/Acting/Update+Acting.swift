internal import Inspect
internal import WalrusFormat

// From the menu over a form to a plan. What a confirmed plan leads to is in `Update+Plan.swift`.
extension ConsoleModel {
    mutating func pressOverlay(_ key: Key) -> [Effect] {
        switch overlay {
        case .help(let top): pressHelp(key, top)
        case .prompt(let prompt): return pressPrompt(key, prompt)
        case .menu(let menu): return pressMenu(key, menu)
        case .form(let form): return pressForm(key, form)
        case .wait(let wait): return pressWait(key, wait)
        case .plan(let plan): return pressPlan(key, plan)
        case .acting: return pressActing(key)
        case .report(let report): pressReport(key, report)
        case nil: break
        }
        return []
    }

    private mutating func pressHelp(_ key: Key, _ top: Int) {
        let command = keys.command(for: key, on: .home)
        let page = HelpView.height(self)
        if let delta = command.flatMap({ Self.delta($0, page: page) }) {
            overlay = .help(top: max(0, min(top + delta, HelpView.lines(self).count - page)))
        } else {
            overlay = nil
        }
    }

    // MARK: - The menu

    mutating func openActions() -> [Effect] {
        if acting != nil {
            overlay = .acting
            return []
        }
        var menu = ActionMenu(topic: topicAtHand)
        // On Check one wants to mend what is wrong; without a topic there is nothing to append to.
        let first: ActionKind =
            screen == .check ? .repair : menu.topic == nil ? .reclaim : .append
        menu.selected = ActionKind.allCases.firstIndex(of: first) ?? 0
        overlay = .menu(menu)
        return []
    }

    /// The topic that is pointed at on this screen, and on no other.
    private var topicAtHand: TopicName? {
        switch screen {
        case .chooser, .bench: return nil
        case .entries: return entries?.topic
        case .home, .live: return home.selected
        case .blocks: return selectedBlock?.topic
        case .hex: return hex.place.flatMap { block(at: $0) }?.topic
        case .check:
            let findings = shownFindings
            guard findings.indices.contains(check.selected) else { return nil }
            return findings[check.selected].place.flatMap { block(at: $0) }?.topic
        }
    }

    private mutating func pressMenu(_ key: Key, _ menu: ActionMenu) -> [Effect] {
        var menu = menu
        let actions = ActionKind.allCases
        switch key {
        case .escape, .character("q"):
            overlay = nil
            return []
        case .up, .character("k"): menu.selected = max(0, menu.selected - 1)
        case .down, .character("j"):
            menu.selected = min(actions.count - 1, menu.selected + 1)
        case .enter: return begin(actions[menu.selected], menu.topic)
        case .character(let character):
            guard let action = actions.first(where: { $0.definition.key == character }) else {
                return []
            }
            return begin(action, menu.topic)
        default: return []
        }
        overlay = .menu(menu)
        return []
    }

    /// Begins to ask, by the command's name.
    mutating func begin(_ action: ActionKind) -> [Effect] {
        guard screen != .chooser else { return complain("open a log first (Enter)") }
        guard acting == nil else {
            overlay = .acting
            return []
        }
        return begin(action, topicAtHand)
    }

    private mutating func begin(_ action: ActionKind, _ topic: TopicName?) -> [Effect] {
        overlay = nil
        guard player == nil else { return complain("a recording is only looked at") }
        guard setup.canWrite else {
            return complain("read-only: type :write first, or start with --write")
        }
        let definition = action.definition
        guard !definition.needsTopic || topic != nil else {
            return complain(
                screen == .home || screen == .entries
                    ? "no topic is selected" : "what is pointed at belongs to no topic")
        }
        if let search = definition.search {
            overlay = .wait(ActionWait(title: search))
            return [.findChoices(action)]
        }
        return ask(action, topic, [])
    }

    /// What there is to choose from.
    mutating func take(_ choices: [FormOption], for action: ActionKind) -> [Effect] {
        guard endWait() else { return [] }
        guard setup.canWrite else { return complain("read-only again: nothing is asked") }
        return ask(action, nil, choices)
    }

    private mutating func ask(
        _ action: ActionKind, _ topic: TopicName?, _ choices: [FormOption]
    ) -> [Effect] {
        let definition = action.definition
        let context = ActionContext(model: self, topic: topic, choices: choices)
        let form = ActionForm(
            action, definition.needsTopic ? topic : nil, title: definition.heading(context),
            fields: definition.fields(context))
        guard !form.fields.isEmpty else { return submit(form) }
        overlay = .form(form)
        return []
    }

    // MARK: - The form

    private mutating func pressForm(_ key: Key, _ form: ActionForm) -> [Effect] {
        var form = form
        switch form.press(key) {
        case .cancelled: overlay = nil
        case .taken: overlay = .form(form)
        case .submitted: return submit(form)
        }
        return []
    }

    private mutating func submit(_ form: ActionForm) -> [Effect] {
        let context = ActionContext(model: self, topic: form.topic)
        do throws(FormProblem) {
            let work = try form.kind.definition.work(form, context)
            if case .returnCursor(let topic, _, _) = work { return plan(ActionOrder(topic, work)) }
            return plan(ActionOrder(form.topic, work))
        } catch { return complain(error.text) }
    }

    private mutating func plan(_ order: ActionOrder) -> [Effect] {
        if let topic = order.topic, case .append(.editor(let form), let isBatch) = order.work {
            var wait = ActionWait(title: "an entry is being written")
            wait.editing = (form, isBatch)
            overlay = .wait(wait)
            return [.edit(topic)]
        }
        overlay = .wait(ActionWait(title: "finding out what that would do"))
        return [.planAction(order, order.topic.flatMap { state?.topic($0) })]
    }

    /// An entry that was written in an editor.
    mutating func takeEdited(_ topic: TopicName, _ result: Result<[UInt8], ActionFailure>)
        -> [Effect]
    {
        var editing = (form: ActionOrder.Form.whole, isBatch: false)
        if case .wait(let wait) = overlay { editing = wait.editing }
        overlay = nil
        switch result {
        case .success(let bytes):
            let entries = editing.form.entries(bytes)
            guard !entries.isEmpty else { return complain("only empty lines were written") }
            return plan(ActionOrder(topic, .append(.typed(entries), isBatch: editing.isBatch)))
        case .failure(let failure): return complain(failure.message)
        }
    }

    // MARK: - Waiting for what is found out

    private mutating func pressWait(_ key: Key, _ wait: ActionWait) -> [Effect] {
        guard key == .escape || key == .enter, !wait.isStopping else { return [] }
        var wait = wait
        wait.isStopping = true
        overlay = .wait(wait)
        return [.stopAction]
    }

    /// Ends the wait. Whether somebody still wants the answer.
    mutating func endWait() -> Bool {
        guard case .wait(let wait) = overlay else { return true }
        overlay = nil
        return !wait.isStopping
    }
}
