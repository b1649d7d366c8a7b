/// The sizes and limits of the format, in bytes unless a name says otherwise.
///
/// Source: `docs/format.md`, sections 1 to 3; reference `config.rs` (`DEFAULT_BLOCK_SIZE`,
/// `BLOCKS_PER_FILE`, `PREFIX_META_SIZE`, `MAX_BATCH_ENTRIES`, `MAX_BATCH_BYTES`).
public enum Layout {
    /// The grain of allocation: a block starts at a multiple of it and is a multiple of it long.
    public static let unit = 10_485_760
    /// Units in a data file.
    public static let unitsPerFile = 100
    /// The length of every data file. Files are sparse: this is not what they take on disk.
    public static let fileSize = unit * unitsPerFile
    /// The fixed part in front of every payload.
    public static let headerSize = 256
    /// The longest topic name. 217 bytes no longer fit the reference's header.
    public static let topicLengthMax = 216
    /// The longest topic name whose header has room for the extension.
    public static let extendedTopicLengthMax = 176
    /// The longest payload: a file is one block, less the header.
    public static let payloadLengthMax = fileSize - headerSize

    public static let batchEntriesMax = 2_000
    /// Headers included.
    public static let batchBytesMax = 10 << 30

    /// The longest index, journal or list of intents that is read: a million topics with the longest
    /// names. A longer file is damaged, whatever it holds.
    public static let indexSizeMax = 256 << 20

    /// Throws what a file of `size` bytes is not read for, where it is longer than that.
    public static func checkIndex(size: Int) throws(FormatError) {
        guard size > indexSizeMax else { return }
        throw FormatError(
            field: "the file", range: 0..<size,
            problem: "is over \(indexSizeMax >> 20) MiB long, which no index is: it was not read")
    }

    /// How many units a block needs to hold an entry of `payloadLength` bytes as its first one.
    public static func units(forPayloadLength payloadLength: Int) -> Int {
        (headerSize + payloadLength + unit - 1) / unit
    }
}
