import Synchronization
import WalrusBench
import WalrusConsole
import WalrusIO

/// Three lines on standard error that say what a benchmark is at, drawn over one another. Nothing
/// where nobody looks.
final class BenchScreen: Sendable {
    private struct State {
        var rates: [Double] = []
        var isShown = false
    }

    private let title: String
    private let isPlain: Bool
    private let state = Mutex(State())

    private static let width = 60
    private static let lines = 3

    init(_ title: String) {
        self.title = title
        isPlain = Host.environment("NO_COLOR") != nil || Host.environment("TERM") == "dumb"
    }

    func show(_ progress: BenchProgress) {
        guard StandardStreams.isErrorTerminal else { return }
        let text = state.withLock { state in
            if progress.phase == .engine { state.rates.append(progress.entriesPerSecond) }
            state.rates = state.rates.suffix(Self.width)
            let lines = BenchScreen.lines(progress, title: title, rates: state.rates)
            defer { state.isShown = true }
            // Back to the first of the lines that are there.
            let back = state.isShown ? "\u{1b}[\(Self.lines)A" : ""
            return back
                + lines.enumerated().map { index, line in
                    "\r\u{1b}[K" + (index == 1 && !isPlain ? "\u{1b}[36m\(line)\u{1b}[m" : line)
                        + "\n"
                }.joined()
        }
        StandardStreams.tell(text)
    }

    func clear() {
        let wasShown = state.withLock { state in
            defer { state.isShown = false }
            return state.isShown
        }
        if wasShown { StandardStreams.tell("\u{1b}[\(Self.lines)A\r\u{1b}[J") }
    }

    static func lines(_ progress: BenchProgress, title: String, rates: [Double]) -> [String] {
        let percent = Int((progress.fraction * 100).rounded(.down))
        let turn = progress.rounds > 1 ? ", turn \(progress.round + 1)/\(progress.rounds)" : ""
        let latency = progress.latency
        let p99 =
            latency.count > 0
            ? "   p99 \(Figures.latency(UInt64(latency.p99), ascii: true))" : ""
        return [
            "\(title): \(progress.phase.rawValue)\(turn)   \(percent)%   "
                + "errors \(progress.errors)",
            bars(rates),
            "\(Figures.count(progress.entriesPerSecond)) entries/s   "
                + "\(Figures.bytes(Int(progress.bytesPerSecond)))B/s   "
                + "\(Figures.grouped(progress.entries)) in all\(p99)",
        ]
    }

    /// A bar for each value, as high as it is beside the largest.
    static func bars(_ values: [Double]) -> String {
        let levels = Array(" ▁▂▃▄▅▆▇█")
        let top = values.max() ?? 0
        guard top > 0 else { return "" }
        return String(
            values.map { value in
                value > 0 ? levels[max(1, min(8, Int((value / top * 8).rounded())))] : levels[0]
            })
    }
}
