import SystemPackage
import TestSupport
import Testing
import WalrusFormat
import WalrusIO

@testable import Inspect
@testable import WalrusConsole

extension RecordingSource {
    /// The look of a frame, and those before it that are told with it; the newest last.
    fileprivate func looks(upTo index: Int) throws -> [RecordedLook] {
        var looks: [RecordedLook] = []
        try replay(upTo: index) { looks.append($0) }
        return looks
    }
}

/// Looks that are recorded, in memory and in files.
@Suite struct RecordingTests {
    private func expectSame(_ a: DirectoryState, _ b: DirectoryState) {
        #expect(a.time == b.time && a.topics == b.topics && a.files == b.files)
        #expect(a.findings == b.findings && a.metrics == b.metrics && a.trash == b.trash)
    }

    private static func tape(_ states: [DirectoryState]) -> RecordingTape {
        var (tape, encoder) = (RecordingTape(limit: 1 << 20), RecordingEncoder())
        for state in states { tape.append(encoder.encode(state, holders: [1])) }
        return tape
    }

    private func write(_ states: [DirectoryState], to path: FilePath) throws {
        let output = try RecordingOutput(path, directory: "/data/wal", interval: 1_000_000_000)
        for state in states { try output.add(state, holders: [4_121]) }
        try output.finish()
    }

    private func bytes(_ path: FilePath) throws -> [UInt8] {
        try #require(try Directory.contents(of: path, limit: 10_000_000))
    }

    private func put(_ bytes: [UInt8], _ path: FilePath) throws {
        let file = try OutputFile(path, replaces: true)
        try file.write(bytes)
        try file.finish()
    }

    /// Few and small topics, so that every byte can be tried.
    private var small: [DirectoryState] {
        (0..<4).map { step in
            var state = LiveScreenTests.state(step, hasEngine: false)
            state.topics.removeAll { $0.name != "billing" && $0.name != "deadletter" }
            for index in state.files.indices {
                state.files[index].blocks.removeAll {
                    $0.topic != "billing" && $0.topic != "deadletter"
                }
            }
            state.files.removeLast()
            state.findings.removeAll()
            state.topics[1].unread -= step
            return state
        }
    }

    @Test func everyFrameComesBack() throws {
        let folder = try TempDirectory()
        let path = folder.path.appending("a.rec")
        var states = (0..<50).map { LiveScreenTests.state($0, hasEngine: $0 % 7 != 3) }
        states[20].topics.removeFirst(2)
        for index in states[20].files.indices {
            states[20].files[index].blocks.removeAll {
                $0.topic == "audit" || $0.topic == "billing"
            }
        }
        states[30].files[0].unreadableSlots = [3, 64, 99]
        states[31].findings = []
        try write(states, to: path)
        let file = try RecordingFile(path)
        #expect(file.count == 50 && file.problem == nil && file.directory == "/data/wal")
        for index in (0..<50).shuffled() {
            let looks = try file.looks(upTo: index)
            #expect(looks.count == index + 1)
            let last = try #require(looks.last)
            #expect(last.holders == [4_121])
            expectSame(last.state, states[index])
        }
        // A frame that changes little takes little.
        let size = try bytes(path).count
        #expect(size < 50 * 700, "\(size)")
        #expect(throws: IOError.self) { try write(states, to: path) }
    }

    @Test(arguments: ["small", "multi"])
    func fixturesComeBack(_ name: String) throws {
        let fixture = try Fixture(name)
        let state = try #require(try Scanner(fixture.path).scan())
        let tape = Self.tape([state, state])
        for index in 0..<2 {
            expectSame(try #require(try tape.looks(upTo: index).last).state, state)
        }
        // At rest a frame is next to nothing.
        #expect(tape.frame(1).bytes.count < 10)
    }

    @Test func aTapeIsBounded() throws {
        var tape = RecordingTape(limit: 20_000)
        var encoder = RecordingEncoder()
        for step in 0..<2_000 {
            tape.append(encoder.encode(LiveScreenTests.state(step % 40), holders: []))
            #expect(tape.isKey(0) && tape.dropped + tape.count == step + 1)
        }
        #expect(tape.count < 1_000 && tape.count > 10)
        expectSame(
            try #require(try tape.looks(upTo: tape.count - 1).last).state, LiveScreenTests.state(39)
        )
    }

    /// A recorder that was killed leaves what it had written.
    @Test func everyCut() throws {
        let folder = try TempDirectory()
        let path = folder.path.appending("a.rec")
        try write(small, to: path)
        let whole = try bytes(path)
        let cut = folder.path.appending("cut.rec")
        var counts: Set<Int> = []
        for length in 0..<whole.count {
            try put(Array(whole[..<length]), cut)
            do {
                let file = try RecordingFile(cut)
                counts.insert(file.count)
                for index in 0..<file.count {
                    expectSame(
                        try #require(try file.looks(upTo: index).last).state, small[index])
                }
                #expect(file.count <= small.count)
            } catch is RecordingError { counts.insert(0) }
        }
        #expect(counts == [0, 1, 2, 3])
    }

    @Test func everyFlippedByte() throws {
        let folder = try TempDirectory()
        let path = folder.path.appending("a.rec")
        try write(small, to: path)
        let whole = try bytes(path)
        let flipped = folder.path.appending("flipped.rec")
        for at in whole.indices {
            var bytes = whole
            bytes[at] ^= 0x41
            try put(bytes, flipped)
            do {
                let file = try RecordingFile(flipped)
                #expect(file.problem != nil && file.count < small.count)
                for index in 0..<file.count {
                    expectSame(
                        try #require(try file.looks(upTo: index).last).state, small[index])
                }
            } catch is RecordingError {}
        }
    }

    /// Frames whose checksum is right and whose bytes are anything: no trap, no wild sums.
    @Test func hostileFrames() throws {
        var random = SeededRandom.fromEnvironment("recordings")
        let tape = Self.tape(small)
        for _ in 0..<600 {
            var decoder = RecordingDecoder()
            do {
                for index in 0..<tape.count {
                    var bytes = tape.frame(index).bytes
                    for _ in 0..<Int.random(in: 0...2, using: &random) {
                        let at = Int.random(in: 0..<bytes.count, using: &random)
                        bytes[at] = UInt8.random(in: 0...255, using: &random)
                    }
                    let frame = RecordedFrame(
                        time: UInt64.random(in: 0...UInt64.max, using: &random),
                        isKey: tape.isKey(index), bytes: bytes)
                    try decoder.apply(frame)
                    let look = try decoder.look(at: frame.time)
                    #expect(look.state.size >= 0 && look.state.unread >= 0)
                    var model = Sample.model(80, 24)
                    model.play(times: [1, 2, 3])
                    _ = model.start(at: 0)
                    var looks = LiveLooks()
                    looks.add(look.state, isHeld: false)
                    let moment = Moment(
                        state: look.state, looks: looks, forecast: ReclaimForecast(look.state),
                        holders: look.holders)
                    _ = model.update(.played(frame: 2, .success(moment)))
                    for screen in ConsoleModel.Screen.allCases where screen != .chooser {
                        _ = model.go(to: screen)
                        _ = ConsoleView.draw(model)
                    }
                }
            } catch {}
        }
    }

    // MARK: - In the console

    @Test func theConsoleGoesBackInTime() throws {
        for (columns, rows) in [(60, 20), (80, 24), (120, 40), (200, 60)] {
            var model = try LiveScreenTests.model(columns, rows)
            let present = FrameText.render(ConsoleView.draw(model))
            _ = try Sample.session(&model, "( (")
            #expect(model.isPaused)
            expectSame(try #require(model.state), LiveScreenTests.state(20))
            _ = model.update(.tick(Sample.time + 45_000_000_000))
            let past = FrameText.render(ConsoleView.draw(model))
            if columns >= 80 { #expect(past.contains("PAUSED 12:02:23 (-00:00:25)")) }
            for (screen, key) in [("home", "1"), ("blocks", "3"), ("live", "4")] {
                _ = try Sample.session(&model, key)
                let frame = ConsoleView.draw(model)
                let name = "\(screen)-paused-\(columns)x\(rows)"
                GoldenFile.check(FrameText.render(frame), "\(name).txt")
                GoldenFile.check(FrameJSON.render(frame), "\(name).json")
            }
            // What it shows is what it showed then, but for the header, the name of the moment, and the keys.
            let then = try LiveScreenTests.model(columns, rows, steps: 20)
            func lines(_ text: String) -> [String] {
                text.split(separator: "\n").dropFirst().dropLast().map(String.init)
                    .filter { !$0.contains("now │") && !$0.contains("then │") }
                    .map { $0.replacing(" then", with: " now ") }
            }
            #expect(lines(FrameText.render(ConsoleView.draw(then))) == lines(past))
            // A look that was under way changes nothing that is shown.
            _ = model.update(.scanned(LiveScreenTests.state(41)))
            expectSame(try #require(model.state), LiveScreenTests.state(20))
            _ = try Sample.session(&model, "< >")
            expectSame(try #require(model.state), LiveScreenTests.state(20))
            _ = try Sample.session(&model, "`")
            #expect(!model.isPaused)
            expectSame(try #require(model.state), LiveScreenTests.state(41))
            #expect(FrameText.render(ConsoleView.draw(model)) != present)
        }
    }

    @Test func thereIsAnEndToThePast() throws {
        var model = try LiveScreenTests.model(80, 24, steps: 3)
        _ = try Sample.session(&model, "< < < <")
        #expect(model.time.shown == 0 && model.notice?.text.contains("as far back") == true)
        _ = try Sample.session(&model, ") >")
        #expect(model.time.shown == nil && model.isPaused)
        expectSame(try #require(model.state), LiveScreenTests.state(3))
        _ = try Sample.session(&model, "p")
        #expect(!model.isPaused)
    }

    /// Nothing that would read a directory comes of any key.
    @Test func aRecordingIsPlayed() throws {
        let tape = Self.tape((0..<20).map { LiveScreenTests.state($0) })
        func answer(_ model: inout ConsoleModel, _ effects: [Effect]) throws {
            for effect in effects {
                switch effect {
                case .play(let index, nil):
                    let moment = try Moment(tape, at: index)
                    try answer(&model, model.update(.played(frame: index, .success(moment))))
                case .save, .remember, .bell, .redraw, .suspend, .quit, .copy, .estimateBench,
                    .loadBenchResults, .bench, .stopBench:
                    break
                default: Issue.record("\(effect)")
                }
            }
        }
        var model = Sample.model(100, 30, write: false)
        model.play(times: tape.times)
        try answer(&model, model.start(at: Sample.time))
        #expect(model.player?.index == 19)
        #expect(FrameText.render(ConsoleView.draw(model)).contains("RECORDED 12:02:22 20/20"))
        for key in try Key.script("( <") { try answer(&model, model.update(.key(key))) }
        expectSame(try #require(model.state), LiveScreenTests.state(8))
        for key in try Key.script("2") { try answer(&model, model.update(.key(key))) }
        #expect(model.screen == .home && model.notice?.text.contains("no payloads") == true)
        for key in KeyMap.bindings.flatMap(\.keys) + KeyMap.bindings.reversed().flatMap(\.keys) {
            try answer(&model, model.update(.key(key)))
            _ = ConsoleView.draw(model)
        }
        model = Sample.model(100, 30)
        model.play(times: tape.times)
        try answer(&model, model.start(at: Sample.time))
        // It goes on by itself, from its begin.
        try answer(&model, model.update(.key(.character("p"))))
        #expect(model.player?.index == 0)
        for second in 1...3 {
            let time = Sample.time + UInt64(second) * 1_000_000_000
            try answer(&model, model.update(.tick(time)))
        }
        #expect(model.player?.index == 3 && model.player?.isRunning == true)
    }
}
