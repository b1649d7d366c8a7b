internal import SystemPackage
internal import WalrusConsole
internal import WalrusIO

/// A frame that the user keeps as a file.
enum FrameFile {
    /// Writes a new file, never into the directory that is looked at.
    static func save(_ text: String, as name: String, outside directory: FilePath) throws {
        var path = FilePath(name)
        if name.hasPrefix("~/"), let home = Host.environment("HOME") {
            path = FilePath(home).appending(String(name.dropFirst(2)))
        }
        let parent = path.removingLastComponent()
        let folder: FilePath = parent.isEmpty ? "." : parent
        guard try !isInside(folder, directory) else {
            throw ActionFailure(
                "\(path) lies in the directory that is looked at, where nothing is written: name another"
            )
        }
        do throws(IOError) { try PrivateFile.create(path, with: Array(text.utf8)) } catch {
            guard error.errno == .fileExists else { throw error }
            throw ActionFailure("\(path) is there already, and stays: name another")
        }
    }

    /// Whether `folder` is `directory` or below it, whatever links lead there.
    private static func isInside(_ folder: FilePath, _ directory: FilePath) throws -> Bool {
        let wanted = try FileStatus.of(directory)?.identity
        var at = folder
        var last: FileIdentity?
        while true {
            guard let identity = try FileStatus.of(at)?.identity else {
                throw ActionFailure("\(folder): no such directory")
            }
            if identity == wanted { return true }
            // The root is its own parent.
            if identity == last { return false }
            last = identity
            at.append("..")
        }
    }
}
