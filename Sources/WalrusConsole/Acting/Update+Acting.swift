internal import Inspect
internal import WalrusFormat

// From the menu over a form to a plan, and from there, once it is confirmed, to `Effect.act`: the
// only way to anything that writes to a log.
extension ConsoleModel {
    mutating func pressOverlay(_ key: Key) -> [Effect] {
        switch overlay {
        case .help(let top): pressHelp(key, top)
        case .prompt(let prompt): return pressPrompt(key, prompt)
        case .menu(let menu): return pressMenu(key, menu)
        case .form(let form): return pressForm(key, form)
        case .plan(let plan): return pressPlan(key, plan)
        case nil: break
        }
        return []
    }

    private mutating func pressHelp(_ key: Key, _ top: Int) {
        let command = keys.command(for: key, on: .home)
        let page = max(1, size.rows - 4)
        if let delta = command.flatMap({ Self.delta($0, page: page) }) {
            overlay = .help(top: max(0, min(top + delta, HelpView.lines(self).count - page)))
        } else {
            overlay = nil
        }
    }

    // MARK: - The menu

    mutating func openActions() -> [Effect] {
        guard let name = topicAtHand else {
            return complain(
                screen == .home || screen == .entries
                    ? "no topic is selected" : "what is pointed at belongs to no topic")
        }
        overlay = .menu(ActionMenu(topic: name))
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
        let actions = ActionMenu.Action.allCases
        switch key {
        case .escape, .character("q"):
            overlay = nil
            return []
        case .up, .character("k"): menu.selected = max(0, menu.selected - 1)
        case .down, .character("j"):
            menu.selected = min(actions.count - 1, menu.selected + 1)
        case .enter: return choose(actions[menu.selected], menu.topic)
        case .character(let digit):
            guard let number = digit.wholeNumberValue,
                let action = ActionMenu.Action(rawValue: number)
            else { return [] }
            return choose(action, menu.topic)
        default: return []
        }
        overlay = .menu(menu)
        return []
    }

    private mutating func choose(_ action: ActionMenu.Action, _ topic: TopicName) -> [Effect] {
        guard setup.canWrite else {
            overlay = nil
            return complain("read-only: type :write first, or start with --write")
        }
        let kind: ActionForm.Kind
        switch action {
        case .append: kind = .append
        case .consume: kind = .consume
        case .seek: kind = .seek
        case .markClean, .markDirty:
            return plan(ActionOrder(topic, .mark(clean: action == .markClean)))
        }
        let entry = screen == .entries && entries?.topic == topic ? entries?.selected : nil
        overlay = .form(ActionForm(kind, topic, marked: marks.counts, entry: entry))
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
        switch form.kind {
        case .append: return submitAppend(form)
        case .consume:
            let out = form.out.text.isEmpty ? nil : form.out.text
            switch form.extents[form.extent] {
            case .count:
                guard let count = Int(form.count.text), count > 0 else {
                    return complain("how many entries? a number above 0")
                }
                return plan(
                    ActionOrder(form.topic, .consume(limit: count, end: .end, out: out)))
            case .entry(let ordinal):
                let end = EntryPoint.ordinal(ordinal + 1)
                return plan(ActionOrder(form.topic, .consume(limit: nil, end: end, out: out)))
            case .now:
                return plan(ActionOrder(form.topic, .consume(limit: nil, end: .end, out: out)))
            }
        case .seek:
            switch form.targets[form.target] {
            case .entry(let place, _): return plan(ActionOrder(form.topic, .seek(.place(place))))
            case .begin: return plan(ActionOrder(form.topic, .seek(.begin)))
            case .end: return plan(ActionOrder(form.topic, .seek(.end)))
            case .place:
                guard let point = EntryPoint(form.place.text, now: now) else {
                    return complain(
                        "no such place: 2000, -100, #411127, @-1h, @2026-11-20T12:00 or "
                            + "FILE:BLOCK+OFFSET")
                }
                return plan(ActionOrder(form.topic, .seek(point)))
            }
        }
    }

    private mutating func submitAppend(_ form: ActionForm) -> [Effect] {
        let source: ActionOrder.Source
        switch form.sources[form.source] {
        case .typed:
            let text = form.text.text
            let isLines = form.forms[form.form] == .lines
            let pieces =
                isLines
                ? text.split(separator: "\n", omittingEmptySubsequences: false) : [text[...]]
            source = .typed(pieces.map { Array($0.utf8) })
        case .editor:
            overlay = nil
            return [.edit(form.topic)]
        case .file:
            guard !form.file.isEmpty else { return complain("which file?") }
            source = .file(form.file.text, form.forms[form.form])
        case .marked(let name, _):
            guard let topic = state?.topic(name), !marks[name].isEmpty else {
                return complain("the marked entries are gone")
            }
            source = .marked(topic, marks[name])
        }
        return plan(ActionOrder(form.topic, .append(source, isBatch: form.isBatch)))
    }

    private mutating func plan(_ order: ActionOrder) -> [Effect] {
        overlay = nil
        return [.planAction(order, state?.topic(order.topic))]
    }

    /// A plan that is there now. It was asked for; whatever is on the screen meanwhile gives way,
    /// unless actions are on offer no more.
    mutating func take(_ plan: ActionDialog) -> [Effect] {
        guard setup.canWrite else { return complain("read-only again: the plan is dropped") }
        overlay = .plan(plan)
        return []
    }

    /// An entry that was written in an editor.
    mutating func takeEdited(_ topic: TopicName, _ result: Result<[UInt8], ActionFailure>)
        -> [Effect]
    {
        switch result {
        case .success(let bytes):
            return plan(ActionOrder(topic, .append(.typed([bytes]), isBatch: false)))
        case .failure(let failure): return complain(failure.message)
        }
    }

    // MARK: - The plan

    mutating func askForWriteMode() -> [Effect] {
        guard player == nil else { return complain("a recording is only looked at") }
        guard !setup.canWrite else { return confirm("actions that write are on offer (a)") }
        overlay = .plan(.writeMode)
        return []
    }

    private mutating func pressPlan(_ key: Key, _ plan: ActionDialog) -> [Effect] {
        guard !plan.isRunning else { return [] }
        var plan = plan
        switch key {
        case .escape:
            overlay = nil
            return []
        case .tab, .down, .right: plan.focus = next(plan, 1)
        case .backTab, .up, .left: plan.focus = next(plan, -1)
        case .backspace:
            if plan.focus == .word, !plan.typed.isEmpty { plan.typed.removeLast() }
        case .character(let character):
            // Typing goes to the word wherever the focus is: no letter is a short cut here.
            guard case .typed = plan.confirmation else { return [] }
            plan.focus = .word
            if plan.typed.utf8.count < 4_096 { plan.typed.append(character) }
        case .enter:
            if plan.isArmed { return apply(plan) }
            switch plan.focus {
            case .cancel:
                overlay = nil
                return []
            // A word typed in full is the confirmation; a wrong one leads to the button that says so.
            case .word: plan.focus = .apply
            case .apply: return complain("type the word as it is shown, then apply")
            }
        default: return []
        }
        overlay = .plan(plan)
        return []
    }

    private func next(_ plan: ActionDialog, _ step: Int) -> ActionDialog.Focus {
        let order: [ActionDialog.Focus] =
            plan.confirmation == .yes ? [.cancel, .apply] : [.word, .cancel, .apply]
        let at = order.firstIndex(of: plan.focus) ?? 0
        return order[(at + step + order.count) % order.count]
    }

    private mutating func apply(_ plan: ActionDialog) -> [Effect] {
        switch plan.purpose {
        case .writeMode:
            overlay = nil
            setup.canWrite = true
            return confirm("actions that write are on offer (a)")
        case .act(let number):
            guard setup.canWrite else { return complain("read-only: type :write first") }
            var plan = plan
            plan.isRunning = true
            overlay = .plan(plan)
            return [.act(number)]
        }
    }

    mutating func finish(_ result: Result<String, ActionFailure>) -> [Effect] {
        overlay = nil
        switch result {
        case .success(let text): notice = Notice(kind: .done, text: text)
        case .failure(let failure):
            notice = Notice(kind: .problem, text: failure.message)
            return [.bell]
        }
        guard scan == nil else { return [] }
        scan = ScanStatus()
        return [.scan(forget: false)]
    }
}
