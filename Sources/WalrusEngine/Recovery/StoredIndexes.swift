internal import WalrusFormat
internal import WalrusIO

/// The two index files and the journal, as they were found.
struct StoredIndexes: Sendable {
    struct Images: Sendable {
        let cursors: IndexImage
        let marks: IndexImage
        let journal: IndexImage

        init(_ storage: any Storage) throws(EngineError) {
            cursors = try IndexImage(DirectoryNames.cursorIndex, storage)
            marks = try IndexImage(DirectoryNames.cleanIndex, storage)
            journal = try IndexImage(DirectoryNames.cursorJournal, storage)
        }
    }

    /// Nil: the file was there and could not be used.
    var cursors: [TopicName: StoredCursor]?
    var marks: [TopicName: CleanMark]?
    var journal: CursorJournal.Contents?
    private var isJournalLost = false
    private let cursorBase: CursorJournal.Base
    private let cleanBase: CursorJournal.Base

    /// Decodes the files; those that cannot be used are set aside and reported.
    init(_ images: Images, _ recovery: inout Recovery) throws(EngineError) {
        do throws(FormatError) {
            cursors = try images.cursors.decoded(CursorIndexImage.decode) ?? [:]
        } catch { try recovery.setAside(DirectoryNames.cursorIndex, "\(error)") }
        do throws(FormatError) {
            marks = try images.marks.decoded(CleanIndexImage.decode) ?? [:]
        } catch { try recovery.setAside(DirectoryNames.cleanIndex, "\(error)") }
        do throws(FormatError) {
            journal = try images.journal.decoded(CursorJournal.decode)
        } catch {
            try recovery.setAside(DirectoryNames.cursorJournal, "\(error)")
            isJournalLost = true
        }
        cursorBase = CursorJournal.Base(index: cursors == nil ? nil : images.cursors.bytes)
        cleanBase = CursorJournal.Base(index: marks == nil ? nil : images.marks.bytes)
        recovery.report.journalRecords = journal?.recordCount ?? 0
        recovery.report.journalTail = journal?.tornTail.map { "\($0)" }
    }

    /// Whether the journal's cursors come after those of the index on disk.
    var continuesCursors: Bool {
        cursors != nil && journal?.cursorIndexes.contains(cursorBase) ?? false
    }

    var continuesMarks: Bool {
        marks != nil && journal?.cleanIndexes.contains(cleanBase) ?? false
    }

    /// The greatest running number that a reader of the topic is known to have had; 0 if none ever
    /// had any. Nil: nothing tells.
    func consumed(_ topic: TopicName) -> UInt64? {
        let known = journal.map { $0.consumed(topic) } ?? 0
        // What the journal tells is so, whatever has become of the index.
        if let known, known > 0 { return known }
        guard let cursors, !isJournalLost, cursors[topic] == nil else { return nil }
        return known
    }

    /// The greatest name that a recorded cursor has a block in. Its file may be gone; a new one of
    /// that name would come to be taken for it.
    var lastName: DataFileName? { journal?.cursors.values.compactMap(\.file).max() }

    /// What the store begins with, but for cursors and marks.
    var contents: CursorStore.Contents {
        CursorStore.Contents(
            counters: journal?.counters ?? [:], cursorBase: cursorBase, cleanBase: cleanBase,
            journalEnd: continuesCursors && continuesMarks ? journal?.end : nil,
            hasRecords: journal.map(\.hasNews) ?? false)
    }
}

/// A small file as it was found.
enum IndexImage: Sendable {
    /// Nil: there is no file.
    case read([UInt8]?)
    case tooLong(FormatError)

    /// Looks at the size first: a sparse file may be longer than all memory.
    init(_ name: String, _ storage: any Storage) throws(EngineError) {
        let size = try engineErrors { () throws(IOError) in try storage.status(of: name)?.size }
        do throws(FormatError) { try Layout.checkIndex(size: size ?? 0) } catch {
            self = .tooLong(error)
            return
        }
        self = .read(
            try engineErrors { () throws(IOError) in try storage.contents(of: name) })
    }

    var bytes: [UInt8]? { if case .read(let bytes) = self { bytes } else { nil } }

    /// What `decode` makes of the file; nil where there is none.
    func decoded<Value>(_ decode: ([UInt8]) throws(FormatError) -> Value)
        throws(FormatError) -> Value?
    {
        switch self {
        case .read(let bytes): try bytes.map(decode)
        case .tooLong(let error): throw error
        }
    }
}

extension CursorJournal.Contents {
    /// It holds more than a new journal begins with, or a torn record, which would be reported, and
    /// keep the snapshot from being used, as long as it is there.
    var hasNews: Bool { recordCount > 0 || hasAnnouncements || tornTail != nil }
}
