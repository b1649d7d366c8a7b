package import SystemPackage
internal import WalrusEngine
internal import WalrusFormat
internal import WalrusIO

/// The undo records of a user: a folder each, named by its number.
package struct UndoStore: Sendable {
    package let root: FilePath

    package init(_ root: FilePath) { self.root = root }

    /// There is no such record.
    package struct Missing: Error, Hashable, CustomStringConvertible {
        package let number: Int
        package let root: FilePath
        package var description: String {
            "there is no undo \(number) in \(root); walrus repair --list tells which are"
        }
    }

    /// All records that can be read, the oldest first; those that cannot, by number and why.
    package func list() throws -> (records: [UndoRecord], unusable: [(number: Int, why: String)]) {
        var records: [UndoRecord] = []
        var unusable: [(number: Int, why: String)] = []
        for number in try numbers() {
            do { records.append(try record(number)) } catch {
                unusable.append((number, "\(error)"))
            }
        }
        return (records, unusable)
    }

    package func record(_ number: Int) throws -> UndoRecord {
        let folder = root.appending(Self.name(number))
        guard Directory.exists(folder) else {
            throw Missing(number: number, root: root)
        }
        return try UndoRecord(number: number, folder: folder)
    }

    private func numbers() throws(IOError) -> [Int] {
        guard Directory.exists(root) else { return [] }
        return try Directory.list(root).compactMap { entry in
            guard entry.kind == .directory, let number = Int(entry.name), number > 0,
                Self.name(number) == entry.name
            else { return nil }
            return number
        }.sorted()
    }

    package static func name(_ number: Int) -> String {
        String(repeating: "0", count: max(0, 4 - String(number).count)) + String(number)
    }

    // MARK: - Making

    /// Keeps what `changes` would overwrite, durably, under a new number. The caller holds the lock of
    /// `directory` and has changed nothing yet.
    func keep(_ changes: [PlannedChange], of directory: FilePath, command: String) throws
        -> UndoRecord
    {
        try Directory.create(root)
        try sweep()
        let draft = root.appending(".draft-\(Host.processID)-\(Clock.monotonic())")
        try Directory.create(draft)
        do {
            try write(changes, Host.absolute(directory), command, to: draft)
            return try publish(draft)
        } catch {
            discard(draft)
            throw error
        }
    }

    /// Takes away what runs have left that were killed while they kept bytes: nothing was changed yet then.
    private func sweep() throws {
        for entry in try Directory.list(root) where entry.name.hasPrefix(".draft-") {
            let parts = entry.name.split(separator: "-")
            guard entry.kind == .directory, parts.count == 3, let process = Int(parts[1]),
                try FileStatus.of(FilePath("/proc/\(process)")) == nil
            else { continue }
            discard(root.appending(entry.name))
        }
    }

    private func discard(_ draft: FilePath) {
        for name in [UndoRecord.manifestName, UndoRecord.bytesName] {
            try? DiskStorage(draft).remove(name)
        }
        try? Directory.remove(draft)
    }

    private func publish(_ draft: FilePath) throws -> UndoRecord {
        guard let name = draft.lastComponent?.string else {
            throw IOError("name", draft, .noMemory)
        }
        let storage = DiskStorage(root)
        var number = (try numbers().last ?? 0) + 1
        while true {
            do throws(IOError) {
                // A folder that has anything in it does not give way.
                try storage.rename(name, to: Self.name(number))
                break
            } catch {
                let isTaken = [Errno.directoryNotEmpty, .fileExists, .notDirectory]
                guard isTaken.contains(error.errno) else { throw error }
                number += 1
            }
        }
        try storage.syncDirectory()
        return try record(number)
    }

    private func write(
        _ changes: [PlannedChange], _ directory: FilePath, _ command: String, to draft: FilePath
    ) throws(IOError) {
        var manifest = UndoManifest(
            time: Clock.wall(), directory: directory.string, command: command)
        var bytes = try ByteStore(draft.appending(UndoRecord.bytesName))
        for change in changes {
            switch change {
            case .replace(let file, let old, let new):
                let old = try bytes.add(old)
                let new = try bytes.add(new)
                manifest.changes.append(
                    FileChange(file: file, kind: .replace(old: old, new: new)))
            case .erase(let file, let range):
                let source = try DiskFile(directory.appending(file), .readOnly)
                manifest.changes.append(
                    FileChange(
                        file: file, kind: .erase(range: range, pieces: try bytes.add(source, range))
                    ))
            }
        }
        try bytes.file.sync()
        manifest.bytesLength = bytes.end
        manifest.bytesChecksum = bytes.sum.value
        let file = try DiskFile(draft.appending(UndoRecord.manifestName), .createPrivate)
        try manifest.encoded().write(to: file, at: 0)
        try file.sync()
        try DiskStorage(draft).syncDirectory()
    }
}

/// The bytes of a record while it is made.
private struct ByteStore {
    let file: DiskFile
    var end = 0
    var sum = FNV1a()

    init(_ path: FilePath) throws(IOError) { file = try DiskFile(path, .createPrivate) }

    mutating func add(_ bytes: [UInt8]?) throws(IOError) -> FileChange.Stored? {
        guard let bytes else { return nil }
        try bytes.write(to: file, at: end)
        unsafe bytes.withUnsafeBytes { unsafe sum.add($0) }
        defer { end += bytes.count }
        return FileChange.Stored(at: end, length: bytes.count)
    }

    /// Keeps what is not zero in a range of `source`.
    mutating func add(_ source: DiskFile, _ range: Range<Int>) throws(IOError)
        -> [FileChange.Piece]
    {
        var pieces: [FileChange.Piece] = []
        var at = range.lowerBound
        while at < range.upperBound, let start = try source.firstNonZero(in: at..<range.upperBound)
        {
            let count = min(ChangeFiles.chunk, range.upperBound - start)
            let bytes = try source.read(at: start, count: count)
            // Zeros at the end of a piece need not be kept, nor written.
            let length = (bytes.lastIndex { $0 != 0 } ?? 0) + 1
            let stored = FileChange.Stored(at: end, length: length)
            _ = try add(Array(bytes[..<length]))
            pieces.append(FileChange.Piece(offset: start, stored: stored))
            at = start + count
        }
        return pieces
    }
}

extension UndoStore {
    /// Puts back what a record kept, or finishes the change that it was made for. Whether anything was
    /// different. Takes the directory's lock.
    ///
    /// - Parameter beforeWriting: called before every write; for tests, which let it end there.
    @discardableResult
    package func bring(
        _ number: Int, back isUndo: Bool, beforeWriting: @escaping () throws -> Void = {}
    ) throws -> (record: UndoRecord, changed: Bool) {
        let found = try record(number)
        let directory = found.directory
        guard Directory.exists(directory) else { throw found.gone }
        let lock = try Patience.whileLocked { () throws(EngineError) in
            try DirectoryLock(directory, looksForStrangers: true)
        }
        // Read once more: whoever had the lock may have gone on.
        let record = try record(number)
        let changed = try record.bring(
            to: isUndo ? .old : .new, beforeWriting: beforeWriting)
        withExtendedLifetime(lock) {}
        return (try self.record(number), changed)
    }
}
