import ArgumentParser
import Inspect
import SystemPackage
import WalrusActions
import WalrusConsole
import WalrusFormat
import WalrusIO
import WalrusJSON

struct Import: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Append the payloads of exported JSON lines to a topic. Writes.",
        discussion: """
            Takes what `walrus export` and `walrus entries -o jsonl` write: payload, or payload_base64, of each \
            line; all else in it is ignored. A file is read through before anything is appended, so that \
            a line that is none changes nothing. Entries are appended a thousand at a time, each thousand \
            whole or not at all.
            """)

    @OptionGroup var log: LogArguments
    @OptionGroup var topic: TopicArguments
    @OptionGroup var form: OutputArguments

    @Argument(
        help: ArgumentHelp("A file, or \"-\" for standard input.", valueName: "FILE"),
        completion: .file())
    var source: String

    @Flag(help: "Make a new log where there is none, also beside other files.")
    var create = false

    /// Base 64 is a third longer than what it says; and there is more in a line.
    private static let lineMax = 2 * Layout.payloadLengthMax

    func perform() throws {
        if let refusal = topic.name.refusal { throw Failure(.usage, refusal) }
        let path = try log.existingOrNew(creates: create)
        let words =
            ["walrus", "import"] + log.words + [topic.topic, source]
            + (topic.topicHex ? ["--topic-hex"] : []) + (create ? ["--create"] : [])
        if source != "-" {
            var lines = try FileLines(FilePath(source), limit: Self.lineMax)
            var number = 0
            while let line = try lines.next() {
                number += 1
                do { _ = try EntryLine.payload(line) } catch {
                    throw Failure(
                        .usage, "\(source), line \(number): \(error); nothing was appended")
                }
            }
        }
        var lines = source == "-" ? nil : try FileLines(FilePath(source), limit: Self.lineMax)
        var input = StandardInput()
        StopSignals.watch()
        let bar = ProgressLine()
        defer { bar.clear() }
        let command = words.map(ShellWord.quoted).joined(separator: " ")
        let outcome = try AuditLog().noting(
            .init("import", path, topic: topic.name, command: command)
        ) {
            let report = try LogAccess(path).withLog { log in
                for note in log.notes {
                    StandardStreams.complain("walrus: note: " + Failure.line(note))
                }
                return try ImportJob(topic: topic.name).run(
                    { lines == nil ? try Self.next(&input) : try lines?.next() }, to: log
                ) { done in
                    bar.show("\(Figures.grouped(done)) entries appended")
                    return !StopSignals.isRequested
                }
            }
            return ActionOutcome(
                "appended \(counted(report.entries, "entry", "entries")), \(report.bytes) bytes of payload"
                    + (report.first.map { ", from \($0) to \(report.last ?? $0)" } ?? ""),
                figures: [
                    ("entries", .int(report.entries)), ("bytes", .int(report.bytes)),
                    ("first", .optional(report.first)), ("last", .optional(report.last)),
                ])
        }
        bar.clear()
        try form.print(outcome)
        StopSignals.endIfRequested()
    }

    private static func next(_ input: inout StandardInput) throws -> [UInt8]? {
        switch try input.line(limit: lineMax) {
        case .line(let bytes): return bytes
        case .end: return nil
        case .tooLong: throw Failure(.usage, "a line is longer than any entry is in JSON")
        }
    }
}

/// The lines of a file, one at a time.
struct FileLines {
    private let file: DiskFile
    private let limit: Int
    private var at = 0
    private var held: [UInt8] = []
    private var start = 0

    init(_ path: FilePath, limit: Int) throws(IOError) {
        file = try DiskFile(path, .readOnly)
        self.limit = limit
    }

    /// The next line without its line end; nil at the end of the file.
    mutating func next() throws -> [UInt8]? {
        var searched = start
        while true {
            if let end = held[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                return Array(held[start..<end])
            }
            guard held.count - start <= limit else {
                throw Failure(.usage, "\(file.path): a line is longer than any entry is in JSON")
            }
            held.removeFirst(start)
            start = 0
            searched = held.count
            let more = try file.read(at: at, count: 1 << 18)
            at += more.count
            guard more.isEmpty else {
                held += more
                continue
            }
            guard !held.isEmpty else { return nil }
            defer { held = [] }
            return held
        }
    }
}
