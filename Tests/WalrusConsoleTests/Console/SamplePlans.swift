import WalrusFormat

@testable import Inspect
@testable import WalrusConsole

/// What a runner would find and plan.
extension Sample {
    static func choices(for action: ActionKind) -> [FormOption] {
        switch action {
        case .trash:
            [
                FormOption(
                    .name("20261121T082024.823Z"), "20261121T082024.823Z  2 files, 42,070,016 bytes"
                ),
                FormOption(
                    .name("20261119T230511.004Z"), "20261119T230511.004Z  1 file, 10,485,760 bytes"),
            ]
        case .repair:
            [
                FormOption(
                    .name("cursor-index"),
                    "cursor-index (certain): read_offset_idx_index.db is kept as damaged1_read_offset_idx_index.db, and written anew"
                ),
                FormOption(
                    .name("tail:1763640000003:7"),
                    "tail:1763640000003:7 (doubtful): the last entry of block 1763640000003:7, which is not whole, is erased"
                ),
            ]
                + (0..<12).map { number in
                    FormOption(
                        .name("leftover:1763640000003:\(number)"),
                        "leftover:1763640000003:\(number) (likely): bytes behind the last entry are erased\u{1b}[2J"
                    )
                }
        case .undo:
            [
                FormOption(.undo(4), "undo 4  2026-11-21 08:18:51.759  read_offset_idx_index.db"),
                FormOption(.undo(2), "undo 2  2026-11-20 23:01:09.201  1763640000003"),
                FormOption(
                    .finish(2),
                    "finish 2  2026-11-20 23:01:09.201  1763640000003, which was cut off"),
            ]
        default: []
        }
    }

    /// A plan as a runner makes it.
    static func plan(_ order: ActionOrder) -> ActionDialog {
        let name = order.topic?.shown(ascii: false) ?? ""
        func dialog(
            _ number: Int, _ title: String, _ lines: [String], _ command: String,
            _ confirmation: ActionDialog.Confirmation = .yes, deed: String? = nil,
            canStop: Bool = false
        ) -> ActionDialog {
            ActionDialog(
                .act(number), title: title, lines: lines, command: "walrus \(command)",
                confirmation: confirmation, deed: deed, canStop: canStop)
        }
        switch order.work {
        case .consume(_, _, let out):
            return dialog(
                7, "consume 3 entries of \(name)",
                [
                    "entries 411128 to 411130 count as read, 1544 bytes of payload:",
                    "  411128  512 bytes  {\"id\":88123,\"status\":\"err\",\"amount\":120}...",
                    "  411129  520 bytes  .[2J{\"id\":88124,\"status\":\"ok\"}...",
                    "  411130  512 bytes  {\"id\":88125,\"status\":\"ok\",\"amount\":7}...",
                    out.map { "written to \($0) first, durably" }
                        ?? "not exported: no file to write to is named",
                    "the cursor goes from 1763670155020:7+2097152 to 1763670155020:7+2098001",
                    "44201 entries stay unread",
                    "a seek to 1763670155020:7+2097152 takes it back",
                ], "consume /data/wal/bench \(name) --to 1763670155020:7+2098001 --yes",
                .typed(name), deed: "consume 3 entries")
        case .seek(let point):
            return dialog(
                8, "move the cursor of \(name)",
                [
                    "the cursor goes from 1763670155020:7+2097152, before entry 411128,",
                    "to 1763670155020:7+0, before entry 410001 of 455331",
                    "1127 entries will be delivered again",
                    "a seek to 1763670155020:7+2097152 takes it back",
                ], "seek /data/wal/bench \(name) \(point.text) --yes")
        case .mark(let clean):
            return dialog(
                9, "mark \(name) \(clean ? "clean" : "dirty")",
                ["it is marked dirty now", "the next append marks it dirty again"],
                "mark /data/wal/bench \(name) \(clean ? "clean" : "dirty")")
        case .append:
            return dialog(
                9, "append 2 entries to \(name)",
                [
                    "2 entries, 11 bytes of payload, as one batch: readers get all of them or none",
                    "the topic has 455331 entries by now",
                ], "append /data/wal/bench \(name) --lines --batch")
        case .replay(let replay):
            return dialog(
                10, "replay 23 entries of \(name) into \(replay.into.shown(ascii: false))",
                [
                    "8265 bytes of payload, in atomic batches, into /data/wal/bench",
                    "the target has 0 entries now",
                    "it can be stopped, and goes on when it is asked for again",
                ],
                "replay /data/wal/bench \(name) --where 'time > -2h and .status == \"err\"' --into \(replay.into.shown(ascii: false)) --rate 500/s",
                canStop: true)
        case .reclaim(let deletes):
            // More files than a small screen has lines.
            let files = (0..<40).map { number in
                number < 30
                    ? "17952107\(10_000 + number)  21032960 bytes on disk  goes to the trash: nothing in it is unread"
                    : "17952107\(10_000 + number)  21049344 bytes on disk  stays: unread entries of r1 (26), from-third (7)"
            }
            return dialog(
                11, "\(deletes ? "delete" : "move") 30 data files of 630988800 bytes on disk",
                files + [
                    "the trash keeps their space until it is emptied; --restore puts them back"
                ], "reclaim /data/wal/bench" + (deletes ? " --delete" : "") + " --yes")
        case .restoreTrash(let folder):
            return dialog(
                12, "put 2 data files back with 125 entries",
                [
                    "1795210701150  21032960 bytes on disk  comes back",
                    "1795210701792  21037056 bytes on disk  comes back",
                    "blocky  125 entries, all consumed",
                    "an engine that reclaims deletes them when it opens the log, unless a cursor is moved back first",
                ], "reclaim /data/wal/bench --restore \(folder) --yes")
        case .emptyTrash(let folder):
            return dialog(
                13, "delete 2 data files of 42070016 bytes for good",
                ["20261121T082024.823Z/1795210701150  21032960 bytes on disk"],
                "reclaim /data/wal/bench --empty-trash" + (folder.map { " \($0)" } ?? "")
                    + " --yes")
        case .repair(let ids):
            return dialog(
                14, "make \(ids?.count ?? 2) of 14 repairs in /data/wal/bench",
                [
                    "cursor-index (certain): read_offset_idx_index.db is kept as damaged1_read_offset_idx_index.db, and written anew",
                    "  2 topics go on where the last engine left them",
                    "  of \"audit\" nothing tells how far its reader was: all 1195 entries come (again)",
                    "not now: tail:1763640000003:7 (doubtful): the last entry of block 1763640000003:7, which is not whole, is erased",
                    "read_offset_idx_index.db: 512 bytes are replaced by 360",
                    "what is overwritten is kept: walrus repair --undo puts it back",
                ],
                "repair /data/wal/bench"
                    + (ids.map { " --only \($0.joined(separator: ","))" } ?? "") + " --yes")
        case .undo(let number, let finish):
            let deed = finish ? "finish" : "undo"
            return dialog(
                15, "\(deed) repair \(number) of /data/wal/bench",
                [
                    "it was: walrus repair /data/wal/bench --yes",
                    "read_offset_idx_index.db: 512 bytes are kept; the repair is applied",
                ], "repair --\(deed) \(number) --yes")
        case .returnCursor(let topic, let from, let to):
            return dialog(
                15, "move the cursor of \(topic.shown(ascii: false)) back to where it was",
                ["the cursor goes from \(from) to \(to?.text ?? "begin")"],
                "seek /data/wal/bench \(topic.shown(ascii: false)) \(to?.text ?? "begin")")
        case .salvage(let target):
            return dialog(
                16, "copy all that can be read of /data/wal/bench into \(target)",
                ["2739123 entries in 7 topics, with their times, readers and marks"],
                "salvage /data/wal/bench \(target)", canStop: true)
        case .backup(let archive):
            return dialog(
                17, "copy /data/wal/bench into \(archive)",
                ["2739123 entries in 7 topics, 146800640 bytes on disk at most, as a tar archive"],
                "backup /data/wal/bench \(archive)", canStop: true)
        case .restore(let archive, let target):
            return dialog(
                18, "make a log of \(archive) in \(target)",
                [
                    "12 files, 146800640 bytes on disk",
                    "it holds 2739123 entries in 7 topics",
                    "\(target) is there only once that was compared; no log that is there is touched",
                ], "restore \(archive) \(target)", canStop: true)
        case .importLines(let file):
            return dialog(
                19, "append 904 entries in \(file) to \(name)",
                [
                    "each line is an entry: 904 entries, 330041 bytes of payload",
                    "a thousand at a time, each thousand whole or not at all",
                    "the topic has 455331 entries by now",
                ], "import /data/wal/bench \(name) \(file)", canStop: true)
        }
    }
}
