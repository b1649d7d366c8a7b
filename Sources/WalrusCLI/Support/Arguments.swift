import ArgumentParser
import Inspect
import SystemPackage
import WalrusActions
import WalrusConsole
import WalrusFormat
import WalrusIO
import WalrusJSON

/// DIR and --key: which log.
struct LogArguments: ParsableArguments {
    @Argument(
        help: ArgumentHelp("The data directory.", valueName: "DIR"), completion: .directory)
    var directory: String

    @Option(help: "The instance key: its log lies in a folder of its own in DIR.")
    var key: String?

    init() {}

    init(directory: String, key: String?) {
        self.directory = directory
        self.key = key
    }

    func validate() throws {
        if directory.isEmpty { throw ValidationError("the directory's name is empty") }
        guard let key else { return }
        let name = DirectoryNames.namespace(forKey: key)
        if name == "." || name == ".." {
            throw ValidationError("the key '\(key)' leads out of the data directory")
        }
    }

    /// The words that name the log in a command.
    var words: [String] { [directory] + (key.map { ["--key", $0] } ?? []) }

    /// The log's directory for people: as it was named, or the key's folder in it.
    var shown: String { key == nil ? directory : path.string }

    var path: FilePath { DataDirectory.path(FilePath(directory), key: key) }

    /// The directory to look at, which must exist and hold a log.
    func existing() throws -> FilePath {
        do throws(IOError) { _ = try Directory.list(path) } catch {
            throw Self.failure(path, error)
        }
        guard key == nil else { return path }
        let logs = try DataDirectory.namespaces(in: path)
        guard !logs.contains(where: { $0.name == nil }) else { return path }
        let names = logs.compactMap(\.name)
        guard !names.isEmpty else { return path }
        // Applications take their key from the environment; a verb is told which log it is for.
        let isSet = Host.environment("WALRUS_INSTANCE_KEY") != nil
        throw Failure(
            .nothing,
            "\(path) holds no log itself, but \(names.count) of instance keys: pass --key with one of "
                + Self.told(names)
                + (isSet ? "; WALRUS_INSTANCE_KEY counts for applications, not here" : ""))
    }

    /// Says which logs lie in the directory besides its own one: what is told is not of them.
    func noteOthers() throws {
        guard key == nil else { return }
        let names = try DataDirectory.namespaces(in: path).compactMap(\.name)
        guard !names.isEmpty else { return }
        StandardStreams.complain(
            "walrus: note: this is the directory's own log; it has \(names.count) more, of instance keys "
                + "(--key): \(Self.told(names))")
    }

    /// The first names, harmless.
    private static func told(_ names: [String]) -> String {
        let shown = names.prefix(8).map {
            VisibleText($0, mode: .escape, ascii: true, limit: 80).text
        }
        return shown.joined(separator: ", ") + (names.count > 8 ? ", ..." : "")
    }

    /// The directory to look at, which must exist, and whether to choose among the logs in it: it
    /// holds several, or none.
    func existingOrChoice() throws -> (path: FilePath, isChoice: Bool) {
        do throws(IOError) { _ = try Directory.list(path) } catch {
            throw Self.failure(path, error)
        }
        let logs = try DataDirectory.namespaces(in: path)
        return (path, key == nil && !(logs.count == 1 && logs[0].name == nil))
    }

    /// Why `path` cannot be looked at, and what could be instead.
    static func failure(_ path: FilePath, _ error: IOError) -> any Error {
        switch error.errno {
        case .noSuchFileOrDirectory:
            return Failure(.io, "\(path): no such directory; give the one the service writes to")
        case .notDirectory where path.lastComponent.flatMap({ DataFileName($0.string) }) != nil:
            let folder = path.removingLastComponent()
            let shown = folder.isEmpty ? "." : folder.string
            return Failure(.io, "\(path) is a data file; give its directory: \(shown)")
        case .notDirectory:
            return Failure(.io, "\(path) is not a directory; give the one the service writes to")
        default: return error
        }
    }

    /// The directory to append to. One that is missing is made, which is told: it may be mistyped. One
    /// that holds something, and no log, is taken only where a log is to be made.
    func existingOrNew(creates: Bool) throws -> FilePath {
        guard !creates else {
            try refuseInLog()
            return try existingOrNew()
        }
        let isNew = !Directory.exists(path)
        let path = try logOrNew(else: "--create makes a new one there")
        if isNew {
            StandardStreams.complain(
                "walrus: note: \(Failure.line("\(path)")) was not there: a new log")
        }
        return path
    }

    /// The directory of a log, or one that is missing; makes none.
    ///
    /// - Parameter advice: what to do where it holds something, and no log.
    func logOrNew(else advice: String) throws -> FilePath {
        try refuseInLog()
        guard Directory.exists(path) else { return try existingOrNew() }
        let isLog = try DataDirectory.namespaces(in: path).contains { $0.name == nil }
        // An engine that has not written yet has left no more than its lock.
        let isOurs = try Directory.list(path).allSatisfy {
            $0.name.hasSuffix(DirectoryNames.sidecarSuffix)
        }
        guard isLog || isOurs else {
            // It may be that of logs with keys.
            _ = try existing()
            throw Failure(.nothing, "\(path) holds no log; \(advice)")
        }
        return path
    }

    /// A new log does not lie in the directory of another one, unless it is that of a key there.
    private func refuseInLog() throws {
        let root = FilePath(directory)
        guard key == nil || !Directory.exists(root), DataDirectory.isInLog(root) else { return }
        let isThere = Directory.exists(root)
        guard try !isThere || DataDirectory.namespaces(in: root).isEmpty else { return }
        throw Failure(
            .usage,
            "\(root) lies in the directory of a log: name one somewhere else, or with --key a log of "
                + "that directory")
    }

    /// The directory to write to. One that is missing is made, but not what it would lie in: a
    /// mistyped path must not become a tree of directories.
    func existingOrNew() throws -> FilePath {
        guard !Directory.exists(path) else { return try existing() }
        let root = FilePath(directory)
        if key != nil, Directory.exists(root) { return path }
        let parent = root.removingLastComponent()
        do throws(IOError) {
            _ = try Directory.list(parent.isEmpty ? "." : parent)
        } catch { throw Self.failure(parent, error) }
        return path
    }

    /// Looks at the log. What is shown of it must not pass for all there is: `admitGaps` comes after.
    func scan() throws -> (path: FilePath, state: DirectoryState) {
        let path = try existing()
        let state = try scanTellingProgress(path)
        return (path, state)
    }

    /// Looks at a log that is going to be opened, if nothing is taken away from it by that.
    func scanToOpen() throws -> (path: FilePath, state: DirectoryState) {
        let path = try existing()
        let scanner = Scanner(path)
        guard let state = try scanTellingProgress(scanner) else {
            throw Failure(.io, "the scan was stopped")
        }
        try OpeningLoss.admit(path, scanner)
        return (path, state)
    }
}

extension DirectoryState {
    /// Fails when files that could not be read are missing from what was shown.
    func admitGaps() throws {
        func first(_ kinds: [Finding.Kind]) -> String? {
            findings.first { $0.severity == .error && kinds.contains($0.kind) }
                .map { finding in
                    let block = finding.block.map { " block \($0)" } ?? ""
                    return "\(finding.file ?? "the directory")\(block): \(finding.message)"
                }
        }
        if let gap = first([.unreadableFile]) {
            throw Failure(.io, "not all there is could be shown: \(gap)")
        }
        let damaged: [Finding.Kind] = [
            .damagedCursorIndex, .damagedCleanIndex, .damagedJournal, .unreadableBlock,
        ]
        if let gap = first(damaged) {
            throw Failure(.nothing, "not all there is could be shown: \(gap); see walrus check")
        }
    }
}

/// TOPIC and --topic-hex: which topic.
struct TopicArguments: ParsableArguments {
    @Argument(help: ArgumentHelp("The topic's name.", valueName: "TOPIC"))
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
        throw missing(among: state.topics.count)
    }

    /// Nothing there: no entry of the topic is what was asked for.
    func nothingFound(isQuery: Bool, _ miss: EntryLanding.Miss? = nil) -> Failure {
        let shown = name.shown(ascii: true)
        let what =
            isQuery
            ? "no entry of \(shown) is what --where asks for"
            : "no entry of \(shown) is there from that place on"
        return Failure(.nothing, what + (miss.map { ": \($0.fact)" } ?? ""))
    }

    /// Nothing there: the topic is none of the `count` that are.
    func missing(among count: Int) -> Failure {
        let others = count == 0 ? "there is none at all" : "walrus topics lists the \(count) there"
        return Failure(.nothing, "no topic \(name.shown(ascii: true)); \(others)")
    }
}

enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json, jsonl
}

/// -o: in what form.
struct OutputArguments: ParsableArguments {
    @Option(name: .shortAndLong, help: "How to print.")
    var output: OutputFormat = .text
}

extension OutputArguments {
    /// What an action came to: its sentence, or its figures.
    func print(_ outcome: ActionOutcome) throws {
        let standard = StandardOutput()
        do throws(IOError) {
            if output == .text {
                try standard.write(Failure.line(outcome.text) + "\n")
            } else {
                try standard.write(
                    JSON.object([("schema", .int(1))] + outcome.figures).text + "\n")
            }
            try standard.flush()
        } catch {
            guard error.errno != .brokenPipe else { throw error }
            // Who does not know would do it again.
            throw Failure(.io, "it is done (\(outcome.text)), and could not be printed: \(error)")
        }
    }
}
