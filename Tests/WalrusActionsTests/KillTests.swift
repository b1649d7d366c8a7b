import Glibc
import SystemPackage
import TestSupport
import Testing
import WalrusFormat
import WalrusIO

@testable import WalrusActions

/// The program is killed at any moment while it mends or copies, again and again: what is there then is
/// the state before or the state after, or what one more command makes one of them.
@Suite struct KillTests {
    private let place: TempDirectory
    private let log: LogWriter
    private let kills = Host.environment("WALRUS_KILLS").flatMap { Int($0) } ?? 10

    init() throws {
        place = try TempDirectory()
        log = try LogWriter()
        for slot in 0..<12 {
            let payloads = (0..<50).map { [UInt8](repeating: UInt8($0 + 1), count: 300) }
            let end = try log.entries(payloads, TopicName("t\(slot)"), slot: slot)
            try log.put(
                (0..<60_000).map { UInt8(truncatingIfNeeded: $0 / 7 + 1) | 1 },
                at: slot * Layout.unit + end + 5_000)
        }
        try log.cursors(["t1": .chain(0, offset: 556 * 4)])
        try log.sidecar(DirectoryNames.cleanIndex, [1, 2, 3, 4])
    }

    private var environment: [String: String?] {
        ["XDG_STATE_HOME": place.path.string, "WALRUS_AUDIT": nil]
    }

    private func contents() throws -> [String] {
        try Trace.all(in: log.path).filter { $0.name != "." && $0.name != DirectoryNames.lock }
            .filter { !$0.name.hasPrefix("new_") }.map { "\($0.name) \($0.size)" }
            + Directory.list(log.path).filter { $0.kind == .file && $0.name != DirectoryNames.lock }
            .sorted { $0.name < $1.name }.filter { !$0.name.hasPrefix("new_") }.map { entry in
                let file = try DiskFile(log.path.appending(entry.name), .readOnly)
                var sums = entry.name
                var at = 0
                while let data = try file.dataRange(from: at) {
                    for page in stride(from: data.lowerBound, to: data.upperBound, by: 4_096) {
                        guard try file.firstNonZero(in: page..<page + 4_096) != nil else {
                            continue
                        }
                        sums += " \(page) \(FNV1a.hash(try file.read(at: page, count: 4_096)))"
                    }
                    at = data.upperBound
                }
                return sums
            }
    }

    /// How long the program takes, in nanoseconds, and what it says.
    private func time(_ arguments: [String]) throws -> UInt64 {
        let start = Clock.monotonic()
        let result = try Subprocess.run(
            Subprocess.walrus, arguments, environment: environment)
        #expect(result.status < 2, "\(arguments): \(result.errors)")
        return Clock.monotonic() - start
    }

    /// Kills the program after a random time of up to `within` nanoseconds, counted from when `sign` is
    /// there or that time has passed. Whether it had noted by then that it begins.
    @discardableResult
    private func kill(
        _ arguments: [String], within: UInt64, after sign: FilePath? = nil,
        _ random: inout SeededRandom
    ) throws -> Bool {
        let child = try Subprocess(Subprocess.walrus, arguments, environment: environment)
        let end = Clock.monotonic() + within
        if let sign {
            while !Directory.exists(sign), Clock.monotonic() < end {
                Clock.sleep(nanoseconds: 200_000)
            }
        }
        let longest = sign == nil ? within : 60_000_000
        Clock.sleep(nanoseconds: UInt64.random(in: 0...longest, using: &random))
        child.send(SIGKILL)
        _ = try child.wait()
        return try child.hasBegun(in: place.path.appending("walrus/audit.jsonl"))
    }

    @Test func repairAndUndo() throws {
        var random = SeededRandom.fromEnvironment("KillTests.repairAndUndo")
        let store = UndoStore(place.path.appending("walrus/undo"))
        let old = try contents()
        let duration = try time(["repair", log.path.string, "--yes"])
        let new = try contents()
        #expect(old != new)
        _ = try store.bring(1, back: true)
        #expect(try contents() == old)
        var caught = 0
        for round in 0..<kills {
            let known = try store.list().records.count
            // Before anything is written there is not much to be caught at: mostly it comes after.
            let sign = store.root.appending(UndoStore.name(known + 1))
            let isNoted = try kill(
                ["repair", log.path.string, "--yes"], within: duration + duration / 4,
                after: round % 4 == 0 ? nil : sign, &random)
            let records = try store.list().records
            guard records.count > known, let record = records.last else {
                #expect(
                    try contents() == old, "round \(round): without a record nothing is changed")
                continue
            }
            #expect(isNoted, "round \(round)")
            if !record.state.isSettled { caught += 1 }
            // Either direction, which is cut off too, and then the other one.
            let isUndo = Bool.random(using: &random)
            try kill(
                ["repair", isUndo ? "--undo" : "--finish", "\(record.number)", "--yes"],
                within: duration, &random)
            let finish = Bool.random(using: &random)
            _ = try store.bring(record.number, back: !finish)
            #expect(try contents() == (finish ? new : old), "round \(round)")
            _ = try store.bring(record.number, back: true)
            #expect(try contents() == old, "round \(round)")
        }
        print("  \(kills) kills of repair, \(caught) of them in the midst of it; as many of undo")
    }

    @Test(arguments: ["salvage", "restore", "backup"])
    func copies(_ verb: String) throws {
        var random = SeededRandom.fromEnvironment("KillTests.copies.\(verb)")
        let whole = place.path.appending("whole.tar")
        let made = place.path.appending(verb == "backup" ? "a.tar" : "out")
        let before = try contents()
        _ = try time(["backup", log.path.string, whole.string])
        let words = [verb, verb == "restore" ? whole.string : log.path.string, made.string]
        let duration = try time(words)
        try Shell.run("rm -r '\(made)'")
        var done = 0
        for round in 0..<kills {
            let isNoted = try kill(words, within: duration * 5 / 4, &random)
            let isMade = try FileStatus.of(made) != nil
            #expect(!isMade || isNoted, "round \(round)")
            done += isMade ? 1 : 0
            if isMade, verb == "backup" {
                _ = try RestoreJob(made, to: place.path.appending("r")).run { _, _ in true }
                try Shell.run("rm -r '\(place.path)/r'")
            } else if isMade {
                let check = try Subprocess.run(
                    Subprocess.walrus, ["topics", made.string, "-o", "jsonl"])
                #expect(check.lines.count == 12, "round \(round)")
                #expect(check.text.contains(#""unread":46"#), "round \(round)")
            }
            try Shell.run("rm -rf '\(made)' '\(made).unfinished'")
        }
        #expect(try contents() == before)
        // What the killed ones left beside the archive goes with the next one that is made.
        _ = try time(words)
        let names = try Directory.list(place.path).map(\.name)
        #expect(!names.contains { $0.hasSuffix(".part") }, "\(names)")
        print("  \(kills) kills of \(verb), \(done) of them after it was done")
    }

    /// The plan is asked for, told, refused without a terminal, and noted when it is done.
    @Test func theVerbAsksAndNotes() throws {
        func run(_ words: String...) throws -> Subprocess.Result {
            try Subprocess.run(Subprocess.walrus, words, environment: environment)
        }
        let before = try contents()
        let refused = try run("repair", log.path.string)
        #expect(refused.status == 2 && refused.errors.contains("--yes"))
        let dry = try run("repair", log.path.string, "--dry-run", "-o", "json")
        #expect(dry.status == 0 && dry.text.contains(#""id":"leftover:1763670155020:3""#))
        #expect(try contents() == before)
        let audit = place.path.appending("walrus/audit.jsonl")
        #expect(try Directory.contents(of: audit) == nil)
        let done = try run("repair", log.path.string, "--yes", "--only", "clean-index")
        #expect(done.status == 0, "\(done.errors)")
        let lines = String(decoding: try Directory.contents(of: audit) ?? [], as: UTF8.self)
            .split(separator: "\n")
        try #require(lines.count == 2)
        #expect(lines[0].contains(#""event":"begin""#))
        #expect(lines[1].contains(#""outcome":{"repairs":["clean-index"],"undo":1"#))
        #expect(try run("repair", "--list").text.contains("applied"))
        #expect(try run("repair", "--undo", "1", "--yes").status == 0)
        #expect(try contents() == before)
        #expect(try run("repair", "--undo", "7", "--yes").status == 1)
        for (names, status) in [("nosuch", 2), ("tail:x", 1), ("clean-index,nosuch", 2)] {
            #expect(try run("repair", log.path.string, "--only", names, "--yes").status == status)
        }
        let both = try run(
            "repair", log.path.string, "--only", "clean-index, leftover:1763670155020:3", "--yes",
            "-o", "json")
        #expect(both.text.contains(#""repairs":["clean-index","leftover:1763670155020:3"]"#))
    }

    /// What was exported comes back the same, and a file with a line that is none changes nothing.
    @Test func importTakesWhatExportWrote() throws {
        let fixture = try Fixture("multi")
        let target = place.path.appending("new")
        let script = """
            set -e
            topic=$("$walrus" topics '\(fixture.path)' -o jsonl | head -1 | sed 's/.*"topic_hex":"\\([0-9a-f]*\\)".*/\\1/')
            "$walrus" export '\(fixture.path)' --topic-hex $topic --out '\(place.path)/e.jsonl'
            "$walrus" import '\(target)' --create --topic-hex $topic '\(place.path)/e.jsonl'
            "$walrus" export '\(target)' --topic-hex $topic --out '\(place.path)/f.jsonl'
            for name in e f; do sed 's/.*"fnv":"\\([0-9a-f]*\\)".*/\\1/' '\(place.path)'/$name.jsonl > '\(place.path)'/$name; done
            cmp '\(place.path)/e' '\(place.path)/f'
            echo '{"payload":3}' >> '\(place.path)/e.jsonl'
            "$walrus" import '\(target)' --topic-hex $topic '\(place.path)/e.jsonl' && exit 9
            "$walrus" export '\(target)' --topic-hex $topic --out - | cmp - '\(place.path)/f.jsonl'
            """
        let result = try Subprocess.bash(script, environment: environment)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.contains("payload is not a string; nothing was appended"))
    }
}
