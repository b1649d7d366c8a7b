internal import Inspect
internal import WalrusFormat

extension ConsoleModel {
    /// The place that a command names: "2:25" is slot 25 of the second file, "2:25+0x1F" a byte in
    /// that block, and on the hex screen "0x1F" and "31" are bytes of the file.
    func place(named word: String) -> BytePlace? {
        if let colon = word.firstIndex(of: ":") {
            let rest = word[word.index(after: colon)...].split(
                separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
            guard let file = fileName(String(word[..<colon])), let slot = Int(rest[0]),
                (0..<Layout.unitsPerFile).contains(slot)
            else { return nil }
            let offset = rest.count > 1 ? Self.number(rest[1]) : 0
            return offset.map {
                BytePlace(file: file, offset: slot * Layout.unit + min($0, Layout.fileSize))
            }
        }
        guard screen == .hex, let file = hex.place?.file else { return nil }
        return Self.number(Substring(word)).map { BytePlace(file: file, offset: $0) }
    }

    /// Whether a line is meant as a place, though there may be no such one.
    static func looksLikePlace(_ text: String) -> Bool {
        if text.lowercased().hasPrefix("0x") { return number(Substring(text)) != nil }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 2 && Int(parts[0]) != nil && parts[1].first?.isNumber == true
    }

    private func fileName(_ text: String) -> String? {
        let files = state?.files.map(\.name) ?? firstLook?.files.map(\.name) ?? []
        if let number = Int(text), files.indices.contains(number - 1) {
            return files[number - 1].text
        }
        return files.first { $0.text == text }?.text
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
        let here = focus ?? BytePlace(file: "", offset: 0)
        let next =
            forward
            ? places.first { ($0.file, $0.offset) > (here.file, here.offset) }
            : places.last { ($0.file, $0.offset) < (here.file, here.offset) }
        if isFirstLook { return askToWait(for: "findings come") }
        guard let next else { return [.bell] }
        return point(at: next)
    }
}
