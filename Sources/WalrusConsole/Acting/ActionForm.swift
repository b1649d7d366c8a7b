internal import Inspect
internal import WalrusFormat

/// The questions before a plan: from where, how far, to which place. Nothing is done by answering
/// them.
public struct ActionForm: Hashable, Sendable {
    public enum Kind: Hashable, Sendable { case append, consume, seek }

    /// A row of the form that takes keys.
    enum Row: Hashable, Sendable {
        case source, text, file, form, together
        case extent, count, out
        case target, place
        case cancel, plan

        var label: String {
            switch self {
            case .source: "from"
            case .text: "text"
            case .file: "file"
            case .form: "an entry is"
            case .together: "appended"
            case .extent: "how far"
            case .count: "entries"
            case .out: "write to"
            case .target: "to"
            case .place: "place"
            case .cancel, .plan: ""
            }
        }
    }

    enum Source: Hashable, Sendable {
        case typed, editor, file
        case marked(TopicName, Int)

        func title(ascii: Bool) -> String {
            switch self {
            case .typed: "typed here"
            case .editor: "$EDITOR"
            case .file: "a file"
            case .marked(let topic, let count):
                "\(plural(count, "marked entry", "marked entries")) of "
                    + topic.shown(ascii: ascii)
            }
        }
    }

    enum Extent: Hashable, Sendable {
        case count
        case entry(Int)
        case now

        var title: String {
            switch self {
            case .count: "a number of entries"
            case .entry(let ordinal): "up to entry #\(Figures.grouped(ordinal)), with it"
            case .now: "all that is unread now"
            }
        }
    }

    enum Target: Hashable, Sendable {
        case entry(EntryPlace, Int?)
        case begin, end, place

        var title: String {
            switch self {
            case .entry(let place, let ordinal):
                ordinal.map { "entry #\(Figures.grouped($0)), under the cursor" }
                    ?? "the place \(place)"
            case .begin: "begin"
            case .end: "end"
            case .place: "another place"
            }
        }
    }

    let topic: TopicName
    public let kind: Kind
    let sources: [Source]
    let extents: [Extent]
    let targets: [Target]

    var source = 0
    var form = 0
    var isBatch = false
    var extent = 0
    var target = 0
    var text = TextEditor()
    var file = LineEditor()
    var count = LineEditor("1")
    var out = LineEditor()
    var place = LineEditor()
    var focus: Row

    /// - Parameters:
    ///   - marked: topics with marked entries, and how many those are.
    ///   - entry: the entry that is pointed at, if it is one of the topic.
    init(
        _ kind: Kind, _ topic: TopicName, marked: [(TopicName, Int)], entry: EntryRow?
    ) {
        self.kind = kind
        self.topic = topic
        sources = [.typed, .editor, .file] + marked.map { .marked($0.0, $0.1) }
        let ordinal = entry?.ordinal
        extents = [.count] + (ordinal.map { [.entry($0)] } ?? []) + [.now]
        targets =
            (entry.map { [.entry($0.place, $0.ordinal)] } ?? []) + [.place, .begin, .end]
        focus = .source
        focus = rows[0]
    }

    /// The rows that what was chosen so far asks for, in their order.
    var rows: [Row] {
        var rows: [Row]
        switch kind {
        case .append:
            rows = [.source]
            switch sources[source] {
            case .typed: rows += [.text, .form, .together]
            case .editor: break
            case .file: rows += [.file, .form, .together]
            case .marked: rows += [.together]
            }
        case .consume: rows = [.extent] + (extents[extent] == .count ? [.count] : []) + [.out]
        case .seek: rows = [.target] + (targets[target] == .place ? [.place] : [])
        }
        return rows + [.cancel, .plan]
    }

    /// What a text is cut into; a file can be length-prefixed too.
    var forms: [ActionOrder.Form] {
        sources[source] == .typed ? [.whole, .lines] : ActionOrder.Form.allCases
    }

    // MARK: - Keys

    /// What a key comes to.
    enum Answer: Hashable { case taken, cancelled, submitted }

    mutating func press(_ key: Key) -> Answer {
        switch key {
        case .escape: return .cancelled
        case .tab:
            move(1)
            return .taken
        case .backTab:
            move(-1)
            return .taken
        case .enter where focus == .cancel: return .cancelled
        case .enter where focus == .plan: return .submitted
        default: break
        }
        guard !edit(key) else { return .taken }
        switch key {
        case .enter where focus == rows[rows.count - 3]: return .submitted
        case .enter, .down: move(1)
        case .up: move(-1)
        case .left: choose(-1)
        case .right, .character(" "): choose(1)
        default: break
        }
        return .taken
    }

    private mutating func move(_ step: Int) {
        let rows = rows
        let at = rows.firstIndex(of: focus) ?? 0
        focus = rows[(at + step + rows.count) % rows.count]
    }

    private mutating func choose(_ step: Int) {
        func next(_ value: Int, _ count: Int) -> Int { (value + step + count) % count }
        switch focus {
        case .source:
            source = next(source, sources.count)
            form = 0
        case .form: form = next(form, forms.count)
        case .together: isBatch.toggle()
        case .extent: extent = next(extent, extents.count)
        case .target: target = next(target, targets.count)
        case .cancel, .plan: focus = focus == .cancel ? .plan : .cancel
        default: break
        }
    }

    /// Whether the row that has the focus takes the key as text.
    private mutating func edit(_ key: Key) -> Bool {
        switch focus {
        case .text: return text.press(key)
        case .file: return file.press(key)
        case .count: return count.press(key)
        case .out: return out.press(key)
        case .place: return place.press(key)
        default: return false
        }
    }
}
