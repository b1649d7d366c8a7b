public import SystemPackage

/// Whether other processes can have this engine act, and how many do (`Configuration.servesControl`).
public struct ControlUse: Hashable, Sendable {
    public enum State: Hashable, Sendable {
        /// The configuration says so, or the engine is closed.
        case off
        /// The socket is about to be made.
        case starting
        /// The socket is there.
        case serving(FilePath)
        /// There is no socket, for this reason. The engine works without.
        case unavailable(String)
    }

    public internal(set) var state = State.off
    /// Those who are connected now.
    public internal(set) var clients = 0
    /// Those who were let in, and those who were not, since the engine was opened.
    public internal(set) var accepted = 0
    public internal(set) var refused = 0

    /// Whether `user` may act through an engine of `owner`: who could change the files as well.
    package static func admits(_ user: UInt32, to owner: UInt32) -> Bool {
        user == owner || user == 0
    }
}
