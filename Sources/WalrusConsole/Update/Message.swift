public import Inspect
public import WalrusFormat

/// Something that happened: all that ever changes the model.
public enum Message: Sendable {
    case key(Key)
    case mouse(MouseEvent)
    case resize(Size)
    /// The terminal told what its background is.
    case background(isLight: Bool)
    /// The clock, in nanoseconds since 1970 UTC.
    case tick(UInt64)
    case scanProgress(Scanner.Stage)
    /// What the first look has found by now.
    case looking(FirstLook)
    case scanned(DirectoryState)
    /// The same, with all that comes of it.
    case observed(Observation)
    case scanFailed(String)
    /// What a restart would do; nil before the first scan.
    case previewed(RecoveryPreview?)
    /// A frame of a recording.
    case played(frame: Int, Result<Moment, ActionFailure>)
    /// Processes that have files open for writing; `began`: when the first of them did, in nanoseconds
    /// since 1970, 0 where that is not known.
    case holders([Int], began: UInt64? = 0)
    /// What the listing of a directory tells, before any file in it was read.
    case outlined(in: String, DirectoryOutline)
    case logs(in: String, Result<[NamespaceSummary], ActionFailure>)
    /// A frame was kept as a file; its name.
    case saved(Result<String, ActionFailure>)
    case rows(request: Int, [EntryRow])
    /// What a search has found since its last message; `isFinal`: there will be no more.
    case matches(request: Int, SearchResult, isFinal: Bool)
    /// Where going to a place has led, and the rows around it.
    case located(request: Int, EntryLanding, [EntryRow])
    /// The next or the previous match; nil: there is none.
    case found(request: Int, EntryRow?)
    case findProgress(request: Int, scanned: Int)
    case payload(EntryRow, [UInt8])
    /// What the decoder made of a payload, or why it made nothing of it.
    case decoded(EntryRow, Result<[UInt8], DecoderFailure>)
    case exportProgress(String)
    case exported(Result<String, ActionFailure>)
    /// Whether the terminal was handed what was to be copied; what that was.
    case copied(Bool, String)
    /// What there is to choose from, for the form of an action.
    case choices(ActionKind, [FormOption])
    case planned(ActionDialog)
    /// How far it is: what is being planned, or done.
    case actionProgress(String)
    case edited(TopicName, Result<[UInt8], ActionFailure>)
    case bytes(request: Int, HexPage)
    /// What a file is now; nil where it is gone.
    case version(of: String, ByteInspector.Version?)
    /// Reading entries failed; what to do about it.
    case failed(request: Int?, String)
    /// What an action came to, a sentence a line; or why it was not planned, or not done.
    case acted(Result<String, ActionFailure>)
    case benchEstimate(Result<BenchEstimate, ActionFailure>)
    case benchStep(BenchStep)
    /// What went wrong; nil when nothing did.
    case benchEnded(String?)
    /// The results that are kept.
    case benchResults([BenchRow], problem: String?)
}

/// Why a payload was not decoded.
public struct DecoderFailure: Error, Hashable, Sendable {
    public let message: String
    public init(_ message: String) { self.message = message }
}

/// What is to be written to a file.
public struct ExportOrder: Hashable, Sendable {
    public enum Selection: Hashable, Sendable {
        case rows([EntryRow])
        case matches(Query)
    }

    public let topic: TopicState
    public let selection: Selection
    /// As the user typed it.
    public let file: String
}

/// Why an action was not done.
public struct ActionFailure: Error, Hashable, Sendable {
    public let message: String
    public init(_ message: String) { self.message = message }
    public init(_ error: any Error) {
        message = (error as? ActionFailure)?.message ?? "\(error)"
    }
}

/// Something to be done outside the model. Each is answered by messages.
public enum Effect: Hashable, Sendable {
    case scan(forget: Bool)
    /// Read a frame of a recording: of the one that is played, or of what the console remembers.
    case play(frame: Int, of: RecordingTape?)
    case findHolders
    /// Find out what a restart would do to the directory as it was scanned last.
    case previewRestart
    /// Look for the logs in a data directory, and for the processes that hold them.
    case listLogs(root: String, withWriters: Bool)
    /// From here on every effect is about the log in this directory.
    case openLog(String)
    /// Keep text as a new file.
    case save(String, as: String)
    /// Rows of the topic from an ordinal on.
    case loadRows(request: Int, topic: TopicState, from: Int?, count: Int)
    /// As many rows, around a place in the topic.
    case loadPlace(request: Int, topic: TopicState, EntryPlace, count: Int)
    /// Rows of the topic whose payload matches, from an ordinal on.
    case search(request: Int, topic: TopicState, Query, from: Int, limit: Int)
    /// Bytes of a file, and the fields at a place in it. `file` and `cursor` are what is known of a
    /// data file and of the topic there.
    case loadBytes(
        request: Int, BytePlace, Range<Int>, file: FileState?, cursor: CursorState?)
    /// Find out whether a file has been written to since its bytes were read.
    case checkVersion(of: String)
    /// The first match at or behind an ordinal, or the last one before it.
    case find(request: Int, topic: TopicState, Query, from: Int, isForward: Bool)
    /// Rows around a place in the topic that somebody named.
    case locate(request: Int, topic: TopicState, EntryPoint, count: Int)
    /// Nobody waits for the answers to requests before this one any more.
    case cancel(request: Int)
    case decode(EntryRow, [UInt8])
    case export(ExportOrder)
    case cancelExport
    /// Hand bytes to the terminal's clipboard; a name for them.
    case copy([UInt8], String)
    case loadPayload(topic: TopicState, EntryRow, max: Int)
    /// Look for what the action's form offers.
    case findChoices(ActionKind)
    /// Find out what the order would do to the topic; nil: there is none of that name.
    case planAction(ActionOrder, TopicState?)
    /// Let the user write an entry for the topic in an editor, on the terminal.
    case edit(TopicName)
    /// Do what the plan of that number says, which was confirmed. Only here is a log written to.
    case act(Int)
    /// Nobody wants what is being found out, or done, any more.
    case stopAction
    /// Find out where a benchmark would write, and how much.
    case estimateBench(BenchOrder)
    case bench(BenchEstimate)
    case stopBench
    case loadBenchResults
    /// Keep a command line for later sessions.
    case remember(String)
    case bell, redraw, suspend, quit
}
