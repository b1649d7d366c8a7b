internal import SystemPackage
internal import WalrusFormat
internal import WalrusIO

/// The small files of a directory: their bytes, and what they say.
struct StoredFiles {
    /// What stands in a file. `damaged`: its bytes say nothing.
    enum Contents<Value> {
        case none
        case sound(Value)
        case damaged

        var value: Value? { if case .sound(let value) = self { value } else { nil } }
        var isDamaged: Bool { if case .damaged = self { true } else { false } }
    }

    let names: Set<String>
    private(set) var images: [String: [UInt8]] = [:]
    private(set) var cursors: Contents<[TopicName: StoredCursor]> = .none
    private(set) var marks: Contents<[TopicName: CleanMark]> = .none
    private(set) var journal: Contents<CursorJournal.Contents> = .none
    private(set) var intents: Contents<[TopicName: BatchIntent]> = .none
    /// What the engine knew that closed the directory last; nil where none did.
    private(set) var snapshot: Snapshot?

    init(_ directory: FilePath) throws(IOError) {
        names = Set(try Directory.list(directory).map(\.name))
        for name in [
            DirectoryNames.cursorIndex, DirectoryNames.cleanIndex, DirectoryNames.cursorJournal,
            DirectoryNames.batchIntents,
        ] {
            let image = try Directory.contents(
                of: directory.appending(name), limit: Layout.indexSizeMax + 1)
            guard let image, image.count <= Layout.indexSizeMax else { continue }
            images[name] = image
        }
        cursors = decode(DirectoryNames.cursorIndex, CursorIndexImage.decode)
        marks = decode(DirectoryNames.cleanIndex, CleanIndexImage.decode)
        journal = decode(DirectoryNames.cursorJournal, CursorJournal.decode)
        intents = decode(DirectoryNames.batchIntents, BatchIntentsImage.decode)
        let stored = try Directory.contents(
            of: directory.appending(DirectoryNames.snapshot), limit: Layout.indexSizeMax)
        // One that cannot be used is none: it only saves reading.
        snapshot = stored.flatMap { try? SnapshotImage.decode($0) }
    }

    /// The batches without stamps that are under way now.
    static func intents(in directory: FilePath) throws(IOError) -> [TopicName: BatchIntent] {
        let image = try Directory.contents(
            of: directory.appending(DirectoryNames.batchIntents), limit: Layout.indexSizeMax)
        return image.flatMap { try? BatchIntentsImage.decode($0) } ?? [:]
    }

    private func decode<Value>(
        _ name: String, _ decode: ([UInt8]) throws(FormatError) -> Value
    ) -> Contents<Value> {
        // One that is too long to be an index was not read.
        guard let image = images[name] else { return names.contains(name) ? .damaged : .none }
        do throws(FormatError) { return .sound(try decode(image)) } catch { return .damaged }
    }

    /// Whether the journal's cursors come after those of the index on disk.
    var continuesCursors: Bool {
        guard let journal = journal.value else { return false }
        return cursors.isDamaged
            || journal.cursorIndexes.contains(.init(index: images[DirectoryNames.cursorIndex]))
    }

    var continuesMarks: Bool {
        guard let journal = journal.value else { return false }
        return marks.isDamaged
            || journal.cleanIndexes.contains(.init(index: images[DirectoryNames.cleanIndex]))
    }

    /// The records of a journal whose header is beyond use, as far as they are whole. What they
    /// continue is not known.
    var journalRecords: CursorJournal.Contents? {
        guard let image = images[DirectoryNames.cursorJournal],
            image.count > CursorJournal.headerSize
        else { return nil }
        let header = CursorJournal.encodeHeader(
            cursors: .init(index: nil), marks: .init(index: nil))
        return try? CursorJournal.decode(header + image[CursorJournal.headerSize...])
    }

    /// The name under which a damaged file is kept: none that is taken.
    func nameAside(_ name: String) -> String {
        var number = 1
        while names.contains("damaged\(number)_\(name)") { number += 1 }
        return "damaged\(number)_\(name)"
    }
}
