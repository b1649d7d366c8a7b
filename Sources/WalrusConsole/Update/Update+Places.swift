internal import Inspect
internal import WalrusFormat

extension ConsoleModel {
    /// The place that a command names: "2:25" is slot 25 of the second file, "2:25+0x1F" a byte in
    /// that block, and on the hex screen "0x1F" and "31" are bytes of the file. Of a place that is
    /// not there the nearest, with what is there instead.
    func place(named word: String) -> (place: BytePlace, miss: EntryLanding.Miss?)? {
        guard let colon = word.firstIndex(of: ":") else {
            guard screen == .hex, let file = hex.place?.file,
                let offset = Self.number(Substring(word))
            else { return nil }
            return nearest(BytePlace(file: file, offset: offset))
        }
        let rest = word[word.index(after: colon)...].split(
            separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        guard let (file, missingFile) = fileName(String(word[..<colon])), let slot = Int(rest[0]),
            let offset = rest.count > 1 ? Self.number(rest[1]) : 0
        else { return nil }
        let lastSlot = Layout.unitsPerFile - 1
        let start = max(0, min(slot, lastSlot)) * Layout.unit
        let (place, missing) = nearest(
            BytePlace(file: file, offset: start + min(offset, Layout.fileSize)))
        let missingSlot: EntryLanding.Miss? =
            (0...lastSlot).contains(slot)
            ? nil : .init(slot < 0 ? .first : .last, "a file has slots 0 to \(lastSlot)")
        return (place, missingFile ?? missingSlot ?? missing)
    }

    /// The place, or the last byte of a file that ends before it.
    private func nearest(_ place: BytePlace) -> (BytePlace, EntryLanding.Miss?) {
        guard let size = hexSize(of: place.file), place.offset >= size else { return (place, nil) }
        return (
            BytePlace(file: place.file, offset: max(0, size - 1)),
            .init(.last, "the file has \(plural(size, "byte"))")
        )
    }

    /// Goes to a place that somebody named.
    mutating func goTo(_ place: BytePlace, _ miss: EntryLanding.Miss?) -> [Effect] {
        let effects: [Effect]
        if screen == .entries {
            if isFirstLook { return askToWait(for: "blocks can be gone to") }
            effects = openEntry(at: place)
        } else {
            effects = point(at: place)
        }
        tell(miss)
        return effects
    }

    /// Why `text` names no place here, and what does.
    func noPlace(_ text: String) -> String {
        guard !text.contains(":") else {
            return "no such place: \(text); 2:25+0x1F is a byte in slot 25 of file 2"
        }
        guard let focus, let block = block(at: focus), let file = file(focus.file) else {
            return "\(text) alone is a byte on Hex (6); here say of which block, as in 2:25+\(text)"
        }
        let place = "\(file.index + 1):\(block.slot)+\(text)"
        return "\(text) alone is a byte on Hex (6); in this block it is \(place)"
    }

    /// Whether a line is meant as a place, though there may be no such one.
    static func looksLikePlace(_ text: String) -> Bool {
        if text.lowercased().hasPrefix("0x") { return number(Substring(text)) != nil }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 2 && Int(parts[0]) != nil && parts[1].first?.isNumber == true
    }

    private func fileName(_ text: String) -> (String, EntryLanding.Miss?)? {
        let files = state?.files.map(\.name) ?? firstLook?.files.map(\.name) ?? []
        if let file = files.first(where: { $0.text == text }) { return (file.text, nil) }
        guard let number = Int(text), let first = files.first, let last = files.last else {
            return nil
        }
        if number < 1 { return (first.text, .init(.first, "files count from 1")) }
        guard number > files.count else { return (files[number - 1].text, nil) }
        let count = files.count == 1 ? "there is 1 file" : "there are \(files.count) files"
        return (last.text, .init(.last, count))
    }

    /// "31" or "0x1F".
    private static func number(_ text: Substring) -> Int? {
        let isHex = text.lowercased().hasPrefix("0x")
        let value = isHex ? Int(text.dropFirst(2), radix: 16) : Int(text)
        return value.flatMap { $0 >= 0 ? $0 : nil }
    }

    /// Goes to a place on the screen that is shown, or on the map of blocks if that shows no places.
    mutating func point(at place: BytePlace) -> [Effect] {
        focus = place
        switch screen {
        case .hex: return moveHex(to: place)
        case .entries:
            guard let block = block(at: place) else { return go(to: .blocks) }
            return openPlace(in: block, offset: place.offset - block.slot * Layout.unit)
        case .chooser, .home, .blocks, .live, .check, .bench: return go(to: .blocks)
        }
    }

    /// The finding with a place that comes after the byte pointed at, or before it.
    mutating func moveToFinding(forward: Bool) -> [Effect] {
        let places = (state?.findings ?? []).compactMap(\.place).sorted {
            ($0.file, $0.offset) < ($1.file, $1.offset)
        }
        var here = focus ?? BytePlace(file: "", offset: 0)
        // On the bytes the cursor is where a finding shows, behind where the entry begins.
        if screen == .hex, let map = hex.map { here.offset = map.range.lowerBound }
        let next =
            forward
            ? places.first { ($0.file, $0.offset) > (here.file, here.offset) }
            : places.last { ($0.file, $0.offset) < (here.file, here.offset) }
        if isFirstLook { return askToWait(for: "findings come") }
        guard let next else { return [.bell] }
        return screen == .hex ? moveHex(to: next, seeksProblem: true) : point(at: next)
    }
}
