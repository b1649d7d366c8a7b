internal import Inspect
internal import WalrusFormat

/// What reading each topic to its end would free.
enum FreeingPanel {
    static func draw(
        _ model: ConsoleModel, _ forecast: ReclaimForecast, _ grid: inout Grid, _ rect: Rect
    ) {
        let inside = grid.box(rect, title: "What frees space").inset(horizontal: 1)
        guard !forecast.topics.isEmpty else {
            grid.putProse(
                FreeingText.sentence(forecast, model).map(\.text).joined(), in: inside)
            return
        }
        let total = forecast.topics.reduce(0) { $0 + $1.entriesToRead }
        let held = forecast.files.filter { !$0.holders.isEmpty }
        let freed = held.filter(\.goesWhenRead)
        let all = row(
            [StyledText("all topics", .text, .bold)],
            model.most(forecast.areCursorsLost) + Figures.grouped(total),
            freed.reduce(0) { $0 + $1.allocated }, freed.count, held.count, model)
        let rows = forecast.topics.prefix(inside.height).map { topic -> [TableCell] in
            let name = topic.name.shown(model.glyphs, limit: 60)
            return row(
                [StyledText(name, Style(model.role(of: topic.name)))],
                model.most(topic.isCursorLost) + Figures.grouped(topic.entriesToRead),
                topic.bytesAlone, topic.filesAlone, topic.files, model)
        }
        let next = FreeingText.reading(forecast, model, hasSize: inside.width >= 60)
        let table: Rect
        if next.isEmpty {
            let text = FreeingText.nothing(forecast)
            let lines = PayloadText.prose(
                text, width: inside.width, ascii: grid.glyphs.isASCII
            ).count
            let room = PanelTable.proseRoom(
                lines, beside: forecast.topics.count + 1, of: inside.height)
            if room >= lines {
                table = grid.putProse(text, in: inside, style: .muted)
            } else {
                grid.put(
                    [StyledText(text, .muted)], x: inside.x, y: inside.y, width: inside.width)
                table = inside.splitTop(1).rest
            }
        } else {
            let lines = next.lines(width: inside.width, indent: 2)
            let room = PanelTable.proseRoom(
                lines.count, beside: forecast.topics.count + 1, of: inside.height)
            let shown = lines.count <= room ? lines : [next]
            for (row, line) in shown.enumerated() {
                grid.put(line, x: inside.x, y: inside.y + row, width: inside.width)
            }
            table = inside.splitTop(shown.count).rest
        }
        PanelTable.draw(
            ["READ TO END", "ENTRIES", "FREES", "FILES"], short: "TO END", [all] + rows,
            more: forecast.topics.count + 1, heads: 1, &grid, table)
    }

    /// - Parameters:
    ///   - freed: how many of the `held` files would go.
    private static func row(
        _ name: [StyledText], _ entries: String, _ bytes: Int, _ freed: Int, _ held: Int,
        _ model: ConsoleModel
    ) -> [TableCell] {
        let style: Style = freed > 0 ? Style(.good) : .muted
        return [
            .text(name[0].text, name[0].style), .text(entries),
            .text(freed > 0 ? Figures.bytes(bytes) : model.glyphs.dash, style),
            .text("\(freed)/\(held)", style),
        ]
    }
}
