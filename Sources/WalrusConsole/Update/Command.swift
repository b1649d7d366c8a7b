/// Everything a key can ask for. The key map, the help and the key bar are made from this table.
public enum Command: String, Hashable, Sendable, CaseIterable {
    case home, entries, check
    case up, down, pageUp, pageDown, halfUp, halfDown, first, last
    case open, back, filter, next, clearFilter
    case sort, reverseSort
    case follow, goToCursor, payloadMode, switchPane
    case actions, command
    case pause, faster, slower, reread, redraw
    case help, suspend, quit
}

/// Where a binding holds.
public enum Scope: Hashable, Sendable, CaseIterable {
    case everywhere
    case home, entries, check

    /// As a configuration names it.
    public var name: String { "\(self)".kebab }

    init(_ screen: ConsoleModel.Screen) {
        switch screen {
        case .home: self = .home
        case .entries: self = .entries
        case .check: self = .check
        }
    }
}

/// Keys, what they do, and where.
public struct Binding: Hashable, Sendable {
    public let command: Command
    public let keys: [Key]
    public let scope: Scope
    /// For the help.
    public let title: String
    /// For the key bar at the bottom; nil: not shown there.
    public let label: String?
}

public enum KeyMap {
    /// In the order of the help.
    public static let bindings: [Binding] = [
        bind(.home, "1 F1", .everywhere, "the topics and files", label: "Home"),
        bind(.entries, "2 F2", .everywhere, "the entries of a topic", label: "Entries"),
        bind(.check, "5 F5", .everywhere, "what is wrong with the directory", label: "Check"),
        bind(.up, "k Up", .everywhere, "up"),
        bind(.down, "j Down", .everywhere, "down"),
        bind(.halfUp, "C-u", .everywhere, "half a page up"),
        bind(.halfDown, "C-d", .everywhere, "half a page down"),
        bind(.pageUp, "PgUp C-b", .everywhere, "a page up"),
        bind(.pageDown, "PgDn C-f Space", .everywhere, "a page down"),
        bind(.first, "g Home", .everywhere, "to the first"),
        bind(.last, "G End", .everywhere, "to the last"),
        bind(.open, "Enter", .home, "open the topic", label: "open"),
        bind(.open, "Enter", .check, "go to the place of the finding", label: "go there"),
        bind(.filter, "/", .home, "filter the topics by name", label: "filter"),
        bind(.filter, "/", .entries, "filter the entries by payload", label: "filter"),
        bind(.next, "n", .entries, "more matches of the filter"),
        bind(.sort, "s", .home, "sort by the next column"),
        bind(.reverseSort, "S", .home, "turn the order round"),
        bind(.follow, "F", .entries, "follow: stay at the newest entry", label: "follow"),
        bind(.goToCursor, "c", .entries, "to the reader's cursor", label: "cursor"),
        bind(.payloadMode, "v", .entries, "payload as JSON, text or hex", label: "view"),
        bind(.switchPane, "Tab", .entries, "between the list and the payload"),
        bind(.command, ":", .everywhere, "type a command; Tab shows and completes them"),
        bind(.actions, "a", .everywhere, "actions that write", label: "actions"),
        bind(.pause, "p", .everywhere, "pause, go on"),
        bind(.faster, "+ =", .everywhere, "refresh more often"),
        bind(.slower, "-", .everywhere, "refresh less often"),
        bind(.reread, "C-r", .everywhere, "read the whole directory again"),
        bind(.redraw, "C-l", .everywhere, "draw the screen again"),
        bind(.help, "?", .everywhere, "this help", label: "help"),
        bind(.back, "q Esc", .entries, "back", label: "back"),
        bind(.back, "q Esc", .check, "back", label: "back"),
        bind(.clearFilter, "Esc", .home, "clear the filter"),
        bind(.suspend, "C-z", .everywhere, "suspend; fg comes back"),
        bind(.quit, "q", .home, "quit", label: "quit"),
        bind(.quit, "C-c", .everywhere, "quit"),
    ]

    private static func bind(
        _ command: Command, _ keys: String, _ scope: Scope, _ title: String, label: String? = nil
    ) -> Binding {
        let names = keys.split(separator: " ")
        return Binding(
            command: command, keys: names.compactMap { named(String($0)) }, scope: scope,
            title: title, label: label)
    }

    private static func named(_ name: String) -> Key? {
        if name == "Space" { return .character(" ") }
        let script = name.count == 1 ? name : "<\(name)>"
        return (try? Key.script(script))?.first
    }
}

/// The bindings of a console: those of `KeyMap`, or what a configuration made of them.
public struct KeyTable: Hashable, Sendable {
    /// In the order of the help. One without keys has none.
    public var bindings = KeyMap.bindings

    /// What `key` asks for on `screen`: a binding of the screen goes before one for everywhere.
    public func command(for key: Key, on screen: ConsoleModel.Screen) -> Command? {
        let scope = Scope(screen)
        return bindings.first { $0.scope == scope && $0.keys.contains(key) }?.command
            ?? bindings.first { $0.scope == .everywhere && $0.keys.contains(key) }?.command
    }

    /// The bindings that hold on `screen`.
    public func bindings(on screen: ConsoleModel.Screen) -> [Binding] {
        let scope = Scope(screen)
        return bindings.filter { $0.scope == scope || $0.scope == .everywhere }
    }
}
