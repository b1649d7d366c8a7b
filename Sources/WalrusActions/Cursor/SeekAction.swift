public import Inspect
internal import WalrusEngine
public import WalrusFormat
internal import WalrusJSON

/// Moves a topic's cursor: what stands before it counts as consumed, what stands behind it as unread.
public struct SeekAction: Sendable {
    public let topic: TopicState
    /// Where the topic's reader stands; nil: at the first entry.
    public let cursor: EntryPlace?
    /// Sound entries that count as consumed, and those that will.
    public let before: Int
    public let after: Int
    /// Where the cursor goes; exactly there, whatever is appended meanwhile.
    public let target: EntryPlace

    /// Damaged entries on the way forward, which nobody gets: how many, and the first.
    public let damaged: (count: Int, first: EntryPlace?)

    /// Entries that their reader will not get.
    public var skipped: Int { max(0, after - before) }
    /// Entries that their reader will get once more.
    public var repeated: Int { max(0, before - after) }

    /// - Parameter cursor: as for `ConsumeAction`.
    ///
    /// Throws `EntryPoint.Missing` where there is no such place, and `IOError`.
    public init(_ reader: EntryReader, cursor: EntryPlace?, to point: EntryPoint) throws {
        topic = reader.topic
        self.cursor = cursor
        before = try ConsumeAction.consumed(reader, cursor)
        let ordinal = try reader.ordinal(within: point)
        after = ordinal - 1
        guard let place = try reader.place(ofOrdinal: ordinal) else {
            throw EntryPoint.Missing(description: "\(topic.name.word) has no entries")
        }
        if case .place(let asked) = point, asked != place {
            guard try Self.isEnd(asked, reader, before: ordinal) else {
                throw EntryPoint.Missing(
                    description: "no entry of \(topic.name.word) begins at \(asked); the next one "
                        + "stands at \(place)")
            }
            // As a reader's own place may be, which is to be found again.
            target = asked
        } else {
            target = place
        }
        damaged = try after > before ? Self.damaged(reader, from: before, to: target) : (0, nil)
    }

    /// Whether the entry before the one with `ordinal` ends at the place.
    private static func isEnd(_ place: EntryPlace, _ reader: EntryReader, before ordinal: Int)
        throws -> Bool
    {
        guard ordinal > 1 else { return false }
        var isEnd = false
        try unsafe reader.forEach(from: ordinal - 1) { row, _ in
            guard (row.file, row.slot) == (place.file, place.slot) else { return false }
            isEnd = row.end == place.offset
            return row.end < place.offset
        }
        return isEnd
    }

    /// Damaged entries behind the sound one with the ordinal `before`, up to the place.
    private static func damaged(_ reader: EntryReader, from before: Int, to target: EntryPlace)
        throws -> (count: Int, first: EntryPlace?)
    {
        var damaged: (count: Int, first: EntryPlace?) = (0, nil)
        guard reader.topic.damaged > 0 else { return damaged }
        try unsafe reader.forEach(from: max(1, before)) { row, _ in
            guard row.place != target else { return false }
            if row.ordinal == nil, !row.isConsumed {
                damaged.count += 1
                damaged.first = damaged.first ?? row.place
            }
            return true
        }
        return damaged
    }

    /// - Parameter command: the words of the command that does the same.
    public func plan(command: [String]) -> ActionPlan {
        func entry(_ consumed: Int) -> String {
            consumed < topic.entries ? "before entry \(consumed + 1)" : "behind the last entry"
        }
        var lines = [
            "the cursor goes from \(cursor?.text ?? "begin"), \(entry(before)),",
            "to \(target), \(entry(after)) of \(topic.entries)",
        ]
        if skipped > 0 {
            lines.append(
                counted(
                    skipped, "entry that is unread will be skipped: its reader never gets it",
                    "entries that are unread will be skipped: their reader never gets them"))
        } else if repeated > 0 {
            lines.append(
                counted(
                    repeated, "entry will be delivered again", "entries will be delivered again"))
        } else {
            lines.append("no entry is skipped, and none comes again")
        }
        if let first = damaged.first {
            lines.append(
                counted(
                    damaged.count, "damaged entry is skipped too, at \(first)",
                    "damaged entries are skipped too, the first at \(first)"))
        }
        if skipped + repeated > 0 {
            lines.append("a seek to \(cursor?.text ?? "begin") takes it back")
        }
        let deed = skipped > 0 ? "skip \(counted(skipped, "entry", "entries"))" : nil
        let confirmation: ActionPlan.Confirmation =
            deed.map(topic.name.typed) ?? (repeated > 0 ? .yes : .none)
        return ActionPlan(
            title: "move the cursor of \(topic.name.word)",
            command: command + (confirmation == .none ? [] : ["--yes"]), lines: lines,
            confirmation: confirmation, deed: deed,
            figures: [
                ("skipped", .int(skipped)), ("repeated", .int(repeated)),
                ("damaged", .int(damaged.count)), ("cursor_before", .optional(cursor?.text)),
                ("cursor", .string(target.text)),
            ])
    }

    public func apply(_ log: any OpenLog) throws -> ActionOutcome {
        let move = try log.moveCursor(of: topic.name, from: cursor, to: .place(target))
        let change =
            move.skipped > 0
            ? "\(counted(move.skipped, "entry", "entries")) skipped"
            : counted(move.repeated, "entry comes again", "entries come again")
        let passed = damaged.first.map { first in
            "; "
                + counted(
                    damaged.count, "damaged entry was passed by, at \(first)",
                    "damaged entries were passed by, the first at \(first)")
        }
        var outcome = ActionOutcome(
            "moved the cursor of \(topic.name.word) to \(move.place): \(change)"
                + (passed ?? ""),
            figures: [
                ("skipped", .int(move.skipped)), ("repeated", .int(move.repeated)),
                ("damaged", .int(damaged.count)),
                ("cursor_before", .optional(cursor?.text)), ("cursor", .string(move.place.text)),
            ])
        outcome.cursorMove = CursorChange(
            topic: topic.name, before: cursor, after: move.place, deed: "move the cursor")
        return outcome
    }
}
