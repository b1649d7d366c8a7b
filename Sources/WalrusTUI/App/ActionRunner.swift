internal import Inspect
internal import Synchronization
internal import SystemPackage
internal import WalrusActions
internal import WalrusConsole
internal import WalrusFormat
internal import WalrusIO

/// Makes plans of what the console is asked to do, keeps the last one, and does it once it is
/// confirmed.
final class ActionRunner: Sendable {
    /// Bytes that a batch may take in memory here.
    private static let batchBytesMax = 256 << 20

    private struct Planned: Sendable {
        let number: Int
        let plan: ActionPlan
        let verb: String
        let topic: TopicName
        let isLong: Bool
        let apply: @Sendable () throws -> ActionOutcome
    }

    private let directory: FilePath
    /// Nil: the user's own.
    private let audit: FilePath?
    private let last = Mutex<Planned?>(nil)
    private let count = Atomic(0)

    private var access: LogAccess { LogAccess(directory) }

    init(_ directory: FilePath, audit: FilePath?) {
        self.directory = directory
        self.audit = audit
    }

    // MARK: - Planning

    /// Throws what keeps it from being done, in words for people.
    func plan(_ order: ActionOrder, _ topic: TopicState?) throws -> ActionDialog {
        let (plan, verb, isLong, apply) = try make(order, topic)
        let number = count.wrappingAdd(1, ordering: .relaxed).newValue
        let planned = Planned(
            number: number, plan: plan, verb: verb, topic: order.topic, isLong: isLong, apply: apply
        )
        last.withLock { $0 = planned }
        let confirmation: ActionDialog.Confirmation =
            if case .typed(let word) = plan.confirmation { .typed(word) } else { .yes }
        return ActionDialog(
            .act(number), title: plan.title, lines: plan.lines, command: plan.commandLine,
            confirmation: confirmation)
    }

    private typealias Made = (ActionPlan, String, Bool, @Sendable () throws -> ActionOutcome)

    private func make(_ order: ActionOrder, _ topic: TopicState?) throws -> Made {
        func command(_ verb: String, _ words: [String]) -> [String] {
            ["walrus", verb, directory.string] + order.topic.arguments + words
        }
        let access = access
        if case .append(let source, let isBatch) = order.work {
            return try append(source, isBatch, order.topic, topic, command)
        }
        guard let topic else { throw ActionFailure("the topic is gone") }
        let reader = EntryReader(directory: directory, topic: topic)
        switch order.work {
        case .append: throw ActionFailure("nothing to append")
        case .consume(let limit, let end, let out):
            let action = try ConsumeAction(
                reader, cursor: access.cursor(of: topic), limit: limit, to: end)
            let file = out.map { FilePath($0) }
            if let file { try check(output: file) }
            let plan = action.plan(
                command: command(
                    "consume",
                    ["--limit", "\(action.ordinals.count)"] + (out.map { ["--out", $0] } ?? [])),
                output: out)
            return (
                plan, "consume", false,
                {
                    try access.withLog { log in
                        try action.apply(log) {
                            guard let file else { return action.ordinals.count }
                            return try Self.write(action, to: file)
                        }
                    }
                }
            )
        case .seek(let point):
            let action = try SeekAction(reader, cursor: access.cursor(of: topic), to: point)
            let plan = action.plan(command: command("seek", [action.target.text]))
            return (plan, "seek", false, { try access.withLog { try action.apply($0) } })
        case .mark(let clean):
            let action = MarkAction(order.topic, clean: clean)
            let plan = action.plan(topic, command: command("mark", [clean ? "clean" : "dirty"]))
            return (plan, "mark", false, { try access.withLog { try action.apply($0) } })
        }
    }

    private func check(output: FilePath) throws {
        guard try !EntryExport.isInside(output, directory) else {
            throw EntryExport.InsideLog(path: output)
        }
        if try FileStatus.of(output) != nil {
            throw ActionFailure("\(output) is there already: name another file")
        }
    }

    private static func write(_ action: ConsumeAction, to file: FilePath) throws -> Int {
        try EntryExport(
            action.reader,
            .range(query: nil, from: action.ordinals.lowerBound, to: action.ordinals.upperBound),
            as: ExportFormat(fileName: file.string)
        ).write(to: file, replaces: false).exported
    }

    private func append(
        _ source: ActionOrder.Source, _ isBatch: Bool, _ name: TopicName, _ topic: TopicState?,
        _ command: (String, [String]) -> [String]
    ) throws -> Made {
        if let refusal = name.refusal { throw ActionFailure(refusal) }
        let action = AppendAction(name, isBatch: isBatch)
        let batch = isBatch ? ["--batch"] : []
        let access = access
        switch source {
        case .typed(let payloads):
            let plan = action.plan(
                payloads, topic,
                command: command("append", payloads.count > 1 ? ["--lines"] + batch : batch))
            return (
                plan, "append", false,
                { try Self.append(action, access) { payloads.makeIterator().read } }
            )
        case .file(let path, let form):
            let words =
                [path]
                + (form == .lines
                    ? ["--lines"] : form == .lengthPrefixed ? ["--length-prefixed"] : [])
            let file = FilePath(path)
            let size = try DiskFile.regularSize(file)
            let framing: EntryInput.Framing =
                switch form {
                case .whole: .whole
                case .lines: .lines
                case .lengthPrefixed: .lengthPrefixed
                }
            var plan = action.plan([], topic, command: command("append", words + batch))
            plan.title = "append what is in \(path) to \(name.word)"
            plan.lines[0] =
                "\(plural(size, "byte")), of which \(form.rawValue) is an entry, "
                + (isBatch ? "as one batch" : "one by one")
            return (
                plan, "append", true,
                {
                    try Self.append(action, access) {
                        var input = EntryInput(try StandardInput(file), framing)
                        return { try input.next() }
                    }
                }
            )
        case .marked(let from, let rows):
            if let damaged = rows.first(where: { $0.damage != nil }) {
                throw ActionFailure("the marked entry at \(damaged.place) is damaged")
            }
            let reader = EntryReader(directory: directory, topic: from)
            var plan = action.plan(
                [], topic, command: command("append", ["--length-prefixed"] + batch))
            let bytes = rows.reduce(0) { $0 + $1.length }
            plan.title =
                "append \(plural(rows.count, "entry", "entries")) of \(from.name.word) to \(name.word)"
            plan.lines[0] =
                "\(plural(rows.count, "marked entry", "marked entries")), "
                + "\(plural(bytes, "byte")) of payload, "
                + (isBatch ? "as one batch" : "one by one")
            plan.lines.append("the command takes them from walrus export on standard input")
            return (
                plan, "append", true,
                {
                    try Self.append(action, access) {
                        var left = rows.makeIterator()
                        return { try left.next().map { try Self.payload($0, reader) } }
                    }
                }
            )
        }
    }

    /// The payload of an entry that was marked some time ago, if it is still that.
    private static func payload(_ row: EntryRow, _ reader: EntryReader) throws -> [UInt8] {
        let payload = try reader.payload(of: row)
        guard payload.count == row.length, FNV1a.hash(payload) == row.checksum else {
            throw ActionFailure("the entry at \(row.place) is not the one that was marked")
        }
        return payload
    }

    private static func append(
        _ action: AppendAction, _ access: LogAccess,
        _ open: () throws -> () throws -> [UInt8]?
    ) throws -> ActionOutcome {
        let next = try open()
        guard action.isBatch else {
            return try access.withLog { log in
                var progress = AppendAction.Progress()
                do { return try action.appendEach(log, &progress, next: next) } catch {
                    guard progress.appended > 0 else { throw error }
                    throw ActionFailure("\(progress.appended) appended, then: \(error)")
                }
            }
        }
        var payloads: [[UInt8]] = []
        var bytes = 0
        while let payload = try next() {
            bytes += payload.count
            guard payloads.count < Layout.batchEntriesMax, bytes <= batchBytesMax else {
                throw ActionFailure(
                    "at most \(Layout.batchEntriesMax) entries and \(batchBytesMax) bytes at once here"
                )
            }
            payloads.append(payload)
        }
        return try access.withLog { try action.appendBatch($0, payloads).outcome }
    }

    // MARK: - Doing

    func act(_ number: Int) -> Result<String, ActionFailure> {
        let planned = last.withLock { last in
            defer { last = nil }
            return last
        }
        guard let planned, planned.number == number else {
            return .failure(ActionFailure("the plan is gone: make it anew"))
        }
        return Result {
            let log = try audit.map { try AuditLog($0) } ?? AuditLog()
            let subject = AuditLog.Subject(
                planned.verb, directory, topic: planned.topic, command: planned.plan.commandLine)
            return try log.noting(subject, planned.apply).text
        }.mapError { ActionFailure($0) }
    }
}

extension IndexingIterator<[[UInt8]]> {
    /// The iterator as a function that gives one element after another.
    fileprivate var read: () throws -> [UInt8]? {
        var left = self
        return { left.next() }
    }
}
