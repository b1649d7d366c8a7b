internal import Synchronization
package import SystemPackage
internal import WalrusFormat
internal import WalrusIO

/// The right to write in a directory: `flock` on `lock_index.db`, given back with the last
/// reference, and by the system when the process dies.
package final class DirectoryLock: Sendable {
    private let file: DiskFile
    let directory: FileIdentity
    /// The directories that engines of this process have open: another one finds them also where
    /// somebody has deleted the lock file.
    private static let open = Mutex<Set<FileIdentity>>([])

    /// - Parameter looksForStrangers: whether to refuse also when a process that takes no lock, as
    ///   the reference takes none, can write to the directory's files.
    ///
    /// Throws `.locked` with the holders, and `.io`, also where the lock file is a link: whoever made
    /// it might have another file written to.
    package init(_ directory: FilePath, looksForStrangers: Bool) throws(EngineError) {
        let path = directory.appending(DirectoryNames.lock)
        file = try engineErrors { () throws(IOError) in try DiskFile(path, .openOrCreateHere) }
        guard try Self.take(file) else {
            throw Self.refusal(directory, Self.holder(path).map { [$0] } ?? [])
        }
        let status = try engineErrors { () throws(IOError) in try FileStatus.of(directory) }
        guard let identity = status?.identity,
            Self.open.withLock({ $0.insert(identity).inserted })
        else { throw Self.refusal(directory, [Host.processID]) }
        self.directory = identity
        if looksForStrangers { try Self.refuseStrangers(directory) }
        Self.sign(file)
    }

    deinit {
        Self.open.withLock { _ = $0.remove(directory) }
        file.unlock()
    }

    /// The reference takes no lock; it shows by the files that it holds open.
    private static func refuseStrangers(_ directory: FilePath) throws(EngineError) {
        for _ in 0..<5 {
            // The kernel tells at once that there is nobody; who it is takes reading all of `/proc`.
            let hasWriters = OpenFiles.hasWriters(in: directory, named: counts)
            if hasWriters == false { return }
            let holders = OpenFiles.writers(in: directory, named: counts)
            guard holders.isEmpty else { throw refusal(directory, holders) }
            if hasWriters == nil { return }
            // A closed engine keeps its files open as long as somebody has the object.
            if OpenFiles.isOwnWriter(in: directory, named: counts) { return }
            // Somebody whom we are not shown, unless it was about to end.
            Clock.sleep(nanoseconds: 20_000_000)
        }
        throw refusal(directory, [])
    }

    private static func counts(_ name: String) -> Bool {
        DataFileName(name) != nil
            || (name.hasSuffix(DirectoryNames.sidecarSuffix) && name != DirectoryNames.lock)
    }

    private static func refusal(_ directory: FilePath, _ holders: [Int]) -> EngineError {
        let own = holders == [Host.processID] ? " (this one)" : ""
        let who =
            holders.isEmpty
            ? "another process"
            : "process " + holders.map(String.init).joined(separator: ", ") + own
        return EngineError(
            .locked, "\(directory) is in use by \(who); close it there first", path: directory,
            holders: holders)
    }

    /// The process that has the lock. What stands in the file may be of the one before, whose successor
    /// has not signed yet, so the kernel is asked first.
    private static func holder(_ path: FilePath) -> Int? {
        if let identity = (try? FileStatus.of(path))??.identity,
            let holder = OpenFiles.lockHolder(of: identity)
        {
            return holder
        }
        guard let bytes = try? Directory.contents(of: path, limit: 4_096) else { return nil }
        return Int(String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }

    /// Three lines: process, host, and when it began, in seconds since 1970 UTC.
    private static var text: [UInt8] {
        Array("\(Host.processID)\n\(Host.name)\n\(Clock.wall() / 1_000_000_000)\n".utf8)
    }

    private static func take(_ file: DiskFile) throws(EngineError) -> Bool {
        try engineErrors { () throws(IOError) in try file.tryLock() }
    }

    /// Tells others who has the lock, as far as the disk has room for it.
    private static func sign(_ file: DiskFile) {
        do throws(IOError) {
            try file.truncate(to: 0)
            try text.write(to: file, at: 0)
        } catch {}
    }
}
