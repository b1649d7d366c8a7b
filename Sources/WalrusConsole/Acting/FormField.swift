internal import Inspect
public import WalrusFormat

/// Something that a question offers.
public struct FormOption: Hashable, Sendable {
    /// What choosing it means.
    public enum Value: Hashable, Sendable {
        case word(Word)
        case topic(TopicName)
        case place(EntryPlace)
        case form(ActionOrder.Form)
        /// The name of something that was looked for: a folder in the trash, a repair.
        case name(String)
        /// The record of a repair: its bytes are put back, or the repair is finished.
        case undo(Int)
        case finish(Int)
        /// What moved a reader: it goes back, from where that left it.
        case returnCursor(TopicName, from: EntryPlace, to: EntryPlace?)
    }

    public enum Word: Hashable, Sendable {
        case typed, editor, file, together, apart
        case count, entry, mark, now, place, begin, end
        case all, unread, query, marked
        case here, elsewhere, once, again
        case trash, deletion, back
    }

    public let value: Value
    /// As people read it; it may hold anything.
    public let title: String

    public init(_ value: Value, _ title: String) {
        self.value = value
        self.title = title
    }

    init(_ word: Word, _ title: String) { self.init(.word(word), title) }
}

/// A question of a form, and what is answered so far.
struct FormField: Hashable, Sendable {
    enum Name: Hashable, Sendable {
        case source, text, file, form, fileForm, together
        case extent, mark, count, out, target, place
        case entries, query, into, log, directory, rate, again
        case deed, folder, folders, repair, record
    }

    struct Condition: Hashable, Sendable {
        let field: Name
        let values: Set<FormOption.Value>
    }

    enum Content: Hashable, Sendable {
        /// One of these, beside each other where they are few and known, else in a list.
        case choice([FormOption], selected: Int, isList: Bool)
        case line(LineEditor)
        case text(TextEditor)
    }

    let name: Name
    let label: String
    var content: Content
    /// What to type, or how.
    let hint: String
    /// It is asked only where that was chosen for another one.
    private(set) var condition: Condition?

    static func choice(_ name: Name, _ label: String, _ options: [FormOption]) -> FormField {
        FormField(
            name: name, label: label, content: .choice(options, selected: 0, isList: false),
            hint: "Left and Right choose, Tab goes on")
    }

    static func list(_ name: Name, _ label: String, _ options: [FormOption]) -> FormField {
        FormField(
            name: name, label: label, content: .choice(options, selected: 0, isList: true),
            hint: "Up and Down choose, Tab goes on")
    }

    static func line(_ name: Name, _ label: String, _ text: String = "", hint: String)
        -> FormField
    {
        FormField(name: name, label: label, content: .line(LineEditor(text)), hint: hint)
    }

    /// A line with a proposal, in whose place comes what is typed.
    static func proposal(_ name: Name, _ label: String, _ text: String, hint: String) -> FormField {
        FormField(
            name: name, label: label, content: .line(LineEditor(text, isSelected: true)), hint: hint
        )
    }

    static func text(_ name: Name, _ label: String) -> FormField {
        FormField(
            name: name, label: label, content: .text(TextEditor()),
            hint: "Enter begins a new line, Tab goes on")
    }

    /// The same, asked only where one of the words was chosen.
    func when(_ field: Name, _ words: FormOption.Word...) -> FormField {
        when(field, in: words.map(FormOption.Value.word))
    }

    func when(_ field: Name, in values: [FormOption.Value]) -> FormField {
        var copy = self
        copy.condition = Condition(field: field, values: Set(values))
        return copy
    }

    /// What is chosen; nil where there is nothing to choose from.
    var chosen: FormOption.Value? {
        guard case .choice(let options, let selected, _) = content,
            options.indices.contains(selected)
        else { return nil }
        return options[selected].value
    }

    // MARK: - Keys

    /// Whether the key meant something here.
    mutating func press(_ key: Key) -> Bool {
        switch content {
        case .line(var line):
            guard line.press(key) else { return false }
            content = .line(line)
        case .text(var text):
            guard text.press(key) else { return false }
            content = .text(text)
        case .choice(let options, let selected, let isList):
            guard let next = Self.next(key, selected, options.count, isList: isList) else {
                return false
            }
            content = .choice(options, selected: next, isList: isList)
        }
        return true
    }

    /// A list ends where it ends, and Up and Down lead out of it there; few choices go round.
    private static func next(_ key: Key, _ selected: Int, _ count: Int, isList: Bool) -> Int? {
        guard count > 0 else { return nil }
        func inside(_ step: Int) -> Int { max(0, min(selected + step, count - 1)) }
        switch key {
        case .left: return isList ? inside(-1) : (selected - 1 + count) % count
        case .right: return isList ? inside(1) : (selected + 1) % count
        case .character(" "): return (selected + 1) % count
        case .up where isList && selected > 0: return selected - 1
        case .down where isList && selected + 1 < count: return selected + 1
        case .pageUp where isList: return inside(-10)
        case .pageDown where isList: return inside(10)
        case .home where isList: return 0
        case .end where isList: return count - 1
        default: return nil
        }
    }
}
