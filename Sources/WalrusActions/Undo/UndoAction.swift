internal import Inspect
package import SystemPackage
internal import WalrusEngine
internal import WalrusJSON

/// Puts back what a repair has changed, or finishes one that was cut off.
package struct UndoAction: Sendable {
    private let store: UndoStore
    private let record: UndoRecord
    private let finishes: Bool

    /// Throws `UndoStore.Missing` where there is no such record, `UndoRecord.Refusal` where it
    /// cannot be used.
    package init(_ number: Int, in store: UndoStore, finishes: Bool) throws {
        self.store = store
        self.finishes = finishes
        record = try store.record(number)
        guard !finishes || record.state == .applying || record.state == .applied else {
            throw UndoRecord.Refusal(
                description:
                    "repair \(number) was undone, and the log may have changed since: see what "
                    + "walrus repair plans now")
        }
    }

    /// The verb with its option, for the audit log.
    package var name: String { "repair --\(deed)" }
    package var directory: FilePath { record.directory }
    private var deed: String { finishes ? "finish" : "undo" }

    /// Throws what would keep it from being done, as far as a look tells: `UndoRecord.Refusal`,
    /// `EngineError.locked` with the holders, `IOError`. Writes nothing.
    package func admit() throws {
        try record.admit()
        let holders = DataDirectory.writers(of: record.directory)
        guard holders.isEmpty else {
            let who = holders.map(String.init).joined(separator: ", ")
            throw EngineError(
                .locked, "\(record.directory) is in use by process \(who); close it there first",
                path: record.directory, holders: holders)
        }
    }

    package var plan: ActionPlan {
        ActionPlan(
            title: "\(deed) repair \(record.number) of \(record.directory)",
            command: ["walrus", "repair", "--\(deed)", "\(record.number)", "--yes"],
            lines: [
                "it was: \(record.command)",
                "\(record.files.joined(separator: ", ")): \(record.size) bytes are kept; the repair is \(record.state.rawValue)",
            ], confirmation: .yes,
            figures: [("undo", .int(record.number)), ("bytes", .int(record.size))])
    }

    /// Does it, unless a byte is neither what it was nor what the repair made of it. Takes the
    /// directory's lock; throws as `UndoStore.bring`.
    package func apply() throws -> ActionOutcome {
        let number = record.number
        let changed = try store.bring(number, back: !finishes).changed
        return ActionOutcome(
            changed
                ? (finishes
                    ? "repair \(number) is finished"
                    : "every byte is as it was before repair \(number)")
                : "nothing differed: repair \(number) \(finishes ? "was done" : "was undone") already",
            figures: [("changed", .bool(changed))], undo: number)
    }
}
