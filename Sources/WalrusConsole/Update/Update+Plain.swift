internal import Inspect
internal import WalrusFormat

/// What the plain console says after a line was typed.
public enum PlainReply: Hashable, Sendable {
    /// Where one is, and what is selected there.
    case screen
    /// What is selected.
    case selection
    /// What is selected, and what follows it in the list.
    case list
    /// All of what is selected: an entry with its payload.
    case whole
    case text([String])
    case quit
}

// The console without a screen: words instead of keys, lines instead of cells. The model is the same,
// and so are the commands after `:`; only moving and reading have words of their own.
extension ConsoleModel {
    /// Takes in a line of the plain console. The reply counts once the effects are done.
    public mutating func plain(_ text: String) -> (effects: [Effect], reply: PlainReply) {
        notice = nil
        let before = screen
        let (effects, reply) = takePlain(CommandPalette.trimmed(text))
        defer { settlePlain() }
        // What wants a screen has no lines.
        if case .prompt(let prompt)? = overlay, let problem = prompt.problem {
            overlay = nil
            return (complain("\(problem)"), .text([]))
        }
        if overlay != nil {
            overlay = nil
            return (complain("that needs the screen: the verbs of walrus do it"), .text([]))
        }
        if effects.contains(.quit) { return (effects, .quit) }
        return (effects, screen == before ? reply : .screen)
    }

    private mutating func takePlain(_ line: String) -> ([Effect], PlainReply) {
        let parts = line.split(separator: " ", maxSplits: 1)
        let word = parts.first.map { $0.lowercased() } ?? "next"
        let rest = parts.count > 1 ? String(parts[1]) : ""
        switch word {
        case "next", "down": return (movePlain(Int(rest) ?? 1), .selection)
        case "previous", "prev", "up": return (movePlain(-(Int(rest) ?? 1)), .selection)
        case "first": return (movePlain(-1_000_000_000), .selection)
        case "last": return (movePlain(1_000_000_000), .selection)
        case "list", "ls": return ([], .list)
        case "more": return (movePlain(PlainText.listMax), .list)
        case "where": return ([], .screen)
        case "read": return ([], .whole)
        case "open": return screen == .entries ? ([], .whole) : (run(.open), .screen)
        case "back":
            if screen == .home, chooser == nil {
                return (complain("quit ends the console"), .text([]))
            }
            return (screen == .home ? leaveLog() : go(to: .home), .screen)
        case "compare":
            guard screen == .bench else { return (complain("compare is said on bench"), .text([])) }
            bench.areResultsFocused = true
            return (run(.mark), .selection)
        case "topics": return (go(to: .home), .screen)
        case "at": return (goTo(time: rest), .screen)
        case "now", "pause", "earlier", "later": return (submitCommand(word), .screen)
        case "find":
            let prompt = Prompt(purpose: .filter, text: rest)
            overlay = .prompt(prompt)
            return (pressPrompt(.enter, prompt), .list)
        case "all":
            if screen == .entries { return (entries?.contents == .all ? [] : run(.leave), .list) }
            setFilter("")
            return ([], .list)
        case "export":
            let effects = run(.export)
            guard case .prompt(let prompt)? = overlay,
                case .exportFile(let selection) = prompt.purpose
            else { return (effects, .text([])) }
            overlay = nil
            return (export(selection, to: rest), .text([]))
        case "help", "?": return ([], .text(PlainText.help))
        case "quit", "q", "exit": return ([.quit], .quit)
        default: break
        }
        if screen != .entries, rest.isEmpty, let number = Int(word), number > 0,
            let list = PlainText.list(self)
        {
            guard number <= list.count else {
                return (complain("there are \(plural(list.count, "item"))"), .text([]))
            }
            return (movePlain(number - 1 - list.selected), .selection)
        }
        return (submitCommand(line.hasPrefix(":") ? String(line.dropFirst()) : line), .selection)
    }

    /// Moves by so many items of the list.
    private mutating func movePlain(_ delta: Int) -> [Effect] {
        switch screen {
        case .chooser:
            let count = chooser?.logs?.count ?? 0
            chooser?.position.move(by: delta, count: count)
            return []
        case .home, .live: moveTopic(by: delta)
        case .entries:
            entries?.isPayloadFocused = false
            let isEnd = abs(delta) >= 1_000_000_000
            return moveEntries(by: delta, isEnd ? (delta < 0 ? .first : .last) : .down)
        case .check:
            check.move(by: delta, count: shownFindings.count)
            let findings = shownFindings
            if findings.indices.contains(check.selected) {
                focus = findings[check.selected].place ?? focus
            }
        case .blocks:
            let blocks = PlainText.blocks(self)
            guard let state, !blocks.isEmpty, let list = PlainText.list(self) else { return [] }
            let block = blocks[max(0, min(list.selected + delta, blocks.count - 1))]
            let file = state.files.firstIndex { $0.name == block.file } ?? 0
            moveTo(slot: file * Layout.unitsPerFile + block.slot, state)
        case .hex:
            hex.isTreeFocused = true
            return run(delta < 0 ? .up : .down)
        case .bench:
            bench.areResultsFocused = true
            bench.position.move(by: delta, count: bench.rows.count)
        }
        return []
    }

    /// Selections stay inside of what is there, as after any message.
    private mutating func settlePlain() { _ = update(.resize(size)) }
}
