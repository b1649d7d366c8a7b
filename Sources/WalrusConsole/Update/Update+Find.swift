internal import Inspect
internal import WalrusFormat

/// Filters, queries, marks, and going from one match to the next.
extension ConsoleModel {
    // MARK: - Filters of topics and findings

    /// What is looked for on this screen.
    var filterText: String {
        if searchesRows { return "" }
        return switch screen {
        case .entries: entries?.query?.text ?? ""
        case .check: findingsFilter
        default: home.filter
        }
    }

    mutating func setFilter(_ text: String) {
        if screen == .check {
            let kept =
                shownFindings.indices.contains(check.selected) ? shownFindings[check.selected] : nil
            findingsFilter = text
            check.selected = shownFindings.firstIndex { $0 == kept } ?? 0
        } else {
            home.filter = text
            reorderTopics()
        }
    }

    /// The findings that the filter keeps.
    var shownFindings: [Finding] {
        guard let state else { return [] }
        guard let filter = TextFilter(findingsFilter) else { return state.findings }
        return state.findings.filter { finding in
            let place = finding.file ?? ""
            let text =
                "\(finding.severity.rawValue) \(finding.kind.rawValue) \(place) \(finding.message)"
            return filter.keeps(Array(text.utf8))
        }
    }

    /// `!`, `n` and `N` in a list that shows nothing but what its filter keeps.
    mutating func filterKey(_ command: Command) -> [Effect] {
        let text = filterText
        guard TextFilter(text) != nil else { return complain("no filter: / sets one") }
        switch command {
        case .inverse: setFilter(text.hasPrefix("!") ? String(text.dropFirst()) : "!" + text)
        case .next, .previous:
            let step = command == .next ? 1 : -1
            if screen == .check {
                check.move(by: step, count: shownFindings.count)
            } else {
                moveTopic(by: step)
            }
        default: break
        }
        return []
    }

    // MARK: - Queries

    mutating func runFind(_ command: Command) -> [Effect] {
        switch command {
        case .inverse: return invertQuery()
        case .next: return find(isForward: true)
        case .previous: return find(isForward: false)
        case .leave: return leaveEntries()
        case .mark: return toggleMark()
        case .markAll: return toggleAllMarks()
        case .nextMark: return goToNextMark()
        case .marked: return showMarks()
        default: return []
        }
    }

    /// Looks for what was typed; a mistake in it leaves the line open, with its place.
    mutating func submitQuery(_ prompt: Prompt) -> [Effect] {
        guard prompt.text.contains(where: { $0 != " " }) else {
            entries?.query = nil
            return backToAll()
        }
        do throws(QueryError) {
            return filterEntries(try Query(prompt.text))
        } catch {
            var prompt = prompt
            prompt.problem = error
            overlay = .prompt(prompt)
            return [.bell]
        }
    }

    /// Shows the entries that the query asks for, and no others.
    mutating func filterEntries(_ query: Query) -> [Effect] {
        guard let topic = entriesTopic else { return [] }
        entries?.query = query.resolved(now: now)
        entries?.contents = .matches
        entries?.finding = nil
        entries?.rows = []
        entries?.position = ListPosition()
        return search(query.resolved(now: now), topic, from: 1)
    }

    private mutating func invertQuery() -> [Effect] {
        guard let query = entries?.query else { return complain("no query: / asks one") }
        let text = query.text
        // Twice is as before.
        let isInverse = text.hasPrefix("not (") && text.hasSuffix(")")
        let inner = isInverse ? String(text.dropFirst(5).dropLast()) : ""
        guard let inverse = (try? Query(inner)) ?? (try? Query("not (\(text))")) else {
            return complain("this query cannot be turned round")
        }
        return filterEntries(inverse)
    }

    mutating func search(_ query: Query, _ topic: TopicState, from ordinal: Int) -> [Effect] {
        let id = request()
        entries?.awaited = id
        entries?.landing = .keep
        var search = entries?.search ?? EntriesModel.Search()
        if ordinal == 1 { search = EntriesModel.Search() }
        search.isRunning = true
        search.isComplete = false
        search.next = ordinal
        entries?.search = search
        return [
            .search(
                request: id, topic: topic, query, from: ordinal,
                limit: EntriesModel.matchesMax)
        ]
    }

    /// Takes in what a search has found since it was last heard of.
    mutating func take(_ result: SearchResult, isFinal: Bool) -> [Effect] {
        guard var model = entries else { return [] }
        model.rows = Array((model.rows + result.rows).suffix(EntriesModel.matchesMax))
        model.search?.scanned += result.scanned
        model.search?.undecided += result.undecided
        model.search?.next = result.next
        model.search?.isRunning = !isFinal
        model.search?.isComplete = result.isComplete
        if isFinal { model.awaited = nil }
        if model.isFollowing { model.position.selected = max(0, model.rows.count - 1) }
        entries = model
        return loadPayload() + (model.isFollowing ? followMatches() : [])
    }

    /// Who follows wants the last matches, however many come before them: a search that ended at its
    /// limit goes on.
    mutating func followMatches() -> [Effect] {
        guard let model = entries, let query = model.query, let search = model.search,
            !search.isRunning, !search.isComplete, let topic = entriesTopic
        else { return [] }
        return self.search(query, topic, from: search.next)
    }

    /// To the next match or the one before, in the list of matches or among all entries.
    private mutating func find(isForward: Bool) -> [Effect] {
        guard let model = entries, let topic = entriesTopic else { return [] }
        guard let query = model.query else { return complain("nothing was looked for: / asks") }
        guard model.contents == .all else {
            let target = model.position.selected + (isForward ? 1 : -1)
            if model.rows.indices.contains(target) {
                entries?.position.selected = target
                entries?.isFollowing = false
                entries?.payloadTop = 0
                return loadPayload()
            }
            return isForward && model.contents == .matches ? searchOn() : [.bell]
        }
        let here = model.rows.prefix(model.position.selected + 1).last { $0.ordinal != nil }?
            .ordinal
        let id = request()
        entries?.isFollowing = false
        entries?.awaited = id
        entries?.finding = 0
        return [
            .find(
                request: id, topic: topic, query, from: isForward ? (here ?? 0) + 1 : here ?? 1,
                isForward: isForward)
        ]
    }

    /// Goes on with a search that ended at its limit, or was stopped.
    private mutating func searchOn() -> [Effect] {
        guard let model = entries, let query = model.query, let search = model.search,
            !search.isRunning, !search.isComplete, let topic = entriesTopic
        else { return [.bell] }
        // One that was stopped goes on with its list; a full one begins anew.
        if model.rows.count >= EntriesModel.matchesMax {
            entries?.rows = []
            entries?.position = ListPosition()
        }
        return self.search(query, topic, from: search.next)
    }

    mutating func takeFound(_ row: EntryRow?) -> [Effect] {
        entries?.awaited = nil
        entries?.finding = nil
        guard let row, let name = entries?.topic else { return complain("no other match this way") }
        return open(row.place, of: name)
    }

    /// Esc: out of one thing after another.
    private mutating func leaveEntries() -> [Effect] {
        guard let model = entries else {
            screen = .home
            return []
        }
        if exporting != nil { return [.cancelExport] }
        if model.search?.isRunning == true || model.finding != nil {
            entries?.awaited = nil
            entries?.search?.isRunning = false
            entries?.finding = nil
            notice = Notice(kind: .done, text: "search stopped; n goes on")
            return [.cancel(request: request())]
        }
        if model.isPayloadAlone {
            showPayloadAlone(false)
        } else if model.isPayloadFocused {
            entries?.isPayloadFocused = false
        } else if model.contents != .all {
            return backToAll()
        } else if model.query != nil {
            entries?.query = nil
        } else {
            screen = .home
        }
        return []
    }

    /// All entries again, at the one that is selected.
    private mutating func backToAll() -> [Effect] {
        guard let topic = entriesTopic, let name = entries?.topic else { return [] }
        if let row = entries?.selected { return open(row.place, of: name) }
        return load(around: max(1, min(topic.consumed + 1, topic.entries)))
    }

    // MARK: - Marks

    private mutating func toggleMark() -> [Effect] {
        guard let model = entries, let row = model.selected else { return [.bell] }
        guard marks.toggle(row, of: model.topic) else {
            return complain("\(Marks.max) entries are marked: that is as many as there can be")
        }
        guard model.contents == .marked else {
            entries?.position.move(by: 1, count: model.rows.count)
            entries?.payloadTop = 0
            return loadPayload()
        }
        return showMarks(again: true)
    }

    /// Marks what the list holds: all matches of a query, or the entries that are loaded.
    private mutating func toggleAllMarks() -> [Effect] {
        guard let model = entries, !model.rows.isEmpty else { return [.bell] }
        let before = marks[model.topic].count
        guard let count = marks.toggle(all: model.rows, of: model.topic) else {
            return complain("\(Marks.max) entries are marked at most: these would be more")
        }
        let isMarked = marks[model.topic].count > before
        let effects = model.contents == .marked ? showMarks(again: true) : []
        let what = plural(count, "entry", "entries")
        return effects
            + confirm(
                isMarked
                    ? "marked the \(what) loaded here" : "the \(what) loaded here unmarked")
    }

    private mutating func goToNextMark() -> [Effect] {
        guard let model = entries else { return [] }
        guard let row = marks.next(after: model.selected?.place, of: model.topic) else {
            return complain("no entry of this topic is marked: Space marks one")
        }
        if let index = model.rows.firstIndex(where: { $0.place == row.place }) {
            entries?.position.selected = index
            entries?.isFollowing = false
            return loadPayload()
        }
        return open(row.place, of: model.topic)
    }

    /// The marked entries alone, or all again.
    private mutating func showMarks(again: Bool = false) -> [Effect] {
        guard let model = entries else { return [] }
        if model.contents == .marked, !again { return backToAll() }
        let marked = marks[model.topic]
        guard !marked.isEmpty else {
            return model.contents == .marked
                ? backToAll() : complain("no entry of this topic is marked: Space marks one")
        }
        let selected = model.selected?.place
        entries?.contents = .marked
        entries?.search = nil
        entries?.finding = nil
        entries?.awaited = nil
        entries?.isFollowing = false
        entries?.rows = marked
        entries?.position.selected =
            marked.firstIndex { row in selected.map { $0 <= row.place } ?? true }
            ?? marked.count - 1
        return [.cancel(request: request())] + loadPayload()
    }
}
