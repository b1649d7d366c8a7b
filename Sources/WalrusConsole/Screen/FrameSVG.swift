/// A frame as a picture. It is deterministic and needs no particular font: every run of text is
/// fitted to its cells, and lines, blocks, shades and braille are drawn as shapes, so that they
/// meet exactly.
public enum FrameSVG {
    /// The size of a cell in user units, and what the picture is scaled by.
    static let cellWidth = 8
    static let cellHeight = 16
    private static let scale = (numerator: 5, denominator: 4)

    public static func render(_ grid: Grid, theme: Theme, title: String) -> String {
        let width = grid.size.columns * cellWidth
        let height = grid.size.rows * cellHeight
        var layers = SVGLayers()
        for y in 0..<grid.size.rows { layers.add(grid.row(y), y: y, theme: theme) }

        let shownWidth = width * scale.numerator / scale.denominator
        let shownHeight = height * scale.numerator / scale.denominator
        let name = escaped(VisibleText(title, mode: .escape, limit: 200).text)
        var out = """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(shownWidth)" height="\(shownHeight)" \
            viewBox="0 0 \(width) \(height)" role="img">
            <title>\(name)</title>
            <style>text{font:13px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;\
            white-space:pre}.b{font-weight:bold}</style>
            <rect width="\(width)" height="\(height)" fill="\(theme.canvas.css)"/>

            """
        out += "<g shape-rendering=\"crispEdges\">\n"
        for line in layers.backgrounds { out += line + "\n" }
        for shape in layers.shapes {
            let opacity = shape.shade == 4 ? "" : " fill-opacity=\"\(shadeOpacity[shape.shade])\""
            out += "<path fill=\"\(shape.color.css)\"\(opacity) d=\"\(shape.path)\"/>\n"
        }
        out += "</g>\n"
        for line in layers.texts { out += line + "\n" }
        return out + "</svg>\n"
    }

    private static let shadeOpacity = ["0", ".3", ".5", ".75", "1"]

    static func escaped(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}

/// The picture from back to front.
private struct SVGLayers {
    struct Shape {
        let color: RGB
        /// Quarters of full opacity.
        let shade: Int
        var path: String
    }

    var backgrounds: [String] = []
    /// One path for each colour and shade, in the order of their first use.
    var shapes: [Shape] = []
    var texts: [String] = []

    mutating func add(_ row: ArraySlice<Cell>, y: Int, theme: Theme) {
        let top = y * FrameSVG.cellHeight
        addBackgrounds(row, top: top, theme: theme)
        var pending: (x: Int, text: String, look: ResolvedLook)?
        for (x, cell) in row.enumerated() where cell.width > 0 {
            let look = theme.resolved(cell.style)
            if look.isUnderlined { addUnderline(x, top, Int(cell.width), look) }
            if let shape = SVGGlyph(cell.glyph) {
                addShape(shape, x * FrameSVG.cellWidth, top, look.foreground)
                flush(&pending, top)
            } else if cell.glyph == " " {
                // A single blank stays inside its run; the second one ends it.
                if pending?.text.last == " " { flush(&pending, top) } else { pending?.text += " " }
            } else if cell.glyph.utf8.count == 1 {
                if let run = pending, run.look != look { flush(&pending, top) }
                if pending == nil { pending = (x, "", look) }
                pending?.text += cell.glyph
            } else {
                // Whatever font a viewer finds for it, it takes the cells that it has here.
                flush(&pending, top)
                addText(cell.glyph, x, Int(cell.width), top, look)
            }
        }
        flush(&pending, top)
    }

    private mutating func flush(
        _ pending: inout (x: Int, text: String, look: ResolvedLook)?, _ top: Int
    ) {
        guard let run = pending else { return }
        pending = nil
        let text = run.text.last == " " ? String(run.text.dropLast()) : run.text
        if !text.isEmpty { addText(text, run.x, text.utf8.count, top, run.look) }
    }

    private mutating func addText(
        _ text: String, _ x: Int, _ columns: Int, _ top: Int, _ look: ResolvedLook
    ) {
        let weight = look.isBold ? " class=\"b\"" : ""
        texts.append(
            "<text x=\"\(x * FrameSVG.cellWidth)\" y=\"\(top + 12)\" "
                + "textLength=\"\(columns * FrameSVG.cellWidth)\" "
                + "lengthAdjust=\"spacingAndGlyphs\" fill=\"\(look.foreground.css)\"\(weight)>"
                + FrameSVG.escaped(text) + "</text>")
    }

    private mutating func addBackgrounds(_ row: ArraySlice<Cell>, top: Int, theme: Theme) {
        var start = 0
        var color: RGB?
        func rect(_ end: Int) -> String? {
            color.map {
                "<rect x=\"\(start * FrameSVG.cellWidth)\" y=\"\(top)\" "
                    + "width=\"\((end - start) * FrameSVG.cellWidth)\" "
                    + "height=\"\(FrameSVG.cellHeight)\" fill=\"\($0.css)\"/>"
            }
        }
        for (x, cell) in row.enumerated() {
            let background = theme.resolved(cell.style).background
            guard background != color else { continue }
            if let line = rect(x) { backgrounds.append(line) }
            (start, color) = (x, background)
        }
        if let line = rect(row.count) { backgrounds.append(line) }
    }

    private mutating func addUnderline(_ x: Int, _ top: Int, _ width: Int, _ look: ResolvedLook) {
        let w = width * FrameSVG.cellWidth
        append("M\(x * FrameSVG.cellWidth) \(top + 14)h\(w)v1h-\(w)z", look.foreground, shade: 4)
    }

    private mutating func addShape(_ glyph: SVGGlyph, _ x: Int, _ y: Int, _ color: RGB) {
        var path = ""
        for part in glyph.parts {
            switch part {
            case .rect(let dx, let dy, let w, let h):
                path += "M\(x + dx) \(y + dy)h\(w)v\(h)h-\(w)z"
            case .curve(let dx, let dy, let commands): path += "M\(x + dx) \(y + dy)\(commands)"
            }
        }
        append(path, color, shade: glyph.shade)
    }

    private mutating func append(_ path: String, _ color: RGB, shade: Int) {
        if let i = shapes.firstIndex(where: { $0.color == color && $0.shade == shade }) {
            shapes[i].path += path
        } else {
            shapes.append(Shape(color: color, shade: shade, path: path))
        }
    }
}
