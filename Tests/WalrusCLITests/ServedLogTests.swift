import Glibc
import SystemPackage
import TestSupport
import Testing
import WalrusIO

/// Verbs beside a service that has the log open.
@Suite struct ServedLogTests {
    private static let program = Subprocess.walrus.removingLastComponent().appending(
        "EngineThatServes")
    private let place: TempDirectory
    private var log: String { place.path.appending("wal").string }
    private var runtime: [String: String?] { ["XDG_RUNTIME_DIR": place.path.string] }

    init() throws {
        place = try TempDirectory()
        try Directory.create(FilePath(log))
    }

    private func service() throws -> Subprocess {
        let service = try Subprocess(
            Self.program, ["works", log, "120"], environment: runtime)
        while try service.output().isEmpty { Clock.sleep(nanoseconds: 1_000_000) }
        return service
    }

    private func walrus(_ arguments: [String], input: String = "") throws -> Subprocess.Result {
        try Subprocess.run(
            Subprocess.walrus, arguments, input: Array(input.utf8), environment: runtime)
    }

    /// Each entry is consumed once: by the service, by the operator, or by nobody yet.
    @Test func anOperatorActsBesideAService() throws {
        let service = try service()
        let through = "through pid \(service.processID) (EngineThatServes)"
        var consumed: [Int] = []
        var appended = 0
        while consumed.count < 20 {
            let append = try walrus(["append", log, "orders"], input: "operator \(appended)")
            #expect(append.status == 0 && append.errors.contains(through), "\(append.errors)")
            appended += 1
            let consume = try walrus([
                "consume", log, "orders", "--yes", "--limit", "2", "-o", "jsonl",
            ])
            // The service may have been there first, and then nothing is taken.
            guard consume.status == 0 else {
                #expect(consume.errors.contains("cursor is not where it was"), "\(consume.errors)")
                continue
            }
            for line in consume.lines {
                let number = line.split(separator: "\"ordinal\":").last?
                    .prefix { $0.isNumber }
                consumed.append(try #require(number.flatMap { Int($0) }))
            }
        }
        #expect(try walrus(["mark", log, "other", "clean"]).status != 0)
        #expect(try walrus(["append", log, "other"], input: "x").status == 0)
        let seek = try walrus(["seek", log, "other", "end", "--yes"])
        #expect(seek.status == 0 && seek.errors.contains(through), "\(seek.errors)")
        #expect(try walrus(["mark", log, "other", "clean"]).status == 0)
        service.send(SIGTERM)
        let lines = try service.wait().lines
        let ended = try #require(lines.first { $0.hasPrefix("appended ") }).split(separator: " ")
        let total = try #require(Int(ended[1])) + appended
        let read = lines.count { $0.hasPrefix("read ") }
        let topics = try walrus(["topics", log, "-o", "jsonl"])
        let orders = try #require(topics.lines.first { $0.contains(#""topic":"orders""#) })
        #expect(orders.contains(#""entries":\#(total),"#), "\(orders)")
        #expect(Set(consumed).count == consumed.count)
        #expect(
            orders.contains(#""unread":\#(total - read - consumed.count),"#),
            "\(read) \(consumed.count) of \(total): \(orders)")
        #expect(try walrus(["check", log]).status == 0)
    }

    /// A service that serves nobody is named, and nothing is done.
    @Test func aServiceThatDoesNotServeIsNamed() throws {
        let service = try service()
        let append = try Subprocess.run(
            Subprocess.walrus, ["append", log, "orders"], input: [1],
            environment: ["XDG_RUNTIME_DIR": place.path.appending("elsewhere").string])
        #expect(append.status == 3)
        #expect(append.errors.contains("process \(service.processID)"))
        service.send(SIGTERM)
        _ = try service.wait()
        #expect(!(try walrus(["entries", log, "orders"]).text.contains("\u{1}")))
    }
}
