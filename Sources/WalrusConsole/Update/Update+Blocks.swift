internal import Inspect
internal import WalrusFormat

extension ConsoleModel {
    /// Shows the map with the cursor where something was pointed at last, else at the block that
    /// the topic selected on Home is read from.
    mutating func enterBlocks() {
        screen = .blocks
        if focus == nil, let name = home.selected {
            focus = state?.topic(name).flatMap(Self.place)
        }
        guard let focus, let file = DataFileName(focus.file) else { return }
        blocks.file = file
        blocks.slot = max(0, min(focus.offset / Layout.unit, Layout.unitsPerFile - 1))
    }

    /// Where the topic's reader stands, or its first block.
    static func place(of topic: TopicState) -> BytePlace? {
        if let cursor = topic.cursor {
            return BytePlace(file: cursor.file, slot: cursor.slot, offset: cursor.offset)
        }
        return topic.blocks.first.map { BytePlace(file: $0.file, slot: $0.slot, offset: 0) }
    }

    mutating func runBlocks(_ command: Command) -> [Effect] {
        guard let state, !state.files.isEmpty else {
            return isFirstLook ? askToWait(for: "the map comes") : []
        }
        let layout = BlocksLayout(self)
        if let lines = Self.delta(command, page: layout.mapRows) {
            move(bySlots: lines, layout, command, state)
            return []
        }
        switch command {
        case .left: moveTo(slot: blockCursor - 1, state)
        case .right: moveTo(slot: blockCursor + 1, state)
        case .previousFile: moveTo(slot: blockCursor - Layout.unitsPerFile, state, wraps: false)
        case .nextFile: moveTo(slot: blockCursor + Layout.unitsPerFile, state, wraps: false)
        case .previousBlock: return moveInTopic(by: -1)
        case .nextBlock: return moveInTopic(by: 1)
        case .goToCursor:
            guard let name = selectedBlock?.topic,
                let place = state.topic(name).flatMap(Self.place)
            else { return [.bell] }
            focus = place
            enterBlocks()
        case .mapMode:
            let all = BlocksModel.Mode.allCases
            let index = all.firstIndex(of: blocks.mode) ?? 0
            blocks.mode = all[(index + 1) % all.count]
        case .switchPane: blocks.panel = (blocks.panel + 1) % BlocksLayout.panelCount
        case .open:
            guard let block = selectedBlock else { return [.bell] }
            return openPlace(in: block, offset: focusInBlock(block))
        default: break
        }
        return []
    }

    /// The slot under the cursor, counted from the first one of the first file.
    var blockCursor: Int { (blockFile?.index ?? 0) * Layout.unitsPerFile + blocks.slot }

    /// The file under the cursor.
    var blockFile: (index: Int, file: FileState)? { blocks.file.flatMap { file($0.text) } }

    /// The block under the cursor; nil where there is none.
    var selectedBlock: BlockState? { blockFile?.file.block(at: blocks.slot) }

    /// Where in the block something was pointed at; its start if that was elsewhere.
    private func focusInBlock(_ block: BlockState) -> Int {
        guard let focus, focus.file == block.file.text else { return 0 }
        let offset = focus.offset - block.slot * Layout.unit
        return (0..<max(1, block.used)).contains(offset) ? offset : 0
    }

    private mutating func move(
        bySlots lines: Int, _ layout: BlocksLayout, _ command: Command, _ state: DirectoryState
    ) {
        switch command {
        case .first: moveTo(slot: 0, state)
        case .last:
            let last = state.files.last?.blocks.last
            let slots = (state.files.count - 1) * Layout.unitsPerFile
            moveTo(slot: slots + (last?.slot ?? 0), state)
        default: moveTo(slot: blockCursor + lines * layout.perRow, state, wraps: false)
        }
    }

    /// - Parameter wraps: whether a place beyond the ends means the first or last slot; otherwise
    ///   it means the same column in the first or last line.
    mutating func moveTo(slot wanted: Int, _ state: DirectoryState, wraps: Bool = true) {
        let perRow = wraps ? 1 : BlocksLayout(self).perRow
        let count = state.files.count * Layout.unitsPerFile
        let column = blockCursor % perRow
        let slot =
            wanted < 0 ? column : wanted >= count ? count - perRow + column : wanted
        blocks.file = state.files[slot / Layout.unitsPerFile].name
        blocks.slot = slot % Layout.unitsPerFile
        pointAtBlock()
    }

    /// What is pointed at now is the slot under the cursor.
    private mutating func pointAtBlock() {
        guard let file = blocks.file else { return }
        focus = BytePlace(file: file, slot: blocks.slot, offset: 0)
    }

    private mutating func moveInTopic(by delta: Int) -> [Effect] {
        guard let block = selectedBlock, let next = neighbour(of: block, by: delta) else {
            return [.bell]
        }
        blocks.file = next.file
        blocks.slot = next.slot
        pointAtBlock()
        return []
    }

    /// Keeps the cursor on a file that is there, and in sight.
    mutating func settleBlocks() {
        guard let state, !state.files.isEmpty else { return }
        if blockFile == nil {
            // Its file is gone: what came after it is what stays longest.
            let next = blocks.file.flatMap { name in
                state.files.first { $0.name > name }?.name
            }
            blocks.file = next ?? state.files[state.files.count - 1].name
            blocks.slot = 0
        }
        let layout = BlocksLayout(self)
        blocks.top = ScrollWindow.top(
            keeping: blockCursor / layout.perRow,
            in: state.files.count * layout.rowsPerFile, height: layout.mapRows,
            from: blocks.top, margin: layout.rowsPerFile)
    }
}
