public import SystemPackage
internal import WalrusFormat
internal import WalrusIO

/// All that looking at a directory could leave behind: names, modes, sizes, every timestamp and
/// every byte.
public struct Snapshot: Sendable {
    private let lines: [String]

    /// Takes stock of the directory `path` without leaving a trace itself.
    public init(_ path: FilePath) throws {
        // Not by a shell's pattern: that would read the directory and change its time of access.
        let names = try Directory.list(path).map(\.name).sorted()
        let paths = [path.string] + names.map { path.appending($0).string }
        let result = try Subprocess.run(
            "/usr/bin/stat", ["-c", "%n %F %a %s modified %y changed %z accessed %x"] + paths)
        guard result.status == 0 else { throw FixtureError(text: result.errors) }
        var lines = result.lines.map(String.init)
        for entry in try Directory.list(path) where entry.kind == .file {
            lines.append("\(entry.name) \(try Self.sum(path.appending(entry.name)))")
        }
        self.lines = lines.sorted()
    }

    /// What is not as it was: empty when nothing has changed.
    public func changes(since before: Snapshot) -> [String] {
        let (old, new) = (Set(before.lines), Set(lines))
        return before.lines.filter { !new.contains($0) }.map { "- " + $0 }
            + lines.filter { !old.contains($0) }.map { "+ " + $0 }
    }

    /// Makes every time of access old, so that the system would renew it at the next one.
    public static func age(_ path: FilePath) throws {
        let result = try Subprocess.bash("touch -a -d '3 days ago' . *", directory: path)
        guard result.status == 0 else { throw FixtureError(text: result.errors) }
    }

    /// A sum over what is written in a sparse file, and where.
    private static func sum(_ path: FilePath) throws -> String {
        let file = try DiskFile(path, .readOnly)
        var sums: [UInt8] = []
        var at = 0
        while let range = try file.dataRange(from: at) {
            for start in stride(from: range.lowerBound, to: range.upperBound, by: 1 << 20) {
                let count = min(1 << 20, range.upperBound - start)
                let sum = FNV1a.hash(try file.read(at: start, count: count))
                sums += Array("\(start) \(count) \(sum)".utf8)
            }
            at = range.upperBound
        }
        return Hex.encode(FNV1a.hash(sums))
    }
}
