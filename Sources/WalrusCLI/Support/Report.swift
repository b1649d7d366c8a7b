import Inspect
import SystemPackage
import WalrusConsole
import WalrusFormat
import WalrusIO
import WalrusJSON

/// Prints a list of things in the form that was asked for.
struct Report {
    /// A column of the text form.
    struct Column {
        let title: String
        let isNumber: Bool
        init(_ title: String, number: Bool = false) {
            self.title = title
            isNumber = number
        }
    }

    private let output = StandardOutput()
    let format: OutputFormat

    init(_ format: OutputFormat) { self.format = format }

    /// Prints `rows`, each as the members of an object and as the cells of a line.
    func print<Row>(
        _ name: String, _ rows: [Row], _ columns: [Column], members: (Row) -> JSON,
        cells: (Row) -> [String]
    ) throws(IOError) {
        switch format {
        case .json:
            let list = JSON.array(rows.map(members))
            try output.write(JSON.object([("schema", .int(1)), (name, list)]).text + "\n")
        case .jsonl:
            for row in rows { try output.write(members(row).text + "\n") }
        case .text:
            if !rows.isEmpty { try printTable(columns, rows.map(cells)) }
        }
        try output.flush()
    }

    private func printTable(_ columns: [Column], _ rows: [[String]]) throws(IOError) {
        let titles = columns.map(\.title)
        let widths = columns.indices.map { column in
            ([titles] + rows).map { DisplayWidth.columns(of: $0[column]) }.max() ?? 0
        }
        for row in [titles] + rows {
            var line = ""
            for (column, cell) in row.enumerated() {
                let space = String(
                    repeating: " ", count: widths[column] - DisplayWidth.columns(of: cell))
                line += columns[column].isNumber ? space + cell : cell + space
                line += "  "
            }
            while line.hasSuffix(" ") { line.removeLast() }
            try output.write(line + "\n")
        }
    }
}

/// Looks at a log. Tells on standard error how far it is when that takes more than a second and
/// somebody is there to read it.
func scanTellingProgress(_ path: FilePath) throws -> DirectoryState {
    guard let state = try scanTellingProgress(Scanner(path)) else {
        throw Failure(.io, "the scan was stopped")
    }
    return state
}

func scanTellingProgress(_ scanner: Scanner) throws -> DirectoryState? {
    let start = Clock.monotonic()
    let last = ProgressLine()
    let path = scanner.directory
    let state = try scanner.scan { progress in
        if Clock.monotonic() - start > 1_000_000_000 {
            last.show("reading \(path): \(Figures.percent(progress.done, of: progress.total))")
        }
        return true
    }
    last.clear()
    return state
}
