public import SystemPackage
internal import WalrusIO

/// A directory that the reference wrote, unpacked into a folder of its own.
public struct Fixture: Sendable {
    public static let names = [
        "small", "mmap", "batch", "multi", "restarts", "manyblocks", "largeok", "large",
    ]

    public let name: String
    public let path: FilePath
    private let folder: TempDirectory
    private let source: FilePath

    public init(_ name: String) throws {
        self.name = name
        source = FilePath(#filePath).removingLastComponent().removingLastComponent()
            .appending("Fixtures").appending(name)
        folder = try TempDirectory()
        path = folder.path.appending("wal")
        let result = try Subprocess.run(
            "/bin/tar", ["-xJf", source.appending("wal.tar.xz").string, "-C", folder.path.string])
        guard result.status == 0 else { throw FixtureError(text: result.errors) }
    }

    /// What the reference knew of the topics.
    public func topicsJSON() throws -> [UInt8] {
        try Directory.contents(of: source.appending("topics.json")) ?? []
    }

    public struct Payload: Hashable, Sendable {
        public let topicHex: String
        public let ordinal: Int
        public let length: Int
        /// 16 hexadecimal digits.
        public let checksum: String
    }

    /// Every entry, in the order of topics and ordinals.
    public func payloads() throws -> [Payload] {
        let list = try Subprocess.bash("xz -dc '\(source.string)/entries.csv.xz'")
        guard list.status == 0 else { throw FixtureError(text: list.errors) }
        return list.lines.dropFirst().map { line in
            let columns = line.split(separator: ",", omittingEmptySubsequences: false)
            return Payload(
                topicHex: String(columns[0]), ordinal: Int(columns[1]) ?? -1,
                length: Int(columns[2]) ?? -1, checksum: String(columns[3]))
        }
    }
}

struct FixtureError: Error {
    let text: String
}
