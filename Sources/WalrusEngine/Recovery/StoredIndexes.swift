internal import WalrusFormat
internal import WalrusIO

/// The two index files and the journal, as they were found.
struct StoredIndexes: Sendable {
    /// The files' bytes; nil where there is no file.
    struct Images: Sendable {
        var cursors: [UInt8]?
        var marks: [UInt8]?
        var journal: [UInt8]?

        init(_ storage: any Storage) throws(EngineError) {
            do throws(IOError) {
                cursors = try storage.contents(of: DirectoryNames.cursorIndex)
                marks = try storage.contents(of: DirectoryNames.cleanIndex)
                journal = try storage.contents(of: DirectoryNames.cursorJournal)
            } catch { throw EngineError(error) }
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
        var usable = images
        do throws(FormatError) {
            cursors = try images.cursors.map(CursorIndexImage.decode) ?? [:]
        } catch {
            try recovery.setAside(DirectoryNames.cursorIndex, "\(error)")
            usable.cursors = nil
        }
        do throws(FormatError) { marks = try images.marks.map(CleanIndexImage.decode) ?? [:] } catch
        {
            try recovery.setAside(DirectoryNames.cleanIndex, "\(error)")
            usable.marks = nil
        }
        do throws(FormatError) { journal = try images.journal.map(CursorJournal.decode) } catch {
            try recovery.setAside(DirectoryNames.cursorJournal, "\(error)")
            isJournalLost = true
        }
        cursorBase = CursorJournal.Base(index: usable.cursors)
        cleanBase = CursorJournal.Base(index: usable.marks)
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

    /// The greatest running number that a reader of the topic is known to have had, or that was
    /// acknowledged before blocks were reclaimed; 0 if none ever had any. Nil: nothing tells.
    func consumed(_ topic: TopicName) -> UInt64? {
        guard let cursors, !isJournalLost else { return nil }
        let known = max(
            journal?.cursors[topic]?.sequence ?? 0, journal?.counters[topic]?.sequence ?? 0)
        if known > 0 { return known }
        return journal?.cursors[topic] == nil && cursors[topic] == nil ? 0 : nil
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

extension CursorJournal.Contents {
    /// It holds more than a new journal begins with, or a torn record, which would be reported, and
    /// keep the snapshot from being used, as long as it is there.
    var hasNews: Bool { recordCount > 0 || hasAnnouncements || tornTail != nil }
}
