internal import WalrusJSON

/// A frame as JSON, for scripts and tests: the text of every line, and its styles as runs.
///
/// Schema 1: `columns`, `rows`, `lines` (text, each of exactly `columns` columns) and `styles` (for
/// each line its runs: `x`, `width`, `role`, then `bold`, `dim`, `underline`, `reverse`,
/// `selected` where true). Runs of ordinary text are left out.
public enum FrameJSON {
    public static func render(_ grid: Grid) -> String {
        let rows = 0..<grid.size.rows
        let lines = rows.map { "    " + JSON.string(grid.text(row: $0)).text }
        let styles = rows.map { y in
            "    ["
                + StyleRun.runs(of: grid.row(y)).filter { $0.style != .text }
                .map(object).joined(separator: ",") + "]"
        }
        return """
            {
              "schema": 1,
              "columns": \(grid.size.columns),
              "rows": \(grid.size.rows),
              "lines": [
            \(lines.joined(separator: ",\n"))
              ],
              "styles": [
            \(styles.joined(separator: ",\n"))
              ]
            }

            """
    }

    private static func object(_ run: StyleRun) -> String {
        let emphasis = run.style.emphasis
        let marks = [
            ("bold", emphasis.contains(.bold)), ("dim", emphasis.contains(.dim)),
            ("underline", emphasis.contains(.underline)),
            ("reverse", emphasis.contains(.reverse)), ("selected", run.style.isSelected),
        ]
        return JSON.object(
            [
                ("x", .int(run.x)), ("width", .int(run.width)),
                ("role", .string("\(run.style.role)")),
            ] + marks.filter(\.1).map { ($0.0, .bool(true)) }
        ).text
    }
}
