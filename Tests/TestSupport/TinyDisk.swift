internal import Glibc
public import SystemPackage

/// A small file system of its own, so that a disk can really be full. Needs the right to mount;
/// tests that use one are skipped where there is none, with `TinyDisk.absence` for the reason.
public final class TinyDisk: Sendable {
    public enum Kind: String, Sendable, CaseIterable { case tmpfs, ext4 }

    public static let absence = "no right to mount a file system here: not tested"
    /// The kinds that can be mounted here; found out once.
    public static let possible: [Kind] = Kind.allCases.filter { (try? TinyDisk($0)) != nil }

    /// Where it is mounted.
    public let path: FilePath
    private let temp: TempDirectory

    /// A file system of about `megabytes`.
    public init(_ kind: Kind, megabytes: Int = 12) throws {
        temp = try TempDirectory()
        let mount = temp.path.appending("mount")
        let image = temp.path.appending("image")
        path = mount
        try Self.run("mkdir \(mount)")
        switch kind {
        case .tmpfs: try Self.run("mount -t tmpfs -o size=\(megabytes)m walrus \(mount)")
        case .ext4:
            try Self.run(
                "truncate -s \(megabytes)M \(image) && mkfs.ext4 -q -F -m 0 \(image)"
                    + " && mount -o loop \(image) \(mount)")
        }
    }

    // Lazily: a test's engine may be on its way out still.
    deinit { try? Self.run("umount -l \(path)") }

    private static func run(_ command: String) throws {
        guard unsafe system("{ \(command); } >/dev/null 2>&1") == 0 else {
            throw Failure(command: command)
        }
    }

    private struct Failure: Error { let command: String }
}
