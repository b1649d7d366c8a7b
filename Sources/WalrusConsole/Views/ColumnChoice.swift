/// Which columns of a table are shown, and in what order.
struct ColumnChoice {
    /// Indices into all columns; nil shows them all.
    private let indices: [Int]?

    init(_ table: ConfiguredTable, _ model: ConsoleModel) {
        indices = model.configuration.columns[table]?.compactMap {
            table.columns.firstIndex(of: $0)
        }
    }

    func pick<Element>(_ all: [Element]) -> [Element] {
        guard let indices else { return all }
        return indices.compactMap { all.indices.contains($0) ? all[$0] : nil }
    }

    /// Where a column went; nil when it is not shown.
    func place(of column: Int) -> Int? {
        guard let indices else { return column }
        return indices.firstIndex(of: column)
    }
}
