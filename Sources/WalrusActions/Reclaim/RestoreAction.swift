public import Inspect
public import SystemPackage
internal import WalrusEngine
public import WalrusFormat
internal import WalrusIO
internal import WalrusJSON

/// Puts the data files of a folder in the trash back into their log: their entries are there again,
/// as consumed as they were. All of them, or none.
public struct RestoreAction: Sendable {
    /// What was found when the plan was made.
    public struct Finding: Sendable {
        public let files: [TrashFolder.File]
        /// Sound entries that come back, by topic.
        public let entries: [TopicName: Int]
        /// Why the files cannot come back, a sentence each; empty: they can.
        public let refusals: [String]
        /// Where the topics' readers go on once the files are back; nil: where they stand.
        let topics: [TopicName: CursorPosition?]
        let unread: [TopicName: Int]

        /// Throws `Refused` unless the files can come back.
        public func admit() throws {
            if !refusals.isEmpty { throw Refused(reasons: refusals) }
        }
    }

    public struct Refused: Error, Hashable, CustomStringConvertible {
        public let reasons: [String]
        public var description: String {
            "nothing was put back: " + reasons.joined(separator: "; ")
        }
    }

    public let directory: FilePath
    public let folder: TrashFolder

    /// - Parameter name: the folder in the trash; nil: the latest.
    public init(_ directory: FilePath, name: String?) throws {
        let folders = try TrashFolder.find(name, in: directory)
        self.directory = directory
        guard let folder = folders.last(where: { !$0.files.isEmpty }) else {
            throw TrashFolder.Missing(name: name, others: [])
        }
        self.folder = folder
    }

    /// Looks at the log and at the folder. Throws `NeedsRepair` where opening the log would take something
    /// away.
    public func find() throws -> Finding {
        let scanner = Scanner(directory)
        guard let log = try scanner.scan(), let trash = try Scanner(folder.path).scan() else {
            throw IOError("look at", directory, .interrupted)
        }
        try OpeningLoss.admit(directory, scanner)
        return try find(log, trash)
    }

    func find(_ log: DirectoryState, _ trash: DirectoryState) throws -> Finding {
        var refusals: [String] = []
        for file in folder.files {
            // Whatever has the name: a folder keeps a data file out as well.
            if try FileStatus.of(directory.appending(file.name.text)) != nil {
                refusals.append("\(file.name.text) is there already")
            }
        }
        for file in trash.files where !file.isReadable {
            refusals.append("\(file.name.text) in the trash cannot be read")
        }
        var blocks: [TopicName: [BlockState]] = [:]
        for block in trash.files.flatMap(\.blocks) {
            blocks[block.topic, default: []].append(block)
        }
        var topics: [TopicName: CursorPosition?] = [:]
        for (name, returning) in blocks.sorted(by: { $0.key < $1.key }) {
            let order = TopicOrder(log.topic(name), returning)
            if let refusal = order.refusal {
                refusals.append("\(name.word): \(refusal)")
            } else {
                topics.updateValue(try order.position(folder.path), forKey: name)
            }
        }
        return Finding(
            files: folder.files, entries: blocks.mapValues { $0.reduce(0) { $0 + $1.entries } },
            refusals: refusals, topics: topics, unread: Self.unread(log))
    }

    private static func unread(_ state: DirectoryState) -> [TopicName: Int] {
        var unread: [TopicName: Int] = [:]
        for topic in state.topics { unread[topic.name] = topic.unread }
        return unread
    }

    public func plan(_ finding: Finding, naming directory: [String]) -> ActionPlan {
        let entries = finding.entries.values.reduce(0, +)
        var lines = finding.files.map { file in
            "\(file.name.text)  \(file.allocated) bytes on disk  comes back"
        }
        lines += finding.entries.sorted { $0.key < $1.key }.prefix(20).map { topic, count in
            "\(topic.word)  "
                + "\(counted(count, "entry", "entries")), all consumed"
        }
        if finding.entries.count > 20 { lines.append("... and \(finding.entries.count - 20) more") }
        lines += finding.refusals.map { "not possible: \($0)" }
        lines.append(
            "an engine that reclaims deletes them when it opens the log, unless a cursor is moved back first"
        )
        return ActionPlan(
            title: "put \(counted(finding.files.count, "data file", "data files")) back with "
                + counted(entries, "entry", "entries"),
            command: ["walrus", "reclaim"] + directory + ["--restore", folder.name, "--yes"],
            lines: lines, confirmation: .yes,
            figures: [
                ("files", .array(finding.files.map { .string($0.name.text) })),
                ("entries", .int(entries)), ("trash", .string(folder.name)),
                ("refusals", .array(finding.refusals.map(JSON.string))),
            ])
    }

    /// Does it, if all of it is still possible.
    ///
    /// Throws `Refused`, what opening the log throws, and `IOError`.
    public func apply(note: ([String]) -> Void = { _ in }) throws -> ActionOutcome {
        let log = try EngineLog.openAlone(directory)
        note(log.notes)
        let finding: Finding
        do {
            // Nobody else writes now: what is found holds until the files are back.
            finding = try find()
            try finding.admit()
        } catch {
            try? log.close()
            throw error
        }
        try log.close(
            adopting: Adoption(
                folder: "\(DirectoryNames.trash)/\(folder.name)",
                files: finding.files.map(\.name), topics: finding.topics))
        try settle(finding)
        try TrashWriter(directory).removeIfEmpty(folder.name)
        let entries = finding.entries.values.reduce(0, +)
        return ActionOutcome(
            "\(counted(finding.files.count, "data file", "data files")) with "
                + "\(counted(entries, "entry", "entries")) put back",
            figures: [
                ("files", .array(finding.files.map { .string($0.name.text) })),
                ("entries", .int(entries)), ("trash", .string(folder.name)),
            ])
    }

    /// Lets an engine write the cursors down as they are with the files, which the reference knows
    /// them by, and looks whether that is what was meant.
    private func settle(_ finding: Finding) throws {
        do { try EngineLog.openAlone(directory).close() } catch let error as EngineError {
            // Somebody else has opened it: that engine does so as well.
            guard error.code == .locked else { throw error }
            return
        }
        guard let state = try Scanner(directory).scan() else { return }
        for (topic, unread) in finding.unread.sorted(by: { $0.key < $1.key })
        where state.topic(topic)?.unread ?? 0 != unread {
            throw Surprise(topic: topic, before: unread, after: state.topic(topic)?.unread ?? 0)
        }
    }

    /// The files are back, and a topic is not as it was.
    public struct Surprise: Error, Hashable, CustomStringConvertible {
        public let topic: TopicName
        public let before: Int
        public let after: Int
        public var description: String {
            "the files are back, but \(topic.word) has \(after) unread entries where it had \(before): "
                + "walrus seek sets its cursor"
        }
    }
}
