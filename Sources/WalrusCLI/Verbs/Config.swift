import ArgumentParser
import SystemPackage
import WalrusActions
import WalrusConsole
import WalrusIO
import WalrusTUI

/// --config: which configuration file.
struct ConfigurationArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The configuration file; without it, walrus/config.toml in $XDG_CONFIG_HOME or ~/.config.",
            valueName: "FILE"),
        completion: .file())
    var config: String?

    /// Where the configuration is, if there is one; nil where the environment names no place.
    var path: FilePath? {
        config.map { FilePath($0) } ?? UserFiles.configuration?.appending("config.toml")
    }

    /// More than anybody writes by hand.
    private static let sizeMax = 1 << 20

    /// The file and what is in it; nil when there is none and none was named.
    func contents() throws -> (path: FilePath, bytes: [UInt8])? {
        guard let path else { return nil }
        // The usual way to name nothing; no other file that is none is read.
        if path == "/dev/null" { return (path, []) }
        let bytes: [UInt8]?
        do { bytes = try Directory.contents(of: path, limit: Self.sizeMax) } catch {
            throw Failure(.io, "\(error)")
        }
        if bytes == nil, config != nil { throw Failure(.io, "\(path): no such configuration file") }
        return bytes.map { (path, $0) }
    }

    /// The configuration for a console. A file that was not asked for keeps none from starting: what
    /// is wrong with it is the notice to begin with.
    func read() throws -> (configuration: ConsoleConfiguration, notice: ConsoleModel.Notice?) {
        do {
            guard let (path, bytes) = try contents() else { return (ConsoleConfiguration(), nil) }
            let (configuration, problems) = ConsoleConfiguration.read(bytes)
            let notice = ConsoleModel.Notice(
                problems, name: path.lastComponent?.string ?? path.string, path: path.string)
            guard let notice else { return (configuration, nil) }
            if config != nil { throw Failure(.usage, Self.line(notice)) }
            return (ConsoleConfiguration(), notice)
        } catch let failure as Failure {
            if config != nil { throw failure }
            let notice = failure.message.map { ConsoleModel.Notice(kind: .problem, text: $0) }
            return (ConsoleConfiguration(), notice)
        }
    }

    /// The notice as one line, with the file's whole name.
    static func line(_ notice: ConsoleModel.Notice) -> String {
        let text = notice.details.first ?? notice.text
        return notice.tail.isEmpty ? text : "\(text) \(notice.tail)"
    }
}

struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check, show or begin a configuration file of the console.",
        discussion: """
            The console reads walrus/config.toml in $XDG_CONFIG_HOME, else in ~/.config: theme, colours, \
            keys, columns, refresh, mouse. walrus config default prints one to begin with.
            """,
        subcommands: [Check.self, Show.self, Default.self])

    struct Check: Verb {
        static let configuration = CommandConfiguration(
            abstract: "Tell what is wrong with the configuration, by line and column.",
            discussion: "Exits with 1 when something is.")

        @OptionGroup var file: ConfigurationArguments

        func perform() throws {
            let output = StandardOutput()
            guard let (path, bytes) = try file.contents() else {
                let place = file.path.map { "\($0)" } ?? "anywhere"
                try output.write("no configuration (\(place)): defaults hold\n")
                return try output.flush()
            }
            let problems = ConsoleConfiguration.read(bytes).problems
            if problems.isEmpty { try output.write("\(path): fine\n") }
            for problem in problems {
                try output.write(Failure.line(problem.description(in: path.string)) + "\n")
            }
            try output.flush()
            if !problems.isEmpty { throw Failure(.nothing) }
        }
    }

    struct Show: Verb {
        static let configuration = CommandConfiguration(
            abstract: "Print what holds: the configuration file over the defaults.")

        @OptionGroup var file: ConfigurationArguments

        func perform() throws {
            let (configuration, notice) = try file.read()
            let output = StandardOutput()
            try output.write(configuration.text())
            try output.flush()
            if let notice { throw Failure(.nothing, ConfigurationArguments.line(notice)) }
        }
    }

    struct Default: Verb {
        static let configuration = CommandConfiguration(
            abstract: "Print a configuration file to begin with: every setting, as a comment.")

        func perform() throws {
            let output = StandardOutput()
            try output.write(ConsoleConfiguration().text(isExample: true))
            try output.flush()
        }
    }
}
