public import SystemPackage
internal import WalrusIO

/// Where a user's own files of this program are (XDG Base Directory Specification 0.8): never in a
/// log's directory.
public enum UserFiles {
    private static func folder(_ variable: String, _ standard: String) -> FilePath? {
        // The specification: a relative path in the variable is to be ignored.
        if let set = Host.environment(variable), set.hasPrefix("/") {
            return FilePath(set).appending("walrus")
        }
        guard let home = Host.environment("HOME"), home.hasPrefix("/") else { return nil }
        return FilePath(home).appending(standard).appending("walrus")
    }

    /// A path as a shell takes it that somebody typed where none reads it: `~` and `~/` at its beginning are
    /// the user's home, where the environment names it.
    public static func typed(_ path: String) -> String {
        typed(path, home: Host.environment("HOME"))
    }

    package static func typed(_ path: String, home: String?) -> String {
        guard let home, home.hasPrefix("/"), path == "~" || path.hasPrefix("~/") else {
            return path
        }
        return home + path.dropFirst()
    }

    /// Nil when the environment names no place for it.
    public static var state: FilePath? { folder("XDG_STATE_HOME", ".local/state") }
    /// What the console's benchmarks came to, as `walrus bench --save` keeps it.
    public static var benchResults: FilePath? { state?.appending("bench.jsonl") }
    public static var configuration: FilePath? { folder("XDG_CONFIG_HOME", ".config") }
    /// What was done to logs; `WALRUS_AUDIT` names another file.
    public static var audit: FilePath? {
        Host.environment("WALRUS_AUDIT").map { FilePath($0) } ?? state?.appending("audit.jsonl")
    }
    /// What was there before it was changed.
    public static var undo: FilePath? { state?.appending("undo") }
}
