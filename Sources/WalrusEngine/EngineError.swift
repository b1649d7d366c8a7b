public import SystemPackage
public import WalrusFormat
internal import WalrusIO

/// Why the engine did not do what it was asked to. Whatever is in it, nothing was acknowledged.
///
/// A code to decide by, and the context to find the place: `catch EngineError.Code.locked` works.
public struct EngineError: Error, Hashable, Sendable {
    public enum Code: String, Hashable, Sendable {
        /// The topic's name cannot be appended to.
        case invalidTopic
        /// The payload is longer than a file can hold.
        case entryTooLarge
        /// The batch has more entries, or more bytes, than a batch may.
        case batchTooLarge
        /// A batch is being appended to the topic: try again when it is done.
        case batchInProgress
        /// The key names no directory of its own.
        case invalidKey
        /// Another engine, or another process, uses the directory: `holders`.
        case locked
        /// A system call failed: `errno`.
        case io
        /// A file holds something else than it should.
        case damaged
        /// An earlier sync of the file failed, and nobody knows what of it is on disk.
        case poisoned
        /// No name is left that sorts after the existing data files.
        case noFileName
        /// The topic's cursor is not where it was said to be.
        case cursorMoved
        /// The place is neither the start of an entry of the topic nor the end of one.
        case noSuchPlace
        /// The engine has been closed.
        case closed
        /// The process that has the log open, and was asked to act, would not; nothing was done.
        case refused
        /// That process did not answer: it is not known whether anything was done.
        case unanswered
    }

    public let code: Code
    public let topic: TopicName?
    public let path: FilePath?
    /// Bytes from the start of the file.
    public let offset: Int?
    public let errno: Errno?
    /// The processes that use the directory, where they are known.
    public let holders: [Int]
    /// What happened and what to do about it.
    public let reason: String

    package init(
        _ code: Code, _ reason: String, topic: TopicName? = nil, path: FilePath? = nil,
        offset: Int? = nil, errno: Errno? = nil, holders: [Int] = []
    ) {
        self.code = code
        self.reason = reason
        self.topic = topic
        self.path = path
        self.offset = offset
        self.errno = errno
        self.holders = holders
    }

    init(_ error: IOError, topic: TopicName? = nil) {
        self.init(
            .io, error.description, topic: topic, path: error.path, offset: error.offset,
            errno: error.errno)
    }

    /// The same error, said of `topic`.
    func of(_ topic: TopicName) -> EngineError {
        EngineError(
            code, reason, topic: topic, path: path, offset: offset, errno: errno, holders: holders)
    }

    static func batchInProgress(_ topic: TopicName) -> EngineError {
        EngineError(
            .batchInProgress, "a batch is being appended; try again when it is done", topic: topic)
    }

    static let closed = EngineError(.closed, "the engine is closed; open it again")
}

extension EngineError: CustomStringConvertible {
    public var description: String {
        // Quoted and escaped: a topic's name may hold anything.
        topic.map { "topic \($0.text.debugDescription): \(reason)" } ?? reason
    }
}

extension EngineError.Code {
    public static func ~= (code: EngineError.Code, error: any Error) -> Bool {
        (error as? EngineError)?.code == code
    }
}

/// Runs `body` and tells its I/O error as one of the engine.
func engineErrors<R>(_ topic: TopicName? = nil, _ body: () throws(IOError) -> R)
    throws(EngineError) -> R
{
    do throws(IOError) { return try body() } catch { throw EngineError(error, topic: topic) }
}
