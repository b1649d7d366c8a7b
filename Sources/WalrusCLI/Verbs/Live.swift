import ArgumentParser
import Inspect
import SystemPackage
import WalrusConsole
import WalrusFormat
import WalrusIO
import WalrusJSON

struct Live: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Tell what is happening: rates, unread and drain time, latencies, events.",
        discussion: """
            The figures of the console's Live screen. Rates are differences of two looks at the \
            files, so a report comes an interval after the start; a running engine's own figures and \
            latencies are from its metrics_index.db. Looking consumes nothing.
            """)

    @OptionGroup var log: LogArguments
    @OptionGroup var form: OutputArguments

    @Option(help: ArgumentHelp("Time between two looks: 1s, 500ms.", valueName: "TIME"))
    var interval = DurationArgument(nanoseconds: 1_000_000_000)

    @Option(help: ArgumentHelp("End after so many reports.", valueName: "N"))
    var count = 1

    @Flag(name: .shortAndLong, help: "Report until interrupted.")
    var follow = false

    func validate() throws {
        if count < 1 { throw ValidationError("--count must be 1 or more") }
        let isEndless = follow || count > 1
        if isEndless, form.output == .json {
            throw ValidationError("-o json is one report: use -o jsonl for more")
        }
    }

    func perform() throws {
        let path = try log.existing()
        let scanner = Scanner(path)
        StopSignals.watch()
        var looks = LiveLooks()
        guard let first = try scanner.scan() else { return }
        var holders = HolderWatch(path)
        looks.add(first, isHeld: !holders.find(at: first.time).isEmpty)
        let output = StandardOutput()
        var done = 0
        while follow || done < count, Self.wait(interval.nanoseconds) {
            guard let state = try scanner.scan() else { break }
            let since = looks.state?.time ?? 0
            looks.add(state, isHeld: !holders.find(at: state.time).isEmpty)
            guard let report = LiveReport(looks) else { break }
            switch form.output {
            case .json, .jsonl:
                let members: [(String, JSON)] = form.output == .json ? [("schema", .int(1))] : []
                let json = report.json(eventsSince: since + 1)
                try output.write(JSON.object(members + [("live", json)]).text + "\n")
            case .text:
                if done > 0 { try output.write("\n") }
                try output.write(report.text(eventsSince: since + 1))
            }
            try output.flush()
            done += 1
        }
        StopSignals.endIfRequested()
        try looks.state?.admitGaps()
    }

    /// False: the wait was interrupted.
    static func wait(_ nanoseconds: UInt64) -> Bool {
        let end = Clock.monotonic() + nanoseconds
        while !StopSignals.isRequested {
            let now = Clock.monotonic()
            if now >= end { return true }
            Clock.sleep(nanoseconds: min(end - now, 50_000_000))
        }
        return false
    }
}

/// The processes that have a directory open. Reading all of `/proc` is not free: it is done every ten
/// seconds at most.
struct HolderWatch {
    private let directory: FilePath
    private var found: [Int] = []
    private var foundAt: UInt64?

    init(_ directory: FilePath) { self.directory = directory }

    /// - Parameter time: nanoseconds since 1970 UTC.
    mutating func find(at time: UInt64) -> [Int] {
        if foundAt.map({ time >= $0 + 10_000_000_000 }) ?? true {
            found = DataDirectory.writers(of: directory)
            foundAt = time
        }
        return found
    }
}

extension DurationArgument {
    init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    var defaultValueDescription: String { Figures.durationText(nanoseconds) }
}
