internal import Inspect

extension ConsoleModel {
    /// Asks for what a restart would do, when the check screen shows it and it is not known.
    mutating func askForRestart() -> [Effect] {
        guard screen == .check, !isPast, let state, !restart.isAwaited else { return [] }
        if let known = restart.preview, known.revision == state.revision { return [] }
        restart.isAwaited = true
        return [.previewRestart]
    }

    mutating func runRestart(_ command: Command) -> [Effect] {
        guard command == .open, let topic = selectedRestart else { return [] }
        home.selected = topic.name
        return openEntries(of: topic.name, ordinal: topic.next)
    }

    mutating func moveRestart(by delta: Int) {
        restart.position.move(by: delta, count: restart.rows.count)
        if let cursor = selectedRestart?.here.cursor {
            focus = BytePlace(file: cursor.file, slot: cursor.slot, offset: cursor.offset)
        }
    }

    /// The topic under the cursor of the list.
    var selectedRestart: RecoveryPreview.Topic? {
        guard restart.rows.indices.contains(restart.position.selected),
            case .topic(let index) = restart.rows[restart.position.selected]
        else { return nil }
        return restart.preview?.topics[index]
    }

    mutating func settleRestart() {
        let count = restart.rows.count
        restart.position.selected = max(0, min(restart.position.selected, count - 1))
        restart.position.top = ScrollWindow.top(
            keeping: restart.position.selected, in: count,
            height: CheckLayout(self).restartHeight, from: restart.position.top)
    }
}
