import ArgumentParser
import Inspect
import SystemPackage
import WalrusConsole
import WalrusIO

struct Record: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Record what the console would show of a directory, to be played elsewhere.",
        discussion: """
            A look an interval, until --count looks or --duration, or until interrupted. `walrus --play \
            FILE` opens the console on it. Payloads are not recorded. The file must not exist yet; what \
            was written when the recorder is killed can be played.
            """)

    @OptionGroup var log: LogArguments

    @Option(help: ArgumentHelp("The new file.", valueName: "FILE"), completion: .file())
    var out: String

    @Option(help: ArgumentHelp("Time between two looks: 1s, 500ms.", valueName: "TIME"))
    var interval = DurationArgument(nanoseconds: 1_000_000_000)

    @Option(help: ArgumentHelp("End after so many looks.", valueName: "N"))
    var count: Int?

    @Option(help: ArgumentHelp("End after so long: 90s.", valueName: "TIME"))
    var duration: DurationArgument?

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--count must be 1 or more") }
    }

    func perform() throws {
        let path = try log.existing()
        let output: RecordingOutput
        do throws(IOError) {
            output = try RecordingOutput(
                FilePath(out), directory: log.shown, interval: interval.nanoseconds)
        } catch {
            guard error.errno == .fileExists else { throw error }
            throw Failure(.usage, "\(out) is there already: name another file")
        }
        StopSignals.watch()
        let scanner = Scanner(path)
        let start = Clock.monotonic()
        var holders = HolderWatch(path)
        while !StopSignals.isRequested {
            guard let state = try scanner.scan() else { break }
            try output.add(state, holders: holders.find(at: state.time))
            if let count, output.frames >= count { break }
            if let duration, Clock.monotonic() - start >= duration.nanoseconds { break }
            guard Live.wait(interval.nanoseconds) else { break }
        }
        try output.finish()
        StandardStreams.complain(
            "\(output.frames) looks, \(output.size) bytes in \(out): walrus --play \(out)")
    }
}
