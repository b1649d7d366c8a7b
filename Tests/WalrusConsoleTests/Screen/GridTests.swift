import Testing

@testable import WalrusConsole

struct GridTests {
    private func grid(_ columns: Int, _ rows: Int = 1, _ glyphs: GlyphSet = .unicode) -> Grid {
        Grid(Size(columns: columns, rows: rows), glyphs: glyphs)
    }

    @Test("text is clipped at both edges and at its width")
    func clipping() {
        var g = grid(5)
        #expect(g.put("abcdefgh", x: 2, y: 0) == 3)
        #expect(g.text(row: 0) == "  abc")
        #expect(g.put("wxyz", x: -2, y: 0) == 4)
        #expect(g.text(row: 0) == "yzabc")
        #expect(g.put("12345", x: 0, y: 0, width: 2) == 2)
        #expect(g.text(row: 0) == "12abc")
        #expect(g.put("no", x: 5, y: 0) == 0)
        #expect(g.put("no", x: 0, y: 1) == 0)
        #expect(g.put("no", x: .max, y: .min) == 0)
        g.put("no", x: .min, y: 0, width: .max)
        #expect(g.text(row: 0) == "12abc")
    }

    @Test("a wide glyph is never cut in two")
    func wideGlyphs() {
        var g = grid(5)
        g.put("中文字", x: 0, y: 0)
        #expect(g.text(row: 0) == "中文 ")
        g.put("x", x: 1, y: 0)
        #expect(g.text(row: 0) == " x文 ")
        g.put("y", x: 2, y: 0)
        #expect(g.text(row: 0) == " xy  ")
        g.put("中", x: -1, y: 0)
        #expect(g.text(row: 0) == " xy  ")
        g.put("中文", x: 1, y: 0)
        g.put("字", x: 2, y: 0)
        #expect(g.text(row: 0) == "  字 ")
        #expect(g[3, 0].width == 0 && g[2, 0].width == 2)
    }

    @Test("combining marks stay with their base, four at most")
    func marks() {
        var g = grid(4)
        g.put("e\u{301}\u{302}\u{303}\u{304}\u{305}x", x: 0, y: 0)
        #expect(g[0, 0].glyph == "e\u{301}\u{302}\u{303}\u{304}")
        #expect(g[1, 0].glyph == "x")
        g.put("\u{301}", x: 0, y: 0)
        #expect(g[0, 0].glyph == "◌\u{301}")
    }

    @Test("what cannot be drawn gets a stand-in")
    func standIns() {
        var g = grid(8)
        g.put("a\u{1B}[2J\u{9B}\n", x: 0, y: 0)
        #expect(g.text(row: 0) == "a\u{FFFD}[2J\u{FFFD}\u{FFFD} ")
        var a = grid(8, 1, .ascii)
        a.put("é→中·\u{7}e\u{301}", x: 0, y: 0)
        #expect(a.text(row: 0) == "?>??.?e ")
    }

    @Test("fields align and cut with an ellipsis")
    func fields() {
        func field(
            _ text: String, _ align: Alignment, _ cut: Truncation, _ glyphs: GlyphSet = .unicode
        ) -> String {
            var g = grid(6, 1, glyphs)
            g.put(text, x: 0, y: 0, width: 6, align: align, truncating: cut)
            return g.text(row: 0)
        }
        #expect(field("ab", .trailing, .tail) == "    ab")
        #expect(field("ab", .center, .tail) == "  ab  ")
        #expect(field("abcdefgh", .leading, .tail) == "abcde…")
        #expect(field("abcdefgh", .leading, .middle) == "abc…gh")
        #expect(field("abcdefgh", .leading, .head) == "…defgh")
        #expect(field("abcdefgh", .leading, .clip) == "abcdef")
        #expect(field("中文字中", .leading, .tail) == "中文… ")
        #expect(field("中文字中", .trailing, .middle) == " 中…中")
        #expect(field("abcdefgh", .leading, .tail, .ascii) == "abcde~")
    }

    @Test("overlays clip, and cut no wide glyph")
    func overlay() {
        var small = grid(3)
        small.put("中x", x: 0, y: 0)
        var g = grid(5)
        g.fill(g.bounds, style: .text, with: ".")
        g.copy(from: small, toX: 3, y: 0)
        #expect(g.text(row: 0) == "...中")
        g.copy(from: small, toX: -1, y: 0)
        #expect(g.text(row: 0) == " x.中")
        g.copy(from: small, toX: 0, y: 7)
    }

    @Test("rectangles never trap")
    func rectangles() {
        let odd = [Int.min, -7, -1, 0, 1, 2, 3, 80, Int.max]
        for x in odd {
            for width in odd {
                let rect = Rect(x: x, y: width, width: width, height: x)
                _ = rect.inset(horizontal: x, vertical: width).inset()
                _ = rect.splitTop(x).rest.splitBottom(width).rest
                _ = rect.splitLeft(x).rest.splitRight(width)
                let parts = rect.columns([.fixed(x), .share(minimum: width, weight: x)], gap: x)
                #expect(parts.reduce(0) { $0 + $1.width } <= rect.width)
                _ = rect.intersection(Rect(x: width, y: x, width: x, height: width))
                var g = Grid(Size(columns: x, rows: min(width, 3)))
                g.box(rect, title: "title", trailing: [StyledText("notes")])
                g.fill(rect)
                Modal(title: "t", lines: [[StyledText("line")]], input: "i", buttons: ["OK"])
                    .draw(into: &g, in: rect)
                BrailleGraph([1, nil, 2], topLabel: "2", times: [.init("a", back: 2), .init("b")])
                    .draw(into: &g, in: rect)
                Sparkline([1, nil, .nan, .infinity, -1]).draw(into: &g, in: rect)
                StackedBar([.init("a", value: 1, style: .text)]).draw(into: &g, in: rect)
                Gauge(.nan, label: "x").draw(into: &g, in: rect)
                Scrollbar(total: 9, visible: x, top: width).draw(into: &g, in: rect)
            }
        }
    }

    @Test("shares fill an axis, and what does not fit is cut from the end")
    func layout() {
        let area = Rect(x: 0, y: 0, width: 80, height: 24)
        let rows = area.rows([.fixed(3), .share(weight: 2), .share(weight: 1), .fixed(1)])
        #expect(rows.map(\.height) == [3, 14, 6, 1])
        #expect(rows.last?.maxY == 24)
        let tiny = Rect(x: 0, y: 0, width: 4, height: 1).columns([.fixed(3), .fixed(3)], gap: 2)
        #expect(tiny.map(\.width) == [3, 0])
    }
}

/// Whatever is drawn wherever, the promises of a grid hold.
struct GridPropertyTests {
    @Test("random bytes at random places leave a well-formed frame")
    func randomBytes() {
        let seed = GoldenFile.environment("WALRUS_SEED").flatMap { UInt64($0) } ?? 0x5EED
        print("WALRUS_SEED=\(seed)")
        var random = SplitMix(state: seed)
        for round in 0..<400 {
            let size = Size(
                columns: Int.random(in: 0...40, using: &random),
                rows: Int.random(in: 0...6, using: &random))
            let glyphs = [GlyphSet.unicode, .console, .ascii][round % 3]
            var grid = Grid(size, glyphs: glyphs)
            for _ in 0..<12 {
                let text = randomText(&random)
                let x = Int.random(in: -12...45, using: &random)
                let y = Int.random(in: -1...6, using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0: grid.put(text, x: x, y: y)
                case 1:
                    grid.put(
                        text, x: x, y: y, width: Int.random(in: -2...20, using: &random),
                        align: [.leading, .trailing, .center].randomElement(using: &random)!,
                        truncating: [.head, .middle, .tail, .clip].randomElement(using: &random)!)
                case 2: grid.box(Rect(x: x, y: y, width: 12, height: 4), title: text)
                case 3:
                    var other = Grid(Size(columns: 9, rows: 2), glyphs: .unicode)
                    other.put(text, x: 0, y: 0)
                    grid.copy(from: other, toX: x, y: y)
                default:
                    let shown = VisibleText(
                        Array(text.utf8), mode: .dots, ascii: glyphs.isASCII, limit: 20)
                    #expect(shown.columns <= 20)
                    grid.put(shown.text, x: x, y: y)
                }
            }
            check(grid, "seed \(seed), round \(round)")
        }
    }

    private func randomText(_ random: inout SplitMix) -> String {
        let interesting: [Unicode.Scalar] = [
            "a", " ", "中", "\u{301}", "\u{200D}", "\u{1B}", "\u{9B}", "😀", "\u{FE0F}", "\u{1161}",
            "\u{AC00}", "\n", "\u{202E}", "é", "\u{10FFFF}", "█",
        ]
        if Bool.random(using: &random) {
            let bytes = (0..<Int.random(in: 0...24, using: &random)).map { _ in
                UInt8.random(in: .min ... .max, using: &random)
            }
            return String(decoding: bytes, as: UTF8.self)
        }
        var text = ""
        for _ in 0..<Int.random(in: 0...24, using: &random) {
            text.unicodeScalars.append(interesting.randomElement(using: &random)!)
        }
        return text
    }

    private func check(_ grid: Grid, _ note: Comment) {
        for y in 0..<grid.size.rows {
            let row = Array(grid.row(y))
            #expect(row.count == grid.size.columns, note)
            #expect(row.reduce(0) { $0 + Int($1.width) } == grid.size.columns, note)
            for (x, cell) in row.enumerated() {
                #expect(cell.width != 2 || (x + 1 < row.count && row[x + 1].width == 0), note)
                #expect(cell.width != 0 || (x > 0 && row[x - 1].width == 2), note)
                #expect(cell.glyph.isEmpty == (cell.width == 0), note)
                #expect(cell.glyph.unicodeScalars.count <= 5, note)
                for scalar in cell.glyph.unicodeScalars {
                    #expect(ScalarKind(scalar) != .undrawable || scalar == "\u{FFFD}", note)
                    #expect(!grid.glyphs.isASCII || (0x20...0x7E).contains(scalar.value), note)
                }
            }
            #expect(DisplayWidth.columns(of: grid.text(row: y)) == grid.size.columns, note)
        }
    }
}

/// A small generator that gives the same numbers for the same seed everywhere.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
