import ArgumentParser
import Inspect
import WalrusBench
import WalrusEngine
import WalrusFormat
import WalrusIO

struct Append: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Append standard input to a topic, as one entry or line by line. Writes.",
        discussion: """
            Prints the ordinal of each entry once it is acknowledged: with the default --fsync each, \
            once it is on disk. Stops at the first entry that fails; all before it are kept. With \
            --lines, -o json is one document with all of them, -o jsonl a line for each.
            """)

    @OptionGroup var log: LogArguments
    @OptionGroup var topic: TopicArguments
    @OptionGroup var form: OutputArguments

    @Argument(help: "\"-\", standard input; the default.")
    var source = "-"

    @Flag(help: "Every line is an entry, without its line end.")
    var lines = false

    @Option(help: "When entries go to disk: each, none, or every so many ms, as 200ms.")
    var fsync: FsyncArgument = FsyncArgument(schedule: .each)

    func validate() throws {
        if source != "-" {
            throw ValidationError(
                "the entry comes from standard input: walrus append DIR TOPIC - < FILE")
        }
    }

    private var isList: Bool { lines && form.output == .json }

    func perform() throws {
        if let refusal = topic.name.refusal { throw Failure(.usage, refusal) }
        var input = StandardInput()
        // Read before the log is opened: a slow writer must not hold the lock for nothing.
        var first = try lines ? nil : read(&input)
        _ = try log.existingOrNew()
        let output = StandardOutput()
        try withEngine(log, fsync: fsync.schedule) { engine in
            if isList { try output.write("{\"schema\":1,\"entries\":[") }
            var appended = 0
            do {
                while let payload = try first ?? nextLine(&input) {
                    try tell(
                        try engine.append(payload, to: topic.name), output, isFirst: appended == 0)
                    first = nil
                    appended += 1
                    if !lines { break }
                }
            } catch {
                // What was acknowledged before is still one document.
                try? end(output)
                throw error
            }
            try end(output)
        }
    }

    private func end(_ output: StandardOutput) throws(IOError) {
        guard isList else { return }
        try output.write("]}\n")
        try output.flush()
    }

    private func read(_ input: inout StandardInput) throws -> [UInt8] {
        guard let bytes = try input.all(limit: Layout.payloadLengthMax) else {
            throw Failure(.usage, "an entry holds at most \(Layout.payloadLengthMax) bytes")
        }
        return bytes
    }

    private func nextLine(_ input: inout StandardInput) throws -> [UInt8]? {
        switch try input.line(limit: Layout.payloadLengthMax) {
        case .line(let bytes): return bytes
        case .end: return nil
        case .tooLong:
            throw Failure(
                .usage, "a line is longer than an entry can be: \(Layout.payloadLengthMax) bytes")
        }
    }

    private func tell(
        _ receipt: AppendReceipt, _ output: StandardOutput, isFirst: Bool
    ) throws(IOError) {
        if form.output == .text {
            try output.write("\(receipt.ordinal)\n")
        } else {
            let object = JSON.object([
                ("ordinal", .int(receipt.ordinal)),
                ("sequence", .int(Int(clamping: receipt.sequence))),
                ("timestamp", .int(Int(clamping: receipt.timestamp))),
            ])
            if isList, !isFirst { try output.write(",") }
            try output.write(object.text + (isList ? "" : "\n"))
        }
        try output.flush()
    }
}

/// A schedule as `walrus` takes it everywhere: "each", "none", "200ms".
struct FsyncArgument: ExpressibleByArgument {
    let schedule: FsyncSchedule

    init(schedule: FsyncSchedule) { self.schedule = schedule }

    init?(argument: String) {
        guard let schedule = FsyncSchedule(text: argument) else { return nil }
        self.schedule = schedule
    }

    var defaultValueDescription: String { schedule.text }
}

/// Opens the engine for one verb, and closes it whatever happens.
func withEngine<R>(
    _ log: LogArguments, fsync: FsyncSchedule = .each, _ body: (Walrus) throws -> R
) throws -> R {
    var configuration = Configuration(
        directory: log.path, key: nil, readConsistency: .strictlyAtOnce, fsyncSchedule: fsync,
        // A verb does what it says and no more: it deletes no file that happens to be consumed.
        reclamation: .off, backend: .fileDescriptor)
    configuration.writesMetrics = false
    let engine = try Walrus(configuration)
    tellRecovery(engine.recoveryReport)
    let result: R
    do { result = try body(engine) } catch {
        try? engine.close()
        throw error
    }
    try engine.close()
    return result
}

extension TopicArguments {
    /// Fails unless the log knows the topic: a mistyped name must not be taken for an empty topic.
    func check(in engine: Walrus) throws {
        let topics = engine.topics()
        guard !topics.contains(where: { $0.name == name }) else { return }
        throw missing(among: topics.count)
    }
}

/// What recovery dropped or set aside is never silent.
private func tellRecovery(_ report: RecoveryReport) {
    if report.damageCount > 0 {
        StandardStreams.complain(
            "walrus: note: the log has \(report.damageCount) damaged "
                + "\(report.damageCount == 1 ? "place" : "places"); see walrus check")
    }
    if report.gapCount > 0 {
        StandardStreams.complain(
            "walrus: note: running numbers are missing in \(report.gapCount) "
                + "\(report.gapCount == 1 ? "place" : "places"); see walrus check")
    }
    for aside in report.setAside {
        StandardStreams.complain(
            "walrus: note: \(aside.name) was damaged (\(aside.reason)) and is now \(aside.newName)")
    }
    for batch in report.droppedBatches {
        StandardStreams.complain(
            "walrus: note: dropped a batch of \(batch.count) that was not whole (\(batch.found) were there)"
        )
    }
}
