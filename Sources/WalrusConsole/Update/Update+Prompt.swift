internal import Inspect
internal import WalrusFormat

// What is typed at a prompt: editing, history, completion, and what comes of it.
extension ConsoleModel {
    mutating func pressPrompt(_ key: Key, _ prompt: Prompt) -> [Effect] {
        var prompt = prompt
        var effects: [Effect] = []
        switch key {
        case .escape: return leave(prompt)
        case .enter:
            overlay = nil
            return submit(prompt)
        case .backspace where prompt.line.isEmpty: return leave(prompt)
        case .up, .control("p"): recall(1, &prompt)
        case .down, .control("n"): recall(-1, &prompt)
        case .tab: effects = complete(&prompt, 1)
        case .backTab: effects = complete(&prompt, -1)
        default:
            guard prompt.line.press(key) else { return [] }
            prompt.completion = nil
            prompt.recalled = nil
        }
        prompt.problem = nil
        overlay = .prompt(prompt)
        // Topics and findings are filtered as the text is typed.
        if filtersAsTyped(prompt) { setFilter(prompt.text) }
        return effects
    }

    private func filtersAsTyped(_ prompt: Prompt) -> Bool {
        prompt.purpose == .filter && screen != .entries && !searchesRows
    }

    /// Everything is as it was before something was typed.
    private mutating func leave(_ prompt: Prompt) -> [Effect] {
        overlay = nil
        if filtersAsTyped(prompt), filterText != prompt.before { setFilter(prompt.before) }
        return []
    }

    private func history(of purpose: Prompt.Purpose) -> [String] {
        switch purpose {
        case .command: commandHistory.lines
        case .filter: filterHistory.lines
        case .exportFile: []
        }
    }

    /// Shows a line typed `step` lines earlier, among those that begin as what has been typed.
    private func recall(_ step: Int, _ prompt: inout Prompt) {
        if prompt.recalled == nil { prompt.draft = prompt.text }
        let lines = history(of: prompt.purpose).reversed().filter { $0.hasPrefix(prompt.draft) }
        let place = (prompt.recalled ?? -1) + step
        guard place < lines.count else { return }
        prompt.completion = nil
        prompt.recalled = place < 0 ? nil : place
        prompt.line = LineEditor(place < 0 ? prompt.draft : lines[place])
    }

    /// Goes on to what the typed text may become: as far as all candidates agree, then from one to
    /// the next.
    private func complete(_ prompt: inout Prompt, _ step: Int) -> [Effect] {
        guard prompt.purpose == .command else { return [] }
        if var completion = prompt.completion {
            let count = completion.candidates.count
            completion.selected = (completion.selected + step + count) % count
            prompt.line = LineEditor(completion.candidates[completion.selected].line)
            prompt.completion = completion
            return []
        }
        let candidates = CommandPalette.candidates(for: prompt.text, self)
        guard let first = candidates.first else { return [.bell] }
        let common = candidates.dropFirst().reduce(first.line) { Self.commonPrefix($0, $1.line) }
        if candidates.count == 1 {
            prompt.line = LineEditor(first.line + (first.takesMore ? " " : ""))
        } else if common.count > prompt.text.count, common.hasPrefix(prompt.text) {
            prompt.line = LineEditor(common)
        } else {
            let selected = step > 0 ? 0 : candidates.count - 1
            prompt.completion = Prompt.Completion(candidates: candidates, selected: selected)
            prompt.line = LineEditor(candidates[selected].line)
        }
        return []
    }

    private static func commonPrefix(_ a: String, _ b: String) -> String {
        String(zip(a, b).prefix { $0 == $1 }.map(\.0))
    }

    // MARK: - Enter

    private mutating func submit(_ prompt: Prompt) -> [Effect] {
        switch prompt.purpose {
        case .filter:
            filterHistory.add(prompt.text)
            if screen == .entries { return submitQuery(prompt) }
            if searchesRows { return search(prompt.text) }
            setFilter(prompt.text)
            return []
        case .exportFile(let selection): return export(selection, to: prompt.text)
        case .command: return submitCommand(prompt.text)
        }
    }

    mutating func submitCommand(_ text: String) -> [Effect] {
        guard let parsed = CommandPalette.parse(text, self) else { return [] }
        switch parsed {
        case .command(let command, let argument):
            let line = command.line(argument)
            commandHistory.add(line)
            let effects = command.run(&self, argument)
            return command.isPrivate ? effects : effects + [.remember(line)]
        case .unknown(let message):
            // To be mended, by Up; no file keeps what nobody knows the meaning of.
            commandHistory.add(CommandPalette.trimmed(text))
            return complain(message)
        }
    }

    /// Asks for the file that keeps the screen; what is proposed says what it shows and when.
    mutating func askForFrameFile() {
        let clock = now == 0 ? "" : "-" + Figures.time(now, offset: setup.timeZone)
        let name = "walrus-\(screen.rawValue)\(clock.filter { $0 != ":" }).svg"
        overlay = .prompt(Prompt(purpose: .command, text: "snapshot \(name)"))
    }

    mutating func complain(_ text: String) -> [Effect] {
        notice = Notice(kind: .problem, text: text)
        return [.bell]
    }

    mutating func confirm(_ text: String) -> [Effect] {
        notice = Notice(kind: .done, text: text)
        return []
    }
}
