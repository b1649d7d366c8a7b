package import Inspect
package import SystemPackage
internal import WalrusFormat
internal import WalrusJSON

extension ImportJob {
    /// Bytes that a line may have: base 64 is a third longer than what it says, and there is more in a line.
    package static let lineMax = 2 * Layout.payloadLengthMax

    /// A line of a file that is no entry. Nothing was appended.
    package struct Refused: Error, Hashable, CustomStringConvertible {
        package let description: String
    }

    /// Reads a file through: the entries in it, and bytes of their payloads. Nil where `goesOn`, which hears
    /// of the lines that were read, stopped it.
    ///
    /// Throws `Refused` at the first line that is none, `EntryInput.Malformed`, and `IOError`.
    package static func measure(_ file: FilePath, goesOn: (Int) -> Bool = { _ in true }) throws -> (
        entries: Int, bytes: Int
    )? {
        var lines = try FileLines(file, limit: lineMax)
        var (count, bytes) = (0, 0)
        while let line = try lines.next() {
            count += 1
            do throws(EntryLine.Refusal) { bytes += try EntryLine.payload(line).count } catch {
                throw Refused(
                    description: "\(file), line \(count): \(error); nothing was appended")
            }
            guard goesOn(count) else { return nil }
        }
        return (count, bytes)
    }

    /// - Parameters:
    ///   - found: what `measure` found in `file`.
    ///   - state: the topic as it is; nil when there is none yet.
    ///   - command: the words of the command that does the same.
    package func plan(
        _ found: (entries: Int, bytes: Int), of file: String, _ state: TopicState?,
        command: [String]
    ) -> ActionPlan {
        let entries = counted(found.entries, "entry", "entries")
        return ActionPlan(
            title: "append \(entries) in \(file) to \(topic.word)", command: command,
            lines: [
                "each line is an entry: \(entries), \(counted(found.bytes, "byte", "bytes")) of payload",
                "a thousand at a time, each thousand whole or not at all",
                state.map { "the topic has \(counted($0.entries, "entry", "entries")) by now" }
                    ?? "the topic is new",
            ] + (state?.isClean ?? false ? ["the topic is marked dirty"] : []),
            confirmation: .yes)
    }
}

extension ImportJob.Report {
    /// What it came to.
    package var outcome: ActionOutcome {
        ActionOutcome(
            "appended \(counted(entries, "entry", "entries")), \(bytes) bytes of payload"
                + (first.map { ", from \($0) to \(last ?? $0)" } ?? ""),
            figures: [
                ("entries", .int(entries)), ("bytes", .int(bytes)),
                ("first", .optional(first)), ("last", .optional(last)),
            ])
    }
}
