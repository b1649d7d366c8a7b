internal import Synchronization
internal import SystemPackage
internal import WalrusFormat
internal import WalrusIO

/// `batch_intent_index.db`: which batches are being written to topics whose entries have no room
/// for a stamp. It makes them all or nothing, as the stamps do the others.
///
/// An intent is durable before the first byte of its batch, and durably gone before the batch is
/// acknowledged: what stands behind one is erased when the directory is opened. The lock is held
/// while the file is replaced, not while a batch is written.
final class BatchIntents: Sendable {
    private let storage: any Storage
    /// What is on disk, and what may be since a change failed.
    private let intents = Mutex<[TopicName: BatchIntent]>([:])

    init(_ storage: any Storage) { self.storage = storage }

    /// Whether an intent of the topic is, or may be, on disk.
    func contains(_ topic: TopicName) -> Bool { intents.withLock { $0[topic] != nil } }

    /// Adds the intent, or changes it. When that fails it may be there all the same.
    func set(_ topic: TopicName, _ intent: BatchIntent) throws(EngineError) {
        try engineErrors(topic) { () throws(IOError) in
            try intents.withLock { (intents: inout [TopicName: BatchIntent]) throws(IOError) in
                intents[topic] = intent
                try write(intents)
            }
        }
    }

    /// When that fails the intent may be there still: nothing may be written behind it.
    func remove(_ topic: TopicName) throws(EngineError) {
        try engineErrors(topic) { () throws(IOError) in
            try intents.withLock { (intents: inout [TopicName: BatchIntent]) throws(IOError) in
                var rest = intents
                guard rest.removeValue(forKey: topic) != nil else { return }
                try write(rest)
                intents = rest
            }
        }
    }

    private func write(_ intents: [TopicName: BatchIntent]) throws(IOError) {
        let name = DirectoryNames.batchIntents
        guard intents.isEmpty else {
            return try storage.replace(
                name, with: BatchIntentsImage.encode(intents),
                temporary: DirectoryNames.replacement(of: name))
        }
        do throws(IOError) { try storage.remove(name) } catch {
            guard error.errno == .noSuchFileOrDirectory else { throw error }
        }
        try storage.syncDirectory()
    }
}
