import ArgumentParser
import Inspect
import SystemPackage
import WalrusActions
import WalrusEngine
import WalrusIO

/// An end with a reason: one line on standard error, and an exit status that scripts rely on.
struct Failure: Error, CustomStringConvertible {
    enum Status: Int32 {
        /// Findings, or nothing there.
        case nothing = 1
        case usage = 2
        /// I/O, or the lock.
        case io = 3
        /// Whoever read our output has seen enough, as `head` does: as if SIGPIPE had ended us.
        case closedPipe = 141
    }

    let status: Status
    /// Nil: there is nothing to say.
    let message: String?
    /// What the audit log says of it.
    var description: String { message ?? "status \(status.rawValue)" }

    init(_ status: Status, _ message: String? = nil) {
        self.status = status
        self.message = message.map(Self.line)
    }

    /// Names in messages may hold anything: what is printed is one line that moves no cursor.
    static func line(_ text: String) -> String {
        var line = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                line += "\\u{\(String(scalar.value, radix: 16))}"
            default: line.unicodeScalars.append(scalar)
            }
        }
        return line
    }

    /// What an error of any layer means to the one who called.
    init(_ error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as IOError where error.errno == .brokenPipe:
            self.init(.closedPipe)
        case let error as EngineError:
            let usage: [EngineError.Code] = [
                .invalidTopic, .entryTooLarge, .batchTooLarge, .invalidKey,
            ]
            self.init(usage.contains(error.code) ? .usage : .io, "\(error)")
        case is EntryInput.Malformed, is ImportJob.Refused: self.init(.usage, "\(error)")
        case let error as ImportJob.Failure: self.init(error.isLine ? .usage : .io, "\(error)")
        case is RepairPlan.Unknown: self.init(.usage, "\(error)")
        case is RepairPlan.Gone, is UndoStore.Missing: self.init(.nothing, "\(error)")
        case is SalvageJob.Nothing: self.init(.nothing, "\(error)")
        case is EntryPoint.Missing, is ConsumeAction.Nothing, is Editor.Failed, is NeedsRepair:
            self.init(.nothing, "\(error)")
        default: self.init(.io, "\(error)")
        }
    }
}
