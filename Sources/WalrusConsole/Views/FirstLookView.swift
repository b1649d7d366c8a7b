internal import Inspect

/// What stands in place of a screen until the first look is there: how far it is.
enum FirstLookView {
    /// Whether a screen is of the state, and has nothing to show before it.
    static func stands(for screen: ConsoleModel.Screen) -> Bool {
        switch screen {
        case .home, .blocks, .live, .check: true
        case .chooser, .entries, .hex, .bench: false
        }
    }

    static func draw(_ model: ConsoleModel, _ grid: inout Grid, _ body: Rect) {
        let middle = body.row(body.height / 2)
        let (text, share) = told(model)
        grid.put(text, x: middle.x, y: middle.y - 1, width: middle.width, align: .center)
        if let share {
            let bar = middle.inset(horizontal: max(2, middle.width / 4))
            Gauge(share).draw(into: &grid, in: bar)
        }
        grid.put(
            "q leaves", x: middle.x, y: middle.y + 1, width: middle.width, align: .center,
            style: .muted)
    }

    /// In a line: for the first look, and for screens that have no room for more.
    static func told(_ model: ConsoleModel) -> (text: String, share: Double?) {
        if model.scan == nil, model.isStale { return ("the directory cannot be read", nil) }
        let start = "reading\(model.glyphs.ellipsis)"
        switch model.scan?.stage {
        case .finding(let files, let all, let blocks)?:
            let count = "\(Figures.grouped(files)) of \(plural(all, "file"))"
            return ("\(start) \(count), \(plural(blocks, "block"))", share(files, of: all))
        case .walking(let bytes, let all)?:
            let count = "\(Figures.bytes(bytes)) of up to \(Figures.bytes(all))"
            return ("\(start) \(count)", share(bytes, of: all))
        case .joining(let topics, let all)?:
            let count = "\(Figures.grouped(topics)) of \(plural(all, "topic"))"
            return ("\(start) \(count)", share(topics, of: all))
        case nil: return ("\(start) the directory", nil)
        }
    }

    private static func share(_ done: Int, of all: Int) -> Double? {
        all > 0 ? Double(done) / Double(all) : nil
    }
}
