internal import SystemPackage
internal import WalrusIO

/// A text written in the user's own editor, in a file that nobody else can read and that is gone
/// afterwards.
public enum Editor {
    public struct Failed: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// What $VISUAL, else $EDITOR, says.
    public static var command: String? { Host.environment("VISUAL") ?? Host.environment("EDITOR") }

    /// Lets the user edit, on this process' terminal, and gives what was saved, without the line end
    /// that editors put behind the last line.
    ///
    /// Throws `Failed` where there is no editor, where it did not end well, or saved nothing; and
    /// `IOError`.
    public static func edit(limit: Int) throws -> [UInt8] {
        guard let command else {
            throw Failed(description: "neither VISUAL nor EDITOR names an editor")
        }
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let file = folder.path.appending("entry")
        _ = try DiskFile(file, .createPrivate)
        let status = try ForegroundProcess.run(shell: "\(command) \"$1\"", [file.string])
        guard status == 0 else {
            throw Failed(description: "the editor ended with status \(status): nothing is appended")
        }
        guard var bytes = try Directory.contents(of: file, limit: limit + 2) else {
            throw Failed(description: "the editor has left no file: nothing is appended")
        }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        guard bytes.count <= limit else {
            throw Failed(description: "an entry holds at most \(limit) bytes")
        }
        guard !bytes.isEmpty else {
            throw Failed(description: "nothing was saved: nothing is appended")
        }
        return bytes
    }
}
