public import Inspect

/// The bytes of a file around a cursor, and the fields that they are.
public struct HexModel: Hashable, Sendable {
    /// The byte under the cursor.
    public var place: BytePlace?
    /// What has been loaded last; may be of another place while the new one is awaited.
    public internal(set) var page: HexPage?
    /// The first line shown, in lines from the start of the file.
    public var top = 0
    /// Whether keys go from field to field.
    public var isTreeFocused = false
    var awaited: Int?
    /// Move to the start of whatever the byte turns out to be part of.
    var seeksStart = false
    /// Move to the field that is wrong in whatever the byte turns out to be part of.
    var seeksProblem = false

    /// Bytes loaded before and behind those in sight.
    static let margin = 8 << 10

    public init() {}

    /// What is known of the byte under the cursor.
    public var map: ByteMap? {
        guard let page, page.file == place?.file, page.map.range.contains(place?.offset ?? -1)
        else { return nil }
        return page.map
    }

    /// The byte of the file at `offset`, if it is loaded.
    func byte(at offset: Int) -> UInt8? {
        guard let page, page.file == place?.file else { return nil }
        let index = offset - page.window.start
        return page.window.bytes.indices.contains(index) ? page.window.bytes[index] : nil
    }
}

/// Bytes of a file, and the fields at one place of it.
public struct HexPage: Hashable, Sendable {
    public let file: String
    public let window: ByteInspector.Window
    public let map: ByteMap

    public init(file: String, window: ByteInspector.Window, map: ByteMap) {
        self.file = file
        self.window = window
        self.map = map
    }
}
