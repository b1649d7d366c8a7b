import Testing

@testable import WalrusTUI

@Suite struct LoopPaceTests {
    private static let second: UInt64 = 1_000_000_000

    /// What changes a value cannot stand in the macro.
    private func expect(_ holds: Bool, at location: SourceLocation = #_sourceLocation) {
        #expect(holds, sourceLocation: location)
    }

    /// Runs the loop's clock for so long with nothing to be seen, as `ConsoleApp.run` does.
    private func rest(_ pace: inout LoopPace, _ seconds: UInt64, interval: UInt64) -> (
        wakes: Int, ticks: Int, frames: Int
    ) {
        var (now, wakes, ticks, frames) = (Self.second * 1_000, 0, 0, 0)
        let wall = Self.second * 1_763_640_123
        let (start, end) = (now, now + seconds * Self.second)
        while now < end {
            if pace.takesFrame(at: now) { frames += 1 }
            let (whole, part) = pace.rest(from: now).components
            now += UInt64(whole) * Self.second + UInt64(part / 1_000_000_000)
            wakes += 1
            let time = wall + (now - start)
            if pace.takesTick(at: now, interval: interval, wall: time) { ticks += 1 }
        }
        return (wakes, ticks, frames)
    }

    @Test(arguments: [500_000_000, 1_000_000_000, 5_000_000_000] as [UInt64])
    func atRestItWakesOnceAnInterval(interval: UInt64) {
        var pace = LoopPace()
        let (wakes, ticks, frames) = rest(&pace, 60, interval: interval)
        // The first tick comes at once, and the first frame is drawn.
        #expect(wakes == ticks && ticks <= Int(60 * Self.second / interval) + 1)
        #expect(ticks >= Int(60 * Self.second / interval))
        #expect(frames == 1 && !pace.isDirty)
    }

    /// Where looks are rare, the clock in the header is what it wakes up for.
    @Test func rareLooksDoNotStopTheClock() {
        var pace = LoopPace()
        let (wakes, ticks, _) = rest(&pace, 3_600, interval: 600 * Self.second)
        #expect(wakes == ticks && (60...62).contains(ticks))
    }

    @Test func framesKeepTheirDistance() {
        var pace = LoopPace()
        let start = Self.second
        expect(pace.takesFrame(at: start))
        expect(!pace.takesFrame(at: start + Self.second))
        pace.note(isSeen: false)
        expect(!pace.takesFrame(at: start + Self.second))
        pace.note(isSeen: true)
        pace.note(isSeen: false)
        expect(!pace.takesFrame(at: start + LoopPace.frameInterval - 1))
        expect(pace.takesFrame(at: start + LoopPace.frameInterval))
        // A key's answer waits for nothing.
        pace.note(isSeen: true)
        pace.hurry()
        expect(pace.takesFrame(at: start + LoopPace.frameInterval + 1))
    }

    /// The first frame waits for the terminal's answer, and not for ever.
    @Test func theFirstFrameIsHeld() {
        var pace = LoopPace()
        pace.hold(until: Self.second)
        #expect(pace.isHeld)
        expect(!pace.takesFrame(at: Self.second - 1))
        #expect(pace.rest(from: 0) == .zero, "the first tick waits for nothing")
        expect(pace.takesTick(at: 0, interval: 10 * Self.second, wall: 0))
        #expect(pace.rest(from: 0) == .seconds(1))
        var answered = pace
        answered.release()
        expect(answered.takesFrame(at: 1))
        expect(pace.takesFrame(at: Self.second))
        #expect(!pace.isHeld)
    }
}
