internal import Inspect
internal import WalrusFormat

/// The Live screen shows the topics of Home, filtered and in its order.
extension ConsoleModel {
    mutating func enterLive() {
        followFocusOnHome(from: screen)
        screen = .live
    }

    mutating func runLive(_ command: Command) -> [Effect] {
        if let delta = Self.delta(command, page: LiveLayout(self).topicRows) {
            moveTopic(by: delta)
            return []
        }
        switch command {
        case .open:
            guard let name = home.selected else { return [.bell] }
            return openEntries(of: name)
        case .leave:
            guard home.filter.isEmpty else {
                setFilter("")
                return []
            }
            return go(to: .home)
        default: return runHome(command)
        }
    }

    mutating func settleLive() {
        liveTop = ScrollWindow.top(
            keeping: selectedTopicRow ?? 0, in: home.order.count,
            height: LiveLayout(self).topicRows, from: liveTop)
    }
}
