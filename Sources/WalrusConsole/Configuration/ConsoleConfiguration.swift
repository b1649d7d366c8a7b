/// What a configuration file sets. The defaults are those of a console without one.
public struct ConsoleConfiguration: Hashable, Sendable {
    /// A theme's name; nil takes what fits the terminal's background.
    public var theme: String?
    public var color = ColorChoice.auto
    /// Nanoseconds between two looks at the directory.
    public var refresh: UInt64 = 1_000_000_000
    public var ascii = false
    public var mouse = false
    /// The command that payloads are decoded by; empty for none.
    public var decode = ""
    /// The columns of a table, by their names; an absent table shows them all.
    public var columns: [ConfiguredTable: [String]] = [:]
    /// Looks that go before those of the theme.
    public var colors: [Role: RoleLook] = [:]
    /// Keys that go before those of the program.
    public var keys: [KeyChoice: [Key]] = [:]

    public init() {}

    /// A command where it holds.
    public struct KeyChoice: Hashable, Sendable {
        public let scope: Scope
        public let command: Command
    }

    /// The bindings that come of it.
    public var bindings: [Binding] {
        KeyMap.bindings.map { binding in
            let choice = KeyChoice(scope: binding.scope, command: binding.command)
            guard let keys = keys[choice] else { return binding }
            return Binding(
                command: binding.command, keys: keys, scope: binding.scope, title: binding.title,
                label: binding.label)
        }
    }

    /// A theme with the looks that were chosen.
    func adapted(_ theme: Theme) -> Theme { colors.isEmpty ? theme : theme.replacing(colors) }
}

/// A table whose columns can be chosen.
public enum ConfiguredTable: String, Hashable, Sendable, CaseIterable {
    case topics, entries, blocks, live, findings

    /// The names of its columns, in their usual order.
    public var columns: [String] {
        switch self {
        case .topics: HomeView.columnNames
        case .entries: EntriesView.columnNames
        case .blocks: BlockListPanel.columnNames
        case .live: LiveUnreadView.columnNames
        case .findings: CheckView.columnNames
        }
    }
}

extension ConsoleModel.Notice {
    /// The first of a configuration file's problems, and how many more there are; all of them are
    /// its details.
    ///
    /// - Parameter path: of the file; `name` stands for it where there is little room.
    public init?(_ problems: [ConfigurationProblem], name: String, path: String) {
        guard let first = problems.first else { return nil }
        let check = "walrus config check"
        self.init(
            kind: .problem, text: first.description(in: name),
            tail: problems.count > 1 ? "(+\(problems.count - 1) more, \(check))" : "(\(check))",
            details: problems.map { $0.description(in: path) }
                + ["The defaults hold until the file is mended."])
    }
}

extension ConsoleModel {
    /// Takes a configuration over, before the start.
    public mutating func configure(_ configuration: ConsoleConfiguration) {
        self.configuration = configuration
        keys = KeyTable(bindings: configuration.bindings)
        setup.interval = configuration.refresh
        isMouseOn = configuration.mouse
        isThemeAutomatic = configuration.theme == nil
        theme = configuration.theme.flatMap(Theme.named) ?? theme
    }

    /// Shows a problem until the next key.
    public mutating func complain(of problem: Notice) { notice = problem }

    /// The theme to draw with.
    public var adaptedTheme: Theme { configuration.adapted(theme) }
}
