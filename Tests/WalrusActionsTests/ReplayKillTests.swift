import Glibc
import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusActions
import WalrusFormat
import WalrusIO

/// The program is killed at any moment of a replay, again and again.
@Suite struct ReplayKillTests {
    static let kills = Host.environment("WALRUS_KILLS").flatMap { Int($0) } ?? 36

    @Test func everyEntryComesOnce() throws {
        var random = SeededRandom.fromEnvironment("everyEntryComesOnce")
        var left = Self.kills
        var replays = 0
        while left > 0 {
            let bench = try ReplayBench()
            let all = (0..<Int.random(in: 8_000...30_000, using: &random)).map { number in
                [UInt8](repeating: UInt8(number % 3), count: number % 40)
            }
            try bench.append(all, to: "t")
            let isOwn = Bool.random(using: &random)
            let path = isOwn ? bench.source : bench.target
            let words =
                ["replay", bench.source.string, "t", "--into", isOwn ? "t" : "copy"]
                + (isOwn ? [] : ["--into-dir", bench.target.string])
            let topic: TopicName = isOwn ? "t" : "copy"
            var others: [[UInt8]] = []
            while true {
                // As long as there are kills left, one now and then gets to its end.
                let isKilled = left > 0 && Int.random(in: 0..<12, using: &random) > 0
                let child = try Subprocess(
                    Subprocess.walrus, words,
                    environment: [
                        "XDG_STATE_HOME": bench.temp.path.appending("xdg").string,
                        "WALRUS_AUDIT": nil,
                    ])
                if isKilled {
                    Clock.sleep(
                        nanoseconds: UInt64.random(in: 10...900, using: &random) * 1_000_000)
                    child.send(SIGKILL)
                    left -= 1
                }
                let result = try child.wait()
                if result.status == 0 { break }
                guard result.status == 128 + Int(SIGKILL) else {
                    Issue.record("seed \(random.seed): \(result.status) \(result.errors)")
                    return
                }
                if !isOwn, Int.random(in: 0..<3, using: &random) == 0 {
                    // 50 is in no entry of the source.
                    let other = [UInt8(50), UInt8(others.count)]
                    try bench.append([other], to: topic, in: path)
                    others.append(other)
                }
            }
            replays += 1
            let found = try ReplayBench.payloads(path, topic)
            let isOther = { (payload: [UInt8]) in payload.first == 50 && payload.count == 2 }
            #expect(found.filter(isOther) == others, "seed \(random.seed)")
            #expect(
                found.filter { !isOther($0) } == (isOwn ? all + all : all), "seed \(random.seed)")
            let audit = try Directory.contents(
                of: bench.temp.path.appending("xdg/walrus/audit.jsonl"))
            let lines = String(decoding: audit ?? [], as: UTF8.self).split(separator: "\n")
            #expect(lines.last?.contains("\"event\":\"end\"") ?? false)
            #expect(lines.last?.contains("\"entries\":\(all.count)") ?? false)
        }
        print("  \(Self.kills) kills of \(replays) replays")
    }
}
