internal import Synchronization
internal import WalrusFormat
internal import WalrusIO

extension CursorStore {
    /// A topic that is about to lose blocks.
    struct Release: Sendable {
        let topic: TopicName
        /// Its cursor: for us where it stands with the blocks and without them, for the reference
        /// where it will stand without.
        let saved: Saved
        /// Without what was consumed, which is known here.
        let counter: TopicCounter
    }

    /// Makes durable what is to be true once blocks are gone, before anything of them goes.
    ///
    /// First the journal: the exact cursor of every topic that is concerned, and the index that comes
    /// next, so that it continues both. Then the index in the form that is right without the blocks:
    /// with them it says less than was consumed, never more. Until `settle` the topics' cursors are
    /// kept in the journal, whatever becomes of the index.
    func release(_ releases: [Release]) throws(EngineError) {
        try engineErrors { () throws(IOError) in
            try state.withLock { (state: inout State) throws(IOError) in
                var saved = state.contents.saved
                for release in releases { saved[release.topic] = release.saved }
                var counters: [TopicName: TopicCounter] = [:]
                var bytes: [UInt8] = []
                for release in releases {
                    var counter = release.counter
                    counter.consumed = max(
                        release.saved.position.sequence,
                        state.contents.consumed(release.topic).consumed)
                    counters[release.topic] = counter
                    bytes += CursorJournal.encode(.cursor(release.topic, release.saved.position))
                    bytes += CursorJournal.encode(.counter(release.topic, counter))
                }
                try write(bytes, saved, &state)
                for release in releases {
                    state.contents.counters[release.topic] = counters[release.topic]
                    state.explicit[release.topic, default: 0] += 1
                }
            }
        }
    }

    /// Makes durable what is to be true once data files are back: the cursors of all topics with blocks
    /// in them, where they stand among all blocks. The index stays in the form that is right without
    /// the files: with them it says less than was consumed, never more.
    func adopt(_ positions: [TopicName: CursorPosition]) throws(EngineError) {
        try engineErrors { () throws(IOError) in
            try state.withLock { (state: inout State) throws(IOError) in
                var saved = state.contents.saved
                var bytes: [UInt8] = []
                for (topic, position) in positions.sorted(by: { $0.key < $1.key }) {
                    saved[topic] = Saved(
                        position: position, stored: (saved[topic] ?? .begin).stored)
                    bytes += CursorJournal.encode(.cursor(topic, position))
                }
                try write(bytes, saved, &state)
            }
        }
    }

    /// Where the cursor is recorded to stand; nil where that is the topic's start.
    func position(of topic: TopicName) -> CursorPosition? {
        state.withLock { state in
            state.contents.saved[topic].map(\.position).flatMap { $0.file == nil ? nil : $0 }
        }
    }

    /// First the records, with the index that comes next, so that the journal continues both; then the
    /// index.
    private func write(
        _ records: [UInt8], _ saved: [TopicName: Saved], _ state: inout State
    ) throws(IOError) {
        let image = CursorIndexImage.encode(saved.mapValues(\.stored))
        let bytes = records + CursorJournal.encode(.nextCursorIndex(.init(index: image)))
        try ready(for: bytes.count, &state)
        try append(bytes, durably: true, &state)
        state.contents.hasRecords = true
        try replaceCursorIndex(with: image, &state)
        state.contents.saved = saved
    }

    /// The blocks are gone for good.
    func settle(_ topics: [TopicName]) {
        state.withLock { state in
            for topic in topics {
                let count = state.explicit[topic] ?? 0
                state.explicit[topic] = count > 1 ? count - 1 : nil
            }
        }
    }
}
