/// A line of text that is being typed, with a cursor in it.
public struct LineEditor: Hashable, Sendable {
    /// Longer than any line that is typed by hand; a paste ends here.
    static let bytesMax = 4_096

    private var characters: [Character]
    /// How many characters stand before the cursor.
    public private(set) var cursor: Int
    /// All of it is a proposal: what is typed takes its place, and a key that moves keeps it.
    private(set) var isSelected: Bool

    public init(_ text: String = "", isSelected: Bool = false) {
        characters = Array(text)
        cursor = characters.count
        self.isSelected = isSelected && !text.isEmpty
    }

    public var text: String { String(characters) }
    var isEmpty: Bool { characters.isEmpty }
    var isAtEnd: Bool { cursor == characters.count }
    var beforeCursor: String { String(characters[..<cursor]) }
    /// The character under the cursor; nil at the end.
    var underCursor: Character? { isAtEnd ? nil : characters[cursor] }
    var afterCursor: String { String(characters.dropFirst(cursor + 1)) }

    /// Takes a key that moves or edits. False: the key means nothing to a line.
    mutating func press(_ key: Key) -> Bool {
        let isProposal = isSelected
        isSelected = false
        guard isProposal else { return edit(key) }
        switch key {
        case .character: self = LineEditor()
        case .backspace, .delete, .control("h"), .control("d"), .control("w"), .alt("\u{7f}"):
            self = LineEditor()
            return true
        default: break
        }
        let isTaken = edit(key)
        if !isTaken { isSelected = true }
        return isTaken
    }

    private mutating func edit(_ key: Key) -> Bool {
        switch key {
        case .character(let character): insert(character)
        case .backspace, .control("h"): erase(from: cursor - 1)
        case .delete, .control("d"): if !isAtEnd { characters.remove(at: cursor) }
        case .left, .control("b"): cursor = max(0, cursor - 1)
        case .right, .control("f"): cursor = min(characters.count, cursor + 1)
        case .home, .control("a"): cursor = 0
        case .end, .control("e"): cursor = characters.count
        case .alt("b"): cursor = wordStart
        case .alt("f"): cursor = wordEnd
        case .control("w"), .alt("\u{7f}"): erase(from: wordStart)
        case .control("u"): erase(from: 0)
        case .control("k"): characters.removeSubrange(cursor...)
        default: return false
        }
        return true
    }

    private mutating func insert(_ character: Character) {
        let bytes = characters.reduce(character.utf8.count) { $0 + $1.utf8.count }
        guard bytes <= Self.bytesMax else { return }
        // A combining mark joins the character before it, so the text decides how many there are.
        let whole = beforeCursor + String(character)
        let rest = characters[cursor...]
        characters = Array(whole)
        cursor = characters.count
        characters += rest
    }

    /// Erases what stands between a place and the cursor.
    private mutating func erase(from start: Int) {
        let start = max(0, start)
        guard start < cursor else { return }
        characters.removeSubrange(start..<cursor)
        cursor = start
    }

    /// Where the word before the cursor begins.
    private var wordStart: Int {
        var at = cursor
        while at > 0, characters[at - 1] == " " { at -= 1 }
        while at > 0, characters[at - 1] != " " { at -= 1 }
        return at
    }

    private var wordEnd: Int {
        var at = cursor
        while at < characters.count, characters[at] == " " { at += 1 }
        while at < characters.count, characters[at] != " " { at += 1 }
        return at
    }
}

/// Lines that were typed before, the newest last.
public struct LineHistory: Hashable, Sendable {
    /// Lines kept.
    public static let capacity = 200

    public private(set) var lines: [String] = []

    public init(_ lines: [String] = []) { for line in lines { add(line) } }

    /// A line that is there already moves to the end.
    public mutating func add(_ line: String) {
        guard !line.isEmpty else { return }
        lines.removeAll { $0 == line }
        lines.append(line)
        if lines.count > Self.capacity { lines.removeFirst(lines.count - Self.capacity) }
    }
}
