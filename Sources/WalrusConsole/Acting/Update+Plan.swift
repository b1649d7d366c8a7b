internal import Inspect
internal import WalrusFormat

// From a plan to `Effect.act`, once it is confirmed: the only way to anything that writes to a log.
// And what is seen of it until it has ended.
extension ConsoleModel {
    /// A plan that is there now. It was asked for; whatever is on the screen meanwhile gives way,
    /// unless actions are on offer no more.
    mutating func take(_ plan: ActionDialog) -> [Effect] {
        guard endWait() else { return [] }
        guard setup.canWrite else { return complain("read-only again: the plan is dropped") }
        overlay = .plan(plan)
        return []
    }

    mutating func askForWriteMode() -> [Effect] {
        guard player == nil else { return complain("a recording is only looked at") }
        guard !setup.canWrite else { return confirm("actions that write are on offer (a)") }
        overlay = .plan(.writeMode)
        return []
    }

    mutating func pressPlan(_ key: Key, _ plan: ActionDialog) -> [Effect] {
        var plan = plan
        switch key {
        case .escape:
            overlay = nil
            return []
        case .tab, .down, .right: plan.focus = next(plan, 1)
        case .backTab, .up, .left: plan.focus = next(plan, -1)
        case .pageDown, .pageUp:
            let layout = PlanView.layout(self, plan)
            plan.top = layout.scrolled(plan.top, by: key == .pageDown ? 1 : -1)
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
            guard acting == nil else { return complain("another action is being done") }
            acting = RunningAction(plan)
            overlay = .acting
            return [.act(number)]
        }
    }

    // MARK: - While it is done

    mutating func pressActing(_ key: Key) -> [Effect] {
        guard var running = acting else {
            overlay = nil
            return []
        }
        switch key {
        case .escape, .character("q"): overlay = nil
        case .tab, .backTab, .left, .right, .up, .down:
            running.isStopFocused = running.canStop && !running.isStopFocused
        case .enter where !running.isStopFocused: overlay = nil
        case .enter where !running.isStopping:
            running.isStopping = true
            acting = running
            return [.stopAction]
        default: return []
        }
        acting = running
        return []
    }

    /// What must not happen while something is done to the log that is open; nil: nothing is.
    mutating func refuseWhileActing() -> [Effect]? {
        guard let acting else { return nil }
        overlay = .acting
        return complain(
            acting.canStop
                ? "this is being done: wait or stop it; Ctrl-C stops it and leaves"
                : "this is being done: wait until it has ended")
    }

    mutating func takeProgress(_ text: String) -> [Effect] {
        if case .wait(var wait) = overlay {
            wait.progress = text
            overlay = .wait(wait)
        } else {
            acting?.progress = text
        }
        return []
    }

    /// What became of an action, or why there is no plan of it.
    mutating func finish(_ result: Result<String, ActionFailure>) -> [Effect] {
        let wasActing = acting != nil
        acting = nil
        guard endWait() else { return [] }
        if overlay == .acting { overlay = nil }
        var effects: [Effect] = []
        switch result {
        case .success(let text): tell(.done, text)
        case .failure(let failure):
            tell(.problem, failure.message)
            effects.append(.bell)
            // What failed on the way may have done a part of it.
            guard wasActing else { return effects }
        }
        guard scan == nil else { return effects }
        scan = ScanStatus()
        return effects + [.scan(forget: false)]
    }

    /// In the bottom line, or in a box of its own where that is too short; never in the way of
    /// somebody who types.
    private mutating func tell(_ kind: Notice.Kind, _ text: String) {
        let lines = text.split(separator: "\n").map(String.init)
        notice = Notice(kind: kind, text: lines.first ?? text)
        let columns = DisplayWidth.columns(
            of: VisibleText(text, mode: .escape, ascii: glyphs.isASCII, limit: 2_000).text)
        guard overlay == nil, lines.count > 1 || columns + 4 > size.columns else { return }
        notice = nil
        overlay = .report(ActionReport(kind: kind, lines: lines))
    }

    mutating func pressReport(_ key: Key, _ report: ActionReport) {
        var report = report
        let layout = ReportView.layout(self, report)
        switch key {
        case .pageDown, .down, .character("j"): report.top = layout.scrolled(report.top, by: 1)
        case .pageUp, .up, .character("k"): report.top = layout.scrolled(report.top, by: -1)
        case .enter, .escape, .character("q"):
            overlay = nil
            return
        default: return
        }
        overlay = .report(report)
    }
}
