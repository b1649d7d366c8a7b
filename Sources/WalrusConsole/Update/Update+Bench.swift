extension ConsoleModel {
    mutating func enterBench() -> [Effect] {
        screen = .bench
        return (bench.areRowsLoaded ? [] : [.loadBenchResults]) + askForEstimate()
    }

    mutating func runBench(_ command: Command) -> [Effect] {
        if case .asking(let estimate) = bench.stage {
            switch command {
            case .open:
                bench.stage = .running(estimate)
                bench.step = nil
                bench.rates = []
                bench.rateSeconds = []
                return [.bench(estimate)]
            case .leave, .back, .stop: bench.stage = .idle
            default: break
            }
            return []
        }
        if let delta = Self.delta(command, page: BenchLayout(self).rowsHeight) {
            if bench.areResultsFocused {
                bench.position.move(by: delta, count: bench.rows.count)
            } else {
                bench.field = max(0, min(bench.field + delta, bench.fields.count - 1))
            }
            return []
        }
        switch command {
        case .switchPane: bench.areResultsFocused.toggle()
        case .left: return choose(by: -1)
        case .right: return choose(by: 1)
        case .open:
            guard !bench.isBusy else { return complain("it is running: s stops it") }
            bench.stage = .estimating
            return [.estimateBench(bench.order)]
        case .stop: return stopBench()
        case .mark:
            guard bench.areResultsFocused, !bench.rows.isEmpty else {
                return complain("Tab to the results first")
            }
            // The newest is the first of the list.
            let index = bench.rows.count - 1 - bench.position.selected
            bench.baseline = bench.baseline == index ? nil : index
        case .leave: return bench.isBusy ? stopBench() : go(to: .home)
        default: break
        }
        return []
    }

    /// What the order would take is told before anybody starts it.
    private func askForEstimate() -> [Effect] {
        bench.isBusy || bench.estimate?.order == bench.order ? [] : [.estimateBench(bench.order)]
    }

    private mutating func choose(by step: Int) -> [Effect] {
        guard !bench.isBusy, !bench.areResultsFocused else { return [] }
        let fields = bench.fields
        let field = fields[min(bench.field, fields.count - 1)]
        let count = field.choices.count
        field.apply(&bench.order, (field.selected + step + count) % count)
        return askForEstimate()
    }

    private mutating func stopBench() -> [Effect] {
        guard case .running(let estimate) = bench.stage else { return [] }
        bench.stage = .stopping(estimate)
        return [.stopBench]
    }

    mutating func takeBench(_ message: Message) -> [Effect] {
        switch message {
        case .benchEstimate(.success(let estimate)):
            // Of an order that has changed since, nobody wants to know.
            guard estimate.order == bench.order else { return [] }
            bench.estimate = estimate
            if bench.stage == .estimating { bench.stage = .asking(estimate) }
        case .benchEstimate(.failure(let failure)):
            // Who has not asked to start it is not told why it would not.
            guard bench.stage == .estimating else { return [] }
            bench.stage = .idle
            return complain(failure.message)
        case .benchStep(let step):
            bench.step = step
            // The floor's turns are gaps: time goes on.
            if step.phase == "engine" || !bench.rates.isEmpty {
                bench.rates.append(step.phase == "engine" ? step.entriesPerSecond : nil)
                bench.rateSeconds.append(Double(step.interval) / 1e9)
                if bench.rates.count > BenchModel.ratesMax {
                    bench.rates.removeFirst()
                    bench.rateSeconds.removeFirst()
                }
            }
        case .benchEnded(let problem):
            bench.stage = .idle
            bench.step = nil
            bench.position = ListPosition()
            if let problem { _ = complain(problem) }
            return [.loadBenchResults]
        case .benchResults(let rows, let problem):
            bench.areRowsLoaded = true
            // The list may have lost its oldest rows, or been written by others.
            let marked = bench.baseline.map { bench.rows[$0] }
            bench.baseline = marked.flatMap { old in
                rows.lastIndex { $0.started == old.started && $0.label == old.label }
            }
            bench.rows = rows
            bench.problem = problem
        default: break
        }
        return []
    }

    mutating func settleBench() {
        bench.field = max(0, min(bench.field, bench.fields.count - 1))
        let count = bench.rows.count
        bench.position.selected = max(0, min(bench.position.selected, count - 1))
        bench.position.top = ScrollWindow.top(
            keeping: bench.position.selected, in: count, height: BenchLayout(self).rowsHeight,
            from: bench.position.top)
    }
}
