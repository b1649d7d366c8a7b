public import WalrusEngine
public import WalrusFormat

/// What an action needs of a log that is open: with an engine in this process, or through that of
/// another one.
///
/// All of it is durable when it returns, but for entries that another process makes durable by its
/// own schedule (`notes`), and may be called from any thread.
public protocol OpenLog: Sendable {
    /// Whom one talks to, for people: "this process", "pid 4121 (orders-service)".
    var name: String { get }
    /// What opening dropped or set aside, or through whom one acts, a sentence each.
    var notes: [String] { get }

    /// Throws as `Walrus.append`.
    func append(_ payload: [UInt8], to topic: TopicName) throws(EngineError) -> AppendReceipt
    /// All of them or none. Throws as `Walrus.append(batch:to:)`.
    func append(batch payloads: [[UInt8]], to topic: TopicName) throws(EngineError) -> BatchReceipt

    /// Where the topic's reader goes on; nil: at its first entry, or there is no such topic.
    func cursor(of topic: TopicName) throws(EngineError) -> EntryPlace?
    /// Moves the cursor if the reader still stands at `expected`, and nobody comes in between. Throws
    /// as `Walrus.moveCursor`: `.cursorMoved`, `.noSuchPlace`.
    func moveCursor(
        of topic: TopicName, from expected: EntryPlace?, to target: SeekTarget
    ) throws(EngineError) -> CursorMove

    func mark(_ topic: TopicName, clean: Bool) throws(EngineError)
    /// Every topic that has entries, a cursor or a mark, in the order of names.
    func topics() throws(EngineError) -> [TopicStatus]
    /// Deletes data files in which nothing is left to be read.
    func reclaim() throws(EngineError) -> ReclaimReport

    /// Ends the conversation; nothing else may be asked afterwards.
    func close() throws(EngineError)
}

extension OpenLog {
    /// Closes it after work that is done, and durable: that stays so if the small files cannot be brought up to
    /// date. An error would have it done once more.
    func close(telling note: ([String]) -> Void) {
        do throws(EngineError) { try close() } catch {
            note([
                "it is done and on disk, but the index files are not up to date (\(error)); the next opening "
                    + "does that, and until then the reference sees cursors and marks as they were"
            ])
        }
    }
}
