public import Inspect
public import WalrusFormat

/// Something that happened: all that ever changes the model.
public enum Message: Sendable {
    case key(Key)
    case resize(Size)
    /// The terminal told what its background is.
    case background(isLight: Bool)
    /// The clock, in nanoseconds since 1970 UTC.
    case tick(UInt64)
    case scanProgress(done: Int, total: Int)
    case scanned(DirectoryState)
    case scanFailed(String)
    case holders([Int])
    case rows(request: Int, [EntryRow])
    /// What a search has found since its last message; `isFinal`: there will be no more.
    case matches(request: Int, SearchResult, isFinal: Bool)
    case payload(EntryRow, [UInt8])
    case planned(ActionPlan)
    case bytes(request: Int, HexPage)
    /// Reading entries failed; what to do about it.
    case failed(request: Int?, String)
    case acted(Result<String, ActionFailure>)
}

/// Where an entry stands, or stood.
public struct EntryPlace: Hashable, Sendable {
    public let file: DataFileName
    /// The block's first slot in its file.
    public let slot: Int
    /// Bytes from the block's start.
    public let offset: Int
}

/// Why an action was not done.
public struct ActionFailure: Error, Hashable, Sendable {
    public let message: String
    public init(_ message: String) { self.message = message }
}

/// Something to be done outside the model. Each is answered by messages.
public enum Effect: Hashable, Sendable {
    case scan(forget: Bool)
    case findHolders
    /// Rows of the topic from an ordinal on.
    case loadRows(request: Int, topic: TopicState, from: Int, count: Int)
    /// As many rows, around a place in the topic.
    case loadPlace(request: Int, topic: TopicState, EntryPlace, count: Int)
    /// Rows of the topic whose payload matches, from an ordinal on.
    case search(request: Int, topic: TopicState, EntryQuery, from: Int, limit: Int)
    /// Bytes of a file, and the fields at a place in it. `file` and `cursor` are what is known of a
    /// data file and of the topic there.
    case loadBytes(
        request: Int, BytePlace, Range<Int>, file: FileState?, cursor: CursorState?)
    case loadPayload(topic: TopicState, EntryRow, max: Int)
    /// Find out which entries would be consumed.
    case planConsume(topic: TopicState, count: Int)
    case act(ActionPlan)
    /// Keep a command line for later sessions.
    case remember(String)
    case bell, redraw, suspend, quit
}
