package import Inspect
package import SystemPackage
internal import WalrusFormat
internal import WalrusIO

/// Copies a log into an archive that `tar` can extract, also while an engine writes to it.
package struct BackupJob: Sendable {
    package let directory: FilePath
    package let archive: FilePath
    package var replaces = false

    package init(_ directory: FilePath, to archive: FilePath) {
        self.directory = directory
        self.archive = archive
    }

    package struct Report: Hashable, Sendable {
        package internal(set) var entries = 0
        package internal(set) var topics = 0
        package internal(set) var files = 0
        /// Of the archive.
        package internal(set) var bytes = 0
        /// Whether it is every byte of the log, since nobody wrote to it meanwhile.
        package internal(set) var isExact = false
        /// Errors and warnings about the log when it was copied.
        package internal(set) var findings = 0
    }

    package struct Stopped: Error, CustomStringConvertible {
        package let description = "stopped; no archive was made"
    }

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// What is being done: looking, as far as it is, or copying.
    package enum Progress: Sendable {
        case looking(Scanner.Progress)
        case copying(done: Int, all: Int)
    }

    /// - Parameter progress: returning false stops.
    package func run(progress: @escaping @Sendable (Progress) -> Bool) throws -> Report {
        guard try !EntryExport.isInside(archive, directory), !DataDirectory.isInLog(archive) else {
            throw EntryExport.InsideLog(path: archive)
        }
        let look = try BackupLook(directory) { progress(.looking($0)) }
        if look.isQuiet, let report = try write(look, exact: true, progress) { return report }
        // Somebody has come meanwhile: look again.
        let live = look.isQuiet ? try BackupLook(directory) { progress(.looking($0)) } : look
        guard let report = try write(live, exact: false, progress) else {
            throw Failure(description: "\(directory) could not be copied")
        }
        return report
    }

    /// Nil: it was to be exact, and the log has changed while it was copied.
    private func write(
        _ look: BackupLook, exact: Bool, _ progress: (Progress) -> Bool
    ) throws -> Report? {
        let stamps = try BackupLook.Stamp.all(in: directory)
        let contents = try BackupContents(look, exact: exact, directory)
        guard !contents.files.isEmpty || !contents.small.isEmpty else {
            throw Failure(description: "\(directory) holds nothing of a log: no archive was made")
        }
        let output = try OutputFile(archive, replaces: replaces)
        let writer = try TarWriter(
            output, prefix: prefix, time: Int(Clock.wall() / 1_000_000_000))
        let all = contents.bytes
        var done = 0
        var images: [DataFileName: SparseImage] = [:]
        for file in contents.files {
            guard let open = look.files[file.name] else { continue }
            images[file.name] = try writer.add(
                file.name.text, of: open, size: file.size, ranges: file.ranges
            ) { count in
                done += count
                guard progress(.copying(done: done, all: all)) else { throw Stopped() }
            }
        }
        for file in contents.small { try writer.add(file.name, file.bytes) }
        if exact {
            let isSame = try BackupLook.Stamp.all(in: directory) == stamps
            guard isSame, !BackupLook.hasWriter(directory) else { return nil }
        }
        let manifest = try Self.manifest(look.state, images, output)
        try writer.add(BackupManifest.name, manifest.encoded())
        try writer.end()
        guard progress(.copying(done: all, all: all)) else { throw Stopped() }
        try output.finish()
        return Report(
            entries: look.state.entries, topics: manifest.topics.count,
            files: contents.files.count, bytes: output.written, isExact: exact,
            findings: look.state.findings.count { finding in
                finding.severity > .info && (exact || !Self.passing.contains(finding.kind))
            })
    }

    /// What a writer leaves for a moment, and the copy leaves out.
    private static let passing: [Finding.Kind] = [
        .tornTail, .lostRest, .leftoverBytes, .hiddenEntries, .unreadableBlock, .incompleteBatch,
        .cursorUnclear, .journalReconciled, .damagedMetrics,
    ]

    /// The folder in the archive: the log's own name, where tar can say it plainly.
    private var prefix: String {
        let name = Host.absolute(directory).lastComponent?.string ?? ""
        let isPlain = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte)
                || (0x61...0x7a).contains(byte) || [0x2d, 0x2e, 0x5f].contains(byte)
        }
        return isPlain && (1...20).contains(name.utf8.count) && !name.hasPrefix(".")
            && !name.hasPrefix("-") ? name : "walrus"
    }

    /// Reads the entries back out of the archive, and counts what is there of them.
    private static func manifest(
        _ state: DirectoryState, _ images: [DataFileName: SparseImage], _ output: OutputFile
    ) throws -> BackupManifest {
        var manifest = BackupManifest()
        for topic in state.topics {
            var digest = EntryDigest()
            for block in topic.blocks where block.used > 0 {
                guard let image = images[block.file] else { continue }
                var walker = unsafe EntryWalker { offset, buffer in
                    unsafe try image.read(at: offset, into: buffer) {
                        (at, piece) throws(IOError) in unsafe try output.read(at: at, into: piece)
                    }
                }
                let frame = BlockFrame(
                    start: block.frameStart, length: block.units * Layout.unit, topic: topic.name)
                _ = try unsafe walker.walk(frame) { entry, _ in
                    guard entry.end <= block.used else { return false }
                    if entry.damage == nil {
                        digest.add(length: entry.payloadLength, checksum: entry.checksum)
                    }
                    return true
                }
            }
            guard digest.entries >= topic.entries else {
                throw Failure(
                    description:
                        "of \(topic.name.quoted) the archive has \(digest.entries) entries, "
                        + "not \(topic.entries): somebody took entries back; try again")
            }
            guard digest.entries > 0 else { continue }
            manifest.topics[topic.name] = .init(
                entries: digest.entries, unread: digest.entries - topic.consumed, sum: digest.sum)
        }
        return manifest
    }
}
