internal import Inspect
package import SystemPackage
internal import WalrusFormat
internal import WalrusIO

/// Makes a log out of an archive, which may be anything, in a new directory.
package struct RestoreJob: Sendable {
    package let archive: FilePath
    package let directory: FilePath
    /// Whether the directory is that of an instance key.
    package let isOfKey: Bool

    package init(_ archive: FilePath, to directory: FilePath, isOfKey: Bool = false) {
        self.archive = archive
        self.directory = directory
        self.isOfKey = isOfKey
    }

    package struct Report: Hashable, Sendable {
        package internal(set) var entries = 0
        package internal(set) var unread = 0
        package internal(set) var topics = 0
        package internal(set) var files = 0
        /// Errors and warnings about it, which it had when it was backed up if it was compared.
        package internal(set) var findings = 0
        /// Whether the archive tells what it holds, and it was compared.
        package internal(set) var isCompared = false
    }

    package struct Stopped: Error, CustomStringConvertible {
        package let description = "stopped; nothing was made"
    }

    private static let chunk = 1 << 18
    private static let page = 4_096
    private static let membersMax = 100_000
    /// A data file has 1000 MiB; one that does not is read as far as it goes.
    private static let dataMax = 4 * Layout.fileSize
    private static let smallMax = 256 << 20
    /// What only the system understands that wrote it.
    private static let ignored = [
        DirectoryNames.lock, DirectoryNames.metrics, DirectoryNames.snapshot,
    ]

    /// - Parameter progress: hears of the bytes written, and all there are; returning false stops.
    package func run(progress: (_ done: Int, _ all: Int) -> Bool) throws -> Report {
        let source = try DiskFile(archive, .readOnly)
        let (images, manifest) = try Self.members(of: source)
        let draft = try DirectoryDraft(directory, source: nil, isOfKey: isOfKey)
        do {
            let all = images.reduce(0) { $0 + $1.stored }
            try draft.require(bytes: all)
            var done = 0
            for image in images {
                try Self.write(image, from: source, to: draft.draft) { count in
                    done += count
                    guard progress(done, all) else { throw Stopped() }
                }
            }
            let report = try Self.check(draft.draft, manifest, files: images.count)
            try draft.finish()
            return report
        } catch {
            draft.discard()
            throw error
        }
    }

    // MARK: - The archive

    /// The files in the archive, and what it says that they hold. Nothing is written before all of it
    /// was looked at.
    static func members(of source: DiskFile) throws -> (
        images: [SparseImage], manifest: BackupManifest?
    ) {
        func read(_ offset: Int, _ count: Int) throws(IOError) -> [UInt8] {
            try source.read(at: offset, count: count)
        }
        var reader = TarReader(size: try source.size(), read)
        var images: [SparseImage] = []
        var names: Set<String> = []
        var folder: String?
        var manifest: BackupManifest?
        while let member = try reader.next() {
            guard names.count < membersMax else {
                throw TarReader.Refusal(description: "the archive has too many members for a log")
            }
            let path: String
            switch member {
            case .folder(let name): path = name
            case .file(let image): path = image.name
            }
            let parts = try parts(of: path)
            guard case .file(let image) = member else {
                guard parts.count <= 1, folder == nil || parts.first ?? "" == folder else {
                    throw refusal(path, "there is one folder in a backup")
                }
                folder = parts.first ?? ""
                continue
            }
            guard let name = parts.last, parts.count <= 2 else {
                throw refusal(
                    path, "files of a log lie in one folder (tar -C PARENT -cSf FILE.tar DIR)")
            }
            let place = parts.count == 2 ? parts[0] : ""
            guard folder ?? place == place else {
                throw refusal(path, "files of a log lie in one folder")
            }
            folder = place
            guard names.insert(name).inserted else { throw refusal(path, "it is there twice") }
            if name == BackupManifest.name {
                guard image.size <= BackupManifest.sizeMax else { throw BackupManifest.Unusable() }
                manifest = try BackupManifest(try contents(image, source))
            } else if DataFileName(name) != nil {
                guard image.size <= dataMax else { throw refusal(path, "no data file is as long") }
                images.append(image.named(name))
            } else if name.hasSuffix(DirectoryNames.sidecarSuffix), name.utf8.count <= 255 {
                guard image.size <= smallMax else { throw refusal(path, "no index is as long") }
                if !ignored.contains(name) { images.append(image.named(name)) }
            } else {
                throw refusal(path, "that is no file of a log")
            }
        }
        guard !images.isEmpty else {
            throw TarReader.Refusal(description: "the archive holds no file of a log")
        }
        return (images, manifest)
    }

    private static func refusal(_ path: String, _ why: String) -> TarReader.Refusal {
        TarReader.Refusal(
            description:
                "\(path.debugDescription) in the archive is not restored: \(why); nothing was made"
        )
    }

    /// The components of a name, of which none may lead elsewhere.
    private static func parts(of path: String) throws -> [String] {
        var parts = path.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        parts.removeAll { $0 == "." }
        guard !path.hasPrefix("/"), !parts.contains(".."),
            !path.unicodeScalars.contains(where: { $0.value < 0x20 })
        else { throw refusal(path, "its name leads out of the new directory") }
        return parts
    }

    private static func contents(_ image: SparseImage, _ source: DiskFile) throws(IOError)
        -> [UInt8]
    {
        var bytes = [UInt8](repeating: 0, count: image.size)
        for segment in image.segments {
            let piece = try source.read(at: segment.at, count: segment.length)
            bytes.replaceSubrange(segment.offset..<segment.offset + piece.count, with: piece)
        }
        return bytes
    }

    // MARK: - The directory

    /// Writes a file with its holes; pages of zeros become holes too.
    private static func write(
        _ image: SparseImage, from source: DiskFile, to directory: FilePath,
        progress: (Int) throws -> Void
    ) throws {
        let file = try DiskFile(directory.appending(image.name), .create)
        try file.truncate(to: image.size)
        for segment in image.segments {
            for start in stride(from: 0, to: segment.length, by: chunk) {
                let count = min(chunk, segment.length - start)
                let bytes = try source.read(at: segment.at + start, count: count)
                guard bytes.count == count else {
                    throw IOError("read", source.path, at: segment.at + start, .ioError)
                }
                for at in stride(from: 0, to: count, by: page) {
                    let piece = bytes[at..<min(at + page, count)]
                    guard piece.contains(where: { $0 != 0 }) else { continue }
                    try Array(piece).write(to: file, at: segment.offset + start + at)
                }
                try progress(count)
            }
        }
    }

    private static func check(
        _ path: FilePath, _ manifest: BackupManifest?, files: Int
    ) throws -> Report {
        guard let state = try Scanner(path).scan() else { throw Stopped() }
        var report = Report(
            entries: state.entries, unread: state.unread,
            topics: state.topics.count { $0.entries > 0 }, files: files,
            findings: state.findings.count { $0.severity > .info })
        guard let manifest else { return report }
        for (name, told) in manifest.topics.sorted(by: { $0.key < $1.key }) {
            guard let topic = state.topic(name) else { throw wrong(name, "is not there") }
            let digest = try EntryReader(directory: path, topic: topic).digest()
            guard digest.entries == told.entries, digest.sum == told.sum else {
                throw wrong(name, "does not have the entries that were backed up")
            }
            guard topic.unread == told.unread else {
                throw wrong(name, "has another next entry than when it was backed up")
            }
        }
        for topic in state.topics where topic.entries > 0 && manifest.topics[topic.name] == nil {
            throw wrong(topic.name, "was not there when it was backed up")
        }
        report.isCompared = true
        return report
    }

    private static func wrong(_ name: TopicName, _ what: String) -> TarReader.Refusal {
        TarReader.Refusal(
            description:
                "the topic \(name.quoted) \(what): the archive is damaged; nothing was made")
    }
}

extension SparseImage {
    /// The same under the name that it gets.
    fileprivate func named(_ name: String) -> SparseImage {
        SparseImage(name: name, size: size, segments: segments)
    }
}
