import ArgumentParser
import SystemPackage
import WalrusBench
import WalrusIO

struct BenchTable: Verb {
    static let configuration = CommandConfiguration(
        commandName: "table",
        abstract:
            "Measure the table of docs/performance.md, each workload beside its floor. Writes.")

    @Option(help: "Seconds that the engine works on each row; the floor has as many again.")
    var duration = 5.0

    @Option(help: "Turns of floor and engine.")
    var rounds = 5

    @Option(help: "Only rows whose name holds this.")
    var only: String?

    @OptionGroup var sinks: BenchSinks

    func validate() throws {
        guard duration.isFinite, duration >= 0.001, duration <= 86_400 else {
            throw ValidationError("--duration must be 0.001 to 86400 seconds")
        }
        guard (1...1_000).contains(rounds) else {
            throw ValidationError("--rounds must be 1 to 1000")
        }
        if rows.isEmpty { throw ValidationError("no row's name holds '\(only ?? "")'") }
    }

    private var rows: [Suite.Row] {
        Suite.rows.filter { row in only.map { row.label.contains($0) } ?? true }
    }

    func perform() throws {
        let workloads = rows.map { row in
            var workload = row.workload
            workload.duration = UInt64(duration * 1e9)
            workload.rounds = rounds
            return workload
        }
        try BenchSession(sinks).run(workloads, labels: rows.map(\.label))
    }
}
