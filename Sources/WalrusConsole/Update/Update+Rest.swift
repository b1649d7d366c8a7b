internal import Inspect

// What has to be drawn anew, and what need not be: a console at rest composes no frame.
extension ConsoleModel {
    /// Takes in what happened, as `update` does. Also returns whether what is shown may have changed.
    public mutating func step(_ message: Message) -> (effects: [Effect], isSeen: Bool) {
        let (clocks, wasStale, wasAtRest) = (clocks, isStale, looks.history.isAtRest)
        switch message {
        case .tick:
            let effects = update(message)
            // What the beginning of a look shows, its answer shows a moment later.
            return (effects, clocks != self.clocks)
        // How far the first look is stands where it will be shown; how far others are, nowhere.
        case .scanProgress, .looking: return (update(message), state == nil)
        case .observed(let new) where new.isRest:
            let effects = update(message)
            // Graphs go on until what moved has left them.
            let isStill =
                wasAtRest && looks.history.isAtRest && !isStale && !wasStale && effects.isEmpty
            return (effects, !isStill || clocks != self.clocks)
        case .holders(let found, _):
            let before = holders
            let effects = update(message)
            return (effects, found != before)
        case .version:
            let effects = update(message)
            return (effects, !effects.isEmpty)
        case .logs:
            let before = chooser
            let effects = update(message)
            let isSame =
                chooser?.logs == before?.logs && chooser?.problem == before?.problem
                && effects.isEmpty
            return (effects, !isSame || clocks != self.clocks)
        default: return (update(message), true)
        }
    }

    /// What is on the screen and goes on with the time alone.
    private var clocks: [String] {
        var texts = [HeaderView.clock(self), HeaderView.timeBadge(self) ?? ""]
        if screen == .chooser {
            texts += (chooser?.logs ?? []).map { ChooserView.age($0, self) ?? "" }
        }
        return texts
    }
}
