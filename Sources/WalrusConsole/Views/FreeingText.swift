internal import Inspect
internal import WalrusFormat

/// What must happen before disk space comes back, in words.
enum FreeingText {
    /// All of it in one line: what is free, then what has to be read.
    static func sentence(_ forecast: ReclaimForecast, _ model: ConsoleModel) -> [StyledText] {
        guard !forecast.files.isEmpty else {
            return [StyledText("no data file takes space", .muted)]
        }
        let parts = [waiting(forecast), stranded(forecast), reading(forecast, model)]
            .filter { !$0.isEmpty }
        guard !parts.isEmpty else { return [StyledText(nothing(forecast), .muted)] }
        return Array(parts.joined(separator: [StyledText("; ", .muted)]))
    }

    /// Which file reading frees first, and which cursors have to pass what for it; empty where it frees
    /// none.
    static func reading(
        _ forecast: ReclaimForecast, _ model: ConsoleModel, hasSize: Bool = true
    ) -> [StyledText] {
        guard let next = forecast.next, let index = forecast.files.firstIndex(of: next) else {
            return []
        }
        // The reference never deletes it: somebody has to.
        let verb =
            next.deleter != .nobody
            ? "goes" : hasSize ? "is free for walrus reclaim" : "is free"
        return [
            StyledText("file \(index + 1)", Style(.good)),
            StyledText(hasSize ? " (\(Figures.bytes(next.allocated)))" : ""),
            StyledText(
                " \(verb) after \(entries(next.entriesToRead, isMost: next.areCursorsLost)): ",
                .muted),
        ] + conditions(next, index, model)
    }

    /// "65 entries"; "at most 65 entries" where nobody knows how far readers came.
    static func entries(_ count: Int, isMost: Bool) -> String {
        (isMost ? "at most " : "") + plural(count, "entry", "entries")
    }

    /// "audit past 1:5, orders past 1:7": each cursor, and the last block that it has to leave behind.
    static func conditions(
        _ file: ReclaimForecast.File, _ index: Int, _ model: ConsoleModel
    ) -> [StyledText] {
        let told = file.holders.prefix(4).map { holder in
            [
                StyledText(
                    holder.topic.shown(model.glyphs, limit: 30), Style(model.role(of: holder.topic))
                ),
                StyledText(" past \(index + 1):\(holder.lastSlot)", .muted),
            ]
        }
        let more = file.holders.count - told.count
        return Array(told.joined(separator: [StyledText(", ", .muted)]))
            + (more > 0 ? [StyledText(", \(plural(more, "more topic"))", .muted)] : [])
    }

    /// What is free already and goes by itself.
    private static func waiting(_ forecast: ReclaimForecast) -> [StyledText] {
        let files = forecast.files.filter { $0.fate == .goes }
        guard let first = files.first else { return [] }
        let when =
            switch first.deleter {
            case .thisEngine, .nobody: "when this engine opens the directory or ends a block"
            case .reference: "at the reference's next cleaning"
            case .perhapsReference: "if the process at work has made them"
            }
        return [StyledText("\(bytes(files)) can go", Style(.good)), StyledText(" \(when)", .muted)]
    }

    private static func stranded(_ forecast: ReclaimForecast) -> [StyledText] {
        let files = forecast.files.filter { $0.fate == .stranded }
        guard !files.isEmpty else { return [] }
        return [
            StyledText("\(bytes(files)) stranded", Style(.warning)),
            StyledText(" (walrus reclaim frees it)", .muted),
        ]
    }

    private static func bytes(_ files: [ReclaimForecast.File]) -> String {
        Figures.bytes(files.reduce(0) { $0 + $1.allocated })
    }

    /// Why reading frees nothing, and nothing waits.
    static func nothing(_ forecast: ReclaimForecast) -> String {
        guard let newest = forecast.files.last else { return "no data file takes space" }
        if forecast.files.allSatisfy({ $0.fate == .kept }) {
            return "reading frees nothing: every file is kept for its damage"
        }
        switch newest.fate {
        case .held where newest.freeSlots > 0, .filling:
            return newest.deleter == .nobody
                ? "reading frees nothing: the newest file has \(plural(newest.freeSlots, "slot")) free"
                : "reading frees nothing: the newest file is still being filled"
        case .kept: return "reading frees nothing: the newest file is kept for its damage"
        case .held, .goes, .stranded: return "reading frees nothing more"
        }
    }
}

/// The files in the order in which they come back, as the line above has it: what keeps each, and
/// which cursors have to pass what before it goes.
enum FreeingList {
    /// How many lines there are to tell, as far as `max`.
    static func count(_ model: ConsoleModel, _ forecast: ReclaimForecast, width: Int, max: Int)
        -> Int
    {
        lines(model, forecast, width: width, height: max).count
    }

    static func draw(
        _ model: ConsoleModel, _ forecast: ReclaimForecast, _ grid: inout Grid, _ rect: Rect
    ) {
        let frees = forecast.files.contains {
            $0.fate == .goes || $0.fate == .stranded || $0.goesWhenRead
        }
        let inside = grid.box(
            rect, title: frees ? "What frees space" : "Who holds the space",
            trailing: [StyledText("3 Blocks", .muted)]
        ).inset(horizontal: 1)
        guard !forecast.files.isEmpty else {
            grid.put(
                "no data file takes space", x: inside.x, y: inside.y, width: inside.width,
                align: .leading, style: .muted)
            return
        }
        let lines = lines(model, forecast, width: inside.width, height: inside.height)
        for (row, line) in lines.prefix(inside.height).enumerated() {
            grid.put(line, x: inside.x, y: inside.y + row, width: inside.width)
        }
    }

    /// A line for each file, then for each of its readers, then for what does not fit into one of
    /// them, as far as there are lines.
    private static func lines(
        _ model: ConsoleModel, _ forecast: ReclaimForecast, width: Int, height: Int
    ) -> [[StyledText]] {
        let order = order(forecast)
        let isCut = order.count > height
        let shown = order.prefix(isCut ? max(0, height - 1) : order.count)
        var spare = height - order.count
        var lines: [[StyledText]] = []
        for index in shown {
            let file = forecast.files[index]
            let readers = readers(file, index, model, limit: spare)
            lines.append(head(file, index, model, isLong: !readers.isEmpty))
            lines += readers.map { [StyledText("    ")] + $0 }
            spare -= readers.count
        }
        if isCut {
            let more = plural(order.count - shown.count, "more file")
            lines.append([StyledText("+ \(more)", .muted)])
        }
        return lines.flatMap { line in
            let parts = line.lines(width: width, indent: 11)
            guard parts.count > 1, parts.count - 1 <= spare else { return [line] }
            spare -= parts.count - 1
            return parts
        }
    }

    /// What is free comes first, then what reading frees, the least reading first, then what stays;
    /// the largest of those that are alike.
    static func order(_ forecast: ReclaimForecast) -> [Int] {
        let ranks = forecast.files.map { file -> (Int, Int) in
            switch file.fate {
            case .goes: (0, -file.allocated)
            case .stranded: (1, -file.allocated)
            case .held where file.goesWhenRead: (2, file.entriesToRead)
            case .held: (3, -file.allocated)
            case .filling: (4, -file.allocated)
            case .kept: (5, -file.allocated)
            }
        }
        return forecast.files.indices.sorted { a, b in
            ranks[a] != ranks[b] ? ranks[a] < ranks[b] : a < b
        }
    }

    /// A line for each of the file's readers; what does not fit is counted in the last. None where that
    /// would be the only one.
    private static func readers(
        _ file: ReclaimForecast.File, _ index: Int, _ model: ConsoleModel, limit: Int
    ) -> [[StyledText]] {
        // What is kept stays, whoever reads.
        guard file.fate == .held else { return [] }
        guard file.holders.count > limit else {
            return file.holders.map { line($0, index, model) }
        }
        guard limit > 1 else { return [] }
        let told = file.holders.prefix(limit - 1)
        let more = plural(file.holders.count - told.count, "more topic")
        return told.map { line($0, index, model) } + [[StyledText("+ \(more)", .muted)]]
    }

    private static func head(
        _ file: ReclaimForecast.File, _ index: Int, _ model: ConsoleModel, isLong: Bool
    ) -> [StyledText] {
        let start = [
            StyledText("\(FilePanel.padded(String(index + 1), 3)) ", .muted),
            StyledText("\(FilePanel.padded(Figures.bytes(file.allocated), 5))  "),
            StyledText(FilePanel.word(file), FilePanel.style(file.fate)),
        ]
        let needed = FreeingText.entries(file.entriesToRead, isMost: file.areCursorsLost)
        let rest: [StyledText]
        switch file.fate {
        case .held where file.freeSlots > 0:
            rest = [StyledText("  newest file, \(plural(file.freeSlots, "slot")) free", .muted)]
        case .held:
            let verb = file.deleter == .nobody ? "free" : "goes"
            rest = [
                StyledText("  \(verb) after \(needed)", .muted)
            ]
        case .stranded: rest = [StyledText("  walrus reclaim frees it", .muted)]
        case .goes: rest = [StyledText("  nothing in it is unread", .muted)]
        case .filling where file.freeSlots == 0:
            rest = [StyledText("  until its topics go on to other blocks", .muted)]
        case .filling: rest = [StyledText("  \(plural(file.freeSlots, "slot")) free", .muted)]
        case .kept: rest = [StyledText("  \(file.reason)", .muted)]
        }
        guard !isLong, file.fate == .held else { return start + rest }
        return start + rest + [StyledText(": ", .muted)]
            + FreeingText.conditions(file, index, model)
    }

    private static func line(
        _ holder: ReclaimForecast.Holder, _ file: Int, _ model: ConsoleModel
    ) -> [StyledText] {
        [
            StyledText(
                holder.topic.shown(model.glyphs, limit: 40), Style(model.role(of: holder.topic))),
            StyledText(
                " past \(file + 1):\(holder.lastSlot), "
                    + FreeingText.entries(holder.entriesToRead, isMost: holder.isCursorLost)
                    + " to read", .muted),
        ]
    }
}
