public import WalrusFormat

/// A byte of a file in the directory.
public struct BytePlace: Hashable, Sendable {
    /// The file's name in the directory.
    public var file: String
    /// Bytes from the start of the file.
    public var offset: Int

    public init(file: String, offset: Int) {
        self.file = file
        self.offset = offset
    }

    /// The place of an entry, or any other offset in a block.
    public init(file: DataFileName, slot: Int, offset: Int) {
        self.init(file: file.text, offset: slot * Layout.unit + offset)
    }
}
