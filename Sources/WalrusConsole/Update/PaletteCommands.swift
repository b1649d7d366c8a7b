internal import Inspect

/// The commands after `:`. One entry in `typed` adds one, with its completion, its line in the help
/// and its place among the suggestions; commands with keys are added from the table of those.
public enum CommandPalette {
    public static let commands: [PaletteCommand] = places + typed + actions + keyed

    /// Those that no key has.
    private static let typed: [PaletteCommand] = [
        PaletteCommand(
            form: "FILE:BLOCK+OFFSET", help: "go to the block 2:25, or to the byte 2:25+0x1F",
            accepts: { ConsoleModel.looksLikePlace($0) },
            run: { model, text in
                guard let (place, miss) = model.place(named: text) else {
                    return model.complain(model.noPlace(text))
                }
                return model.goTo(place, miss)
            }),
        PaletteCommand(
            "topic", aliases: ["t"], takes: .topic, help: "open the entries of a topic",
            run: { model, text in
                guard let name = topic(named: text, model) else {
                    return model.complain("which topic? Tab after :topic lists them")
                }
                model.home.selected = name
                return model.openEntries(of: name)
            }),
        PaletteCommand(
            "cd", takes: .text("DIR"),
            help: "the logs in a directory; without one, back to the list",
            run: { model, text in
                if !text.isEmpty { return model.choose(in: text) }
                if model.chooser != nil { return model.leaveLog() }
                return model.choose(in: model.setup.root)
            }),
        PaletteCommand(
            "at", takes: .text("TIME"),
            help: "back to a moment that was recorded: 12:04:31, -90s; ` leads to now",
            run: { model, text in model.goTo(time: text) }),
        PaletteCommand(
            "snapshot", aliases: ["save"], takes: .text("FILE"),
            help: "keep this screen as FILE.svg, .ansi, .txt or .json",
            run: { model, text in
                let frame = ConsoleView.draw(model)
                let parts = text.split(separator: ".", omittingEmptySubsequences: false)
                let rendered: String
                switch parts.count > 1 ? parts.last : nil {
                case "svg":
                    rendered = FrameSVG.render(frame, theme: model.adaptedTheme, title: "walrus")
                case "ansi":
                    rendered = FrameANSI.render(frame, theme: model.adaptedTheme, depth: .trueColor)
                case "txt": rendered = FrameText.render(frame)
                case "json": rendered = FrameJSON.render(frame)
                default:
                    return model.complain(
                        "which form? a name that ends in .svg, .ansi, .txt or .json")
                }
                return [.save(rendered, as: text)]
            }),
        PaletteCommand(
            "theme", takes: .word("NAME", Theme.all.map(\.name)),
            help: "colours: " + Theme.choices,
            run: { model, text in
                guard let theme = Theme.named(text) else {
                    let near = Nearest.word(to: text, among: Theme.all.map(\.name))
                    let asked = near.map { "did you mean \($0)?" } ?? Theme.choices
                    return model.complain("which theme? \(asked)")
                }
                model.theme = theme
                model.isThemeAutomatic = false
                return model.confirm("theme \(text)")
            }),
        PaletteCommand(
            "messages", help: "what the bottom line has said, in full, the newest first",
            run: { model, _ in
                let lines = model.messages.reversed().flatMap { notice in
                    notice.details.isEmpty ? [notice.text] : notice.details
                }
                guard !lines.isEmpty else { return model.confirm("nothing has been said yet") }
                model.overlay = .report(
                    ActionReport(kind: .done, lines: lines, title: "messages"))
                return []
            }),
        PaletteCommand(
            "file", takes: .text("NAME"), help: "the bytes of a file in the directory",
            run: { model, text in
                guard !text.isEmpty else { return model.complain("which file?") }
                model.screen = .hex
                return model.moveHex(to: BytePlace(file: text, offset: 0))
            }),
        PaletteCommand(
            "mouse", takes: .word("on", ["on", "off"]),
            help: "click selects and the wheel scrolls, or not",
            run: { model, text in
                guard ["", "on", "off"].contains(text) else {
                    return model.complain(":mouse on or :mouse off")
                }
                model.isMouseOn = text.isEmpty ? !model.isMouseOn : text == "on"
                return model.confirm(
                    model.isMouseOn
                        ? "mouse on: most terminals select text while Shift is held"
                        : "mouse off")
            }),
        PaletteCommand(
            "write", aliases: ["rw"], help: "offer the actions that write, after a yes",
            run: { model, _ in model.askForWriteMode() }),
        PaletteCommand(
            "readonly", aliases: ["ro"], help: "offer nothing that writes",
            run: { model, _ in
                model.setup.canWrite = false
                return model.confirm("read-only again")
            }),
    ]

    /// What the menu of actions holds.
    private static let actions: [PaletteCommand] = ActionKind.allCases.map { action in
        PaletteCommand(
            action.name, help: action.definition.title,
            run: { model, _ in
                model.isFirstLook ? model.askToWait(for: "actions come") : model.begin(action)
            })
    }

    /// Those that have keys: the name is the command's, `goToCursor` as `go-to-cursor`.
    private static let keyed: [PaletteCommand] = Command.allCases.map { command in
        let titles = KeyMap.bindings.filter { $0.command == command }.map(\.title)
        return PaletteCommand(
            command.name, aliases: aliases(of: command), help: titles.first ?? "",
            run: { model, _ in
                let scopes = Command.scopes(of: command)
                guard scopes.contains(.everywhere) || scopes.contains(Scope(model.screen)) else {
                    let places = scopes.map(\.name).joined(separator: " or ")
                    return model.complain("\(command.name) belongs to another screen: \(places)")
                }
                return model.run(command)
            })
    }

    private static func aliases(of command: Command) -> [String] {
        switch command {
        case .quit: ["q", "q!", "exit"]
        case .help: ["h"]
        default: []
        }
    }
}

extension Command {
    /// `goToCursor` is `go-to-cursor`.
    public var name: String { rawValue.kebab }

    static func scopes(of command: Command) -> [Scope] {
        KeyMap.bindings.filter { $0.command == command }.map(\.scope)
    }

    fileprivate static func named(_ name: String) -> Command? {
        allCases.first { $0.name == name }
    }

    /// Going through a list is for keys; nobody wants to read of it among the commands.
    fileprivate var isMotion: Bool {
        switch self {
        case .up, .down, .pageUp, .pageDown, .halfUp, .halfDown, .first, .last, .open, .back,
            .command, .switchPane, .leave:
            true
        default: false
        }
    }
}

extension PaletteCommand {
    /// Whether a key is the way to it, so that the list of commands leaves it out.
    var isMotion: Bool { accepts == nil && Command.named(name)?.isMotion == true }

    /// Whether a key has it.
    var hasKey: Bool { accepts == nil && Command.named(name) != nil }

    /// The command that a topic's bare name stands for.
    var opensTopics: Bool { name == "topic" }

    /// What it does on `screen`, where a key may mean something of that screen's own.
    func title(on screen: ConsoleModel.Screen) -> String {
        guard hasKey else { return title }
        return KeyTable().bindings(on: screen).first { $0.command.name == name }?.title ?? title
    }

    func isOffered(on screen: ConsoleModel.Screen) -> Bool {
        guard accepts == nil, let command = Command.named(name) else { return true }
        let scopes = Command.scopes(of: command)
        return scopes.contains(.everywhere) || scopes.contains(Scope(screen))
    }
}
