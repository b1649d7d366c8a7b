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
        guard let index = home.selected.flatMap(topicIndex) else { return nil }
        return home.order.firstIndex(of: index)
    }

    mutating func moveTopic(by delta: Int) {
        guard !home.order.isEmpty else { return }
        let row = max(0, min((selectedTopicRow ?? 0) + delta, home.order.count - 1))
        home.selected = topicName(home.order[row])
        let index = home.order[row]
        let place = state.map { Self.place(of: $0.topics[index]) } ?? firstLook?.topics[index].place
        focus = place ?? focus
    }

    /// Selects the topic that another screen pointed at, if it is in the list.
    mutating func followFocusOnHome(from last: Screen) {
        guard last != .home, let topic = focus.flatMap({ block(at: $0) })?.topic,
            let state, home.order.contains(where: { state.topics[$0].name == topic })
        else { return }
        home.selected = topic
    }

    /// Whether it can be told what the topics are sorted by.
    var isSortKnown: Bool { state != nil || (home.sort != .unread && home.sort != .rate) }

    /// Filters and sorts the topics anew.
    mutating func reorderTopics() {
        let keys = sortKeys()
        var order = Array(keys.indices)
        if let filter = TextFilter(home.filter) {
            order = order.filter { topicName($0).map { filter.keeps($0.bytes) } ?? false }
        }
        order.sort { a, b in
            // Topics that are equal stay in the order of their names.
            guard keys[a] != keys[b] else { return a < b }
            return home.isAscending ? keys[a] < keys[b] : keys[a] > keys[b]
        }
        home.order = order
        // What stands first in an order that is not known yet has not been chosen.
        guard state != nil else { return }
        if home.selected == nil || selectedTopicRow == nil {
            home.selected = order.first.flatMap(topicName)
        }
    }

    /// What each topic is sorted by.
    private func sortKeys() -> [Double] {
        guard let topics = state?.topics else {
            return (firstLook?.topics ?? []).enumerated().map { index, topic in
                switch home.sort {
                case .topic: Double(index)
                case .entries: Double(topic.entries)
                case .size: Double(topic.size)
                // The order stays as it is while entries are counted.
                case .unread, .rate: Double(topic.blocks)
                }
            }
        }
        let history = history
        return topics.enumerated().map { index, topic in
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
    }

    mutating func settleHome() {
        home.top = ScrollWindow.top(
            keeping: selectedTopicRow ?? 0, in: home.order.count,
            height: HomeLayout(self).topicRows, from: home.top)
    }
}
