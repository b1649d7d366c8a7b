internal import Inspect

extension ConsoleConfiguration {
    /// Reads a configuration file.
    ///
    /// - Returns: the configuration, and everything that is wrong with the file in the order of its
    ///   lines. With a problem, the configuration has what is right, and defaults for the rest.
    public static func read(
        _ bytes: [UInt8]
    ) -> (configuration: ConsoleConfiguration, problems: [ConfigurationProblem]) {
        let reader = TOMLReader(bytes)
        var builder = ConfigurationBuilder()
        builder.problems = reader.problems
        for entry in reader.entries {
            do throws(ConfigurationProblem) { try builder.take(entry) } catch {
                builder.problems.append(error)
            }
        }
        builder.findConflicts()
        let problems = builder.problems.sorted {
            ($0.position.line, $0.position.column) < ($1.position.line, $1.position.column)
        }
        return (builder.configuration, problems)
    }
}

/// Takes the entries of a file one by one.
private struct ConfigurationBuilder {
    var configuration = ConsoleConfiguration()
    var problems: [ConfigurationProblem] = []
    /// Where the file says which keys a command has.
    private var keyPositions: [ConsoleConfiguration.KeyChoice: [TextPosition]] = [:]

    private static let settings = ["theme", "color", "refresh", "ascii", "mouse", "decode"]
    private static let tables = ["columns", "colors", "keys"]

    mutating func take(_ entry: TOMLEntry) throws(ConfigurationProblem) {
        switch (entry.path.count, entry.path[0]) {
        case (1, let name) where Self.settings.contains(name): try takeSetting(name, entry)
        case (2, "columns"): try takeColumns(entry)
        case (2, "colors"): try takeColor(entry)
        case (3, "keys"): try takeKeys(entry)
        case (2, "keys"):
            throw problem(
                entry,
                "which keys? [keys.\(Scope.everywhere.name)], [keys.home], ...: then \(entry.path[1])"
            )
        default:
            throw unknown(entry, 0, among: Self.settings + Self.tables, "key")
        }
    }

    private func problem(
        _ entry: TOMLEntry, _ message: String, atValue: Bool = false, element: Int? = nil
    ) -> ConfigurationProblem {
        let place = element.flatMap {
            entry.elementPositions.indices.contains($0) ? entry.elementPositions[$0] : nil
        }
        return ConfigurationProblem(
            position: place ?? (atValue ? entry.valuePosition : entry.keyPosition),
            message: message)
    }

    private func unknown(
        _ entry: TOMLEntry, _ index: Int, among words: [String], _ what: String
    ) -> ConfigurationProblem {
        problem(entry, Self.advice(what, entry.path[index], among: words))
    }

    private static func advice(_ what: String, _ word: String, among words: [String]) -> String {
        let shown = VisibleText(word, mode: .escape, limit: 60).text
        if let near = Nearest.word(to: word, among: words) {
            return "no \(what) \"\(shown)\": did you mean \(near)?"
        }
        return "no \(what) \"\(shown)\": there are \(words.joined(separator: ", "))"
    }

    // MARK: - Settings

    private func text(_ entry: TOMLEntry) throws(ConfigurationProblem) -> String {
        guard case .string(let text) = entry.value else {
            throw problem(
                entry, "\(entry.path.joined(separator: ".")) is a text in quotes", atValue: true)
        }
        return text
    }

    private func word(_ entry: TOMLEntry, among words: [String]) throws(ConfigurationProblem)
        -> String
    {
        let text = try text(entry)
        guard words.contains(text) else {
            throw problem(entry, Self.advice(entry.path[0], text, among: words), atValue: true)
        }
        return text
    }

    private func boolean(_ entry: TOMLEntry) throws(ConfigurationProblem) -> Bool {
        guard case .boolean(let value) = entry.value else {
            throw problem(entry, "\(entry.path[0]) is true or false", atValue: true)
        }
        return value
    }

    private mutating func takeSetting(_ name: String, _ entry: TOMLEntry)
        throws(ConfigurationProblem)
    {
        switch name {
        case "theme":
            let word = try word(entry, among: ["auto"] + Theme.all.map(\.name))
            configuration.theme = word == "auto" ? nil : word
        case "color":
            let word = try word(entry, among: ColorChoice.allCases.map(\.rawValue))
            configuration.color = ColorChoice(rawValue: word) ?? .auto
        case "refresh":
            guard let interval = Figures.parseDuration(try text(entry)) else {
                throw problem(
                    entry, "refresh is \"500ms\" or \"2s\", from 100ms to 1 h", atValue: true)
            }
            configuration.refresh = interval
        case "ascii": configuration.ascii = try boolean(entry)
        case "mouse": configuration.mouse = try boolean(entry)
        default: configuration.decode = try text(entry)
        }
    }

    // MARK: - Columns

    private mutating func takeColumns(_ entry: TOMLEntry) throws(ConfigurationProblem) {
        guard let table = ConfiguredTable(rawValue: entry.path[1]) else {
            throw unknown(entry, 1, among: ConfiguredTable.allCases.map(\.rawValue), "table")
        }
        guard case .strings(let names) = entry.value, !names.isEmpty else {
            throw problem(
                entry, "columns are a list, as [\"\(table.columns[0])\", \"\(table.columns[1])\"]",
                atValue: true)
        }
        var seen: Set<String> = []
        for (index, name) in names.enumerated() {
            guard table.columns.contains(name) else {
                throw problem(
                    entry, Self.advice("column", name, among: table.columns), element: index)
            }
            guard seen.insert(name).inserted else {
                throw problem(entry, "the column \(name) is there twice", element: index)
            }
        }
        configuration.columns[table] = names
    }

    // MARK: - Colours

    private mutating func takeColor(_ entry: TOMLEntry) throws(ConfigurationProblem) {
        guard let role = Role.allCases.first(where: { $0.name == entry.path[1] }) else {
            throw unknown(entry, 1, among: Role.allCases.map(\.name), "colour of")
        }
        do throws(LookError) {
            configuration.colors[role] = try RoleLook(text: try lookText(entry))
        } catch { throw problem(entry, error.message, atValue: true) }
    }

    private func lookText(_ entry: TOMLEntry) throws(LookError) -> String {
        guard case .string(let text) = entry.value else {
            throw LookError(message: "a look is a text, as \"#ff8700 bold\" or \"black on yellow\"")
        }
        return text
    }

    // MARK: - Keys

    private mutating func takeKeys(_ entry: TOMLEntry) throws(ConfigurationProblem) {
        guard let scope = Scope.allCases.first(where: { $0.name == entry.path[1] }) else {
            throw unknown(entry, 1, among: Scope.allCases.map(\.name), "screen")
        }
        let here = KeyMap.bindings.filter { $0.scope == scope }.map(\.command)
        guard let command = here.first(where: { $0.name == entry.path[2] }) else {
            let elsewhere = KeyMap.bindings.first { $0.command.name == entry.path[2] }
            if let elsewhere {
                throw problem(
                    entry, "\(entry.path[2]) belongs to [keys.\(elsewhere.scope.name)]")
            }
            throw unknown(entry, 2, among: here.map(\.name), "command")
        }
        let names: [String]
        switch entry.value {
        case .string(let name): names = [name]
        case .strings(let list): names = list
        default:
            throw problem(
                entry, "keys are a text or a list, as [\"x\", \"C-x\", \"F9\"]", atValue: true)
        }
        var keys: [Key] = []
        for (index, name) in names.enumerated() {
            guard let key = Key(named: name) else {
                let shown = VisibleText(name, mode: .escape, limit: 40).text
                throw problem(
                    entry, "no key \"\(shown)\": x, C-x, A-x, F1, Enter, Space, PgUp, ...",
                    atValue: true, element: index)
            }
            guard key != .control("c") else {
                throw problem(entry, "Ctrl-C always quits", atValue: true, element: index)
            }
            keys.append(key)
        }
        let choice = ConsoleConfiguration.KeyChoice(scope: scope, command: command)
        configuration.keys[choice] = keys
        keyPositions[choice] = names.indices.map {
            entry.elementPositions.indices.contains($0)
                ? entry.elementPositions[$0] : entry.valuePosition
        }
    }

    /// A key that means two things on one screen, where the file had a say in it.
    mutating func findConflicts() {
        let bindings = configuration.bindings
        for binding in bindings {
            let choice = ConsoleConfiguration.KeyChoice(
                scope: binding.scope, command: binding.command)
            guard let positions = keyPositions[choice] else { continue }
            for (index, key) in binding.keys.enumerated() {
                let other = bindings.first { other in
                    let isElsewhere =
                        other.scope != binding.scope && other.scope != .everywhere
                        && binding.scope != .everywhere
                    return !isElsewhere && other.command != binding.command
                        && other.keys.contains(key)
                }
                guard let other else { continue }
                problems.append(
                    ConfigurationProblem(
                        position: positions[index],
                        message:
                            "\(key.name) is the key of \(other.command.name) ([keys.\(other.scope.name)]) already"
                    ))
                configuration.keys[choice] = nil
            }
        }
    }
}
