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
        let last = time.tape.count - 1
        let target = (time.shown ?? last) + delta
        guard target < last else { return time.shown == nil ? [.bell] : showLast() }
        guard last > 0, target >= 0 || time.shown != 0 else {
            return complain("this is as far back as the console remembers")
        }
        return show(max(0, target))
    }

    /// The last look that was recorded is what the present was when it was paused.
    private mutating func showLast() -> [Effect] {
        let effects = returnToPresent()
        isPaused = true
        return effects
    }

    /// Shows a frame of what this console has recorded.
    private mutating func show(_ index: Int) -> [Effect] {
        isPaused = true
        if time.present == nil {
            time.present = TimeModel.Present(
                state: state, looks: looks, forecast: forecast, holders: holders)
        }
        do {
            let looks = try time.tape.looks(upTo: index)
            time.shown = index
            return show(looks)
        } catch { return complain("\(error)") }
    }

    /// Shows the last of the looks; those before it make its rates, graphs and events.
    private mutating func show(_ recorded: [RecordedLook]) -> [Effect] {
        guard let last = recorded.last else { return [] }
        var fresh = LiveLooks()
        for look in recorded { fresh.add(look.state) }
        return show(
            TimeModel.Present(
                state: last.state, looks: fresh, forecast: ReclaimForecast(last.state),
                holders: last.holders))
    }

    private mutating func show(_ moment: TimeModel.Present) -> [Effect] {
        let before = state
        (state, looks, forecast) = (moment.state, moment.looks, moment.forecast)
        holders = moment.holders
        restart = RestartModel()
        reorderTopics()
        return entriesChanged(since: before) + bytesChanged(since: before)
    }

    private mutating func returnToPresent() -> [Effect] {
        guard let present = time.present else { return [] }
        (time.shown, time.present) = (nil, nil)
        return show(present)
    }

    mutating func goToPresent() -> [Effect] {
        isPaused = false
        return returnToPresent()
    }

    /// Takes note of a look. False: the past is shown, and goes on being shown.
    mutating func record(_ new: DirectoryState) -> Bool {
        let dropped = time.tape.append(new, holders: holders)
        guard let shown = time.shown, let present = time.present else { return true }
        time.shown = max(0, shown - dropped)
        var looks = present.looks
        looks.add(new)
        time.present = TimeModel.Present(
            state: new, looks: looks, forecast: ReclaimForecast(new), holders: present.holders)
        return false
    }

    // MARK: - Files

    /// Plays a recording of so many frames in place of a directory.
    public mutating func play(frames: Int) {
        player = PlayerModel(count: max(1, frames))
    }

    mutating func seek(_ wanted: Int) -> [Effect] {
        guard let player else { return [] }
        let index = max(0, min(wanted, player.count - 1))
        guard index != player.index || state == nil else { return [.bell] }
        self.player?.awaited = index
        return [.play(frame: index)]
    }

    mutating func takePlayed(_ index: Int, _ result: Result<[RecordedLook], ActionFailure>)
        -> [Effect]
    {
        guard player?.awaited == index else { return [] }
        player?.awaited = nil
        switch result {
        case .success(let looks):
            player?.index = index
            return show(looks)
        case .failure(let failure):
            player?.isRunning = false
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
                .search, .loadBytes, .find, .locate, .decode, .export, .loadPayload, .planAction,
                .edit, .act:
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
