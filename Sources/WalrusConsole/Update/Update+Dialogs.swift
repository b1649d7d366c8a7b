internal import Inspect
internal import WalrusFormat

extension ConsoleModel {
    mutating func pressOverlay(_ key: Key) -> [Effect] {
        switch overlay {
        case .help(let top): pressHelp(key, top)
        case .prompt(let prompt): return pressPrompt(key, prompt)
        case .menu(let menu): return pressMenu(key, menu)
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

    // MARK: - Actions

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
            return complain("read-only: type :write first, or start with --write")
        }
        let purpose: Prompt.Purpose =
            action == .append ? .appendPayload(topic) : .consumeCount(topic)
        overlay = .prompt(Prompt(purpose: purpose, text: action == .append ? "" : "1"))
        return []
    }

    private mutating func pressPlan(_ key: Key, _ plan: ActionDialog) -> [Effect] {
        guard !plan.isRunning else { return [] }
        var plan = plan
        let isBlocked = !holders.isEmpty
        switch key {
        case .escape:
            overlay = nil
            return []
        case .tab, .down, .right: plan.focus = plan.focus.next
        case .backTab, .up, .left: plan.focus = plan.focus.next.next
        case .backspace:
            if plan.focus == .name, !plan.typed.isEmpty { plan.typed.removeLast() }
        case .character(let character):
            // Typing goes to the name wherever the focus is: no letter is a short cut here.
            plan.focus = .name
            if plan.typed.utf8.count < 4_096 { plan.typed.append(character) }
        case .enter:
            switch plan.focus {
            case .cancel:
                overlay = nil
                return []
            // A name typed in full is the confirmation; a wrong one leads to the button that says so.
            case .name where !plan.isNamed(ascii: glyphs.isASCII): plan.focus = .apply
            case .name, .apply:
                guard !isBlocked else { return complain("another process has the log open") }
                guard plan.isNamed(ascii: glyphs.isASCII) else {
                    return complain("type the topic's name as it is shown, then apply")
                }
                plan.isRunning = true
                overlay = .plan(plan)
                return [.act(plan)]
            }
        default: return []
        }
        overlay = .plan(plan)
        return []
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

extension ActionDialog.Focus {
    fileprivate var next: ActionDialog.Focus {
        switch self {
        case .name: .cancel
        case .cancel: .apply
        case .apply: .name
        }
    }
}
