internal import SystemPackage
internal import WalrusFormat
internal import WalrusIO

/// The small files beside the data files: cursors, clean marks, and the cursor journal.
struct Sidecars: Sendable {
    var cursors: [TopicName: StoredCursor] = [:]
    var marks: [TopicName: CleanMark] = [:]
    /// Positions newer than `cursors`, or beside them when `isJournalCurrent` is false.
    var journal: [TopicName: CursorPosition] = [:]
    /// Whether the journal continues the index file that is there.
    var isJournalCurrent = true
    /// Batches that are being written to topics with long names.
    var intents: [TopicName: BatchIntent] = [:]
    /// All that the journal tells, what is known of topics whose blocks were reclaimed included.
    private var journalContents: CursorJournal.Contents?
    var findings: [Finding] = []
    private var cleanIndex = CursorJournal.Base(index: nil)
    private var areCursorsDamaged = false
    /// The cursor index was there and could not be used: what the journal does not know is lost.
    private(set) var areCursorsLost = false
    /// What `marks` were before the journal: all that the reference knows.
    private(set) var indexMarks: [TopicName: CleanMark] = [:]
    /// Files that opening sets aside, with the reason.
    private(set) var unusable: [(name: String, reason: String)] = []
    /// Files that cannot be read at all, with the reason.
    private(set) var unreadable: [(name: String, reason: String)] = []
    /// Why the rest of the journal does not count.
    private(set) var journalTail: String?
    /// What the files looked like, to notice a change without reading them again.
    private(set) var signature: [FileStatus?] = []

    private static let names = [
        DirectoryNames.cursorJournal, DirectoryNames.cursorIndex, DirectoryNames.cleanIndex,
        DirectoryNames.batchIntents,
    ]

    /// Reads the files, or returns `known` when none of them has changed.
    static func read(_ directory: FilePath, known: Sidecars?) -> Sidecars {
        // The engine replaces the index and then the journal: read until they go together.
        var sidecars = Sidecars()
        for _ in 0..<3 {
            let signature = Self.signature(directory)
            if let known, known.signature == signature { return known }
            sidecars = Sidecars(directory, signature)
            if sidecars.isJournalCurrent, Self.signature(directory) == signature { break }
        }
        return sidecars
    }

    /// A file that cannot be looked at counts as none here: reading it tells what is wrong.
    private static func signature(_ directory: FilePath) -> [FileStatus?] {
        names.map { try? FileStatus.of(directory.appending($0)) }
    }

    private init() {}

    private init(_ directory: FilePath, _ signature: [FileStatus?]) {
        self.signature = signature
        let journalImage = image(directory, DirectoryNames.cursorJournal)
        let cursorImage = image(directory, DirectoryNames.cursorIndex)
        let cleanImage = image(directory, DirectoryNames.cleanIndex)
        cleanIndex = CursorJournal.Base(index: try? cleanImage?.get())
        if let cursorImage { readCursors(cursorImage) }
        if let cleanImage { readMarks(cleanImage) }
        indexMarks = marks
        if let journalImage { readJournal(journalImage, continuing: try? cursorImage?.get()) }
        if let intentsImage = image(directory, DirectoryNames.batchIntents) {
            readIntents(intentsImage)
        }
    }

    /// The file's bytes, or why they say nothing: one that is too long is not read. Nil: there is none,
    /// or it cannot be read.
    private mutating func image(_ directory: FilePath, _ name: String)
        -> Result<[UInt8], FormatError>?
    {
        do throws(IOError) {
            let path = directory.appending(name)
            guard let size = try FileStatus.of(path)?.size else { return nil }
            do throws(FormatError) { try Layout.checkIndex(size: size) } catch {
                return .failure(error)
            }
            return try Directory.contents(of: path, limit: Layout.indexSizeMax).map { .success($0) }
        } catch {
            findings.append(Finding(.error, .unreadableFile, file: name, "\(error)"))
            unreadable.append((name, "\(error)"))
            return nil
        }
    }

    private mutating func readCursors(_ image: Result<[UInt8], FormatError>) {
        do throws(FormatError) {
            let image = try image.get()
            cursors = try CursorIndexImage.decode(image)
            if !CursorIndexImage.hasSoundTable(image) {
                noteTable(DirectoryNames.cursorIndex)
            }
        } catch {
            areCursorsDamaged = true
            areCursorsLost = true
            noteDamage(
                .damagedCursorIndex, DirectoryNames.cursorIndex, error,
                "all cursors in it are unknown: a topic that the journal does not tell of counts as unread"
            )
        }
    }

    private mutating func readMarks(_ image: Result<[UInt8], FormatError>) {
        do throws(FormatError) {
            let image = try image.get()
            marks = try CleanIndexImage.decode(image)
            if !CleanIndexImage.hasSoundTable(image) {
                noteTable(DirectoryNames.cleanIndex)
            }
        } catch {
            noteDamage(
                .damagedCleanIndex, DirectoryNames.cleanIndex, error,
                "which topics are clean is unknown")
        }
    }

    private mutating func readJournal(
        _ image: Result<[UInt8], FormatError>, continuing index: [UInt8]?
    ) {
        let name = DirectoryNames.cursorJournal
        do throws(FormatError) {
            let contents = try CursorJournal.decode(try image.get())
            journal = contents.cursors
            // Where the index is beyond use, the journal is all there is.
            isJournalCurrent =
                areCursorsLost || contents.cursorIndexes.contains(.init(index: index))
            journalContents = contents
            addMarks(contents)
            journalTail = contents.tornTail.map { "\($0)" }
            if let torn = contents.tornTail {
                findings.append(
                    Finding(
                        .warning, .damagedJournal, file: name, offset: contents.end,
                        "a record is not whole (\(torn)); the \(contents.recordCount) before it count"
                    ))
            }
        } catch {
            areCursorsDamaged = true
            noteDamage(
                .damagedJournal, name, error, "cursors are those of \(DirectoryNames.cursorIndex)")
        }
    }

    /// The journal's marks come after those of the index; where another engine changed that since,
    /// dirty wins.
    private mutating func addMarks(_ contents: CursorJournal.Contents) {
        let isCurrent = contents.cleanIndexes.contains(cleanIndex)
        for (topic, mark) in contents.marks {
            if let other = marks[topic], !isCurrent {
                marks[topic] = CleanMark(
                    isClean: other.isClean && mark.isClean,
                    generation: max(other.generation, mark.generation))
            } else {
                marks[topic] = mark
            }
        }
    }

    /// Adds the batches that were begun since the files were read.
    mutating func addIntents(_ directory: FilePath) {
        let image = try? Directory.contents(
            of: directory.appending(DirectoryNames.batchIntents), limit: Layout.indexSizeMax)
        guard let image, let more = try? BatchIntentsImage.decode(image) else { return }
        intents.merge(more) { known, _ in known }
    }

    private mutating func readIntents(_ image: Result<[UInt8], FormatError>) {
        do throws(FormatError) { intents = try BatchIntentsImage.decode(try image.get()) } catch {
            noteDamage(
                .damagedIntents, DirectoryNames.batchIntents, error,
                "a part of a batch may count that should not")
        }
    }

    /// The greatest sequence number that a reader of the topic is known to have had, 0 if none
    /// ever had any; nil: nothing tells.
    func consumed(_ topic: TopicName) -> UInt64? {
        let known = journalContents.map { $0.consumed(topic) } ?? 0
        // What the journal tells is so, whatever has become of the index.
        if let known, known > 0 { return known }
        return areCursorsDamaged || cursors[topic] != nil ? nil : known
    }

    private mutating func noteDamage(
        _ kind: Finding.Kind, _ file: String, _ error: FormatError, _ meaning: String
    ) {
        unusable.append((file, "\(error)"))
        findings.append(
            Finding(
                .error, kind, file: file, offset: error.range.lowerBound,
                "is damaged: \(error); \(meaning)"))
    }

    private mutating func noteTable(_ file: String) {
        findings.append(
            Finding(
                .warning, .indexTable, file: file,
                "has sound entries, but not the look-up table that the engine writes for them"))
    }
}
