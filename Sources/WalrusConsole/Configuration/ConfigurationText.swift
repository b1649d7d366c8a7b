extension ConsoleConfiguration {
    /// The configuration as a file that reads back as the same.
    ///
    /// - Parameter isExample: with explanations, and every setting as a comment: what an editor
    ///   begins with.
    public func text(isExample: Bool = false) -> String {
        var lines: [String] = []
        func set(_ key: String, _ value: String, _ help: String = "") {
            let comment = isExample && !help.isEmpty ? "  # \(help)" : ""
            lines.append((isExample ? "# " : "") + "\(key) = \(value)" + comment)
        }
        if isExample {
            lines.append("# The configuration of walrus. It lies in")
            lines.append(
                "# $XDG_CONFIG_HOME/walrus/config.toml, else ~/.config/walrus/config.toml.")
            lines.append(
                "# `walrus config check` tells what is wrong with it. Options go before it.")
            lines.append("")
        }
        set("theme", Self.quoted(theme ?? "auto"), "auto, \(Theme.choices)")
        set(
            "color", Self.quoted(color.rawValue),
            ColorChoice.allCases.map(\.rawValue).joined(separator: ", "))
        set("refresh", Self.quoted(Figures.durationText(refresh)), "from 100ms to 1 h")
        set("ascii", "\(ascii)", "draw with ASCII alone")
        set("mouse", "\(mouse)", "click selects, the wheel scrolls")
        set("decode", Self.quoted(decode), "a command that payloads are decoded by")

        lines += ["", "[columns]"]
        for table in ConfiguredTable.allCases {
            set(table.rawValue, Self.list(columns[table] ?? table.columns))
        }
        lines += ["", "[colors]"]
        if isExample {
            lines.append(
                "# Any of: " + Role.allCases.map(\.name).joined(separator: ", ") + ".")
            set("bad", Self.quoted("#ff5f5f bold"))
        }
        for role in Role.allCases {
            if let look = colors[role] { set(role.name, Self.quoted(look.text)) }
        }
        for scope in Scope.allCases {
            var isFirst = true
            for binding in bindings where binding.scope == scope && binding.keys != [.control("c")]
            {
                if isFirst { lines += ["", "[keys.\(scope.name)]"] }
                isFirst = false
                let keys = binding.keys.filter { $0 != .control("c") }
                set(binding.command.name, Self.list(keys.map(\.token)), binding.title)
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func list(_ words: [String]) -> String {
        "[" + words.map(quoted).joined(separator: ", ") + "]"
    }

    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\u{0}"..<"\u{20}", "\u{7F}"..<"\u{A0}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
