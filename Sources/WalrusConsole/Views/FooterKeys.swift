internal import Inspect

// What the keys do here and now: what is open, what has the focus and what is under way decide.
extension FooterView {
    /// A binding as the bar shows it.
    struct Shown {
        let binding: Binding
        let pieces: [StyledText]
    }

    static func drawKeys(_ model: ConsoleModel, _ grid: inout Grid, _ rect: Rect) {
        var x = rect.x
        let hints = hints(model)
        guard hints.isEmpty else {
            for (keys, label) in hints {
                let pieces = pieces(keys, label)
                guard x + pieces.columns <= rect.maxX else { continue }
                x += grid.put(pieces, x: x, y: rect.y)
            }
            return
        }
        for binding in shown(model, width: rect.width) {
            x += grid.put(binding.pieces, x: x, y: rect.y)
        }
    }

    /// What fits, from left to right.
    static func shown(_ model: ConsoleModel, width: Int) -> [Shown] {
        let bindings = model.keys.bindings(on: model.screen)
        let labelled = bindings.compactMap { binding in
            binding.keys.isEmpty ? nil : model.keyLabel(binding).map { (binding, $0) }
        }
        // How to go through time goes first where time stands still, and how to get out comes last, as
        // it does everywhere.
        let isHeld = model.isPaused || model.player != nil
        func rank(_ binding: Binding) -> Int {
            isScreen(binding) ? 0 : isHeld && isTime(binding) ? 1 : isWayOut(binding) ? 3 : 2
        }
        var kept = (0...3).flatMap { at in labelled.filter { rank($0.0) == at } }
        func pieces(isShort: Bool) -> [Shown] {
            kept.map { binding, label in
                let other = bindings.first { $0.command == binding.command.counterpart }
                let isHere = binding.command.rawValue == model.screen.rawValue
                let keys = [binding.keys.first, other?.keys.first].compactMap { $0?.name }
                return Shown(
                    binding: binding,
                    pieces: Self.pieces(
                        keys.joined(separator: " "),
                        isShort && !isHere && isScreen(binding) ? nil : label, isHere: isHere))
            }
        }
        func fits(isShort: Bool) -> Bool {
            pieces(isShort: isShort).reduce(0) { $0 + $1.pieces.columns } <= width
        }
        /// Takes out what a screen offers, from the last on, until the rest fits or so little is left.
        func drop(isShort: Bool, to least: Int) -> Bool {
            while !fits(isShort: isShort) {
                let hints = kept.indices.filter {
                    rank(kept[$0].0) == 2 && kept[$0].0.command != .help
                }
                guard let last = hints.last, hints.count > least else { return false }
                kept.remove(at: last)
            }
            return true
        }
        // The first few of them are worth more than the names of the other screens, the rest are not.
        let all = kept
        if drop(isShort: false, to: hintsMin) { return pieces(isShort: false) }
        kept = all
        if drop(isShort: true, to: 0) { return pieces(isShort: true) }
        // How to get on and how to get out stay longest.
        while !kept.isEmpty, !fits(isShort: true) {
            kept.remove(at: kept.firstIndex { rank($0.0) < 2 } ?? kept.count - 1)
        }
        return pieces(isShort: true)
    }

    /// So many of a screen's own keys are told before the other screens are named.
    private static let hintsMin = 2

    private static func isScreen(_ binding: Binding) -> Bool {
        ConsoleModel.Screen(rawValue: binding.command.rawValue) != nil
    }

    private static func isTime(_ binding: Binding) -> Bool {
        [.pause, .earlier, .now].contains(binding.command)
    }

    private static func isWayOut(_ binding: Binding) -> Bool {
        [.back, .quit].contains(binding.command)
    }

    /// - Parameter label: nil: the keys alone.
    private static func pieces(_ keys: String, _ label: String?, isHere: Bool = false)
        -> [StyledText]
    {
        let cap = StyledText(" \(keys) ", .key, .bold)
        guard let label else { return [cap] }
        let style = isHere ? Style(.keyLabel, [.bold, .underline]) : Style(.keyLabel)
        return [cap, StyledText("\(label) ", style)]
    }

    /// The keys of what lies over the screen; empty where the screen has them.
    private static func hints(_ model: ConsoleModel) -> [(String, String)] {
        let close = ("Esc", "close")
        switch model.overlay {
        case .help: return [("j k", "scroll"), ("PgUp PgDn", "page"), close]
        case .menu:
            return model.setup.canWrite
                ? [("j k", "choose"), ("Enter", "go on"), close] : [("j k", "look"), close]
        case .form:
            return [("Tab", "next field"), ("Enter", "go on"), ("Esc", "cancel")]
        case .wait(let wait): return wait.isStopping ? [] : [("Esc", "cancel")]
        case .plan(let plan):
            let isCut = PlanView.layout(model, plan).isCut
            return (isCut ? [("PgUp PgDn", "scroll")] : [])
                + [("Tab", "next button"), ("Enter", enter(plan)), ("Esc", "cancel")]
        case .acting:
            guard let acting = model.acting else { return [close] }
            return (acting.canStop ? [("Tab", "next button")] : [])
                + [
                    ("Enter", acting.isStopFocused ? "stop" : "look around"),
                    ("Esc", "look around"),
                ]
        case .report(let report):
            let isCut = ReportView.layout(model, report).isCut
            return (isCut ? [("PgUp PgDn", "scroll")] : []) + [("Enter", "close")]
        case .prompt, nil: return []
        }
    }

    private static func enter(_ plan: ActionDialog) -> String {
        if plan.isArmed { return "apply" }
        return plan.focus == .cancel ? "cancel" : "go on"
    }
}

extension ScrolledLines {
    /// Whether some are out of sight.
    var isCut: Bool { lines.count > height }
}

extension ConsoleModel {
    /// What the bar calls a key; nil where it names none, or where the key does nothing now.
    func keyLabel(_ binding: Binding) -> String? {
        let command = binding.command
        if screen == .chooser, !isOfferedInChooser(command) { return nil }
        if bench.isAsking, screen == .bench {
            switch command {
            case .open: return "start it"
            case .back: return "leave it"
            default: return nil
            }
        }
        let isHeld = isPaused || player != nil
        switch (screen, command) {
        // There `:cd` is the way to a log that is elsewhere.
        case (.chooser, .command): return "command"
        case (_, .pause) where isHeld && screen != .chooser:
            return player?.isRunning == true ? "pause" : "go on"
        // Live has keys of its own for it, at any time.
        case (.live, .earlier): return binding.scope == .everywhere ? nil : binding.label
        case (_, .earlier) where isHeld && screen != .chooser: return "time"
        case (_, .now) where isPast && player == nil: return "now"
        case (.check, .switchPane): return restart.isFocused ? "findings" : binding.label
        case (.check, .open):
            let leads = restart.isFocused ? selectedRestart != nil : !shownFindings.isEmpty
            return leads ? binding.label : nil
        case (.bench, .open): return bench.isBusy ? nil : binding.label
        case (.bench, .stop):
            if case .running = bench.stage { return binding.label }
            return nil
        case (.bench, .mark): return bench.areResultsFocused ? binding.label : nil
        case (.bench, .switchPane): return bench.areResultsFocused ? "workload" : binding.label
        case (.hex, .switchPane): return hex.isTreeFocused ? "bytes" : binding.label
        default: return binding.label
        }
    }
}

extension Command {
    /// What goes the other way: one label says both.
    fileprivate var counterpart: Command? {
        switch self {
        case .previousFile: .nextFile
        case .previousBlock: .nextBlock
        case .previousEntry: .nextEntry
        case .previousFinding: .nextFinding
        case .earlier: .later
        default: nil
        }
    }
}
