internal import Inspect
internal import WalrusFormat

extension ConsoleModel {
    /// Shows the bytes of what is pointed at.
    mutating func enterHex() -> [Effect] {
        let selected = screen == .check && !restart.isFocused ? selectedFinding : nil
        screen = .hex
        if let place = selected?.byte, place != focus { focus = place }
        if focus == nil {
            focus =
                home.selected.flatMap { state?.topic($0) }.flatMap(Self.place)
                ?? (state?.files.first?.name ?? firstLook?.files.first?.name).map {
                    BytePlace(file: $0.text, offset: 0)
                }
        }
        guard let focus else { return [] }
        return moveHex(to: focus, seeksProblem: selected != nil)
    }

    private var selectedFinding: Finding? {
        let findings = shownFindings
        guard findings.indices.contains(check.selected) else {
            return nil
        }
        return findings[check.selected]
    }

    mutating func runHex(_ command: Command) -> [Effect] {
        guard let place = hex.place else { return [.bell] }
        let layout = HexLayout(self)
        if hex.isTreeFocused, command == .up || command == .down {
            return moveField(by: command == .up ? -1 : 1)
        }
        if let lines = Self.delta(command, page: layout.lines) {
            switch command {
            case .first: return moveHex(by: -place.offset)
            case .last: return moveHex(by: lastByte - place.offset)
            default: return moveHex(by: lines * layout.perLine)
            }
        }
        switch command {
        case .left: return moveHex(by: -1)
        case .right: return moveHex(by: 1)
        case .previousEntry: return moveEntry(forward: false)
        case .nextEntry: return moveEntry(forward: true)
        case .previousBlock: return moveHexBlock(by: -1)
        case .nextBlock: return moveHexBlock(by: 1)
        case .switchPane: hex.isTreeFocused.toggle()
        case .open:
            guard let block = block(at: place) else { return [.bell] }
            let offset = hex.map?.entry?.offset ?? place.offset - block.slot * Layout.unit
            return openPlace(in: block, offset: offset)
        default: break
        }
        return []
    }

    // MARK: - Movement

    private mutating func moveHex(by delta: Int) -> [Effect] {
        guard let place = hex.place else { return [] }
        return moveHex(to: BytePlace(file: place.file, offset: place.offset + delta))
    }

    /// Moves the cursor to a byte, or to the nearest one that the file has.
    mutating func moveHex(
        to place: BytePlace, seeksStart: Bool = false, seeksProblem: Bool = false
    ) -> [Effect] {
        var place = place
        place.offset = max(0, place.offset)
        if let size = hexSize(of: place.file) { place.offset = min(place.offset, max(0, size - 1)) }
        hex.place = place
        hex.seeksStart = seeksStart
        hex.seeksProblem = seeksProblem
        focus = place
        showHexCursor()
        return loadBytes()
    }

    func hexSize(of file: String) -> Int? {
        if let known = self.file(file)?.file.size { return known }
        return hex.page?.file == file ? hex.page?.window.size : nil
    }

    /// The last byte of the file that is part of an entry; the last one where there is none.
    private var lastByte: Int {
        guard let place = hex.place else { return 0 }
        if let block = file(place.file)?.file.blocks.last, block.used > 0 {
            return block.slot * Layout.unit + block.used - 1
        }
        return max(0, (hexSize(of: place.file) ?? 1) - 1)
    }

    private mutating func moveField(by delta: Int) -> [Effect] {
        guard let map = hex.map, let place = hex.place, let here = map.field(at: place.offset)
        else { return [.bell] }
        let leaves = map.leaves
        guard let index = leaves.firstIndex(of: here) else { return [.bell] }
        guard leaves.indices.contains(index + delta) else {
            // Beyond the last field is what follows.
            return delta > 0 ? moveEntry(forward: true) : moveEntry(forward: false)
        }
        let start = map.fields[leaves[index + delta]].range.lowerBound
        return moveHex(to: BytePlace(file: place.file, offset: start))
    }

    private mutating func moveEntry(forward: Bool) -> [Effect] {
        guard let place = hex.place, let map = hex.map else { return [.bell] }
        let start = map.entry?.range.lowerBound ?? map.range.lowerBound
        let target =
            forward
            ? map.range.upperBound
            : place.offset > start ? start : map.previous ?? map.range.lowerBound - 1
        guard target >= 0 else { return [.bell] }
        // Before a block's first entry stands whatever the block before ends with.
        let to = BytePlace(file: place.file, offset: target)
        _ = moveHex(to: to, seeksStart: !forward && target != start)
        showWhatBegins()
        return loadBytes()
    }

    /// To the topic's block before or behind; where no topic is, to the slot.
    private mutating func moveHexBlock(by delta: Int) -> [Effect] {
        guard let place = hex.place, file(place.file) != nil else { return [.bell] }
        guard let block = block(at: place) else {
            let slot = place.offset / Layout.unit + delta
            guard (0..<Layout.unitsPerFile).contains(slot) else { return [.bell] }
            return moveHex(to: BytePlace(file: place.file, offset: slot * Layout.unit))
        }
        guard let next = neighbour(of: block, by: delta) else { return [.bell] }
        return moveHex(to: BytePlace(file: next.file, slot: next.slot, offset: 0))
    }

    /// The topic's block so many places behind `block`, or before it.
    func neighbour(of block: BlockState, by delta: Int) -> BlockPlace? {
        guard let topic = state?.topic(block.topic),
            let here = topic.blocks.firstIndex(where: {
                ($0.file, $0.slot) == (block.file, block.slot)
            }), topic.blocks.indices.contains(here + delta)
        else { return nil }
        return topic.blocks[here + delta]
    }

    // MARK: - Loading

    /// Asks for the bytes in sight and the fields at the cursor, unless they are there.
    private mutating func loadBytes(again: Bool = false) -> [Effect] {
        guard let place = hex.place else { return [] }
        let layout = HexLayout(self)
        let start = hex.top * layout.perLine
        let end = start + layout.lines * layout.perLine
        if !again, let page = hex.page, page.file == place.file, hex.map != nil {
            let held = page.window.start..<page.window.start + page.window.bytes.count
            if start >= held.lowerBound, min(end, page.window.size) <= held.upperBound {
                hex.awaited = nil
                return land()
            }
        }
        let id = request()
        hex.awaited = id
        let cursor = block(at: place).flatMap { state?.topic($0.topic)?.cursor }
        return [
            .loadBytes(
                request: id, place,
                max(0, start - HexModel.margin)..<end + HexModel.margin,
                file: file(place.file)?.file, cursor: cursor)
        ]
    }

    mutating func takeBytes(_ id: Int, _ page: HexPage) -> [Effect] {
        guard hex.awaited == id else { return [] }
        hex.awaited = nil
        hex.page = page
        return land()
    }

    /// Where what the cursor came to begins is known now, and what is wrong in it.
    private mutating func land() -> [Effect] {
        guard let place = hex.place, let map = hex.map else { return [] }
        if hex.seeksProblem, let field = map.leaves.first(where: { map.fields[$0].problem != nil })
        {
            let start = map.fields[field].range.lowerBound
            return moveHex(to: BytePlace(file: place.file, offset: start))
        }
        guard hex.seeksStart else { return [] }
        let start = map.entry?.range.lowerBound ?? map.range.lowerBound
        return moveHex(to: BytePlace(file: place.file, offset: start))
    }

    /// The directory was looked at again: the file in sight may have changed.
    mutating func bytesChanged(since before: DirectoryState?) -> [Effect] {
        guard screen == .hex, let place = hex.place, hex.awaited == nil else { return [] }
        if let (_, now) = file(place.file) {
            guard before?.files.first(where: { $0.name == now.name }) != now else { return [] }
        } else if hex.page?.file == place.file {
            // A look tells nothing of it.
            return [.checkVersion(of: place.file)]
        }
        return loadBytes(again: true)
    }

    mutating func takeVersion(_ version: ByteInspector.Version?, of file: String) -> [Effect] {
        guard screen == .hex, hex.place?.file == file, hex.awaited == nil,
            hex.page?.window.version != version
        else { return [] }
        return loadBytes(again: true)
    }

    /// Scrolls so that the cursor is in sight: by lines where it is near, else with room above it.
    private mutating func showHexCursor() {
        guard let place = hex.place else { return }
        let layout = HexLayout(self)
        let line = place.offset / layout.perLine
        let height = max(1, layout.lines)
        let isFar = line < hex.top - height || line >= hex.top + 2 * height
        if isFar {
            hex.top = max(0, line - height / 4)
        } else if line < hex.top {
            hex.top = line
        } else if line >= hex.top + height {
            hex.top = line - height + 1
        }
    }

    /// Scrolls so that what begins at the cursor is in sight, not its first line alone.
    private mutating func showWhatBegins() {
        guard let place = hex.place else { return }
        let layout = HexLayout(self)
        let line = place.offset / layout.perLine
        let headerEnd = (place.offset + Layout.headerSize) / layout.perLine
        guard headerEnd >= hex.top + layout.lines else { return }
        hex.top = max(0, line - layout.lines / 4)
    }

    /// After a change of the terminal's size lines hold other bytes.
    mutating func settleHex() -> [Effect] {
        guard hex.place != nil else { return [] }
        showHexCursor()
        return screen == .hex ? loadBytes() : []
    }
}

extension ByteMap {
    /// The fields with no others in them.
    var leaves: [Int] {
        fields.indices.filter {
            !fields.indices.contains($0 + 1) || fields[$0 + 1].depth <= fields[$0].depth
        }
    }
}

extension Finding {
    /// The byte that it is about, of whatever file.
    var byte: BytePlace? {
        place ?? file.map { BytePlace(file: $0, offset: block == nil ? offset ?? 0 : 0) }
    }
}
