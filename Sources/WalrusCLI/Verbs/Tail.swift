import ArgumentParser
import Inspect
import SystemPackage
import WalrusConsole
import WalrusFormat
import WalrusIO

struct Tail: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Print the last entries of a topic, and with -f those that are appended.",
        discussion: """
            Looking consumes nothing. With -f it goes on until it is interrupted or nobody reads \
            its output, also while data files come and go, the writer restarts, or the topic is \
            not there yet. An entry is printed once it is whole. Without -f, exits with 1 when no \
            entry is what was asked for.
            """)

    @OptionGroup var log: LogArguments
    @OptionGroup var topic: TopicArguments
    @OptionGroup var wanted: WhereArguments
    @OptionGroup var form: OutputArguments

    @Option(
        name: [.customShort("n"), .customLong("lines")], parsing: .unconditional,
        help: "Begin with the last so many.")
    var count = 10

    @Flag(
        name: .shortAndLong, help: "Go on with what is appended, until interrupted.")
    var follow = false

    @Flag(help: "End at the last entry; so it does without -f.")
    var exit = false

    @Option(help: "How to print the payload.")
    var payload: PayloadForm = .text

    func validate() throws {
        if count < 0 { throw ValidationError("-n must not be below 0") }
        if follow, exit { throw ValidationError("-f goes on and --exit ends: choose one") }
        if follow, form.output == .json {
            throw ValidationError("-o json has an end and -f has none: use -o jsonl")
        }
    }

    func perform() throws {
        let path = try log.existing()
        let query = try wanted.query() ?? .everything
        var printer = EntryPrinter(form.output, payload)
        try printer.begin()
        let scanner = Scanner(path)
        guard let state = try scanner.scan() else { return }
        var follower = Follower(directory: path, topic: topic.name, query: query)
        if follow {
            StopSignals.watch()
            if state.topic(topic.name) == nil {
                StandardStreams.complain("walrus: no such topic yet: waiting for it")
            }
        } else {
            _ = try topic.state(in: state)
        }
        var leftOut = LeftOut()
        if let found = state.topic(topic.name) {
            leftOut.undecided = try follower.begin(found, last: count, &printer)
        }
        try printer.output.flush()
        if follow { try self.follow(scanner, &follower, &printer) }
        try printer.end()
        try state.admitGaps()
        leftOut.damaged = follower.damaged
        try leftOut.admit()
        if !follow, count > 0, printer.printed == 0 {
            throw topic.nothingFound(isQuery: wanted.text != nil)
        }
    }

    /// Looks again and again, less often the longer a look takes: a tenth of a processor at most.
    private func follow(
        _ scanner: Scanner, _ follower: inout Follower, _ printer: inout EntryPrinter
    ) throws {
        var trouble = ""
        while !StopSignals.isRequested {
            if StandardStreams.isOutputClosed { throw Failure(.closedPipe) }
            let start = Clock.monotonic()
            do {
                if let state = try scanner.scan(), let topic = state.topic(topic.name) {
                    try follower.goOn(topic, &printer)
                    try printer.output.flush()
                }
                trouble = ""
            } catch let error as IOError where error.path != "standard output" {
                // Files come and go while one looks; what stays wrong is told once.
                if trouble != "\(error)" {
                    trouble = "\(error)"
                    StandardStreams.complain("walrus: \(Failure.line(trouble)); still trying")
                }
            }
            let spent = Clock.monotonic() - start
            Clock.sleep(nanoseconds: min(max(50_000_000, 9 * spent), 2_000_000_000))
        }
        try printer.output.flush()
        StopSignals.endIfRequested()
    }
}

/// Where one stands in a topic that grows.
private struct Follower {
    let directory: FilePath
    let topic: TopicName
    private var matcher: QueryMatcher
    private let query: Query
    /// The last sound entry that was passed, and how many of its block stand before it.
    private var last: (row: EntryRow, before: Int)?
    /// Damaged entries that were passed.
    private(set) var damaged = 0

    init(directory: FilePath, topic: TopicName, query: Query) {
        self.directory = directory
        self.topic = topic
        self.query = query
        matcher = QueryMatcher(query)
    }

    /// Prints the last `count` entries that are asked for, and stands at the end. Returns of how
    /// many it could not be told.
    mutating func begin(_ state: TopicState, last count: Int, _ printer: inout EntryPrinter) throws
        -> Int
    {
        let reader = EntryReader(directory: directory, topic: state)
        var wanted: [EntryRow] = []
        var result = SearchResult()
        // Without a query the last ones are at the end.
        let first = query == .everything ? max(1, state.entries - count + 1) : 1
        try unsafe reader.forEachMatch(of: query, from: first, counting: &result) { _, row, _ in
            guard row.ordinal != nil || query.asksForDamage else { return true }
            wanted.append(row)
            if wanted.count > 2 * count + 1_000 { wanted.removeFirst(wanted.count - count) }
            return true
        }
        for row in wanted.suffix(count) { unsafe try printer.print(row, nil, reader) }
        if let index = state.blocks.lastIndex(where: { $0.entries > 0 }) {
            let block = state.blocks[index]
            unsafe try reader.forEach(in: index) { row, _ in
                if let ordinal = row.ordinal { last = (row, ordinal - 1 - block.entriesBefore) }
                return true
            }
        }
        return result.undecided
    }

    /// Prints what came since.
    mutating func goOn(_ state: TopicState, _ printer: inout EntryPrinter) throws {
        let reader = EntryReader(directory: directory, topic: state)
        for (index, block) in state.blocks.enumerated() {
            let place = (block.file, block.slot)
            guard let last, place <= (last.row.file, last.row.slot) else {
                try pass(index, block, reader, &printer) { _ in true }
                continue
            }
            guard place == (last.row.file, last.row.slot),
                block.used > last.row.offset + Layout.headerSize + last.row.length
                    || block.entries != last.before + 1
            else { continue }
            var isFirst = true
            var isSame = false
            unsafe try reader.forEach(in: index, start: (last.row.offset, last.before)) { row, _ in
                isSame = row.isSame(as: last.row)
                isFirst = false
                return false
            }
            if isSame, !isFirst {
                try pass(index, block, reader, &printer, start: (last.row.offset, last.before)) {
                    $0.offset > last.row.offset
                }
            } else {
                // The writer took entries back when it restarted: what it put there is new.
                try pass(index, block, reader, &printer) { row in
                    guard let new = row.stamp, let old = last.row.stamp else {
                        return row.offset >= last.row.offset
                    }
                    return new.sequence > old.sequence
                }
            }
        }
    }

    private mutating func pass(
        _ index: Int, _ block: BlockPlace, _ reader: EntryReader, _ printer: inout EntryPrinter,
        start: (offset: Int, entries: Int) = (0, 0), where isNew: (EntryRow) -> Bool
    ) throws {
        // A damaged entry at the end may be one that is being written.
        var doubtful: [EntryRow] = []
        unsafe try reader.forEach(in: index, start: start) { row, payload in
            guard isNew(row) else { return !StopSignals.isRequested }
            guard let ordinal = row.ordinal else {
                if doubtful.count < 1_000 { doubtful.append(row) }
                return true
            }
            for bad in doubtful {
                damaged += 1
                StandardStreams.complain(
                    "walrus: damaged, left out: \(bad.file):\(bad.slot)+\(bad.offset)")
            }
            doubtful = []
            let verdict = try unsafe matcher.verdict(row, payload: payload) { offset, count in
                try reader.payload(of: row, from: offset, count: count)
            }
            if verdict == .yes { try unsafe printer.print(row, payload, reader) }
            last = (row, ordinal - 1 - block.entriesBefore)
            return !StopSignals.isRequested
        }
    }
}

extension EntryRow {
    fileprivate func isSame(as other: EntryRow) -> Bool {
        (offset, length, checksum) == (other.offset, other.length, other.checksum)
            && stamp == other.stamp && damage == nil
    }
}
