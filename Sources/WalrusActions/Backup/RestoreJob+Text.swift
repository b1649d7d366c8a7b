internal import SystemPackage
internal import WalrusIO
package import WalrusJSON

extension RestoreJob {
    /// What is going to be done, by a look at the archive and at the place of the new directory.
    ///
    /// - Parameter command: the words of the command that does it.
    ///
    /// Throws what `run` refuses before it writes: `TarReader.Refusal`, `DirectoryDraft.Refusal`, `IOError`.
    package func plan(command: [String]) throws -> ActionPlan {
        let (images, manifest) = try Self.members(of: try DiskFile(archive, .readOnly))
        try DirectoryDraft.admit(directory, isOfKey: isOfKey)
        let bytes = images.reduce(0) { $0 + $1.stored }
        let held = manifest.map { manifest in
            let entries = manifest.topics.values.reduce(0) { $0 + $1.entries }
            return "it holds \(counted(entries, "entry", "entries")) in "
                + counted(manifest.topics.count, "topic", "topics")
        }
        return ActionPlan(
            title: "make a log of \(archive) in \(directory)", command: command,
            lines: [
                "\(counted(images.count, "file", "files")), \(bytes) bytes on disk",
                held ?? "it does not tell what it holds: only checksums are checked",
                "\(directory) is there only once that was compared; no log that is there is touched",
            ], confirmation: .yes)
    }
}

extension RestoreJob.Report {
    package var figures: [(String, JSON)] {
        [
            ("topics", .int(topics)), ("entries", .int(entries)), ("unread", .int(unread)),
            ("files", .int(files)), ("compared", .bool(isCompared)), ("findings", .int(findings)),
        ]
    }

    /// What it came to.
    package func outcome(_ directory: String) -> ActionOutcome {
        ActionOutcome(
            "\(counted(entries, "entry", "entries")) in \(counted(topics, "topic", "topics")), "
                + "\(unread) unread, are in \(directory)"
                + (isCompared ? ", and are those that were backed up" : ""),
            figures: figures)
    }

    /// What is to be known beside that, a sentence each.
    package var notes: [String] {
        (isCompared ? [] : ["the archive does not tell what it holds: only checksums were checked"])
            + (findings == 0
                ? []
                : [
                    "it has \(counted(findings, "finding", "findings"))"
                        + (isCompared ? ", as the log had" : "") + ": see walrus check"
                ])
    }
}
