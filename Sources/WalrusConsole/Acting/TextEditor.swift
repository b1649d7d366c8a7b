/// Some lines of text that are being typed, with a cursor in them.
public struct TextEditor: Hashable, Sendable {
    /// Longer than any text that is typed by hand; what is pasted ends here.
    static let linesMax = 200

    private(set) var lines = [LineEditor()]
    private(set) var row = 0

    public init() {}

    public var text: String { lines.map(\.text).joined(separator: "\n") }
    var isEmpty: Bool { lines.count == 1 && lines[0].isEmpty }

    /// Takes a key that moves or edits. False: the key means nothing to a text, or leads out of it.
    mutating func press(_ key: Key) -> Bool {
        switch key {
        case .enter:
            guard lines.count < Self.linesMax else { return true }
            var rest = LineEditor(
                (lines[row].underCursor.map { String($0) } ?? "") + lines[row].afterCursor)
            _ = rest.press(.home)
            lines[row] = LineEditor(lines[row].beforeCursor)
            lines.insert(rest, at: row + 1)
            row += 1
        case .up:
            guard row > 0 else { return false }
            row -= 1
        case .down:
            guard row + 1 < lines.count else { return false }
            row += 1
        case .backspace where lines[row].cursor == 0:
            guard row > 0 else { return true }
            let rest = lines.remove(at: row).text
            row -= 1
            let before = lines[row].text
            lines[row] = LineEditor(before + rest)
            for _ in rest { _ = lines[row].press(.left) }
        default: return lines[row].press(key)
        }
        return true
    }
}
