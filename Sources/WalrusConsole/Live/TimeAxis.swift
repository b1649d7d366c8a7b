/// The times below a graph of looks: round ones, counted back from now.
enum TimeAxis {
    /// - Parameters:
    ///   - seconds: how long each value stands for, the newest last.
    ///   - end: what the newest one is called: "now".
    static func marks(_ seconds: some BidirectionalCollection<Double>, end: String)
        -> [BrailleGraph.Mark]
    {
        let step = step(for: seconds.reduce(0, +))
        var marks = [BrailleGraph.Mark(end)]
        var (age, last) = (0.0, 0.0)
        for (index, span) in seconds.reversed().enumerated() {
            age += span
            // Looks are a little more or less than a second apart.
            let time = ((age + min(span, step) / 2) / step).rounded(.down) * step
            guard time > last else { continue }
            marks.append(BrailleGraph.Mark("-" + text(time), back: index + 1))
            last = time
        }
        return marks
    }

    /// In the largest unit that tells it whole: 75 seconds are no minute.
    private static func text(_ time: Double) -> String {
        let seconds = Int(time)
        let units = [(86_400, "d"), (3_600, "h"), (60, "m")]
        guard let unit = units.first(where: { seconds.isMultiple(of: $0.0) }) else {
            return "\(seconds)s"
        }
        return "\(seconds / unit.0)\(unit.1)"
    }

    private static func step(for span: Double) -> Double {
        let steps: [Double] = [
            1, 5, 10, 15, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 18_000, 36_000,
        ]
        return steps.first { span / $0 <= 6 } ?? 86_400
    }
}
