internal import Inspect
internal import WalrusFormat

/// Pausing, and going through what was recorded: by this console, or in a file that is played.
extension ConsoleModel {
    static let farStep = 10

    /// Whether something else than the present is shown.
    var isPast: Bool { player != nil || time.shown != nil }

    mutating func runTime(_ command: Command) -> [Effect] {
        switch command {
        case .pause: return togglePause()
        case .now: return player == nil ? goToPresent() : seek(.max)
        case .earlier: return step(by: -1)
        case .later: return step(by: 1)
        case .muchEarlier: return step(by: -Self.farStep)
        case .muchLater: return step(by: Self.farStep)
        default: return []
        }
    }

    private mutating func togglePause() -> [Effect] {
        guard let player else {
            if isPaused { return goToPresent() }
            isPaused = true
            return []
        }
        self.player?.isRunning.toggle()
        scanStartedAt = now
        // At its end it begins anew.
        return !player.isRunning && player.index == player.count - 1 ? seek(0) : []
    }

    private mutating func step(by delta: Int) -> [Effect] {
        if let player {
            self.player?.isRunning = false
            return seek((player.awaited ?? player.index) + delta)
        }
        let (first, last) = (time.first, time.last)
        let from = time.awaited ?? time.shown ?? last
        guard from + delta < last else { return time.isPast ? showLast() : [.bell] }
        guard last > first, from + delta >= first || from > first else {
            return complain("this is as far back as the console remembers")
        }
        return recall(max(first, from + delta))
    }

    /// The last look that was recorded is what the present was when it was paused.
    private mutating func showLast() -> [Effect] {
        let effects = returnToPresent()
        isPaused = true
        return effects
    }

    /// Asks for a frame of what this console has recorded.
    private mutating func recall(_ frame: Int) -> [Effect] {
        isPaused = true
        time.awaited = frame
        return [.play(frame: frame, of: time.tape)]
    }

    private mutating func show(_ moment: Moment) -> [Effect] {
        let before = state
        (state, looks, forecast) = (moment.state, moment.looks, moment.forecast)
        holders = moment.holders
        restart = RestartModel()
        reorderTopics()
        return entriesChanged(since: before) + bytesChanged(since: before)
    }

    private mutating func returnToPresent() -> [Effect] {
        let present = time.present
        (time.shown, time.awaited, time.present) = (nil, nil, nil)
        return present.map { show($0) } ?? []
    }

    mutating func goToPresent() -> [Effect] {
        isPaused = false
        return returnToPresent()
    }

    /// Takes note of a look. False: the past is shown, and goes on being shown.
    mutating func record(_ new: Observation) -> Bool {
        time.tape.append(new.frame)
        guard let shown = time.shown else { return true }
        time.shown = max(shown, time.first)
        time.present = new.moment
        return false
    }

    // MARK: - Moments by their time

    /// Goes to the last look at or before a moment, as `:at` and `--at` do.
    mutating func goTo(time text: String) -> [Effect] {
        let times = player?.times
        let end = times.map { $0.last ?? 0 } ?? now
        guard let wanted = Self.moment(text, end: end, zone: setup.timeZone) else {
            return complain("which time? \(Self.momentForms)")
        }
        if let times {
            player?.isRunning = false
            guard let index = times.lastIndex(where: { $0 <= wanted }) else {
                return seek(0) + sayFirst(times.first, "the recording begins")
            }
            return index == player?.index && player?.awaited == nil ? [] : seek(index)
        }
        guard time.tape.count > 0 else { return complain("nothing is recorded yet") }
        guard let index = time.tape.index(at: wanted) else {
            let effects = time.tape.count == 1 ? showLast() : recall(time.first)
            return effects + sayFirst(time.time(of: time.first), "the console remembers looks")
        }
        return index == time.tape.count - 1 ? showLast() : recall(time.first + index)
    }

    private mutating func sayFirst(_ first: UInt64?, _ what: String) -> [Effect] {
        complain("\(what) at \(Figures.dateTime(first ?? 0, offset: setup.timeZone))")
    }

    /// What `:at` and `--at` take.
    public static let momentForms =
        "12:04:31, as the clock here shows it, -90s, or 2026-11-20T12:04 in UTC"

    /// A moment as the header shows it (of the day that `end` is in, or of the one before), or as
    /// `Timestamp` reads it, back from `end`.
    public static func moment(_ text: String, end: UInt64, zone: Int) -> UInt64? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), !text.contains("-"),
            parts.allSatisfy({
                (1...2).contains($0.utf8.count) && $0.allSatisfy { ("0"..."9").contains($0) }
            })
        else { return Timestamp.parse(text, now: end) }
        let numbers = parts.compactMap { Int($0) } + [0]
        guard numbers[0] < 24, numbers[1] < 60, numbers[2] < 60 else { return nil }
        let seconds = Int(end / 1_000_000_000) + zone
        let day = seconds - ((seconds % 86_400) + 86_400) % 86_400
        let wanted = day + numbers[0] * 3_600 + numbers[1] * 60 + numbers[2]
        let time = (wanted > seconds ? wanted - 86_400 : wanted) - zone
        // To the end of that second, or of that minute: frames are seen between two of them.
        let span = parts.count == 3 ? 999_999_999 : 59_999_999_999
        return time < 0 ? 0 : UInt64(time) * 1_000_000_000 + UInt64(span)
    }

    // MARK: - Files

    /// Plays a recording, whose frames have these times, in place of a directory.
    ///
    /// - Parameter start: the frame to begin with; without one, the last.
    public mutating func play(times: [UInt64], from start: Int? = nil) {
        let count = max(1, times.count)
        player = PlayerModel(
            times: times.isEmpty ? [0] : times, at: max(0, min(start ?? count - 1, count - 1)))
    }

    mutating func seek(_ wanted: Int) -> [Effect] {
        guard let player else { return [] }
        let index = max(0, min(wanted, player.count - 1))
        guard index != player.awaited ?? player.index || state == nil else { return [.bell] }
        self.player?.awaited = index
        return [.play(frame: index, of: nil)]
    }

    /// An answer may have been overtaken by another question: it is on the way there, and shown.
    mutating func takePlayed(_ frame: Int, _ result: Result<Moment, ActionFailure>) -> [Effect] {
        guard let awaited = player.map(\.awaited) ?? time.awaited else { return [] }
        switch result {
        case .success(let moment):
            if player != nil {
                player?.index = frame
                if awaited == frame { player?.awaited = nil }
            } else {
                time.present =
                    time.present
                    ?? Moment(state: state, looks: looks, forecast: forecast, holders: holders)
                time.shown = max(frame, time.first)
                if awaited == frame { time.awaited = nil }
            }
            return show(moment)
        case .failure(let failure):
            guard awaited == frame else { return [] }
            player?.awaited = nil
            player?.isRunning = false
            time.awaited = nil
            return complain(failure.message)
        }
    }

    mutating func tickPlayer(_ time: UInt64) -> [Effect] {
        guard let player, player.isRunning, player.awaited == nil,
            time >= scanStartedAt + setup.interval
        else { return [] }
        guard player.index < player.count - 1 else {
            self.player?.isRunning = false
            return []
        }
        scanStartedAt = time
        return seek(player.index + 1)
    }

    /// A recording holds no payloads and no bytes: what would need them is said to be missing.
    mutating func keepToRecording(_ effects: [Effect], from last: Screen) -> [Effect] {
        guard player != nil else { return effects }
        let kept = effects.filter { effect in
            switch effect {
            case .scan, .findHolders, .previewRestart, .listLogs, .openLog, .loadRows, .loadPlace,
                .search, .loadBytes, .checkVersion, .find, .locate, .decode, .export, .loadPayload,
                .planAction,
                .findChoices, .edit, .act:
                false
            default: true
            }
        }
        let needsBytes = screen == .entries || screen == .hex || screen == .chooser
        if needsBytes { screen = [.entries, .hex, .chooser].contains(last) ? .home : last }
        if needsBytes || kept.count < effects.count {
            entries = nil
            hex = HexModel()
            overlay = nil
            scan = nil
            return kept
                + complain(
                    "a recording holds no payloads and no bytes: open the directory for that")
        }
        return kept
    }
}
