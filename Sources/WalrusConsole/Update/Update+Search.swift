internal import Inspect
internal import WalrusFormat

// `/`, `n` and `N` in lists that show all their rows whatever is looked for: logs, blocks, fields,
// results, and what a restart would do. Lists of topics, findings and entries show what is kept.
extension ConsoleModel {
    private struct Searched {
        let count: Int
        let selected: Int?
        let text: (Int) -> [UInt8]
    }

    /// Whether `/` goes to a row and leaves out none.
    var searchesRows: Bool {
        switch screen {
        case .chooser, .blocks, .hex, .bench: true
        case .check: restart.isFocused
        case .home, .entries, .live: false
        }
    }

    private var searched: Searched? {
        switch screen {
        case .chooser:
            guard let logs = chooser?.logs else { return nil }
            return Searched(count: logs.count, selected: chooser?.position.selected) {
                Array((logs[$0].name ?? "the directory's own").utf8)
            }
        case .blocks:
            guard let state else { return nil }
            let places = Self.blockPlaces(state)
            let here = blockCursor
            return Searched(
                count: places.count, selected: places.lastIndex { $0.slot <= here }
            ) {
                let (slot, block) = places[$0]
                let place = "\(slot / Layout.unitsPerFile + 1):\(block.slot) "
                return Array(place.utf8) + block.topic.bytes
            }
        case .hex:
            guard let fields = hex.map?.fields, let place = hex.place else { return nil }
            return Searched(count: fields.count, selected: hex.map?.field(at: place.offset)) {
                Array("\(fields[$0].name) \(HexTree.value(fields[$0], self))".utf8)
            }
        case .bench:
            // The newest is the first of the list.
            let rows = Array(bench.rows.reversed())
            return Searched(count: rows.count, selected: bench.position.selected) {
                Array(rows[$0].label.utf8)
            }
        case .check:
            let rows = restart.rows
            return Searched(count: rows.count, selected: restart.position.selected) {
                switch rows[$0] {
                case .here(let text), .reference(let text): Array(text.utf8)
                case .topic(let index): self.restart.preview?.topics[index].name.bytes ?? []
                }
            }
        case .home, .entries, .live: return nil
        }
    }

    /// The blocks of all files, each with its slot counted from the first one of the first file.
    private static func blockPlaces(_ state: DirectoryState) -> [(slot: Int, block: BlockState)] {
        state.files.enumerated().flatMap { index, file in
            file.blocks.map { (index * Layout.unitsPerFile + $0.slot, $0) }
        }
    }

    /// Goes to the first row at the cursor or behind it that has what was typed.
    mutating func search(_ text: String) -> [Effect] {
        searches[screen] = text
        return TextFilter(text) == nil ? [] : goToMatch(forward: true, fromHere: true)
    }

    mutating func searchKey(_ command: Command) -> [Effect] {
        let text = searches[screen] ?? ""
        guard TextFilter(text) != nil else { return complain("nothing is looked for: / asks") }
        switch command {
        case .inverse: return search(text.hasPrefix("!") ? String(text.dropFirst()) : "!" + text)
        default: return goToMatch(forward: command == .next, fromHere: false)
        }
    }

    private mutating func goToMatch(forward: Bool, fromHere: Bool) -> [Effect] {
        let text = searches[screen] ?? ""
        guard let filter = TextFilter(text), let list = searched else { return [] }
        let matches = (0..<list.count).filter { filter.keeps(list.text($0)) }
        let here = list.selected ?? -1
        let next =
            forward
            ? matches.firstIndex { fromHere ? $0 >= here : $0 > here } ?? matches.indices.first
            : matches.lastIndex { $0 < here } ?? matches.indices.last
        guard let next else { return complain("nothing here has \(text)") }
        let effects = select(row: matches[next])
        let count = "\(Figures.grouped(next + 1)) of \(plural(matches.count, "match", "matches"))"
        return effects + confirm("\(count) for \(text): n is the next, N the one before")
    }

    private mutating func select(row: Int) -> [Effect] {
        switch screen {
        case .chooser: chooser?.position.selected = row
        case .blocks:
            guard let state else { return [] }
            moveTo(slot: Self.blockPlaces(state)[row].slot, state)
        case .hex:
            guard let place = hex.place, let field = hex.map?.fields[row] else { return [] }
            hex.isTreeFocused = true
            return moveHex(to: BytePlace(file: place.file, offset: field.range.lowerBound))
        case .bench:
            bench.areResultsFocused = true
            bench.position.selected = row
        case .check: moveRestart(by: row - restart.position.selected)
        case .home, .entries, .live: break
        }
        return []
    }
}
