internal import SystemPackage
internal import WalrusActions
internal import WalrusConsole
internal import WalrusFormat
internal import WalrusIO

/// The command lines of earlier sessions, in a file that only the user may read.
struct HistoryFile {
    /// A file that is bigger was not written here, and is left alone.
    private static let sizeMax = 1 << 20

    private let folder: FilePath
    private var path: FilePath { folder.appending("history") }

    /// Nil when the environment names no place for it.
    init?() {
        guard let folder = UserFiles.state else { return nil }
        self.folder = folder
    }

    /// Empty where there is none: a history is a comfort, and nothing to complain about.
    func load() -> [String] {
        guard let bytes = try? Directory.contents(of: path, limit: Self.sizeMax) else { return [] }
        return bytes.split(separator: UInt8(ascii: "\n")).suffix(LineHistory.capacity)
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// Adds a line to what is in the file by now: other consoles write to it too.
    func add(_ line: String) throws(IOError) {
        guard !line.utf8.contains(where: { $0 < 0x20 }) else { return }
        var history = LineHistory(load())
        history.add(line)
        let text = history.lines.map { $0 + "\n" }.joined()
        try Directory.create(folder)
        try PrivateFile.replace(path, with: Array(text.utf8))
    }
}
