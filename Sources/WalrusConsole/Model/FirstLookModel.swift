internal import Inspect
internal import WalrusFormat

// What can be shown, and pointed at, before the first look has ended.
extension ConsoleModel {
    /// Whether the first look goes on: nothing but `firstLook` is known, and that "so far".
    var isFirstLook: Bool { state == nil && scan != nil && player == nil }

    /// How many topics are known.
    var topicCount: Int { state?.topics.count ?? firstLook?.topics.count ?? 0 }

    /// How many data files are known.
    var fileCount: Int { state?.files.count ?? firstLook?.files.count ?? 0 }

    /// The name of the topic with that index, in the order of names.
    func topicName(_ index: Int) -> TopicName? {
        if let topics = state?.topics {
            return topics.indices.contains(index) ? topics[index].name : nil
        }
        guard let topics = firstLook?.topics, topics.indices.contains(index) else { return nil }
        return topics[index].name
    }

    /// The index of a topic; nil where there is none of that name.
    func topicIndex(of name: TopicName) -> Int? {
        // It is asked for with every message: numbers are compared where they can be, not names.
        var (low, high) = (0, topicCount)
        while low < high {
            let middle = (low + high) / 2
            guard let found = topicName(middle) else { return nil }
            if found == name { return middle }
            if found < name { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    /// Takes in what the first look has found by now.
    mutating func take(_ look: FirstLook) {
        guard isFirstLook, screen != .chooser else { return }
        scan = ScanStatus(stage: look.stage ?? scan?.stage)
        firstLook = look
        reorderTopics()
    }

    /// How many entries of the topic are unread; where its cursor is lost, the most that it can be.
    func unread(of topic: TopicState) -> String {
        most(state?.isCursorLost(topic) ?? false) + Figures.grouped(topic.unread)
    }

    /// What stands before a figure that is the most there can be.
    func most(_ isMost: Bool) -> String { isMost ? glyphs.atMost : "" }

    /// Whether nobody knows how far the topic was read.
    func isCursorLost(_ topic: TopicName) -> Bool {
        state.flatMap { state in state.topic(topic).map(state.isCursorLost) } ?? false
    }

    /// Columns that stand before that figure.
    var atMostColumns: Int {
        state?.areCursorsLost ?? false ? DisplayWidth.columns(of: glyphs.atMost) : 0
    }

    /// The same of all topics together.
    var unreadInAll: String {
        guard let state else { return "?" }
        return most(state.areCursorsLost) + Figures.grouped(state.unread)
    }

    /// What is said to a key that asks for what the end of the first look brings.
    mutating func askToWait(for what: String) -> [Effect] {
        complain("\(what) when the first look at the directory is over")
    }
}
