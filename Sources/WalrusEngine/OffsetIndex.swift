internal import Synchronization
public import SystemPackage
public import WalrusFormat
package import WalrusIO

/// A persistent map from names to positions, in a file of its own, in the format of the reference's
/// cursor index (`docs/format.md`, section 5).
///
/// Every change replaces the file at once and durably: a crash leaves the old map or the new one. It
/// costs a write of the whole map, so this is for some thousands of names at most. Calls may come
/// from any thread; two indexes open on one file would undo each other's changes.
///
/// Corresponds to the reference's `WalIndex`.
public final class OffsetIndex: Sendable {
    /// Two numbers, whose meaning is the caller's. The reference calls them `cur_block_idx` and
    /// `cur_block_offset`.
    public struct Position: Hashable, Sendable {
        public var block: UInt64
        public var offset: UInt64

        public init(block: UInt64, offset: UInt64) {
            self.block = block
            self.offset = offset
        }
    }

    /// As it was given.
    public let path: FilePath
    private let storage: any Storage
    private let name: String
    private let positions: Mutex<[TopicName: StoredCursor]>

    /// Opens the index in the file `path`; a missing file is an empty map, and is made by the first
    /// change. Its directory must exist.
    ///
    /// In the directory of a log the file's name should end in `_index.db`: the reference takes any
    /// other file for a part of the log.
    ///
    /// Throws `.io`, and `.damaged` when the file is something else. It is left as it is then.
    public convenience init(_ path: FilePath) throws(EngineError) {
        // The process may go to another directory later.
        let file = Host.absolute(path)
        try self.init(
            path, on: DiskStorage(file.removingLastComponent()),
            name: file.lastComponent?.string ?? "")
    }

    package init(_ path: FilePath, on storage: any Storage, name: String) throws(EngineError) {
        self.path = path
        self.storage = storage
        self.name = name
        let image = try IndexImage(name, storage)
        do throws(FormatError) {
            positions = Mutex(try image.decoded(CursorIndexImage.decode) ?? [:])
        } catch {
            throw EngineError(
                .damaged, "\(path) is not an index: \(error)", path: path,
                offset: error.range.lowerBound)
        }
    }

    /// The names in the index.
    public var count: Int { positions.withLock { $0.count } }

    /// The names in the index, in their order.
    public var names: [TopicName] { positions.withLock { $0.keys.sorted() } }

    public func get(_ name: TopicName) -> Position? {
        positions.withLock { $0[name] }.map(Position.init)
    }

    /// Sets the position of a name, which must be UTF-8 (`.invalidTopic`). Durable when it returns;
    /// when it throws `.io` the index is as it was.
    public func set(_ name: TopicName, to position: Position) throws(EngineError) {
        guard String(validating: name.bytes, as: UTF8.self) != nil else {
            throw EngineError(.invalidTopic, "a name must be UTF-8", topic: name, path: path)
        }
        try change { $0[name] = StoredCursor(position) }
    }

    /// Removes a name. Durable when it returns; when it throws `.io` the index is as it was.
    ///
    /// - Returns: the position that it had, or nil when it had none; then nothing is written.
    @discardableResult
    public func remove(_ name: TopicName) throws(EngineError) -> Position? {
        try change { $0.removeValue(forKey: name) }.map(Position.init)
    }

    private func change<R>(_ body: (inout [TopicName: StoredCursor]) -> R)
        throws(EngineError) -> R
    {
        try positions.withLock { (positions: inout [TopicName: StoredCursor]) throws(EngineError) in
            var changed = positions
            let result = body(&changed)
            guard changed != positions else { return result }
            try engineErrors { () throws(IOError) in
                try storage.replace(
                    name, with: CursorIndexImage.encode(changed),
                    temporary: DirectoryNames.replacement(of: name))
            }
            positions = changed
            return result
        }
    }
}

extension OffsetIndex.Position {
    fileprivate init(_ stored: StoredCursor) {
        self.init(block: stored.blockIndex, offset: stored.offset)
    }
}

extension StoredCursor {
    fileprivate init(_ position: OffsetIndex.Position) {
        self.init(blockIndex: position.block, offset: position.offset)
    }
}
