import ArgumentParser
import SystemPackage
import WalrusBench
import WalrusIO

struct BenchReport: Verb {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Draw charts (SVG) of saved results, and print them as a Markdown table.")

    @Argument(help: ArgumentHelp("What --save wrote.", valueName: "FILE"), completion: .file())
    var file: String

    @Option(help: "The directory for the charts; without, only the table is printed.")
    var to: String?

    func perform() throws {
        guard let read = try ResultFile.read(FilePath(file)) else {
            throw Failure(.io, "\(file): no such file; give what bench --save wrote")
        }
        guard !read.results.isEmpty else {
            throw Failure(.nothing, "\(file) holds no results of walrus bench")
        }
        if let to {
            let folder = FilePath(to)
            try Directory.create(folder)
            for chart in Charts.of(read.results) {
                try DiskStorage(folder).replace(
                    chart.name + ".svg", with: Array(chart.svg.utf8),
                    temporary: chart.name + ".svg.tmp")
            }
        }
        let output = StandardOutput()
        try output.write(ResultTable.markdown(read.results))
        try output.flush()
        if read.otherLines > 0 {
            StandardStreams.complain(
                "walrus: note: \(read.otherLines) lines of \(file) are no results")
        }
    }
}
