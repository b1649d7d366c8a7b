import WalrusJSON

/// The manual page, in man(7)'s macros, from the parser's own description of verbs and options.
struct ManualPage {
    private let root: JSON

    /// - Parameter helpDump: what `--experimental-dump-help` prints.
    init?(helpDump: String) {
        guard let command = try? JSON(reading: helpDump.utf8, limit: 16 << 20)["command"] else {
            return nil
        }
        root = command
    }

    func text(version: String) -> String {
        var page = Roff()
        page.macro("TH", "WALRUS", "1", "", "walrus \(version)", "Walrus")
        page.macro("SH", "NAME")
        let abstract = root.text("abstract")
        page.line("walrus - \(abstract.prefix(1).lowercased() + abstract.dropFirst())".withoutStop)
        page.macro("SH", "SYNOPSIS")
        page.line("walrus [DIR] [\\-\\-write]", isEscaped: true)
        page.macro("br")
        page.line("walrus VERB DIR ...")
        page.macro("SH", "DESCRIPTION")
        page.prose(root.text("discussion"))
        page.macro("SH", "VERBS")
        for verb in root.visible("subcommands") { add(verb, after: "walrus", to: &page) }
        page.macro("SH", "ENVIRONMENT")
        for (name, meaning) in Self.environment {
            page.macro("TP")
            page.macro("B", name)
            page.prose(meaning)
        }
        page.macro("SH", "FILES")
        page.macro("TP")
        page.macro("B", "~/.config/walrus/config.toml")
        page.prose("Keys, theme, colours, columns and refresh of the console.")
        return page.text
    }

    private static let environment = [
        ("WALRUS_DATA_DIR", "The directory of a console that is given none."),
        ("NO_COLOR", "When it is not empty, nothing is coloured that no option asks for."),
        (
            "XDG_CONFIG_HOME, XDG_STATE_HOME",
            "Where the configuration and the console's history of commands lie."
        ),
    ]

    private func add(_ verb: JSON, after parents: String, to page: inout Roff) {
        let name = "\(parents) \(verb.text("commandName"))"
        page.macro("SS", ([name] + verb.visible("arguments").compactMap(Self.usage)).joined(" "))
        page.prose(verb.text("abstract"))
        if !verb.text("discussion").isEmpty {
            page.macro("PP")
            page.prose(verb.text("discussion"))
        }
        for argument in verb.visible("arguments") where !argument.isGeneral {
            page.macro("TP")
            page.macro("B", Self.title(argument))
            page.prose(Self.help(argument))
        }
        for verb in verb.visible("subcommands") { add(verb, after: name, to: &page) }
    }

    /// Positional arguments, as the usage has them.
    private static func usage(_ argument: JSON) -> String? {
        guard argument["kind"]?.string == "positional" else { return nil }
        let name = argument.text("valueName")
        return argument["isOptional"]?.bool == true ? "[\(name)]" : name
    }

    private static func title(_ argument: JSON) -> String {
        guard argument["kind"]?.string != "positional" else { return argument.text("valueName") }
        let names = argument.list("names").map { name in
            (name["kind"]?.string == "long" ? "--" : "-") + name.text("name")
        }
        let takesValue = argument["kind"]?.string == "option"
        return names.joined(", ") + (takesValue ? " \(argument.text("valueName"))" : "")
    }

    private static func help(_ argument: JSON) -> String {
        var text = argument.text("abstract")
        if text.isEmpty { text = argument.text("discussion") }
        let values = argument.list("allValues").compactMap(\.string)
        if !values.isEmpty { text += " One of: \(values.joined(", "))." }
        if let value = argument["defaultValue"]?.string, !value.isEmpty, value != "false" {
            text += " The default is \(value)."
        }
        return text
    }
}

extension JSON {
    fileprivate func text(_ name: String) -> String { self[name]?.string ?? "" }

    fileprivate func list(_ name: String) -> [JSON] {
        self[name]?.items ?? []
    }

    fileprivate func visible(_ name: String) -> [JSON] {
        list(name).filter {
            $0["shouldDisplay"]?.bool != false && $0["commandName"]?.string != "help"
        }
    }

    /// Whether every verb has it: it need not be told with each.
    fileprivate var isGeneral: Bool {
        ["help", "version"].contains(self["valueName"]?.string) && self["kind"]?.string == "flag"
    }
}

extension [String] {
    fileprivate func joined(_ separator: String) -> String { joined(separator: separator) }
}

extension String {
    fileprivate var withoutStop: String { hasSuffix(".") ? String(dropLast()) : self }
}

/// Lines of roff: text in them is never taken for a request.
private struct Roff {
    private(set) var text = ""

    mutating func macro(_ name: String, _ arguments: String...) {
        let quoted = arguments.map { "\"\(Self.escaped($0, isArgument: true))\"" }
        text += ([".\(name)"] + quoted).joined(" ") + "\n"
    }

    mutating func line(_ line: String, isEscaped: Bool = false) {
        text += (isEscaped ? line : Self.escaped(line)) + "\n"
    }

    /// Paragraphs, each in one line of the source.
    mutating func prose(_ prose: String) {
        var isFirst = true
        for paragraph in prose.split(separator: "\n\n") {
            if !isFirst { macro("PP") }
            isFirst = false
            line(paragraph.split(separator: "\n").map(String.init).joined(" "))
        }
    }

    private static func escaped(_ text: String, isArgument: Bool = false) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "\\": escaped += "\\e"
            case "-": escaped += "\\-"
            case "'": escaped += "\\(aq"
            case "`": escaped += "\\(ga"
            case "^": escaped += "\\(ha"
            case "~": escaped += "\\(ti"
            case "\"" where isArgument: escaped += "\\(dq"
            default: escaped.append(character)
            }
        }
        // A full stop at the start of a line would be a request.
        return !isArgument && escaped.hasPrefix(".") ? "\\&" + escaped : escaped
    }
}
