package import Inspect
package import SystemPackage
internal import WalrusFormat

/// What opening a directory would take away in passing: what there is of batches that are not whole, and
/// small files that cannot be used. It is what `walrus repair` finds there, by the same look.
package struct OpeningLoss: Sendable {
    let directory: FilePath
    let batches: [(batch: RecoveryPreview.DroppedBatch, pieces: [BatchCut])]
    /// Names of files that would be set aside.
    let files: [String]

    /// Looks at the directory, all of it.
    package init(_ directory: FilePath) throws {
        let scanner = Scanner(directory)
        guard try scanner.scan() != nil else { throw RepairPlanner.Stopped() }
        try self.init(directory, scanner)
    }

    /// As the scanner's last look has it.
    package init(_ directory: FilePath, _ scanner: Scanner) throws {
        self.directory = directory
        batches = scanner.incompleteBatches()
        files = try StoredFiles(directory).damaged
    }

    package var isNothing: Bool { batches.isEmpty && files.isEmpty }

    /// What would be erased.
    var cuts: [Repair.Cut] { batches.flatMap(\.pieces).map(Repair.Cut.init) }

    /// The error that keeps a log from being opened therefore; nil: opening takes nothing away.
    package var refusal: NeedsRepair? {
        var losses = batches.prefix(3).map { item in
            let batch = item.batch
            return "erase \(counted(batch.sound, "sound entry", "sound entries")) of the "
                + "\(batch.count) of a batch of \(batch.topic.quoted) that is not whole, at "
                + "\(batch.file):\(batch.slot)+\(batch.offset)"
        }
        if batches.count > 3 { losses.append("erase parts of \(batches.count - 3) more") }
        losses += files.map { "set the damaged \($0) aside" }
        return losses.isEmpty
            ? nil : NeedsRepair(directory: directory, losses: losses.joined(separator: ", "))
    }

    /// Throws `NeedsRepair` where opening would take something away, as the scanner's last look has it, and
    /// no other process has the log open: what that one is about to write is no loss.
    package static func admit(_ directory: FilePath, _ scanner: Scanner) throws {
        guard try !OpeningLoss(directory, scanner).isNothing else { return }
        // Looked at once more: somebody may have been writing then, and have ended since.
        guard DataDirectory.writers(of: directory).isEmpty,
            let refusal = try OpeningLoss(directory).refusal,
            DataDirectory.writers(of: directory).isEmpty
        else { return }
        throw refusal
    }
}

/// A log was not opened, since that would take something away which nobody asked for.
public struct NeedsRepair: Error, Hashable, Sendable, CustomStringConvertible {
    let directory: FilePath
    /// What would be taken away.
    let losses: String

    public var description: String {
        let log = ShellWord.quoted(directory.string)
        return
            "nothing was done: opening \(directory) would \(losses); walrus repair \(log) shows what "
            + "can be done about it, keeps the bytes and can be undone, walrus salvage \(log) OUT copies "
            + "what can be read"
    }
}

extension StoredFiles {
    /// The files that cannot be used, in the order in which they are told.
    var damaged: [String] {
        var names: [String] = []
        if cursors.isDamaged { names.append(DirectoryNames.cursorIndex) }
        if marks.isDamaged { names.append(DirectoryNames.cleanIndex) }
        if journal.isDamaged { names.append(DirectoryNames.cursorJournal) }
        if intents.isDamaged { names.append(DirectoryNames.batchIntents) }
        return names
    }
}

extension Repair.Cut {
    init(_ piece: BatchCut) {
        self.init(
            topic: piece.topic, file: piece.file, slot: piece.slot, units: piece.units,
            offset: piece.offset)
    }
}
