import Testing
import WalrusFormat

@testable import Inspect
@testable import WalrusConsole

/// Going to moments that were recorded, by keys and by their time.
@Suite struct TimeTests {
    /// A key is answered at once, with the name of the moment; what was seen then follows. Questions
    /// that were overtaken are shown on the way, and those after which nobody asks are not.
    @Test func theMomentIsNamedAtOnceAndFollows() throws {
        var model = try LiveScreenTests.model(80, 24)
        let tape = model.time.tape
        func header() -> Substring? {
            FrameText.render(ConsoleView.draw(model)).split(separator: "\n").first
        }
        func moment(_ frame: Int) throws -> Message {
            .played(frame: frame, .success(try Moment(tape, at: frame)))
        }
        #expect(model.update(.key(.character("<"))) == [.play(frame: 39, of: tape)])
        #expect(model.update(.key(.character("("))) == [.play(frame: 29, of: tape)])
        #expect(model.state?.time == LiveScreenTests.state(40).time)
        #expect(header()?.contains("PAUSED 12:02:32…") == true)
        _ = model.update(try moment(39))
        #expect(model.state?.time == LiveScreenTests.state(39).time && model.time.awaited == 29)
        #expect(header()?.contains("PAUSED 12:02:32…") == true)
        _ = model.update(try moment(29))
        #expect(model.state?.time == LiveScreenTests.state(29).time && model.time.awaited == nil)
        #expect(header()?.contains("PAUSED 12:02:32 (") == true)
        _ = model.update(.key(.character("<")))
        _ = model.update(.key(.character("`")))
        #expect(model.state?.time == LiveScreenTests.state(40).time && !model.isPaused)
        _ = model.update(try moment(28))
        #expect(model.state?.time == LiveScreenTests.state(40).time && model.time.shown == nil)
    }

    /// Looks that were prepared elsewhere are taken as those that were not.
    @Test func anObservationIsALook() throws {
        var (plain, prepared) = (Sample.model(120, 40), Sample.model(120, 40))
        var observer = Observer()
        for step in 0..<12 {
            var state = LiveScreenTests.state(step / 2)
            state.time = LiveScreenTests.state(step).time
            state.revision = 1 + step / 2
            _ = plain.update(.scanned(state))
            _ = prepared.update(.observed(observer.observe(state)))
        }
        for keys in ["", "4", "3", "<", "("] {
            _ = try Sample.session(&plain, keys)
            _ = try Sample.session(&prepared, keys)
            #expect(
                FrameText.render(ConsoleView.draw(plain))
                    == FrameText.render(ConsoleView.draw(prepared)))
        }
    }

    /// When frames have gone from memory, those that are left keep their numbers.
    @Test func framesThatAreGone() throws {
        var model = Sample.model(80, 24)
        model.time.tape = RecordingTape(limit: 20_000)
        for step in 0..<2_000 {
            var state = LiveScreenTests.state(step % 40)
            state.time = Sample.time + UInt64(step) * 1_000_000_000
            _ = model.update(.scanned(state))
        }
        #expect(model.time.first > 0 && model.time.last == 1_999)
        _ = try Sample.session(&model, "< <")
        #expect(model.time.shown == 1_997)
        #expect(model.state?.time == Sample.time + 1_997_000_000_000)
        let first = model.time.first
        _ = try Sample.session(&model, ":at<Space>12:02:03<Enter>")
        #expect(model.time.shown == first)
        #expect(model.state?.time == Sample.time + UInt64(first) * 1_000_000_000)
        #expect(model.notice?.text.contains("remembers looks at 2025-11-20 12:") == true)
    }

    @Test func atATime() throws {
        var model = try LiveScreenTests.model(80, 24)
        func shown(_ text: String) throws -> UInt64? {
            _ = try Sample.session(&model, ":at<Space>\(text)<Enter>")
            return model.state.map { ($0.time - Sample.time) / 1_000_000_000 }
        }
        #expect(try shown("12:02:23") == 20 && model.isPaused)
        #expect(try shown("-30s") == 10)
        #expect(try shown("2025-11-20T12:02:08") == 5)
        #expect(try shown("12:02") == 40 && model.time.shown == nil && model.isPaused)
        #expect(try shown("12:01:59") == 0 && model.notice?.kind == .problem)
        #expect(try shown("25:00") == 0 && model.notice?.text.contains("which time?") == true)
        // Later than all: the last look, paused.
        #expect(try shown("2030-01-01") == 40 && model.isPaused)
        // As the header shows it, wherever one is.
        model.setup.timeZone = 7_200
        #expect(try shown("14:02:13") == 10)
    }

    @Test func momentsOfADay() {
        let noon: UInt64 = 1_763_640_000_000_000_000
        func moment(_ text: String, zone: Int = 0) -> Int? {
            ConsoleModel.moment(text, end: noon, zone: zone)
                .map { Int($0 / 1_000_000_000) - Int(noon / 1_000_000_000) }
        }
        #expect(moment("11:59:50") == -10 && moment("12:00:00") == 0)
        #expect(moment("11:58") == -61)
        // Later in the day is the day before.
        #expect(moment("12:00:01") == 1 - 86_400 && moment("13:00", zone: 3_600) == 59)
        #expect(moment("-1h") == -3_600 && moment("2025-11-20") == -43_200)
        for text in ["", "12", "12:", "1:2:3:4", "24:00", "12:60", "1é:00", "+1:00"] {
            #expect(moment(text).map { $0 < -1_000_000 } ?? true, "\(text)")
        }
    }

    @Test func atATimeOfARecording() throws {
        var (tape, encoder) = (RecordingTape(limit: 1 << 20), RecordingEncoder())
        for step in 0..<20 {
            tape.append(encoder.encode(LiveScreenTests.state(step), holders: []))
        }
        var model = Sample.model(100, 30)
        model.play(times: tape.times, from: 3)
        func play(_ effects: [Effect]) throws {
            for case .play(let frame, nil) in effects {
                let moment = try Moment(tape, at: frame)
                try play(model.update(.played(frame: frame, .success(moment))))
            }
        }
        try play(model.start(at: Sample.time))
        #expect(model.state?.time == tape.time(3))
        func at(_ text: String) throws -> Int? {
            for key in try Key.script(":at<Space>\(text)<Enter>") {
                try play(model.update(.key(key)))
            }
            return model.player?.index
        }
        #expect(try at("12:02:10") == 7)
        #expect(try at("-2s") == 17)
        #expect(try at("12:30:00") == 0 && model.notice?.text.contains("begins at") == true)
        #expect(model.state?.time == tape.time(0))
    }

    /// The past tells of trash, and of files that no engine deletes, as the present did.
    @Test func thePastKnowsWhyTheDiskDoesNotShrink() throws {
        var states = (0..<4).map { LiveScreenTests.state($0) }
        states[1].trash = TrashSummary(folders: 1, files: 2, allocated: 5_000_000)
        states[2].trash = TrashSummary(folders: 2, files: 3, allocated: 9_000_000)
        states[2].files[0].blocks[1].isWorthKeeping = true
        states[3].files[1].blocks[2].isDropped = true
        var (tape, encoder) = (RecordingTape(limit: 1 << 20), RecordingEncoder())
        for state in states { tape.append(encoder.encode(state, holders: [])) }
        for (index, state) in states.enumerated() {
            let then = try #require(try Moment(tape, at: index).state)
            #expect(then.trash == state.trash && then.files == state.files)
            #expect(ReclaimForecast(then) == ReclaimForecast(state))
        }
        #expect(ReclaimForecast(states[2]).files[0].fate == .kept)
    }
}
