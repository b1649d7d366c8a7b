public import Inspect
public import SystemPackage
internal import WalrusEngine
public import WalrusFormat
internal import WalrusIO
internal import WalrusJSON

/// Takes data files out of a log in which nothing is left to be read, into its trash or for good.
public struct ReclaimAction: Sendable {
    /// What becomes of the files.
    public enum Destination: Hashable, Sendable {
        /// A new folder in the log's trash.
        case trash
        case deletion
    }

    /// What was found when the plan was made.
    public struct Finding: Sendable {
        public let forecast: ReclaimForecast
        /// Bytes on disk of those that go.
        public var bytes: Int { going.reduce(0) { $0 + $1.allocated } }
        /// In the order of names.
        public var going: [ReclaimForecast.File] { forecast.files.filter(\.isFree) }
        public var staying: [ReclaimForecast.File] { forecast.files.filter { !$0.isFree } }
    }

    public struct Result: Sendable {
        /// The files that are gone from the log, in the order of names.
        public let files: [DataFileName]
        /// Bytes that they take, or took, on disk.
        public let bytes: Int
        /// Those of the plan that did not go, with the reason where an attempt failed.
        public let left: [(name: DataFileName, reason: String)]
        /// The folder in the trash that they are in.
        public let folder: String?
    }

    public let directory: FilePath
    public let destination: Destination

    public init(_ directory: FilePath, to destination: Destination) {
        self.directory = directory
        self.destination = destination
    }

    public func find(_ state: DirectoryState) -> Finding {
        Finding(forecast: ReclaimForecast(state))
    }

    /// - Parameter directory: as the user named it, and the key's option with it, if any.
    public func plan(_ finding: Finding, naming directory: [String]) -> ActionPlan {
        let files = counted(finding.going.count, "data file", "data files")
        let isTrash = destination == .trash
        var lines = finding.going.map { file in
            "\(file.name.text)  \(file.allocated) bytes on disk  "
                + (isTrash ? "goes to the trash" : "is deleted") + ": nothing in it is unread"
        }
        lines += finding.staying.map { file in
            "\(file.name.text)  \(file.allocated) bytes on disk  stays: \(Self.reason(file))"
        }
        if isTrash, !finding.going.isEmpty {
            lines.append(
                "the trash keeps their space until it is emptied; --restore puts them back")
        }
        return ActionPlan(
            title: "\(isTrash ? "move" : "delete") \(files) of \(finding.bytes) bytes on disk",
            command: ["walrus", "reclaim"] + directory + (isTrash ? [] : ["--delete"]) + ["--yes"],
            lines: lines, confirmation: finding.going.isEmpty ? .none : .yes,
            figures: [
                ("files", .array(finding.going.map { .string($0.name.text) })),
                ("bytes", .int(finding.bytes)),
                (
                    "left",
                    .array(
                        finding.staying.map {
                            .object([
                                ("file", .string($0.name.text)),
                                ("reason", .string(Self.reason($0))),
                            ])
                        })
                ),
            ])
    }

    /// Why a file stays, to the last topic.
    public static func reason(_ file: ReclaimForecast.File) -> String {
        guard file.fate == .held else { return file.reason }
        let holders = file.holders.prefix(3).map { holder in
            "\(holder.topic.word) (\(holder.unread))"
        }
        let more = file.holders.count > 3 ? ", ..." : ""
        return "unread entries of \(holders.joined(separator: ", "))\(more)"
            + (file.freeSlots > 0 ? "; as the newest file it still gets blocks" : "")
    }

    /// Does it, to those files of the plan to which all of it still applies.
    ///
    /// Throws what opening the log throws, and `IOError`.
    public func apply(_ finding: Finding, note: ([String]) -> Void = { _ in }) throws -> Result {
        guard !finding.going.isEmpty else {
            return Result(files: [], bytes: 0, left: [], folder: nil)
        }
        let log = try EngineLog.openAlone(directory)
        note(log.notes)
        var folder: String?
        let report: ReclaimReport
        do {
            var disposal = ReclaimDisposal.delete
            if destination == .trash {
                let made = try TrashWriter(directory).makeFolder(finding.going)
                folder = made
                disposal = .move(to: "\(DirectoryNames.trash)/\(made)")
            }
            report = try log.reclaim(Set(finding.going.map(\.name)), disposal: disposal)
            log.close(telling: note)
        } catch {
            try? log.close()
            // What has got there is there to be put back; an empty folder is nobody's.
            if let folder { try? TrashWriter(directory).removeIfEmpty(folder) }
            throw Self.explained(error)
        }
        if let folder, report.files.isEmpty {
            try TrashWriter(directory).removeIfEmpty(folder)
        }
        return result(finding, report, report.files.isEmpty ? nil : folder)
    }

    /// On a full disk even what frees space needs some.
    private static func explained(_ error: any Error) -> any Error {
        let errno = (error as? EngineError)?.errno ?? (error as? IOError)?.errno
        guard errno == .noSpace else { return error }
        return FullDisk(cause: "\(error)")
    }

    package struct FullDisk: Error, CustomStringConvertible {
        let cause: String
        package var description: String {
            "nothing was reclaimed: cursors have to be durable before a file goes, which takes some KiB on this "
                + "file system: delete or move anything there that is not the log's, then try again (\(cause))"
        }
    }

    private func result(_ finding: Finding, _ report: ReclaimReport, _ folder: String?) -> Result {
        let gone = Set(report.files)
        var left: [(DataFileName, String)] = []
        var bytes = 0
        for file in finding.going {
            if gone.contains(file.name) {
                bytes += file.allocated
            } else {
                left.append(
                    (
                        file.name,
                        report.failures[file.name].map { "\($0)" }
                            ?? "it is not as it was when it was looked at"
                    ))
            }
        }
        return Result(files: report.files.sorted(), bytes: bytes, left: left, folder: folder)
    }

    public static func outcome(_ result: Result) -> ActionOutcome {
        let verb = result.folder == nil ? "deleted" : "moved to the trash"
        return ActionOutcome(
            "\(counted(result.files.count, "data file", "data files")) of \(result.bytes) bytes \(verb)"
                + (result.folder.map { " (\($0))" } ?? ""),
            figures: [
                ("files", .array(result.files.map { .string($0.text) })),
                ("bytes", .int(result.bytes)), ("trash", .optional(result.folder)),
                (
                    "left",
                    .array(
                        result.left.map {
                            .object([
                                ("file", .string($0.name.text)), ("reason", .string($0.reason)),
                            ])
                        })
                ),
            ])
    }
}
