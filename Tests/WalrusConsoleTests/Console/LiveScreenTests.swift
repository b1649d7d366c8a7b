import Testing
import WalrusFormat
import WalrusJSON

@testable import Inspect
@testable import WalrusConsole

/// What is happening now: frames, figures and events.
@Suite struct LiveScreenTests {
    /// The model after `steps` looks, a second apart, at a directory that is written and read.
    static func model(
        _ columns: Int, _ rows: Int, glyphs: GlyphSet = .unicode, steps: Int = 40,
        hasEngine: Bool = true
    ) throws -> ConsoleModel {
        var model = Sample.model(columns, rows, glyphs: glyphs)
        _ = try Sample.session(&model)
        for step in stride(from: 1, through: steps, by: 1) {
            _ = model.update(.scanned(state(step, hasEngine: hasEngine)))
        }
        _ = try Sample.session(&model, "4")
        return model
    }

    static func state(_ step: Int, hasEngine: Bool = true) -> DirectoryState {
        let time = Sample.time + UInt64(step) * 1_000_000_000
        let more = step * 100 + abs(step % 20 - 10) * 30
        var state = Sample.state(
            moreOrders: more, time: time, metrics: hasEngine ? metrics(step, time) : nil)
        // A header of 256 bytes, a payload of 284.
        let orders = state.topics.firstIndex { $0.name == "orders" } ?? 0
        state.topics[orders].size += more * 540
        // A reader that gets on, one that steps back, and a mark.
        let audit = state.topics.firstIndex { $0.name == "audit" } ?? 0
        state.topics[audit].unread -= step * 700
        if step >= 30 { state.topics[audit].mark = CleanMark(isClean: true, generation: 4) }
        return state
    }

    private static func metrics(_ step: Int, _ time: UInt64) -> LiveMetrics {
        var image = Sample.metrics.image
        image.written = time
        image.interval = 1_000_000_000
        image.counters.appended = UInt64(step) * 100
        image.counters.appendedBytes = UInt64(step) * 29_000
        image.counters.read = UInt64(step) * 700
        image.counters.syncs = UInt64(step) * 5
        image.append.total = image.append.recent
        return LiveMetrics(image, age: 300_000_000)
    }

    @Test(arguments: [(60, 20), (80, 24), (120, 40), (200, 60)], [false, true])
    func frames(_ size: (Int, Int), ascii: Bool) throws {
        for hasEngine in [true, false] {
            let model = try Self.model(
                size.0, size.1, glyphs: ascii ? .ascii : .unicode, hasEngine: hasEngine)
            let frame = ConsoleView.draw(model)
            let name =
                "live\(hasEngine ? "" : "-no-engine")-\(size.0)x\(size.1)" + (ascii ? "-ascii" : "")
            GoldenFile.check(FrameText.render(frame), "\(name).txt")
            if !ascii, hasEngine { GoldenFile.check(FrameJSON.render(frame), "\(name).json") }
        }
    }

    /// One look is not enough for any rate, and says so.
    @Test func oneLookKnowsNoRate() throws {
        let model = try Self.model(80, 24, steps: 0)
        let text = FrameText.render(ConsoleView.draw(model))
        #expect(text.contains("two looks needed") && text.contains("appended ?  payload ?"))
        GoldenFile.check(text, "live-first-80x24.txt")
    }

    @Test func figuresAreThoseOfTheVerb() throws {
        var looks = LiveLooks()
        var model = Sample.model(120, 40)
        _ = try Sample.session(&model)
        looks.add(try #require(model.state), isHeld: false)
        for step in 1...12 {
            looks.add(Self.state(step), isHeld: false)
            _ = model.update(.scanned(Self.state(step)))
        }
        let report = try #require(LiveReport(looks))
        let json = report.json().text
        let own = try #require(LiveReport(model.looks))
        #expect(own.json().text == json)
        #expect(json.contains("\"trend\":\"drains\"") && json.contains("\"trend\":\"grows\""))
        let now = try #require(report.now)
        // "orders" alone is appended to: 100 a second, and 30 a look of the wave.
        #expect(now.seconds == 1 && now.appended == 130)
        #expect(json.contains("\"appended_per_second\":130.0"))
        #expect(now.consumed == 700 && json.contains("\"consumed_per_second\":700.0"))
        // Payloads alone, and with their headers.
        #expect(now.payload == 130 * 284 && now.stored == 130 * 540)
        #expect(json.contains("\"payload_bytes_per_second\":36920.0"))
        #expect(json.contains("\"stored_bytes_per_second\":70200.0"))
        _ = try Sample.session(&model, "4")
        let text = FrameText.render(ConsoleView.draw(model))
        for figure in [
            "Appended  130 entries/s", "payload 36.1KB/s  with headers 68.6KB/s",
            "Consumed  700 entries/s", "in 100 entries/s, 28.3KB/s of payload",
            "out 700 entries/s",
        ] {
            #expect(text.contains(figure), "\(figure)")
        }
    }

    @Test func trends() throws {
        let model = try Self.model(120, 40)
        let report = try #require(LiveReport(model.looks))
        let state = try #require(model.state)
        func trend(_ name: TopicName) throws -> LiveReport.Trend {
            report.topic(try #require(state.topic(name))).trend
        }
        #expect(try trend("billing") == .empty)
        #expect(try trend("deadletter") == .steady)
        guard case .drains(let seconds) = try trend("audit"),
            case .grows = try trend("orders")
        else {
            Issue.record("a trend is wrong")
            return
        }
        #expect(abs(seconds - Double(98_220 - 28_000) / 700) < 0.01)
    }

    @Test func events() {
        let old = Self.state(1)
        var new = Self.state(2)
        new.topics.removeAll { $0.name == "billing" }
        new.topics.insert(TopicState(name: "\u{1b}[31m"), at: 0)
        let orders = new.topics.firstIndex { $0.name == "orders" } ?? 0
        new.topics[orders].mark = CleanMark(isClean: true, generation: 9)
        new.topics[orders].cursor = nil
        new.topics[orders].unread = new.topics[orders].entries
        new.files.removeFirst()
        new.findings.append(Finding(.warning, .tornTail, file: "x", block: 3, offset: 16, "y"))
        new.metrics = nil
        let findings: [FindingFeed.News] = [
            .came(new.findings[new.findings.count - 1]), .went(old.findings[0]),
        ]
        let texts = LiveEvent.all(from: old, to: new, findings: findings)
            .map { "\($0.kind.rawValue): \($0.text)" }
        for part in [
            "topic: billing is gone", "orders marked clean",
            "orders: the cursor went back to the begin",
            "file: file 1763640000003 is gone",
            "finding: warning: torn-tail in x:3+0x10",
            "no more: damaged-payload", "engine: engine 4121 closed, or fell silent",
        ] { #expect(texts.contains { $0.contains(part) }, "\(part) in \(texts)") }
        #expect(texts.allSatisfy { !$0.unicodeScalars.contains("\u{1b}") })
        #expect(LiveEvent.all(from: old, to: old).isEmpty)
        // Many at once are counted.
        var many = old
        many.topics = (0..<20_000).map { TopicState(name: TopicName("t\(100_000 + $0)")) }
        let all = LiveEvent.all(from: old, to: many)
        #expect(all.count < 30 && all.contains { $0.text.hasPrefix("19,") })
    }

    @Test func historiesAreBounded() {
        var looks = LiveLooks()
        for step in 0..<2_000 {
            var state = Self.state(step % 10)
            state.time = Sample.time + UInt64(step) * 1_000_000_000
            state.topics.append(TopicState(name: TopicName("topic \(step)")))
            state.topics.sort { $0.name < $1.name }
            looks.add(state, isHeld: false)
        }
        #expect(looks.history.samples.count == LiveHistory.capacity)
        #expect(looks.history.events.count == LiveHistory.eventsMax)
    }

    @Test func logScale() {
        #expect(abs(LogScale.log10(1_000) - 3) < 1e-6 && LogScale.log10(1) == 0)
        #expect(abs(LogScale.log10(5_000_000) - 6.698_970_004) < 1e-6)
        let scale = LogScale(98_220)
        #expect(scale.fraction(0) == 0 && scale.fraction(1) > 0)
        #expect(abs(scale.fraction(100_000) - 1) < 1e-9)
        var last = 0.0
        for count in stride(from: 1, to: 100_000, by: 77) {
            #expect(scale.fraction(count) > last)
            last = scale.fraction(count)
        }
    }

    /// 0, 3, 40 and 20,000 topics on every size: whole rows, the selection in sight.
    @Test(arguments: [0, 3, 40, 20_000])
    func anyNumberOfTopics(count: Int) throws {
        var state = DirectoryState()
        state.time = Sample.time
        state.topics = (0..<count).map {
            var topic = TopicState(name: TopicName("topic-\(100_000 + $0)"))
            topic.entries = $0 * $0
            topic.unread = $0
            return topic
        }
        for (columns, rows) in [(60, 20), (80, 24), (120, 40), (200, 60), (40, 10)] {
            var model = Sample.model(columns, rows)
            _ = model.start(at: Sample.time)
            _ = model.update(.scanned(state))
            for key in try Key.script("4 j j <PgDn> G") { _ = model.update(.key(key)) }
            let text = FrameText.render(ConsoleView.draw(model))
            for line in text.split(separator: "\n") {
                #expect(DisplayWidth.columns(of: String(line)) == columns)
            }
            if count > 0 {
                #expect(text.contains("▌"))
                #expect(model.home.selected == state.topics.first?.name)
            }
        }
    }
}
