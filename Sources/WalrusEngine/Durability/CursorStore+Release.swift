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
                let image = CursorIndexImage.encode(saved.mapValues(\.stored))
                var bytes: [UInt8] = []
                for release in releases {
                    bytes += CursorJournal.encode(.cursor(release.topic, release.saved.position))
                    bytes += CursorJournal.encode(.counter(release.topic, release.counter))
                }
                bytes += CursorJournal.encode(.nextCursorIndex(.init(index: image)))
                try ready(for: bytes.count, &state)
                try append(bytes, durably: true, &state)
                state.contents.hasRecords = true
                try replaceCursorIndex(with: image, &state)
                state.contents.saved = saved
                for release in releases {
                    state.contents.counters[release.topic] = release.counter
                    state.explicit[release.topic, default: 0] += 1
                }
            }
        }
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
