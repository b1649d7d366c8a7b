internal import Inspect
internal import WalrusFormat

extension ConsoleModel {
    mutating func runHome(_ command: Command) -> [Effect] {
        if let delta = Self.delta(command, page: HomeLayout(self).topicRows) {
            moveTopic(by: delta)
            return []
        }
        switch command {
        case .open: return openEntries()
        case .clearFilter: setFilter("")
        case .inverse, .next, .previous: return filterKey(command)
        case .sort:
            let all = HomeModel.Sort.allCases
            let index = all.firstIndex(of: home.sort) ?? 0
            home.sort = all[(index + 1) % all.count]
            home.isAscending = home.sort == .topic
            reorderTopics()
        case .reverseSort:
            home.isAscending.toggle()
            reorderTopics()
        default: return []
        }
        return []
    }

    /// The selected topic's place in the table.
    var selectedTopicRow: Int? {
        guard let state, let name = home.selected else { return nil }
        // It is asked for with every message: numbers are compared, and not names.
        let index = state.topics.partition(before: name)
        guard index < state.topics.count, state.topics[index].name == name else { return nil }
        return home.order.firstIndex(of: index)
    }

    mutating func moveTopic(by delta: Int) {
        guard let state, !home.order.isEmpty else { return }
        let row = max(0, min((selectedTopicRow ?? 0) + delta, home.order.count - 1))
        home.selected = state.topics[home.order[row]].name
        focus = Self.place(of: state.topics[home.order[row]]) ?? focus
    }

    /// Selects the topic that another screen pointed at, if it is in the list.
    mutating func followFocusOnHome(from last: Screen) {
        guard last != .home, let topic = focus.flatMap({ block(at: $0) })?.topic,
            let state, home.order.contains(where: { state.topics[$0].name == topic })
        else { return }
        home.selected = topic
    }

    /// Filters and sorts the topics anew.
    mutating func reorderTopics() {
        guard let state else { return }
        let topics = state.topics
        let filter = TextFilter(home.filter)
        var order = Array(topics.indices)
        if let filter { order = order.filter { filter.keeps(topics[$0].name.bytes) } }
        let history = history
        func key(_ index: Int) -> Double {
            let topic = topics[index]
            switch home.sort {
            case .topic: return Double(index)
            case .entries: return Double(topic.entries)
            case .unread: return Double(topic.unread)
            case .size: return Double(topic.size)
            case .rate:
                // What the columns show.
                let rate = history.mean(topic.name, of: LiveReport.meanOf)
                return rate.appended + rate.consumed
            }
        }
        let keys = topics.indices.map(key)
        order.sort { a, b in
            // Topics that are equal stay in the order of their names.
            guard keys[a] != keys[b] else { return a < b }
            return home.isAscending ? keys[a] < keys[b] : keys[a] > keys[b]
        }
        home.order = order
        if home.selected == nil || selectedTopicRow == nil {
            home.selected = order.first.map { topics[$0].name }
        }
    }

    mutating func settleHome() {
        home.top = ScrollWindow.top(
            keeping: selectedTopicRow ?? 0, in: home.order.count,
            height: HomeLayout(self).topicRows, from: home.top)
    }
}
