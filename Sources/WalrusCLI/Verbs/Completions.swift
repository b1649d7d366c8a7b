import ArgumentParser
import WalrusIO

struct Completions: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Print a script that completes walrus' words in a shell.",
        discussion: """
            It is made from the definitions of the verbs and options. `make install` puts the \
            scripts where the shells look for them; for a program that was copied alone: \
            `source <(walrus completions bash)`.
            """)

    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish

        var shell: CompletionShell {
            switch self {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        }
    }

    @Argument(help: ArgumentHelp("bash, zsh or fish.", valueName: "SHELL"))
    var shell: Shell

    func perform() throws {
        try StandardOutput.print(WalrusCommand.completionScript(for: shell.shell))
    }
}

struct Manual: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Print the manual page, for man -l.",
        discussion: "It is made from the definitions of the verbs and options.")

    func perform() throws {
        guard let page = ManualPage(helpDump: WalrusCommand._dumpHelp()) else {
            throw Failure(.io, "the definitions of the verbs cannot be read; please report it")
        }
        try StandardOutput.print(page.text(version: WalrusCommand.configuration.version))
    }
}

/// What people type who look for --version.
struct Version: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Print the version, as --version does.", shouldDisplay: false)

    func perform() throws {
        try StandardOutput.print(BuildFacts.text)
    }
}

extension StandardOutput {
    /// Prints a text whole, with a line end.
    static func print(_ text: String) throws(IOError) {
        let output = StandardOutput()
        try output.write(text.hasSuffix("\n") ? text : text + "\n")
        try output.flush()
    }
}
