internal import Inspect
internal import SystemPackage
internal import WalrusActions
internal import WalrusConsole
internal import WalrusFormat
internal import WalrusIO

// A topic's entries in and out, its reader, its mark.
extension ActionPlanner {
    /// Bytes that a batch may take in memory here.
    private static let batchBytesMax = 256 << 20

    // MARK: - Consume, seek, mark

    func consume(_ topic: TopicState, _ limit: Int?, _ end: EntryPoint, _ out: String?) throws
        -> PlannedAction
    {
        let access = access
        let action = try ConsumeAction(
            EntryReader(directory: directory, topic: topic), cursor: access.cursor(of: topic),
            limit: limit, to: end)
        let file = out.map { FilePath($0) }
        if let file { try check(new: file) }
        // A place means the same entry for good, which no number of entries does.
        let words = ["--to", action.target.text] + (out.map { ["--out", $0] } ?? [])
        let delivery = out.map { ConsumeAction.Delivery.file($0) } ?? .nowhere
        return PlannedAction(
            plan: try action.plan(
                command: command("consume", topic.name, words),
                delivery: delivery),
            verb: "consume", directory: directory, topic: topic.name, canStop: file != nil
        ) { control in
            try Self.withLog(access, control) { log in
                try action.apply(log, to: delivery) {
                    guard let file else { return action.ordinals.count }
                    return try Self.write(action, to: file, control)
                }
            }
        }
    }

    private static func write(
        _ action: ConsumeAction, to file: FilePath, _ control: ActionControl
    ) throws -> Int {
        let outcome = try EntryExport(
            action.reader,
            .range(query: nil, from: action.ordinals.lowerBound, to: action.ordinals.upperBound),
            as: ExportFormat(fileName: file.string)
        ).write(to: file, replaces: false) {
            control.goesOn("\(Figures.grouped($0.exported)) entries written")
        }
        guard outcome.isComplete else { throw ActionControl.Stopped() }
        return outcome.exported
    }

    func seek(_ topic: TopicState, _ point: EntryPoint) throws -> PlannedAction {
        let access = access
        let action = try SeekAction(
            EntryReader(directory: directory, topic: topic), cursor: access.cursor(of: topic),
            to: point)
        return PlannedAction(
            plan: action.plan(command: command("seek", topic.name, [action.target.text])),
            verb: "seek", directory: directory, topic: topic.name
        ) { control in try Self.withLog(access, control) { try action.apply($0) } }
    }

    /// Takes the last move of a reader back, unless it went on since.
    func returnCursor(_ topic: TopicState, from place: EntryPlace, to target: EntryPlace?) throws
        -> PlannedAction
    {
        let reader = EntryReader(directory: directory, topic: topic)
        let access = access
        let cursor = access.cursor(of: topic)
        let now = try cursor.map { try reader.ordinal(of: .place($0)) } ?? 1
        guard try now == reader.ordinal(of: .place(place)) else {
            throw ActionFailure(
                "the reader of \(topic.name.word) stands at \(cursor?.text ?? "begin") now, and not at "
                    + "\(place), where the action left it: nothing is undone")
        }
        let action = try SeekAction(
            reader, cursor: cursor, to: target.map { .place($0) } ?? .begin)
        var plan = action.plan(command: command("seek", topic.name, [action.target.text]))
        plan.title = "move the cursor of \(topic.name.word) back to where it was"
        return PlannedAction(
            plan: plan, verb: "seek", directory: directory, topic: topic.name
        ) { control in try Self.withLog(access, control) { try action.apply($0) } }
    }

    func mark(_ topic: TopicState, _ clean: Bool) -> PlannedAction {
        let access = access
        let action = MarkAction(topic.name, clean: clean)
        let words = [clean ? "clean" : "dirty"]
        return PlannedAction(
            plan: action.plan(topic, command: command("mark", topic.name, words)), verb: "mark",
            directory: directory, topic: topic.name
        ) { control in try Self.withLog(access, control) { try action.apply($0) } }
    }

    // MARK: - Import and append

    func importLines(
        _ file: String, _ name: TopicName, _ topic: TopicState?, _ control: ActionControl
    ) throws -> PlannedAction {
        if let refusal = name.refusal { throw ActionFailure(refusal) }
        let (job, path, access) = (ImportJob(topic: name), FilePath(file), access)
        let found = try ImportJob.measure(path) {
            control.goesOn("\(Figures.grouped($0)) lines read")
        }
        guard let found else { throw ActionControl.Stopped() }
        guard found.entries > 0 else { throw ActionFailure("\(file) has no line") }
        return PlannedAction(
            plan: job.plan(
                found, of: file, topic, command: command("import", name, [file])),
            verb: "import", directory: directory, topic: name, canStop: true
        ) { control in
            try Self.withLog(access, control) { log in
                var lines = try FileLines(path, limit: ImportJob.lineMax)
                var isStopped = false
                let report = try job.run({ try lines.next() }, to: log) {
                    isStopped = !control.goesOn("\(Figures.grouped($0)) entries appended")
                    return !isStopped
                }
                if isStopped {
                    control.note(["stopped: what follows in \(file) was not appended"])
                }
                return report.outcome
            }
        }
    }

    func append(
        _ source: ActionOrder.Source, _ isBatch: Bool, _ name: TopicName, _ topic: TopicState?,
        _ control: ActionControl
    ) throws -> PlannedAction {
        if let refusal = name.refusal { throw ActionFailure(refusal) }
        let action = AppendAction(name, isBatch: isBatch)
        let batch = isBatch ? ["--batch"] : []
        let how = isBatch ? "as one batch" : "one by one"
        switch source {
        case .editor: throw ActionFailure("an editor needs a terminal")
        case .typed(let payloads):
            let text = String(decoding: Array(payloads.joined(separator: [10])), as: UTF8.self)
            let words = (payloads.count > 1 ? ["--lines"] + batch : batch) + ["--text", text]
            return planned(
                action,
                action.plan(payloads, topic, command: command("append", name, words)),
                canStop: false
            ) {
                var left = payloads.makeIterator()
                return { left.next() }
            }
        case .file(let typed, let form):
            let path = UserFiles.typed(typed)
            let (framing, option): (EntryInput.Framing, [String]) =
                switch form {
                case .whole: (.whole, [])
                case .lines: (.lines, ["--lines"])
                case .lengthPrefixed: (.lengthPrefixed, ["--length-prefixed"])
                }
            let file = FilePath(path)
            let (count, size) = try Self.measure(file, framing, isBatch: isBatch, control)
            guard count > 0, size > 0 || form != .whole else {
                throw ActionFailure("\(path) is empty: there is nothing to append")
            }
            var plan = action.plan(
                [], topic, command: command("append", name, [path] + option + batch))
            plan.title =
                "append \(plural(count, "entry", "entries")) in \(path) to \(name.word)"
            plan.lines[0] =
                "\(form.rawValue) is an entry: \(plural(count, "entry", "entries")), "
                + "\(plural(size, "byte")) of payload, " + how
            return planned(action, plan, canStop: true) {
                var input = EntryInput(try StandardInput(file), framing)
                return { try input.next() }
            }
        case .marked(let from, let rows):
            if let damaged = rows.first(where: { $0.damage != nil }) {
                throw ActionFailure("the marked entry at \(damaged.place) is damaged")
            }
            let reader = EntryReader(directory: directory, topic: from)
            var plan = action.plan(
                [], topic, command: command("append", name, ["--length-prefixed"] + batch))
            plan.title =
                "append \(plural(rows.count, "entry", "entries")) of \(from.name.word) to \(name.word)"
            plan.lines[0] =
                "\(plural(rows.count, "marked entry", "marked entries")), "
                + "\(plural(rows.reduce(0) { $0 + $1.length }, "byte")) of payload, " + how
            plan.lines.append("the command takes them from walrus export on standard input")
            return planned(action, plan, canStop: true) {
                var left = rows.makeIterator()
                return { try left.next().map { try Self.payload($0, reader) } }
            }
        }
    }

    /// Entries in a file, and bytes of their payloads. What is no entry, or too much for a batch, is
    /// told before anything is appended.
    private static func measure(
        _ file: FilePath, _ framing: EntryInput.Framing, isBatch: Bool, _ control: ActionControl
    ) throws -> (count: Int, bytes: Int) {
        let size = try DiskFile.regularSize(file)
        guard framing != .whole else { return (1, size) }
        var input = EntryInput(try StandardInput(file), framing)
        var bytes = 0
        while let payload = try input.next() {
            bytes += payload.count
            guard !isBatch || (input.count <= Layout.batchEntriesMax && bytes <= batchBytesMax)
            else { throw tooMuch }
            try control.check("\(Figures.grouped(input.count)) entries counted")
        }
        return (input.count, bytes)
    }

    private static let tooMuch = ActionFailure(
        "at most \(Layout.batchEntriesMax) entries and \(batchBytesMax) bytes at once here")

    /// - Parameter open: gives a function that gives one payload after another.
    private func planned(
        _ action: AppendAction, _ plan: ActionPlan, canStop: Bool,
        _ open: @escaping @Sendable () throws -> () throws -> [UInt8]?
    ) -> PlannedAction {
        let access = access
        return PlannedAction(
            plan: plan, verb: "append", directory: directory, topic: action.topic, canStop: canStop
        ) { control in try Self.append(action, access, control, try open()) }
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
        _ action: AppendAction, _ access: LogAccess, _ control: ActionControl,
        _ next: () throws -> [UInt8]?
    ) throws -> ActionOutcome {
        guard action.isBatch else {
            return try withLog(access, control) { log in
                var progress = AppendAction.Progress()
                var asked = 0
                do {
                    return try action.appendEach(log, &progress) {
                        try control.check("\(Figures.grouped(asked)) entries appended")
                        asked += 1
                        return try next()
                    }
                } catch {
                    guard progress.appended > 0 else { throw error }
                    let why = error is ActionControl.Stopped ? "stopped" : "\(error)"
                    throw ActionFailure(
                        "\(plural(progress.appended, "entry", "entries")) appended, then: \(why)")
                }
            }
        }
        var payloads: [[UInt8]] = []
        var bytes = 0
        while let payload = try next() {
            bytes += payload.count
            guard payloads.count < Layout.batchEntriesMax, bytes <= batchBytesMax else {
                throw tooMuch
            }
            payloads.append(payload)
            try control.check("\(Figures.grouped(payloads.count)) entries read")
        }
        return try withLog(access, control) { try action.appendBatch($0, payloads).outcome }
    }
}
