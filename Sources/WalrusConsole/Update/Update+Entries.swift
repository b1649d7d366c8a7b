internal import Inspect
internal import WalrusFormat

extension ConsoleModel {
    /// The state of the topic that the entries screen shows.
    var entriesTopic: TopicState? {
        guard let entries, let state else { return nil }
        let index = state.topics.partition(before: entries.topic)
        guard state.topics.indices.contains(index), state.topics[index].name == entries.topic else {
            return nil
        }
        return state.topics[index]
    }

    /// Shows the entries of the topic selected on Home, at the reader's cursor.
    mutating func openEntries() -> [Effect] {
        if screen != .home, entries != nil {
            screen = .entries
            return []
        }
        let first = isFirstLook ? home.order.first.flatMap(topicName) : nil
        guard let name = home.selected ?? first ?? entries?.topic else {
            return isFirstLook ? askToWait(for: "entries come") : [.bell]
        }
        return openEntries(of: name)
    }

    /// Shows the entries: from another screen than Home, those around what it points at.
    mutating func enterEntries() -> [Effect] {
        guard screen != .home, screen != .entries, let focus, let block = block(at: focus),
            !(entries?.selected.map(focusIs(in:)) ?? false)
        else { return openEntries() }
        let offset = focus.offset - block.slot * Layout.unit
        return openPlace(in: block, offset: min(offset, max(0, block.used - 1)))
    }

    mutating func openEntries(of name: TopicName, ordinal: Int? = nil) -> [Effect] {
        screen = .entries
        if entries?.topic != name { entries = EntriesModel(topic: name) }
        guard let topic = entriesTopic else { return [] }
        if let ordinal { return load(around: ordinal) }
        // Coming back to a topic finds it as it was left.
        guard entries?.rows.isEmpty == true, entries?.awaited == nil else { return [] }
        let start = topic.unread > 0 ? topic.consumed + 1 : topic.entries
        return load(around: max(1, start))
    }

    mutating func openPlace(of finding: Finding) -> [Effect] {
        guard let state, let slot = finding.block,
            let file = state.files.first(where: { $0.name.text == finding.file }),
            let block = file.blocks.first(where: { $0.slot == slot })
        else {
            // What is in no block has bytes at least.
            guard let place = finding.byte else { return [.bell] }
            screen = .hex
            return moveHex(to: place)
        }
        guard let offset = finding.offset else {
            return openEntries(of: block.topic, ordinal: block.entriesBefore + 1)
        }
        return openPlace(in: block, offset: offset)
    }

    /// Shows the entry at a place in a block, or the one after it.
    mutating func openPlace(in block: BlockState, offset: Int) -> [Effect] {
        open(EntryPlace(file: block.file, slot: block.slot, offset: offset), of: block.topic)
    }

    /// Shows all entries of the topic, at a place.
    mutating func open(_ place: EntryPlace, of name: TopicName) -> [Effect] {
        screen = .entries
        if entries?.topic != name { entries = EntriesModel(topic: name) }
        guard let topic = entriesTopic else { return [] }
        showAll()
        let id = request()
        entries?.isFollowing = false
        entries?.awaited = id
        entries?.landing = .place(place)
        return [
            .loadPlace(request: id, topic: topic, place, count: EntriesModel.windowMax)
        ]
    }

    mutating func runEntries(_ command: Command) -> [Effect] {
        guard entries != nil else { return [] }
        let layout = EntriesLayout(self)
        if let delta = Self.delta(command, page: layout.listHeight) {
            return move(by: delta, command, layout)
        }
        switch command {
        case .follow:
            entries?.isFollowing.toggle()
            if entries?.isFollowing == true { return beginToFollow() }
        case .goToCursor:
            return goTo(.cursor)
        case .inverse, .next, .previous, .leave, .mark, .markAll, .nextMark, .marked:
            return runFind(command)
        case .previousBlock, .nextBlock: return goToBlock(forward: command == .nextBlock)
        case .expand: showPayloadAlone(entries?.isPayloadAlone == false)
        default: return runPayload(command)
        }
        return []
    }

    /// Gives the payload the room of the list, and the keys with it, or takes both back.
    mutating func showPayloadAlone(_ isAlone: Bool) {
        entries?.isPayloadAlone = isAlone
        entries?.isPayloadFocused = isAlone
        entries?.payloadTop = 0
    }

    /// To the first entry of the topic's next block, or of this one and then of the one before.
    private mutating func goToBlock(forward: Bool) -> [Effect] {
        guard let topic = entriesTopic, let row = entries?.selected else { return [.bell] }
        let blocks = topic.blocks.filter { $0.entries > 0 }
        func isBefore(_ block: BlockPlace) -> Bool {
            (block.file, block.slot, 0) < (row.file, row.slot, forward ? 1 : row.offset)
        }
        let target = forward ? blocks.first { !isBefore($0) } : blocks.last(where: isBefore)
        guard let target else { return [.bell] }
        return open(EntryPlace(file: target.file, slot: target.slot, offset: 0), of: topic.name)
    }

    /// Goes to the newest entry; in a list of matches, to the newest of those.
    private mutating func beginToFollow() -> [Effect] {
        guard let model = entries else { return [] }
        guard model.contents == .matches else {
            showAll()
            return loadTail()
        }
        entries?.position.selected = max(0, model.rows.count - 1)
        return followMatches() + loadPayload()
    }

    private mutating func move(by delta: Int, _ command: Command, _ layout: EntriesLayout)
        -> [Effect]
    {
        if var model = entries, model.isPayloadFocused {
            let lines = PayloadView.lines(self, width: layout.payloadWidth).count
            model.payloadTop = max(
                0, min(model.payloadTop + delta, lines - layout.payloadHeight))
            entries = model
            return []
        }
        return moveEntries(by: delta, command)
    }

    /// Moves the selection in the list.
    mutating func moveEntries(by delta: Int, _ command: Command = .down) -> [Effect] {
        guard var model = entries else { return [] }
        model.isFollowing = false
        model.position.move(by: delta, count: model.rows.count)
        model.payloadTop = 0
        model.payloadLeft = 0
        entries = model
        if model.contents == .all, let topic = entriesTopic {
            if command == .first { return load(from: 1, landing: .first) }
            if command == .last { return loadTail() }
            if let effects = loadAtEdge(model, topic) { return effects + loadPayload() }
        }
        return loadPayload()
    }

    /// Loads the next window when the selection comes near an end of this one.
    private mutating func loadAtEdge(_ model: EntriesModel, _ topic: TopicState) -> [Effect]? {
        let margin = EntriesModel.windowMax / 8
        let ordinals = model.rows.compactMap(\.ordinal)
        guard model.awaited == nil, let first = ordinals.first, let last = ordinals.last,
            let here = model.rows[...model.position.selected].last(where: { $0.ordinal != nil })?
                .ordinal
        else { return nil }
        let atTop = model.position.selected < margin && first > 1
        // Damaged entries may stand behind the last sound one, where a full window has ended.
        let hasMore =
            last < topic.entries
            || model.rows.count >= EntriesModel.windowMax && !model.reachesEnd(of: topic)
        let atBottom = model.rows.count - model.position.selected < margin && hasMore
        guard atTop || atBottom else { return nil }
        let effects = load(around: here)
        // A damaged one stays selected.
        if let row = model.selected, row.ordinal == nil { entries?.landing = .place(row.place) }
        return effects
    }

    // MARK: - Loading

    mutating func request() -> Int {
        lastRequest += 1
        return lastRequest
    }

    /// Leaves the list of matches or of marks. What was looked for stays marked on the screen.
    mutating func showAll() {
        entries?.contents = .all
        entries?.search = nil
        entries?.finding = nil
    }

    mutating func load(around ordinal: Int) -> [Effect] {
        showAll()
        return load(
            from: max(1, ordinal - EntriesModel.windowMax / 2), landing: .ordinal(ordinal))
    }

    mutating func loadTail() -> [Effect] {
        load(from: nil, landing: .last)
    }

    /// - Parameter ordinal: of the first; nil: those at the end, damaged ones behind the last sound one too.
    private mutating func load(from ordinal: Int?, landing: EntriesModel.Landing) -> [Effect] {
        guard let topic = entriesTopic else { return [] }
        let id = request()
        entries?.awaited = id
        entries?.landing = landing
        // Damaged entries have no ordinal and come on top of the count.
        return [
            .loadRows(request: id, topic: topic, from: ordinal, count: EntriesModel.windowMax)
        ]
    }

    /// Loads the payload of the selected entry, unless it is there.
    mutating func loadPayload() -> [Effect] {
        guard let model = entries, let row = model.selected, let topic = entriesTopic else {
            return []
        }
        guard model.payload?.row != row else { return decode() }
        // A preview that holds all of it needs no reading.
        if row.preview.count == row.length {
            entries?.payload = EntriesModel.LoadedPayload(row: row, bytes: row.preview)
            return decode()
        }
        return [.loadPayload(topic: topic, row, max: EntriesModel.payloadMax)]
    }

    // MARK: - Answers

    mutating func takeEntries(_ message: Message) -> [Effect] {
        switch message {
        case .rows(let id, let rows):
            guard entries?.awaited == id else { return [] }
            entries?.awaited = nil
            land(rows)
            tellWhereAskedFor()
            return loadPayload()
        case .located(let id, let landing, let rows):
            guard entries?.awaited == id else { return [] }
            entries?.awaited = nil
            entries?.landing = .ordinal(landing.ordinal)
            land(rows)
            tell(landing.miss)
            return loadPayload()
        case .matches(let id, let result, let isFinal):
            guard entries?.awaited == id else { return [] }
            return take(result, isFinal: isFinal)
        case .found(let id, let row):
            guard entries?.awaited == id else { return [] }
            return takeFound(row)
        case .findProgress(let id, let scanned):
            if entries?.awaited == id { entries?.finding = scanned }
        case .payload(let row, let bytes):
            if entries?.selected == row {
                entries?.payload = EntriesModel.LoadedPayload(row: row, bytes: bytes)
                return decode()
            }
        case .decoded(let row, let result):
            if entries?.payload?.row == row { entries?.payload?.decoded = result }
        case .failed(let id, let problem):
            if id == nil || entries?.awaited == id {
                entries?.awaited = nil
                entries?.search?.isRunning = false
                entries?.finding = nil
                notice = Notice(kind: .problem, text: problem)
            }
        default: break
        }
        return []
    }

    private mutating func land(_ rows: [EntryRow]) {
        guard var model = entries else { return }
        let kept = model.selected
        model.rows = rows
        switch model.landing {
        case .first: model.position.selected = 0
        case .last: model.position.selected = max(0, rows.count - 1)
        case .keep:
            let same = rows.firstIndex { $0.place == kept?.place }
            model.position.selected = same ?? min(model.position.selected, max(0, rows.count - 1))
        case .ordinal(let ordinal):
            model.position.selected =
                rows.firstIndex { ($0.ordinal ?? 0) >= ordinal } ?? max(0, rows.count - 1)
        case .place(let place):
            model.position.selected =
                rows.firstIndex {
                    ($0.file, $0.slot, $0.end) > (place.file, place.slot, place.offset)
                } ?? max(0, rows.count - 1)
        }
        switch model.landing {
        case .ordinal, .place:
            // What came before and what comes after are of equal interest.
            model.position.top = model.position.selected - EntriesLayout(self).listHeight / 2
        case .first, .last, .keep: break
        }
        entries = model
    }

    /// The directory was looked at again: follow what grew, reload what moved.
    mutating func entriesChanged(since before: DirectoryState?) -> [Effect] {
        guard let model = entries, let topic = entriesTopic else { return [] }
        let index = before?.topics.partition(before: model.topic)
        let old = index.flatMap {
            before?.topics.indices.contains($0) == true ? before?.topics[$0] : nil
        }
        guard model.awaited == nil, model.contents != .marked else { return [] }
        if screen == .entries, model.rows.isEmpty, model.contents == .all, topic.entries > 0 {
            return load(around: max(1, min(topic.consumed + 1, topic.entries)))
        }
        guard let old, old.name == topic.name else { return [] }
        if model.contents == .matches {
            guard let query = model.query, let search = model.search, search.isComplete,
                topic.entries > old.entries
            else { return [] }
            return self.search(query, topic, from: search.next)
        }
        if model.isFollowing, topic.entries != old.entries || topic.damaged != old.damaged {
            return loadTail()
        }
        if old.blocks.first?.file != topic.blocks.first?.file
            || old.blocks.first?.slot != topic.blocks.first?.slot || topic.entries < old.entries
        {
            // Files were reclaimed: every ordinal has moved.
            return load(around: min(topic.consumed + 1, max(1, topic.entries)))
        }
        // The window's end may have been the topic's end.
        if model.rows.count < EntriesModel.windowMax,
            topic.entries > old.entries || topic.damaged > old.damaged,
            let first = model.rows.first(where: { $0.ordinal != nil })?.ordinal
        {
            return load(from: first, landing: .keep)
        }
        return []
    }

    mutating func settleEntries() {
        guard var model = entries else { return }
        model.position.selected = max(0, min(model.position.selected, model.rows.count - 1))
        let layout = EntriesLayout(self)
        model.position.top = ScrollWindow.top(
            keeping: model.position.selected, in: model.rows.count,
            height: layout.listHeight, from: model.position.top)
        entries = model
        if screen == .entries, model.awaited == nil, let row = model.selected, !focusIs(in: row) {
            focus = BytePlace(file: row.file, slot: row.slot, offset: row.offset)
        }
    }

    /// Whether what is pointed at is a byte of the entry.
    private func focusIs(in row: EntryRow) -> Bool {
        guard let focus, focus.file == row.file.text else { return false }
        let base = row.slot * Layout.unit
        return (base + row.offset..<base + row.end).contains(focus.offset)
    }
}
