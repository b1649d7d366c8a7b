/// A frame as plain text: one line of exactly as many columns as the grid has for each row, each
/// ended by a line feed.
public enum FrameText {
    public static func render(_ grid: Grid) -> String {
        var out = ""
        for y in 0..<grid.size.rows {
            out += grid.text(row: y)
            out += "\n"
        }
        return out
    }
}

/// Neighbouring cells of a row in one style.
struct StyleRun: Equatable {
    var x: Int
    /// In columns.
    var width: Int
    var style: Style
    var text: String

    static func runs(of row: ArraySlice<Cell>) -> [StyleRun] {
        var runs: [StyleRun] = []
        for (x, cell) in row.enumerated() {
            if let last = runs.indices.last, runs[last].style == cell.style {
                runs[last].width += 1
                runs[last].text += cell.glyph
            } else {
                runs.append(StyleRun(x: x, width: 1, style: cell.style, text: cell.glyph))
            }
        }
        return runs
    }
}
