internal import Inspect
internal import WalrusFormat

// Clicks and the wheel. They do what a key does that only looks: nothing that writes, and nothing
// that confirms, can be clicked.
extension ConsoleModel {
    private static let wheelLines = 3

    mutating func take(_ event: MouseEvent) -> [Effect] {
        guard isMouseOn, size.columns >= ConsoleView.sizeMin.columns,
            size.rows >= ConsoleView.sizeMin.rows
        else { return [] }
        switch event.action {
        case .press: return overlay == nil ? press(event) : []
        case .wheelUp: return turn(.up, event)
        case .wheelDown: return turn(.down, event)
        }
    }

    private mutating func turn(_ command: Command, _ event: MouseEvent) -> [Effect] {
        switch overlay {
        case .help: return (0..<Self.wheelLines).flatMap { _ in pressOverlay(command.arrow) }
        case nil: break
        default: return []
        }
        // What is under the mouse scrolls, wherever the keys go.
        if screen == .entries {
            let isPayload = EntriesLayout(self).payload.contains(event)
            entries?.isPayloadFocused = isPayload
        } else if screen == .bench {
            guard !bench.isAsking else { return [] }
            let layout = BenchLayout(self)
            if layout.results.contains(event) { bench.areResultsFocused = true }
            if layout.form.contains(event) { bench.areResultsFocused = false }
        }
        return (0..<Self.wheelLines).flatMap { _ in run(command) }
    }

    private mutating func press(_ event: MouseEvent) -> [Effect] {
        let chrome = Chrome(self)
        if chrome.footer.contains(event) { return pressFooter(event, chrome.footer) }
        switch screen {
        case .chooser: return pressChooser(event)
        case .home: return pressHome(event)
        case .entries: return pressEntries(event)
        case .blocks: return pressBlocks(event)
        case .live: return pressLive(event)
        case .hex: return pressHex(event)
        case .check: return pressCheck(event)
        case .bench: return pressBench(event)
        }
    }

    /// The labels of the keys do what the keys do.
    private mutating func pressFooter(_ event: MouseEvent, _ rect: Rect) -> [Effect] {
        var x = rect.x
        for shown in FooterView.shown(self, width: rect.width) {
            let end = x + shown.pieces.columns
            if (x..<end).contains(event.x) {
                let command = shown.binding.command
                guard command.isLooking(on: screen), let key = shown.binding.keys.first else {
                    return []
                }
                return update(.key(key))
            }
            x = end
        }
        return []
    }

    // MARK: - Screens

    /// The line of a box's inside that was clicked: 0 is the heading of a table.
    private func line(_ event: MouseEvent, in box: Rect) -> Int? {
        guard box.contains(event), event.x > box.x, event.x < box.maxX - 1, event.y > box.y,
            event.y < box.maxY - 1
        else { return nil }
        return event.y - box.y - 1
    }

    private mutating func pressChooser(_ event: MouseEvent) -> [Effect] {
        guard let line = line(event, in: ChooserLayout(self).list), line > 0, let chooser else {
            return []
        }
        let row = chooser.position.top + line - 1
        guard let logs = chooser.logs, logs.indices.contains(row) else { return [] }
        if row == chooser.position.selected { return run(.open) }
        self.chooser?.position.selected = row
        return []
    }

    private mutating func pressHome(_ event: MouseEvent) -> [Effect] {
        let layout = HomeLayout(self)
        if layout.health.contains(event) { return go(to: .check) }
        if layout.files.contains(event) { return go(to: .blocks) }
        guard let line = line(event, in: layout.topics) else { return [] }
        if line == 0 {
            let table = Table(ColumnChoice(.topics, self).pick(HomeView.columns(self)), rows: [])
            let x = event.x - layout.topics.x - 1
            // A title may reach into the gap at its left.
            let places = table.places(width: layout.topics.width - 2)
            guard let place = places.first(where: { (-1...$0.width).contains(x - $0.x) }),
                let sort = HomeView.sort(by: table.columns[place.column].title)
            else { return [] }
            if home.sort == sort { return run(.reverseSort) }
            home.sort = sort
            home.isAscending = sort == .topic
            reorderTopics()
            return []
        }
        let row = home.top + line - 1
        guard home.order.indices.contains(row) else { return [] }
        if row == selectedTopicRow { return run(.open) }
        moveTopic(by: row - (selectedTopicRow ?? 0))
        return []
    }

    private mutating func pressLive(_ event: MouseEvent) -> [Effect] {
        guard let line = line(event, in: LiveLayout(self).topics), line > 0 else { return [] }
        let row = liveTop + line - 1
        guard home.order.indices.contains(row) else { return [] }
        if row == selectedTopicRow { return run(.open) }
        moveTopic(by: row - (selectedTopicRow ?? 0))
        return []
    }

    private mutating func pressEntries(_ event: MouseEvent) -> [Effect] {
        let layout = EntriesLayout(self)
        guard var model = entries else { return [] }
        if layout.payload.contains(event) {
            entries?.isPayloadFocused = true
            return []
        }
        guard let line = line(event, in: layout.list), line > 0 else { return [] }
        model.isPayloadFocused = false
        entries = model
        var row = model.position.top + line - 1
        let shown = model.rows.indices.dropFirst(model.position.top).prefix(layout.listHeight + 1)
        if let boundary = EntriesView.boundary(shown, model, entriesTopic) {
            // The line that marks the cursor is no row.
            if row == boundary { return [] }
            if row > boundary { row -= 1 }
        }
        guard model.rows.indices.contains(row) else { return [] }
        let delta = row - model.position.selected
        return delta == 0 ? [] : moveEntries(by: delta)
    }

    private mutating func pressCheck(_ event: MouseEvent) -> [Effect] {
        guard let line = line(event, in: CheckLayout(self).list), line > 0 else { return [] }
        let row = check.top + line - 1
        let findings = shownFindings
        guard findings.indices.contains(row) else { return [] }
        if row == check.selected { return run(.open) }
        check.selected = row
        focus = findings[row].place ?? focus
        return []
    }

    private mutating func pressBlocks(_ event: MouseEvent) -> [Effect] {
        let layout = BlocksLayout(self)
        guard let state, let line = line(event, in: layout.map), line > 0 else { return [] }
        let index = (blocks.top + line - 1) / layout.rowsPerFile
        guard line <= layout.mapRows, state.files.indices.contains(index) else { return [] }
        let part = (blocks.top + line - 1) % layout.rowsPerFile
        let x = event.x - layout.map.x - 1
        let slots = part * layout.perRow..<(part + 1) * layout.perRow
        guard let slot = slots.first(where: { layout.column(of: $0) == x }) else { return [] }
        moveTo(slot: index * Layout.unitsPerFile + slot, state)
        return []
    }

    /// Clicks point; what runs and what stops is asked for by keys.
    private mutating func pressBench(_ event: MouseEvent) -> [Effect] {
        guard !bench.isAsking else { return [] }
        let layout = BenchLayout(self)
        if let line = line(event, in: layout.form), bench.fields.indices.contains(line) {
            bench.areResultsFocused = false
            bench.field = line
        } else if let line = line(event, in: layout.results), line > 0 {
            let row = bench.position.top + line - 1
            guard bench.rows.indices.contains(row) else { return [] }
            bench.areResultsFocused = true
            bench.position.selected = row
        }
        return []
    }

    private mutating func pressHex(_ event: MouseEvent) -> [Effect] {
        let layout = HexLayout(self)
        guard let place = hex.place else { return [] }
        if let line = line(event, in: layout.bytes), line < layout.lines {
            let x = event.x - layout.bytes.x - 2
            let index = (0..<layout.perLine).first { index in
                (0..<2).contains(x - HexLayout.column(index))
                    || (layout.hasText && x == HexLayout.textColumn(layout.perLine) + index)
            }
            guard let index else { return [] }
            let offset = (hex.top + line) * layout.perLine + index
            guard hex.byte(at: offset) != nil else { return [] }
            hex.isTreeFocused = false
            return moveHex(to: BytePlace(file: place.file, offset: offset))
        }
        guard let line = line(event, in: layout.tree), let map = hex.map else { return [] }
        let index = HexTree.top(self, height: layout.tree.height - 2) + line
        guard map.fields.indices.contains(index) else { return [] }
        hex.isTreeFocused = true
        return moveHex(
            to: BytePlace(file: place.file, offset: map.fields[index].range.lowerBound))
    }
}

extension Rect {
    fileprivate func contains(_ event: MouseEvent) -> Bool { contains(x: event.x, y: event.y) }
}

extension Command {
    /// Whether a click may stand for it: it leads to nothing that writes, and runs nothing.
    fileprivate func isLooking(on screen: ConsoleModel.Screen) -> Bool {
        switch self {
        case .actions, .export: false
        case .open, .stop: screen != .bench
        default: true
        }
    }

    fileprivate var arrow: Key { self == .up ? .up : .down }
}
