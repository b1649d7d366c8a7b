internal import Inspect
internal import WalrusFormat

/// A command that is typed after `:`.
public struct PaletteCommand: Sendable {
    typealias Run = @Sendable (inout ConsoleModel, String) -> [Effect]

    /// What its argument may be, for completion.
    public enum Argument: Hashable, Sendable {
        case none
        /// Free text, which nothing completes.
        case text(String)
        case topic
        case word(String, [String])

        /// As the help shows it.
        var placeholder: String {
            switch self {
            case .none: ""
            case .text(let name), .word(let name, _): name
            case .topic: "TOPIC"
            }
        }
    }

    public let name: String
    public let aliases: [String]
    public let argument: Argument
    /// One line for the help.
    public let title: String
    /// Whether its argument may hold parts of payloads: then no file remembers it.
    let isPrivate: Bool
    /// A command that is known by its form, such as a number, and not by a name.
    let accepts: (@Sendable (String) -> Bool)?
    let run: Run

    /// A command with a name: `:name argument`.
    init(
        _ name: String, aliases: [String] = [], takes argument: Argument = .none,
        isPrivate: Bool = false, help title: String, run: @escaping Run
    ) {
        self.name = name
        self.aliases = aliases
        self.argument = argument
        self.title = title
        self.isPrivate = isPrivate
        accepts = nil
        self.run = run
    }

    /// A command that is a place itself, such as `:412` or `:@12:30`: `form` names it in the help.
    init(
        form: String, help title: String, accepts: @escaping @Sendable (String) -> Bool,
        run: @escaping Run
    ) {
        name = form
        aliases = []
        argument = .none
        self.title = title
        isPrivate = false
        self.accepts = accepts
        self.run = run
    }

    /// What was typed, without what it was typed with: for the history.
    func line(_ argument: String) -> String {
        accepts != nil ? argument : argument.isEmpty ? name : "\(name) \(argument)"
    }
}

/// A line that what has been typed may become.
public struct PaletteCandidate: Hashable, Sendable {
    /// The whole line.
    let line: String
    /// What follows it in the list: arguments, and a line of help.
    let placeholder: String
    let title: String
    var takesMore: Bool { !placeholder.isEmpty }
}

extension CommandPalette {
    enum Parsed {
        case command(PaletteCommand, String)
        case unknown(String)
    }

    /// What a typed line means; nil for an empty one.
    static func parse(_ text: String, _ model: ConsoleModel) -> Parsed? {
        let line = trimmed(text)
        guard !line.isEmpty else { return nil }
        let parts = line.split(separator: " ", maxSplits: 1)
        let word = String(parts[0]).lowercased()
        let argument = parts.count > 1 ? trimmed(String(parts[1])) : ""
        if let command = commands.first(where: {
            $0.accepts == nil && ($0.name == word || $0.aliases.contains(word))
        }) {
            if command.argument == .none, !argument.isEmpty {
                return .unknown("\(command.name) takes nothing after it")
            }
            return .command(command, argument)
        }
        if let command = commands.first(where: { $0.accepts?(line) == true }) {
            return .command(command, line)
        }
        if topic(named: line, model) != nil, let command = commands.first(where: \.opensTopics) {
            return .command(command, line)
        }
        let names = commands.filter { $0.accepts == nil }.flatMap { [$0.name] + $0.aliases }
        let shown = VisibleText(line, mode: .escape, limit: 40).text
        guard let near = Nearest.word(to: word, among: names) else {
            return .unknown("no command or topic \"\(shown)\": Tab after : lists them")
        }
        return .unknown("no command \"\(shown)\": did you mean \(near)?")
    }

    static func trimmed(_ text: String) -> String {
        let left = text.drop { $0 == " " }
        return String(left.reversed().drop { $0 == " " }.reversed())
    }

    // MARK: - Completion

    /// More than anybody looks through.
    static let candidatesMax = 200

    /// What `text` may become: commands, or what fits after the command in it.
    static func candidates(for text: String, _ model: ConsoleModel) -> [PaletteCandidate] {
        let typed = String(text.drop { $0 == " " })
        if let space = typed.firstIndex(of: " ") {
            let word = typed[..<space].lowercased()
            let rest = String(typed[typed.index(after: space)...].drop { $0 == " " })
            guard
                let command = commands.first(where: {
                    $0.accepts == nil && ($0.name == word || $0.aliases.contains(word))
                })
            else { return [] }
            return arguments(of: command, typed: rest, model).map {
                PaletteCandidate(
                    line: "\(typed[..<space]) \($0.word)", placeholder: "", title: $0.title)
            }
        }
        let word = typed.lowercased()
        let here = commands.filter {
            !$0.isMotion && ($0.accepts == nil || word.isEmpty) && $0.isOffered(on: model.screen)
                && ($0.name.hasPrefix(word) || $0.aliases.contains { $0 == word })
        }
        let found = here.map {
            PaletteCandidate(
                line: $0.name, placeholder: $0.argument.placeholder,
                title: $0.title(on: model.screen))
        }
        // A form such as N is no line: it is shown to be read, not to be gone to.
        guard !word.isEmpty else { return found.filter { $0.line.first?.isLowercase == true } }
        return found
            + arguments(ofTopics: typed, model).map {
                PaletteCandidate(line: $0.word, placeholder: "", title: $0.title)
            }
    }

    private static func arguments(
        of command: PaletteCommand, typed: String, _ model: ConsoleModel
    ) -> [(word: String, title: String)] {
        switch command.argument {
        case .none, .text: []
        case .word(_, let words):
            words.filter { $0.hasPrefix(typed.lowercased()) }.map { ($0, "") }
        case .topic: arguments(ofTopics: typed, model)
        }
    }

    /// Topics whose shown name begins with what was typed, else those that hold it.
    private static func arguments(
        ofTopics typed: String, _ model: ConsoleModel
    ) -> [(word: String, title: String)] {
        let topics = (0..<model.topicCount).lazy.compactMap(model.topicName)
        let ascii = model.glyphs.isASCII
        func entry(_ name: TopicName) -> (word: String, title: String) {
            guard let topic = model.state?.topic(name) else {
                return (name.shown(ascii: ascii), "")
            }
            let unread = topic.unread > 0 ? ", \(Figures.grouped(topic.unread)) unread" : ""
            return (
                topic.name.shown(ascii: ascii), plural(topic.entries, "entry", "entries") + unread
            )
        }
        let prefix = Array(typed.utf8)
        let found = Array(
            topics.filter { name in
                name.bytes.starts(with: prefix)
                    || (name.needsEscape && name.shown(ascii: ascii).hasPrefix(typed))
            }.prefix(candidatesMax))
        guard found.isEmpty, let query = TextPattern(typed) else { return found.map(entry) }
        return Array(
            topics.filter { query.matches($0.bytes) }.prefix(candidatesMax)
        ).map(entry)
    }

    /// The topic that is shown as `text`.
    static func topic(named text: String, _ model: ConsoleModel) -> TopicName? {
        let name = TopicName(text)
        if !name.needsEscape, model.topicIndex(of: name) != nil { return name }
        let ascii = model.glyphs.isASCII
        return (0..<model.topicCount).lazy.compactMap(model.topicName).first {
            $0.needsEscape && $0.shown(ascii: ascii) == text
        }
    }
}
