internal import Inspect
internal import WalrusFormat

/// The next contents of the cursor index, the clean marks and the journal.
///
/// Whatever is on disk after a crash between two of the files, the rules of `docs/engine.md` give each
/// topic the same cursor, or one that was there before: a journal that does not name the index beside it
/// makes the earlier position count.
struct CursorDraft {
    private let files: StoredFiles
    private var cursors: [TopicName: StoredCursor]
    private var positions: [TopicName: CursorPosition]
    private var marks: [TopicName: CleanMark]
    private var counters: [TopicName: TopicCounter]
    private var journalMarks: [TopicName: CleanMark]
    private var isCursorsNew = false
    private var isMarksNew = false
    private var isJournalNew = false
    private var asides: [String] = []
    private var removesIntents = false

    init(_ files: StoredFiles) {
        self.files = files
        cursors = files.cursors.value ?? [:]
        marks = files.marks.value ?? [:]
        let journal = files.journal.value
        positions = journal?.cursors ?? [:]
        counters = journal?.counters ?? [:]
        journalMarks = journal?.marks ?? [:]
    }

    /// Lets the reader of a topic stand in its block `index`.
    mutating func set(_ topic: TopicName, block index: Int, at place: RepairPlace) {
        cursors[topic] = .chain(index, offset: place.offset)
        isCursorsNew = true
        guard let known = positions[topic] else { return }
        positions[topic] = CursorPosition(
            file: place.file, slot: place.slot, offset: place.offset, sequence: known.sequence)
        isJournalNew = true
    }

    /// Lets the reader of a topic stand at its beginning.
    mutating func setBegin(_ topic: TopicName) {
        cursors[topic] = .chain(0, offset: 0)
        isCursorsNew = true
        guard let known = positions[topic] else { return }
        positions[topic] = CursorPosition(
            file: nil, slot: 0, offset: 0, sequence: known.sequence)
        isJournalNew = true
    }

    mutating func set(_ topic: TopicName, mark: CleanMark) {
        marks[topic] = mark
        isMarksNew = true
    }

    /// Writes the same contents anew.
    mutating func renew(_ name: String) {
        if name == DirectoryNames.cursorIndex { isCursorsNew = true }
        if name == DirectoryNames.cleanIndex { isMarksNew = true }
        if name == DirectoryNames.cursorJournal { isJournalNew = true }
    }

    /// Keeps the damaged file under another name.
    mutating func setAside(_ name: String) {
        asides.append(name)
        renew(name)
        if name == DirectoryNames.cursorJournal, let records = files.journalRecords {
            // Not the cursors: without the header nobody knows what index they come after.
            counters = records.counters
        }
    }

    /// What the file tells of is not there any more.
    mutating func removeIntents() { removesIntents = true }

    /// A damaged file is left alone unless it was set aside.
    private func mayWrite(_ name: String, isDamaged: Bool) -> Bool {
        !isDamaged || asides.contains(name)
    }

    // MARK: - What is written

    /// The changes, in the order in which they are safe.
    func changes() -> [PlannedChange] {
        var changes: [PlannedChange] = []
        func replace(_ name: String, _ new: [UInt8]?) {
            let old = files.images[name]
            if old != new { changes.append(.replace(file: name, old: old, new: new)) }
        }
        for name in asides { replace(files.nameAside(name), files.images[name]) }
        var index = files.images[DirectoryNames.cursorIndex]
        if isCursorsNew,
            mayWrite(DirectoryNames.cursorIndex, isDamaged: files.cursors.isDamaged)
        {
            index = CursorIndexImage.encode(cursors)
        }
        var clean = files.images[DirectoryNames.cleanIndex]
        if isMarksNew, mayWrite(DirectoryNames.cleanIndex, isDamaged: files.marks.isDamaged) {
            clean = CleanIndexImage.encode(marks)
        }
        replace(DirectoryNames.cursorIndex, index)
        replace(DirectoryNames.cleanIndex, clean)
        let isChanged =
            isJournalNew || index != files.images[DirectoryNames.cursorIndex]
            || clean != files.images[DirectoryNames.cleanIndex]
        if files.images[DirectoryNames.cursorJournal] != nil, isChanged,
            mayWrite(DirectoryNames.cursorJournal, isDamaged: files.journal.isDamaged)
        {
            replace(DirectoryNames.cursorJournal, journal(index, clean))
        }
        if removesIntents || asides.contains(DirectoryNames.batchIntents) {
            replace(DirectoryNames.batchIntents, nil)
        }
        return changes
    }

    private func journal(_ index: [UInt8]?, _ clean: [UInt8]?) -> [UInt8] {
        // One that did not continue the index must not come to do so.
        let isUnknown = files.journal.isDamaged
        let known = files.journal.value
        var image = CursorJournal.encodeHeader(
            cursors: isUnknown || files.continuesCursors
                ? .init(index: index) : Self.other(known?.cursorIndexes, than: .init(index: index)),
            marks: isUnknown || files.continuesMarks
                ? .init(index: clean) : Self.other(known?.cleanIndexes, than: .init(index: clean)))
        func add<T>(_ map: [TopicName: T], _ record: (TopicName, T) -> CursorJournal.Record) {
            for (topic, value) in map.sorted(by: { $0.key < $1.key }) {
                image += CursorJournal.encode(record(topic, value))
            }
        }
        add(counters) { .counter($0, $1) }
        if !isUnknown {
            add(positions) { .cursor($0, $1) }
            add(journalMarks) { .mark($0, $1) }
        }
        return image
    }

    private static func other(
        _ bases: Set<CursorJournal.Base>?, than base: CursorJournal.Base
    ) -> CursorJournal.Base {
        // No index is as short as that and has this sum.
        bases?.first { $0 != base } ?? .init(index: [0])
    }
}
