import Testing

@testable import WalrusConsole

struct FrameTests {
    private let size = Size(columns: 60, rows: 16)

    @Test("plain text")
    func text() {
        GoldenFile.check(
            FrameText.render(SampleFrame.make(size, glyphs: .unicode)), "sample-unicode.txt")
        GoldenFile.check(
            FrameText.render(SampleFrame.make(size, glyphs: .ascii)), "sample-ascii.txt")
        GoldenFile.check(
            FrameText.render(SampleFrame.make(size, glyphs: .console)), "sample-console.txt")
    }

    @Test("a dialog over a page")
    func dialog() {
        var grid = SampleFrame.make(size, glyphs: .unicode)
        SampleFrame.dialog.draw(into: &grid, in: grid.bounds)
        GoldenFile.check(FrameText.render(grid), "sample-dialog.txt")
        GoldenFile.check(FrameJSON.render(grid), "sample-dialog.json")
    }

    @Test("ANSI at every depth", arguments: ColorDepth.allCases)
    func ansi(_ depth: ColorDepth) {
        let grid = SampleFrame.make(size, glyphs: .unicode)
        GoldenFile.check(
            FrameANSI.render(grid, theme: .dark, depth: depth), "sample-\(depth).ansi")
    }

    @Test("SVG")
    func svg() {
        let grid = SampleFrame.make(size, glyphs: .unicode)
        for theme in Theme.all {
            GoldenFile.check(
                FrameSVG.render(grid, theme: theme, title: "walrus <sample> & \"co\""),
                "sample-\(theme.name).svg")
        }
    }

    @Test("the same frame gives the same bytes, and lines have the width they promise")
    func deterministic() {
        let a = SampleFrame.make(size, glyphs: .unicode)
        let b = SampleFrame.make(size, glyphs: .unicode)
        #expect(a == b)
        #expect(
            FrameSVG.render(a, theme: .dark, title: "t")
                == FrameSVG.render(b, theme: .dark, title: "t"))
        let lines = FrameText.render(a).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == size.rows + 1 && lines.last == "")
        for line in lines.dropLast() {
            #expect(DisplayWidth.columns(of: String(line)) == size.columns)
        }
    }

    @Test("an empty grid renders to nothing much")
    func empty() {
        let grid = Grid(Size(columns: 0, rows: 0))
        #expect(FrameText.render(grid).isEmpty)
        #expect(FrameANSI.render(grid, theme: .dark, depth: .mono).isEmpty)
        #expect(FrameJSON.render(grid).contains("\"rows\": 0"))
        #expect(FrameSVG.render(grid, theme: .dark, title: "").hasSuffix("</svg>\n"))
    }
}

struct ThemeTests {
    @Test("a theme has an answer for every style at every depth")
    func total() {
        for theme in Theme.all {
            #expect(theme.looks.count == Role.allCases.count)
            for role in Role.allCases {
                for bits in UInt8(0)..<16 {
                    for selected in [false, true] {
                        let style = Style(role, Emphasis(rawValue: bits), isSelected: selected)
                        for depth in ColorDepth.allCases {
                            check(theme.appearance(of: style, depth: depth), depth)
                        }
                        let look = theme.resolved(style)
                        #expect(
                            look.foreground != (look.background ?? theme.canvas),
                            "\(theme.name) \(style)")
                    }
                }
            }
        }
    }

    private func check(_ appearance: Appearance, _ depth: ColorDepth) {
        for color in [appearance.foreground, appearance.background] {
            guard let color else { continue }
            switch (color, depth) {
            case (.index(let n), .ansi8): #expect((0..<8).contains(n))
            case (.index(let n), .ansi16): #expect((0..<16).contains(n))
            case (.index(let n), .indexed256): #expect((16..<256).contains(n))
            case (.rgb, .trueColor): break
            default: Issue.record("\(color) with \(depth)")
            }
        }
    }

    @Test("a selected row stands out at every depth, in every role")
    func selection() {
        for theme in Theme.all {
            for depth in ColorDepth.allCases {
                let plain = theme.appearance(of: .text, depth: depth)
                #expect(plain != theme.appearance(of: Style.text.selected, depth: depth))
            }
        }
    }

    @Test("states that matter differ without colour")
    func mono() {
        func emphasis(_ role: Role) -> Emphasis {
            Theme.dark.appearance(of: Style(role), depth: .mono).emphasis
        }
        #expect(emphasis(.bad) != emphasis(.warning))
        #expect(emphasis(.warning) != emphasis(.good))
        #expect(emphasis(.badgeWrite) != emphasis(.badgeReadOnly))
        #expect(emphasis(.barGood) != emphasis(.barWarning))
        #expect(emphasis(.barWarning) != emphasis(.barIdle))
    }

    @Test("entries of the xterm palette map to themselves")
    func palette() {
        let levels: [UInt32] = [0, 95, 135, 175, 215, 255]
        for r in 0..<6 {
            for g in 0..<6 {
                for b in 0..<6 {
                    let rgb = RGB(levels[r] << 16 | levels[g] << 8 | levels[b])
                    #expect(rgb.indexed256 == 16 + 36 * r + 6 * g + b)
                }
            }
        }
        for i in UInt32(0)..<24 {
            let v = 8 + 10 * i
            let index = RGB(v << 16 | v << 8 | v).indexed256
            #expect(index == 232 + Int(i))
        }
        #expect(RGB(0x00AF5F).css == "#00af5f")
    }
}

struct WidgetTests {
    @Test("a bar's columns sum up, and no part above zero vanishes")
    func apportion() {
        #expect(StackedBar.apportion([1, 1, 1], columns: 10) == [4, 3, 3])
        #expect(StackedBar.apportion([1_000, 1, 0], columns: 10) == [9, 1, 0])
        #expect(StackedBar.apportion([0, 0], columns: 10) == [0, 0])
        #expect(StackedBar.apportion([.nan, 2], columns: 3) == [0, 3])
        for columns in 0...12 {
            let parts = StackedBar.apportion([5, 0.001, 3, 0.001, 9], columns: columns)
            #expect(parts.reduce(0, +) == columns)
            #expect(parts.allSatisfy { $0 >= 0 })
        }
    }

    @Test("columns of low priority go first, from the right")
    func tableColumns() {
        let table = Table(
            [
                TableColumn("A", .fixed(5), priority: 9), TableColumn("B", .fixed(5), priority: 1),
                TableColumn("C", .flexible(minimum: 5), priority: 1),
            ], rows: [])
        #expect(table.places(width: 30).map(\.column) == [0, 1, 2])
        #expect(table.places(width: 30).last?.width == 13)
        #expect(table.places(width: 20).map(\.column) == [0, 1])
        #expect(table.places(width: 10).map(\.column) == [0])
        #expect(table.places(width: 1).isEmpty)
    }

    @Test("the selection stays in sight")
    func scrolling() {
        #expect(ScrollWindow.top(keeping: 0, in: 100, height: 10, from: 50) == 0)
        #expect(ScrollWindow.top(keeping: 55, in: 100, height: 10, from: 50) == 50)
        #expect(ScrollWindow.top(keeping: 59, in: 100, height: 10, from: 50) == 51)
        #expect(ScrollWindow.top(keeping: 99, in: 100, height: 10, from: 0) == 90)
        #expect(ScrollWindow.top(keeping: 3, in: 5, height: 10, from: 4) == 0)
        #expect(ScrollWindow.top(keeping: 3, in: 5, height: 0, from: 4) == 0)
        #expect(ScrollWindow.top(keeping: 7, in: 100, height: 1, from: 0) == 7)
    }

    @Test("a value above zero is never invisible, and a gap is not a zero")
    func sparkline() {
        var grid = Grid(Size(columns: 6, rows: 1))
        Sparkline([1_000, 1, 0, nil, 500]).draw(into: &grid, in: grid.bounds)
        #expect(grid.text(row: 0) == "·█▁··▄")
    }
}
