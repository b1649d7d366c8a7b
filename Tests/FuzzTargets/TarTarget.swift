import Inspect
import SystemPackage
import TestSupport
import WalrusActions
import WalrusFormat
import WalrusIO

/// What `walrus restore` is given, from whoever it is: a log is made of it, or nothing.
enum TarTarget {
    static func run(_ bytes: [UInt8]) throws {
        let place = try TempDirectory(inMemory: true)
        let archive = try TarInput.archive(bytes)
        try DiskStorage(place.path).replace("a.tar", with: archive, temporary: "a.tmp")
        let out = place.path.appending("out")
        let report: RestoreJob.Report
        do {
            report = try RestoreJob(place.path.appending("a.tar"), to: out).run { _, _ in true }
        } catch let error as IOError {
            throw FuzzFailure(description: "an archive makes a system call fail: \(error)")
        } catch {
            let left = try Directory.list(place.path).map(\.name)
            return try expectEqual(left, ["a.tar"], "what is there after '\(error)'")
        }
        try expectEqual(
            try Directory.list(place.path).map(\.name).sorted(), ["a.tar", "out"], "what is made")
        try look(out, report, archive.count)
        // A log that was restored is a log: it can be backed up.
        let again = place.path.appending("b.tar")
        _ = try BackupJob(out, to: again).run { _ in true }
        let copy = try RestoreJob(again, to: place.path.appending("copy")).run { _, _ in true }
        try expectEqual(
            [copy.entries, copy.unread, copy.topics],
            [report.entries, report.unread, report.topics],
            "entries, unread ones and topics of its own backup")
    }

    private static func look(_ out: FilePath, _ report: RestoreJob.Report, _ size: Int) throws {
        let files = try Directory.list(out)
        try expectEqual(files.count, report.files, "files")
        var stored = 0
        for entry in files {
            try expect(entry.kind == .file, "\(entry.name) is a file")
            let isOurs =
                DataFileName(entry.name) != nil
                || entry.name.hasSuffix(DirectoryNames.sidecarSuffix)
            try expect(isOurs, "\(entry.name) is a file of a log")
            let file = try DiskFile(out.appending(entry.name), .readOnly)
            var at = 0
            while let range = try file.dataRange(from: at) {
                stored += range.count
                at = range.upperBound
            }
        }
        // Whole pages are written: no more of them than there are bytes in the archive.
        try expect(stored <= size * 4_096, "\(size) bytes of archive take \(stored) on disk")
    }
}
