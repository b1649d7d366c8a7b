/// A frame as JSON, for scripts and tests: the text of every line, and its styles as runs.
///
/// Schema 1: `columns`, `rows`, `lines` (text, each of exactly `columns` columns) and `styles` (for
/// each line its runs: `x`, `width`, `role`, then `bold`, `dim`, `underline`, `reverse`,
/// `selected` where true). Runs of ordinary text are left out.
public enum FrameJSON {
    public static func render(_ grid: Grid) -> String {
        let rows = 0..<grid.size.rows
        let lines = rows.map { "    " + quoted(grid.text(row: $0)) }
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
        var text = "{\"x\":\(run.x),\"width\":\(run.width),\"role\":\"\(run.style.role)\""
        let emphasis = run.style.emphasis
        if emphasis.contains(.bold) { text += ",\"bold\":true" }
        if emphasis.contains(.dim) { text += ",\"dim\":true" }
        if emphasis.contains(.underline) { text += ",\"underline\":true" }
        if emphasis.contains(.reverse) { text += ",\"reverse\":true" }
        if run.style.isSelected { text += ",\"selected\":true" }
        return text + "}"
    }

    /// A cell never holds a control character, so these two are all there is to escape.
    private static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { out += "\\" }
            out.unicodeScalars.append(scalar)
        }
        return out + "\""
    }
}
