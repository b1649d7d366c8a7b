internal import Synchronization
internal import WalrusFormat
internal import WalrusIO

/// What the application has said about topics: whether they need work. `topic_clean_index.db`.
///
/// Lock order: `writing`, which is held while the one file for all topics is replaced durably,
/// then `marks`, which is held for a look alone.
final class CleanMarks: Sendable {
    private let storage: any Storage
    private let writing = Mutex(Writing())
    private let marks: Mutex<[TopicName: CleanMark]>

    private struct Writing { var isClosed = false }

    init(_ storage: any Storage, _ marks: [TopicName: CleanMark]) {
        self.storage = storage
        self.marks = Mutex(marks)
    }

    func isClean(_ topic: TopicName) -> Bool {
        marks.withLock { $0[topic]?.isClean ?? true }
    }

    var topics: [TopicName] { marks.withLock { Array($0.keys) } }

    /// Refuses all further changes, once the one under way has ended.
    func close() { writing.withLock { $0.isClosed = true } }

    /// Nothing is written when the mark says so already.
    func set(_ topic: TopicName, isClean: Bool) throws(EngineError) {
        guard self.isClean(topic) != isClean else { return }
        try writing.withLock { (writing: inout Writing) throws(EngineError) in
            // The directory may be another engine's by now.
            guard !writing.isClosed else { throw .closed }
            var changed = marks.withLock { $0 }
            let old = changed[topic] ?? CleanMark(isClean: true, generation: 0)
            guard old.isClean != isClean else { return }
            changed[topic] = CleanMark(isClean: isClean, generation: old.generation + 1)
            try engineErrors(topic) { () throws(IOError) in
                try storage.replace(
                    DirectoryNames.cleanIndex, with: CleanIndexImage.encode(changed),
                    temporary: DirectoryNames.replacement(of: DirectoryNames.cleanIndex))
            }
            marks.withLock { $0 = changed }
        }
    }
}
