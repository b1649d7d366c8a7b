import Testing
import WalrusFormat

@testable import Inspect
@testable import WalrusConsole

/// Findings as news: what stays is told once, what flickers is not.
@Suite struct FindingFeedTests {
    private let tail = Finding(
        .warning, .leftoverBytes, file: Sample.newer.text, block: 2, offset: 700, "bytes")
    private let inside = Finding(
        .warning, .leftoverBytes, file: Sample.older.text, block: 0, offset: 700, "bytes")
    private let stray = Finding(.warning, .strayFile, file: "x", "a file")

    /// What is told at each of the looks, which are a second apart unless `every` says otherwise.
    private func news(
        _ looks: [[Finding]], isHeld: Bool = false, every seconds: UInt64 = 1
    ) -> [[FindingFeed.News]] {
        var feed = FindingFeed()
        return looks.enumerated().map { index, findings in
            var state = Sample.state()
            state.time = Sample.time + UInt64(index) * seconds * 1_000_000_000
            state.findings = findings
            return feed.add(state, isHeld: isHeld)
        }
    }

    @Test func whatStaysIsToldOnce() {
        #expect(news([[], [stray], [stray], [stray]]) == [[], [], [.came(stray)], []])
        #expect(news([[stray], [], [], []]) == [[], [], [.went(stray)], []])
        // What was there at first is no news.
        #expect(news([[stray], [stray], [stray]]) == [[], [], []])
    }

    @Test func whatFlickersIsNot() {
        let one = Array(repeating: [[stray], []], count: 50).flatMap { $0 }
        #expect(news([[]] + one).flatMap { $0 } == [])
        #expect(news([[stray]] + one).flatMap { $0 } == [])
        // A writer moves on: another place each time.
        let places = (0..<50).map {
            [Finding(.warning, .leftoverBytes, file: "1", block: 0, offset: $0, "b")]
        }
        #expect(news([[]] + places).flatMap { $0 } == [])
        // Slower: it came once and went once.
        let two = Array(repeating: [[stray], [stray], [], []], count: 50).flatMap { $0 }
        #expect(news([[]] + two).flatMap { $0 } == [.came(stray), .went(stray)])
        // After a while it is news again.
        #expect(news([[]] + two, every: 400).flatMap { $0 }.count == 100)
    }

    /// What an append under way looks like is none in the block in which a writer goes on.
    @Test func writesUnderWay() {
        let looks = [[], [tail, inside], [tail, inside], [tail, inside]]
        #expect(news(looks).flatMap { $0 } == [.came(tail), .came(inside)])
        #expect(news(looks, isHeld: true).flatMap { $0 } == [.came(inside)])
        // What was known before somebody opened the directory is not gone by that; what is still
        // there when it was closed is news.
        var feed = FindingFeed()
        func add(_ findings: [Finding], _ isHeld: Bool) -> [FindingFeed.News] {
            var state = Sample.state()
            state.findings = findings
            return feed.add(state, isHeld: isHeld)
        }
        _ = add([tail], false)
        for _ in 0..<3 { #expect(add([tail], true) == []) }
        feed = FindingFeed()
        _ = add([], true)
        for _ in 0..<3 { #expect(add([tail], true) == []) }
        #expect(add([tail], false) == [])
        #expect(add([tail], false) == [.came(tail)])
    }

    /// An engine that tells its figures is a holder, and a look without a change counts as one.
    @Test func throughLooks() {
        var looks = LiveLooks()
        for step in 0..<6 {
            var state = Sample.state(time: Sample.time + UInt64(step) * 1_000_000_000)
            state.revision = step < 2 ? 1 : 2
            if step >= 2 { state.findings += [stray, tail] }
            if step >= 2 { state.metrics = Sample.metrics }
            looks.add(state, isHeld: false)
        }
        #expect(
            looks.history.events.filter { $0.kind == .finding }.map(\.text)
                == ["warning: stray-file of x"])
    }
}
