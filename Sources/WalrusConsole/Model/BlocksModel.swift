public import WalrusFormat

/// The map of all blocks: a cursor on one slot of one file.
public struct BlocksModel: Hashable, Sendable {
    /// What the cells of the map tell.
    public enum Mode: String, Hashable, Sendable, CaseIterable {
        case state, topic, fill
    }

    public var mode = Mode.state
    /// The file under the cursor: the cursor stays on it when others go.
    public var file: DataFileName?
    public var slot = 0
    /// The first line of the map that is shown.
    public var top = 0
    /// Which of the panels is shown first where there is no room for all.
    public var panel = 0

    public init() {}
}
