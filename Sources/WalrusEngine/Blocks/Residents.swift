internal import Synchronization
internal import WalrusFormat

/// The blocks in a data file, for the question whether all of them are consumed.
final class Residents: Sendable {
    struct Block: Hashable, Sendable {
        let topic: TopicName
        let slot: Int
    }

    private struct State {
        var blocks: [Block] = []
        /// Index of a block that was not consumed when it was last looked at: most questions are
        /// answered by another look at it.
        var obstacle = 0
    }

    private let state = Mutex(State())

    var blocks: [Block] { state.withLock { $0.blocks } }

    func add(_ topic: TopicName, slot: Int) {
        state.withLock { $0.blocks.append(Block(topic: topic, slot: slot)) }
    }

    func remove(_ topic: TopicName, slot: Int) {
        state.withLock { $0.blocks.removeAll { $0 == Block(topic: topic, slot: slot) } }
    }

    func allSatisfy(_ isConsumed: (Block) -> Bool) -> Bool {
        state.withLock { state in
            if state.obstacle < state.blocks.count, !isConsumed(state.blocks[state.obstacle]) {
                return false
            }
            guard let obstacle = state.blocks.firstIndex(where: { !isConsumed($0) }) else {
                return true
            }
            state.obstacle = obstacle
            return false
        }
    }
}
