import ArgumentParser
import SystemPackage
import WalrusEngine
import WalrusFormat
import WalrusIO

struct Demo: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Make a directory worth looking at. Writes, into a new directory only.",
        discussion: """
            Seven topics in every state, odd names and payloads, and one damaged entry: about 45 MB. \
            The same every time. With --live a writer and readers go on until Ctrl-C. --topics makes \
            a big one: a data file of 1000 MiB, almost all of it a hole, for each hundred topics.
            """)

    @Argument(
        help: ArgumentHelp(
            "A directory that does not exist yet, or is empty.", valueName: "DIR"),
        completion: .directory)
    var directory: String

    @Option(help: "So many topics in all: those beside the first seven are small and alike.")
    var topics = 7

    @Flag(help: "Keep appending and consuming.")
    var live = false

    @Option(help: "Entries a second of the live writer.")
    var rate = 400

    @Option(help: "Stop the live writer after so many seconds.")
    var duration: Int?

    func validate() throws {
        if !(1...100_000).contains(rate) { throw ValidationError("--rate must be 1 to 100000") }
        if !(1...99_999).contains(topics) {
            throw ValidationError("--topics must be 1 to 99999")
        }
        if let duration, duration < 1 { throw ValidationError("--duration must be above 0") }
    }

    func perform() throws {
        let path = FilePath(directory)
        if try Directory.exists(path) && !Directory.list(path).isEmpty {
            throw Failure(.usage, "\(path) is not empty: demo writes into a new directory only")
        }
        let topics = DemoTopic.first(topics)
        try DemoLog.write(path, topics)
        let output = StandardOutput()
        try output.write("\(path)\n")
        try output.flush()
        if live { try DemoLog.run(path, topics, rate: rate, seconds: duration) }
    }
}
