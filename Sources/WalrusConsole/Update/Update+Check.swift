internal import Inspect
internal import WalrusFormat

extension ConsoleModel {
    mutating func runCheck(_ command: Command) -> [Effect] {
        if isFirstLook, command != .leave { return askToWait(for: "findings come") }
        if command == .switchPane {
            restart.isFocused.toggle()
            return []
        }
        let findings = shownFindings
        if restart.isFocused, let delta = Self.delta(command, page: CheckLayout(self).restartHeight)
        {
            moveRestart(by: delta)
            return []
        }
        if let delta = Self.delta(command, page: CheckLayout(self).listHeight) {
            check.move(by: delta, count: findings.count)
            if findings.indices.contains(check.selected) {
                focus = findings[check.selected].place ?? focus
            }
            return []
        }
        switch command {
        case .inverse, .next, .previous: return filterKey(command)
        case .open where restart.isFocused: return runRestart(command)
        case .leave:
            guard findingsFilter.isEmpty else {
                setFilter("")
                return []
            }
            screen = .home
        case .open:
            guard findings.indices.contains(check.selected) else { return [] }
            return openPlace(of: findings[check.selected])
        default: break
        }
        return []
    }

    mutating func settleCheck() {
        let rows = shownFindings.count
        check.selected = max(0, min(check.selected, rows - 1))
        check.top = ScrollWindow.top(
            keeping: check.selected, in: rows, height: CheckLayout(self).listHeight,
            from: check.top)
        settleRestart()
    }
}

extension Finding {
    /// The byte that it is about; nil when it is about no place in a block.
    var place: BytePlace? {
        guard let name = file.flatMap({ DataFileName($0) }), let block else { return nil }
        return BytePlace(file: name, slot: block, offset: offset ?? 0)
    }
}
