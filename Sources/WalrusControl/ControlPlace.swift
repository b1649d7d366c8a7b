internal import SystemPackage
public import WalrusIO

/// Where the socket of an engine is.
///
/// Its name comes of the log's directory, by device and number, whatever path leads there. Its
/// folder is one that its user alone can enter: `$XDG_RUNTIME_DIR/walrus` (XDG Base Directory
/// Specification 0.8), else `/run/user/UID/walrus`, else `/tmp/walrus-UID`.
public enum ControlPlace {
    public static let suffix = ".sock"

    public static func name(of directory: FileIdentity) -> String {
        "\(String(directory.device, radix: 16))-\(directory.number)\(suffix)"
    }

    /// The folder for the calling user's own sockets, made when it is missing. The first of the
    /// places that will do.
    ///
    /// A folder that is a link, another user's, or open to others is none: somebody may have put it
    /// there to be talked to.
    public static func make() throws(PrivateFolder.Refusal) -> PrivateFolder {
        let user = Host.userID
        var refusal: PrivateFolder.Refusal?
        for folder in folders(of: user) {
            let parent = folder.removingLastComponent()
            // One of another user, as `sudo` leaves in the environment, is not ours to fill.
            guard parent == temporary || (try? FileStatus.of(parent))??.owner == user else {
                continue
            }
            do throws(PrivateFolder.Refusal) { return try PrivateFolder.openOrMake(folder) } catch {
                refusal = refusal ?? error
            }
        }
        throw refusal ?? PrivateFolder.Refusal("there is no place for it")
    }

    /// The folders, of those that are there, in which a process of one of `users` may have its socket.
    public static func existing(of users: [UInt32]) -> [PrivateFolder] {
        var paths: [FilePath] = []
        for user in users {
            for path in folders(of: user) where !paths.contains(path) { paths.append(path) }
        }
        return paths.compactMap { try? PrivateFolder($0, owners: Set(users)) }
    }

    private static let temporary: FilePath = "/tmp"

    private static func folders(of user: UInt32) -> [FilePath] {
        var folders: [FilePath] = []
        // The specification: a relative path in the variable is to be ignored.
        if let set = Host.environment("XDG_RUNTIME_DIR"), set.hasPrefix("/") {
            folders.append(FilePath(set).appending("walrus"))
        }
        folders.append(FilePath("/run/user/\(user)/walrus"))
        folders.append(temporary.appending("walrus-\(user)"))
        return folders
    }
}
