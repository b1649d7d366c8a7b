import ArgumentParser
import Inspect
import SystemPackage
import WalrusConsole
import WalrusFormat
import WalrusIO

/// DIR and --key: which log.
struct LogArguments: ParsableArguments {
    @Argument(help: "The data directory.")
    var directory: String

    @Option(help: "The instance key: its log lies in a folder of its own in DIR.")
    var key: String?

    func validate() throws {
        guard let key else { return }
        let name = DirectoryNames.namespace(forKey: key)
        if name == "." || name == ".." {
            throw ValidationError("the key '\(key)' leads out of the data directory")
        }
    }

    var path: FilePath { DataDirectory.path(FilePath(directory), key: key) }

    /// The directory to look at, which must exist and hold a log.
    func existing() throws -> FilePath {
        guard Directory.exists(path) else {
            throw Failure(.io, "\(path): no such directory; give the one the service writes to")
        }
        guard key == nil else { return path }
        let logs = try DataDirectory.namespaces(in: path)
        guard !logs.contains(where: { $0.name == nil }) else { return path }
        let names = logs.compactMap(\.name)
        guard !names.isEmpty else { return path }
        let shown = names.prefix(8).map {
            VisibleText($0, mode: .escape, ascii: true, limit: 80).text
        }
        throw Failure(
            .nothing,
            "\(path) holds no log itself, but \(names.count) of instance keys: pass --key with one of "
                + shown.joined(separator: ", ") + (names.count > 8 ? ", ..." : ""))
    }

    /// Looks at the log.
    func scan() throws -> (path: FilePath, state: DirectoryState) {
        let path = try existing()
        let state = try scanTellingProgress(path)
        return (path, state)
    }
}

/// TOPIC and --topic-hex: which topic.
struct TopicArguments: ParsableArguments {
    @Argument(help: "The topic.")
    var topic: String

    @Flag(help: "TOPIC is the name's bytes in hexadecimal.")
    var topicHex = false

    func validate() throws {
        if topicHex, TopicName(hex: topic) == nil {
            throw ValidationError("'\(topic)' is not pairs of hexadecimal digits")
        }
    }

    var name: TopicName { topicHex ? TopicName(hex: topic) ?? TopicName("") : TopicName(topic) }

    func state(in state: DirectoryState) throws -> TopicState {
        if let found = state.topic(name) { return found }
        throw Failure(
            .nothing,
            "no topic \(name.shown(ascii: true)) there; `walrus topics` lists the \(state.topics.count) that are"
        )
    }
}

enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json, jsonl
}

/// -o: in what form.
struct OutputArguments: ParsableArguments {
    @Option(name: .shortAndLong, help: "How to print: text, json or jsonl.")
    var output: OutputFormat = .text
}
