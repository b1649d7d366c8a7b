internal import Inspect
public import WalrusFormat

/// The questions before a plan, as they are answered so far. Nothing is done by answering them.
public struct ActionForm: Hashable, Sendable {
    /// What takes the keys.
    enum Focus: Hashable, Sendable {
        case field(FormField.Name)
        case cancel, plan
    }

    public let kind: ActionKind
    /// What it is done to; nil: the log.
    public let topic: TopicName?
    let title: String
    private(set) var fields: [FormField]
    private(set) var focus: Focus

    init(_ kind: ActionKind, _ topic: TopicName?, title: String, fields: [FormField]) {
        self.kind = kind
        self.topic = topic
        self.title = title
        self.fields = fields
        focus = fields.first.map { .field($0.name) } ?? .cancel
    }

    // MARK: - Answers

    /// The questions that what was chosen so far asks for, in their order.
    var shown: [FormField] { fields.filter(isAsked) }

    private func isAsked(_ field: FormField) -> Bool {
        guard let condition = field.condition else { return true }
        return chosen(condition.field).map(condition.values.contains) ?? false
    }

    private func asked(_ name: FormField.Name) -> FormField? {
        fields.first { $0.name == name && isAsked($0) }
    }

    /// What was chosen; nil where that is not asked.
    func chosen(_ name: FormField.Name) -> FormOption.Value? { asked(name)?.chosen }

    func isChosen(_ word: FormOption.Word, _ name: FormField.Name) -> Bool {
        chosen(name) == .word(word)
    }

    func isChosen(_ name: FormField.Name, as form: ActionOrder.Form) -> Bool {
        chosen(name) == .form(form)
    }

    /// What was typed; empty where nothing was, or that is not asked.
    func typed(_ name: FormField.Name) -> String {
        switch asked(name)?.content {
        case .line(let line): line.text
        case .text(let text): text.text
        default: ""
        }
    }

    // MARK: - Keys

    /// What a key comes to.
    enum Answer: Hashable { case taken, cancelled, submitted }

    private var order: [Focus] { shown.map { .field($0.name) } + [.cancel, .plan] }

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
        case .enter where focus == order[order.count - 3]: return .submitted
        case .enter, .down: move(1)
        case .up: move(-1)
        case .left, .right, .character(" "):
            if focus == .cancel { focus = .plan } else if focus == .plan { focus = .cancel }
        default: break
        }
        return .taken
    }

    private mutating func move(_ step: Int) {
        let order = order
        let at = order.firstIndex(of: focus) ?? 0
        focus = order[(at + step + order.count) % order.count]
    }

    /// Whether the question that has the focus takes the key.
    private mutating func edit(_ key: Key) -> Bool {
        guard case .field(let name) = focus,
            let index = fields.firstIndex(where: { $0.name == name })
        else { return false }
        return fields[index].press(key)
    }
}
