/// Everything a key can ask for. The key map, the help and the key bar are made from this table.
public enum Command: String, Hashable, Sendable, CaseIterable {
    // The screens have the names of `ConsoleModel.Screen`.
    case home, entries, blocks, live, check, hex, bench
    case up, down, pageUp, pageDown, halfUp, halfDown, first, last, left, right
    case open, back, filter, inverse, next, previous, clearFilter, leave
    case sort, reverseSort
    case follow, goToCursor, switchPane
    case mark, markAll, nextMark, marked, export, copy, copyPlace
    case payloadMode, wrap, fold, unfold, expand
    case mapMode, previousFile, nextFile, previousBlock, nextBlock
    case previousEntry, nextEntry, previousFinding, nextFinding
    case stop
    case actions, undoLast, command, goToTopic, keepFrame, toggleMouse
    case pause, earlier, later, muchEarlier, muchLater, now
    case faster, slower, reread, redraw
    case help, suspend, quit
}

/// Where a binding holds.
public enum Scope: Hashable, Sendable, CaseIterable {
    case everywhere
    case screen(ConsoleModel.Screen)

    public static let allCases = [Scope.everywhere] + ConsoleModel.Screen.allCases.map(Scope.screen)

    /// As a configuration names it.
    public var name: String {
        switch self {
        case .everywhere: "everywhere"
        case .screen(let screen): screen.rawValue
        }
    }

    init(_ screen: ConsoleModel.Screen) { self = .screen(screen) }
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
    /// In the order of the help: the screens, the movements, each screen's own, the rest.
    public static let bindings: [Binding] =
        screens + movements + ConsoleModel.Screen.allCases.flatMap(own) + general

    private static let screens = [
        bind(.home, "1 F1", "the topics and files"),
        bind(.entries, "2 F2", "the entries of a topic"),
        bind(.blocks, "3 F3", "the map of all blocks"),
        bind(.live, "4 F4", "what is happening now"),
        bind(.check, "5 F5", "what is wrong with the directory"),
        bind(.hex, "6 F6 x", "the bytes of this place, and their fields"),
        bind(.bench, "7 F7", "measure the engine, in a scratch directory"),
    ]

    private static let movements = [
        bind(.up, "k Up", .everywhere, "up"),
        bind(.down, "j Down", .everywhere, "down"),
        bind(.halfUp, "C-u", .everywhere, "half a page up"),
        bind(.halfDown, "C-d", .everywhere, "half a page down"),
        bind(.pageUp, "PgUp C-b", .everywhere, "a page up"),
        bind(.pageDown, "PgDn C-f", .everywhere, "a page down"),
        bind(.first, "g Home", .everywhere, "to the first"),
        bind(.last, "G End", .everywhere, "to the last"),
    ]

    private static let general = [
        bind(.command, ":", .everywhere, "type a command; Tab shows and completes them"),
        bind(.goToTopic, "t", .everywhere, "go to a topic by its name; Tab completes it"),
        bind(.actions, "a", .everywhere, "actions that write", label: "actions"),
        bind(.undoLast, "u", .everywhere, "undo what was done last, after a plan"),
        bind(.pause, "p", .everywhere, "pause, go on; play a recording"),
        bind(.earlier, "<", .everywhere, "a look back in time"),
        bind(.later, ">", .everywhere, "a look forward"),
        bind(.muchEarlier, "(", .everywhere, "ten looks back"),
        bind(.muchLater, ")", .everywhere, "ten looks forward"),
        bind(.now, "`", .everywhere, "back to now"),
        bind(.faster, "+ =", .everywhere, "refresh more often"),
        bind(.slower, "-", .everywhere, "refresh less often"),
        bind(.reread, "C-r", .everywhere, "read the whole directory again"),
        bind(.redraw, "C-l", .everywhere, "draw the screen again"),
        bind(.keepFrame, "S", .everywhere, "keep this screen as a file"),
        bind(.toggleMouse, "F8", .everywhere, "the mouse on, or off"),
        bind(.help, "?", .everywhere, "this help", label: "help"),
        bind(.suspend, "C-z", .everywhere, "suspend; fg comes back"),
        bind(.quit, "C-c", .everywhere, "quit"),
    ]

    /// The bindings that hold on one screen alone.
    private static func own(_ screen: ConsoleModel.Screen) -> [Binding] {
        func bind(_ command: Command, _ keys: String, _ title: String, label: String? = nil)
            -> Binding
        {
            self.bind(command, keys, .screen(screen), title, label: label)
        }
        /// In lists that show all their rows.
        func search(_ title: String, label: String? = nil) -> [Binding] {
            [
                bind(.filter, "/", title + "; !text for what has it not", label: label),
                bind(.inverse, "!", "what has it not"),
                bind(.next, "n", "the next match"),
                bind(.previous, "N", "the match before"),
            ]
        }
        switch screen {
        case .chooser:
            return [
                bind(.open, "Enter", "open the log", label: "open"),
                bind(.quit, "q", "quit", label: "quit"),
            ] + search("look for a log by its name", label: "find")
        case .home:
            return [
                bind(.open, "Enter", "open the topic", label: "open"),
                bind(
                    .filter, "/", "filter the topics by name; !text leaves them out",
                    label: "filter"),
                bind(.inverse, "!", "what the filter leaves out"),
                bind(.next, "n", "the next match of the filter"),
                bind(.previous, "N", "the match before"),
                bind(.sort, "s", "sort by the next column", label: "sort"),
                bind(.reverseSort, "I", "turn the order round"),
                bind(.clearFilter, "Esc", "clear the filter"),
                bind(.quit, "q", "quit, or back to the list of logs", label: "quit"),
            ]
        case .entries:
            return [
                bind(.filter, "/", "look for entries: text or a query", label: "find"),
                bind(.inverse, "!", "what the query leaves out"),
                bind(.next, "n", "the next match, or more of them"),
                bind(.previous, "N", "the match before"),
                bind(.follow, "F", "follow: stay at the newest entry", label: "follow"),
                bind(.goToCursor, "c", "to the reader's cursor", label: "cursor"),
                bind(.mark, "Space m", "mark the entry, or unmark it", label: "mark"),
                bind(.markAll, "*", "mark all of the list, or unmark them"),
                bind(.nextMark, "'", "the next marked entry"),
                bind(.marked, "M", "the marked entries alone"),
                bind(.export, "E", "export what is marked, else the matches", label: "export"),
                bind(.copy, "y", "copy the payload (OSC 52)"),
                bind(.copyPlace, "Y", "copy the place of the entry"),
                bind(.payloadMode, "v", "payload as JSON, text, hex or decoded", label: "view"),
                bind(.wrap, "w", "break long lines of the payload, or not"),
                bind(.expand, "e", "the payload alone, or the list too"),
                bind(.left, "Left", "to the left in long lines"),
                bind(.right, "Right", "to the right in long lines"),
                bind(.fold, "z", "fold the innermost level of JSON"),
                bind(.unfold, "Z", "unfold a level of JSON"),
                bind(.switchPane, "Tab", "between the list and the payload"),
                bind(.previousBlock, "{", "to the topic's block before"),
                bind(.nextBlock, "}", "to the topic's next block"),
                bind(.back, "q", "back", label: "back"),
                bind(.leave, "Esc", "stop the search; end the filter; back"),
            ]
        case .blocks:
            return [
                bind(.open, "Enter", "the entries of the block", label: "entries"),
                bind(.left, "h Left", "to the slot before"),
                bind(.right, "l Right", "to the next slot"),
                bind(.mapMode, "m", "map by state, topic or fill", label: "map"),
                bind(.previousFile, "[", "to the file before", label: "file"),
                bind(.nextFile, "]", "to the next file"),
                bind(.previousBlock, "{", "to the topic's block before", label: "topic"),
                bind(.nextBlock, "}", "to the topic's next block"),
                bind(.goToCursor, "c", "to the topic's reader", label: "cursor"),
                bind(.previousFinding, "E", "to the finding before"),
                bind(.nextFinding, "e", "to the next finding"),
                bind(.switchPane, "Tab", "what is told below the map, where it is narrow"),
                bind(.back, "q Esc", "back", label: "back"),
            ] + search("look for a block by its topic, or its place")
        case .live:
            return [
                bind(.open, "Enter", "the entries of the topic", label: "entries"),
                bind(
                    .filter, "/", "filter the topics by name; !text leaves them out",
                    label: "filter"),
                bind(.inverse, "!", "what the filter leaves out"),
                bind(.next, "n", "the next match of the filter"),
                bind(.previous, "N", "the match before"),
                bind(.sort, "s", "sort by the next column"),
                bind(.earlier, "Left", "a look back in time", label: "time"),
                bind(.later, "Right", "a look forward"),
                bind(.reverseSort, "I", "turn the order round"),
                bind(.back, "q", "back", label: "back"),
                bind(.leave, "Esc", "end the filter; back"),
            ]
        case .check:
            return [
                bind(.open, "Enter", "go to the place of the finding", label: "go there"),
                bind(
                    .switchPane, "Tab", "between the findings and what a restart would do",
                    label: "restart"),
                bind(
                    .filter, "/", "filter the findings; !text leaves them out", label: "filter"),
                bind(.inverse, "!", "what the filter leaves out"),
                bind(.next, "n", "the next match of the filter"),
                bind(.previous, "N", "the match before"),
                bind(.back, "q", "back", label: "back"),
                bind(.leave, "Esc", "end the filter; back"),
            ]
        case .bench:
            return [
                bind(.open, "Enter", "start the benchmark", label: "start"),
                bind(.left, "h Left", "the value before"),
                bind(.right, "l Right", "the next value"),
                bind(.stop, "s", "stop the benchmark", label: "stop"),
                bind(.switchPane, "Tab", "between the workload and the results", label: "results"),
                bind(.mark, "Space m", "compare all results with this one", label: "compare"),
                bind(.back, "q", "back; a benchmark goes on", label: "back"),
                bind(.leave, "Esc", "stop the benchmark; back"),
            ] + search("look for a result")
        case .hex:
            return [
                bind(.open, "Enter", "the entry that the byte is part of", label: "entry"),
                bind(.left, "h Left", "to the byte before"),
                bind(.right, "l Right", "to the next byte"),
                bind(.switchPane, "Tab", "between bytes and fields", label: "fields"),
                bind(
                    .previousEntry, "[", "to the entry's start, then the one before",
                    label: "entry"),
                bind(.nextEntry, "]", "to the next entry"),
                bind(.previousFinding, "E", "to the finding before", label: "finding"),
                bind(.nextFinding, "e", "to the next finding"),
                bind(.previousBlock, "{", "to the topic's block before", label: "block"),
                bind(.nextBlock, "}", "to the topic's next block"),
                bind(.back, "q Esc", "back", label: "back"),
            ] + search("look for a field by its name or value")
        }
    }

    /// What `key` asks for on `screen`: a binding of the screen goes before one for everywhere.
    public static func command(for key: Key, on screen: ConsoleModel.Screen) -> Command? {
        let scope = Scope(screen)
        return bindings.first { $0.scope == scope && $0.keys.contains(key) }?.command
            ?? bindings.first { $0.scope == .everywhere && $0.keys.contains(key) }?.command
    }

    /// The bindings that hold on `screen`.
    public static func bindings(on screen: ConsoleModel.Screen) -> [Binding] {
        let scope = Scope(screen)
        return bindings.filter { $0.scope == scope || $0.scope == .everywhere }
    }

    /// A screen: its name is its label.
    private static func bind(_ screen: Command, _ keys: String, _ title: String) -> Binding {
        let label = ConsoleModel.Screen(rawValue: screen.rawValue)?.title
        return bind(screen, keys, .everywhere, title, label: label)
    }

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
