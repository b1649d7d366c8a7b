import Testing
import WalrusFormat

@testable import Inspect
@testable import WalrusConsole

/// The times below graphs, and the scale of latencies.
@Suite struct LiveAxisTests {
    private func marks(_ seconds: [Double]) -> [String] {
        TimeAxis.marks(seconds, end: "now").map { "\($0.back) \($0.text)" }
    }

    @Test func marksStandAtRoundTimes() {
        #expect(marks([]) == ["0 now"])
        #expect(marks([1, 1, 1]) == ["0 now", "1 -1s", "2 -2s", "3 -3s"])
        #expect(
            marks([Double](repeating: 1, count: 60))
                == ["0 now", "10 -10s", "20 -20s", "30 -30s", "40 -40s", "50 -50s", "60 -1m"])
        // No two marks are called the same.
        #expect(marks([Double](repeating: 1, count: 76)).suffix(2) == ["60 -1m", "75 -75s"])
        #expect(marks([Double](repeating: 60, count: 100)).suffix(2) == ["80 -80m", "100 -100m"])
        // Looks that are a little late do not shift the marks by a whole one for each.
        #expect(marks([Double](repeating: 1.02, count: 20)).last == "20 -20s")
        // A long look passes several marks by.
        #expect(marks([10, 1, 1]) == ["0 now", "3 -10s"])
        #expect(marks([Double](repeating: 2, count: 600)).count <= 8)
    }

    @Test func marksStandUnderTheirValues() {
        var grid = Grid(Size(columns: 20, rows: 4), glyphs: .ascii)
        BrailleGraph(
            [Double?](repeating: 1, count: 20),
            times: [
                .init("now"), .init("-5s", back: 5), .init("-6s", back: 6), .init("-15s", back: 15),
            ]
        ).draw(into: &grid, in: Rect(x: 0, y: 0, width: 20, height: 4))
        // What has no room at its own place is left out.
        #expect(grid.text(row: 3) == "   -15s      -6s now")
    }

    private func summary(_ p50: UInt64, _ max: UInt64) -> LatencySummary {
        LatencySummary(count: 9, p50: p50, p90: p50 * 2, p99: p50 * 3, p999: max, max: max)
    }

    @Test func latenciesShareOneScale() throws {
        #expect(LatencyScale([]) == nil && LatencyScale([LatencySummary()]) == nil)
        let scale = try #require(
            LatencyScale([summary(1_000, 9_000), LatencySummary(), summary(50_000, 900_000)]))
        // From a tenth of the shortest one to the next power of ten: 100 ns to 1 ms.
        #expect(scale.fraction(100) < 1e-9 && scale.fraction(1_000_000) > 1 - 1e-9)
        #expect(abs(scale.fraction(10_000) - 0.5) < 1e-9)
        #expect(scale.fraction(1) == 0 && scale.fraction(.max) == 1)
        _ = try #require(LatencyScale([summary(.max / 4, .max)]))
        _ = try #require(
            LatencyScale([LatencySummary(count: 1, p50: 0, p90: 0, p99: 0, p999: 0, max: 0)]))
    }

    /// A bar ends where its percentile is, in shades that differ.
    @Test func barsEndAtTheirPercentiles() throws {
        let of = LatencySummary(
            count: 9, p50: 10_000, p90: 100_000, p99: 1_000_000, p999: 10_000_000,
            max: 100_000_000)
        let scale = try #require(LatencyScale([of]))
        var grid = Grid(Size(columns: 25, rows: 2), glyphs: .ascii)
        scale.drawBar(of, into: &grid, in: Rect(x: 0, y: 0, width: 25, height: 1))
        #expect(grid.text(row: 0) == "#####=====-----.....    x")
        scale.drawTicks(into: &grid, in: Rect(x: 0, y: 1, width: 25, height: 1))
        #expect(grid.text(row: 1) == " 10us       1ms 10ms     ")
    }
}
