import Testing

@testable import WalrusConsole

struct DisplayWidthTests {
    @Test(
        "columns of a text",
        arguments: [
            ("", 0), ("walrus", 6), ("é", 1), ("e\u{301}", 1), ("中文", 4), ("ｗ", 2), ("ﾜ", 1),
            ("한글", 4), ("\u{1112}\u{1161}\u{11AB}", 2), ("😀", 2), ("⌚", 2), ("❤", 1),
            ("مرحبا", 5), ("كَ", 1), ("а́", 1), ("∑", 1), ("│█⣿", 3), ("\u{3000}", 2),
            ("a\u{20DD}", 1), ("\u{301}", 1), ("\u{7}", 1), ("\u{E000}", 1),
        ] as [(String, Int)])
    func columns(_ text: String, _ expected: Int) {
        #expect(DisplayWidth.columns(of: text) == expected)
        let grid = drawn(text, columns: 20)
        #expect(used(grid) <= expected)
    }

    @Test("a scalar that depends on its neighbours, or shows nothing, is undrawable")
    func undrawable() {
        let scalars: [Unicode.Scalar] = [
            "\0", "\u{1B}", "\u{7F}", "\u{80}", "\u{9B}", "\u{AD}", "\u{34F}", "\u{61C}",
            "\u{115F}", "\u{1160}", "\u{180E}", "\u{200B}", "\u{200D}", "\u{200E}", "\u{2028}",
            "\u{2029}", "\u{202E}", "\u{2066}", "\u{3164}", "\u{E000}", "\u{FE0E}", "\u{FE0F}",
            "\u{FEFF}", "\u{FFF9}", "\u{FFFF}", "\u{1F1E9}", "\u{1F3FD}", "\u{E0041}",
            "\u{E0100}", "\u{10FFFF}", "\u{378}",
        ]
        for scalar in scalars {
            #expect(ScalarKind(scalar) == .undrawable, "U+\(String(scalar.value, radix: 16))")
        }
    }

    @Test("the table of wide ranges is sorted and without overlaps")
    func sortedTable() {
        for (a, b) in zip(DisplayWidth.wide, DisplayWidth.wide.dropFirst()) {
            #expect(a.first <= a.last && a.last < b.first)
        }
    }

    @Test("every scalar has a kind, and every emoji by default is wide")
    func everyScalar() {
        for value in UInt32(0)...0x10FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let kind = ScalarKind(scalar)
            if scalar.properties.isEmojiPresentation && kind != .undrawable {
                #expect(kind == .base(width: 2), "U+\(String(value, radix: 16))")
            }
        }
    }

    private func drawn(_ text: String, columns: Int) -> Grid {
        var grid = Grid(Size(columns: columns, rows: 1))
        grid.put(text, x: 0, y: 0)
        return grid
    }

    private func used(_ grid: Grid) -> Int {
        var line = grid.row(0)
        while line.last?.glyph == " " { line.removeLast() }
        return line.count
    }
}
