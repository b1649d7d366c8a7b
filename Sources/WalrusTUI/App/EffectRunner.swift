public import Inspect
internal import Synchronization
internal import SystemPackage
internal import WalrusActions
public import WalrusConsole
internal import WalrusFormat
internal import WalrusIO

/// Does what the console asks for: reads through Inspect, writes through `WalrusActions`.
///
/// Each kind of effect is to be run by one thread at a time (`EffectKind`).
public final class EffectRunner: Sendable {
    private let directory: FilePath
    private let scanner: Mutex<Scanner>
    private let lister = Mutex(NamespaceLister())
    /// The last question about entries; earlier ones need no answer any more.
    private let lastRequest = Atomic(0)
    /// The same for questions about bytes.
    private let lastBytes = Atomic(0)
    /// The same for frames of recordings.
    private let lastFrame = Atomic(0)
    private let decoder: Decoder?
    /// The entry whose payload is shown: others need not be decoded any more.
    private let decoding = Mutex<EntryRow?>(nil)
    private let benches: BenchRunner
    private let actions: ActionRunner
    private let stopsExport = Atomic(false)
    /// What is played in place of a directory.
    private let recording: RecordingFile?

    /// - Parameters:
    ///   - decoder: a command that makes text of payloads; see `Decoder`.
    ///   - records: the folder that actions are noted in, and what undoes them is kept; without, the
    ///     user's own.
    public convenience init(
        directory: String, decoder: String? = nil, recording: RecordingFile? = nil,
        records: String? = nil
    ) {
        self.init(
            directory: FilePath(directory), decoder: decoder, recording: recording,
            places: records.map { ActionPlaces(in: FilePath($0)) } ?? ActionPlaces())
    }

    /// - Parameter program: what benchmarks are run with; without, the program that runs.
    init(
        directory: FilePath, decoder: String? = nil, program: String? = nil,
        recording: RecordingFile? = nil, places: ActionPlaces = ActionPlaces()
    ) {
        actions = ActionRunner(directory, places: places)
        benches = BenchRunner(program: program)
        self.recording = recording
        self.directory = directory
        self.decoder = decoder.map { Decoder(command: $0) }
        scanner = Mutex(Scanner(directory))
    }

    /// Ends what runs beside the console. What was confirmed and cannot be stopped is finished.
    func end() {
        actions.stop()
        stopsExport.store(true, ordering: .relaxed)
        benches.stop()
        decoder?.end()
    }

    /// Forget what has been asked before `request`.
    func note(_ effect: Effect) {
        switch effect {
        case .loadRows(let request, _, _, _), .loadPlace(let request, _, _, _),
            .search(let request, _, _, _, _), .find(let request, _, _, _, _),
            .locate(let request, _, _, _), .cancel(let request):
            lastRequest.store(request, ordering: .relaxed)
        case .loadBytes(let request, _, _, _, _):
            lastBytes.store(request, ordering: .relaxed)
        case .play(let frame, _): lastFrame.store(frame, ordering: .relaxed)
        case .decode(let row, _): decoding.withLock { $0 = row }
        case .export: stopsExport.store(false, ordering: .relaxed)
        case .bench: benches.allow()
        case .stopBench: benches.stop()
        case .findChoices, .planAction, .act: actions.begin()
        case .stopAction: actions.stop()
        case .cancelExport: stopsExport.store(true, ordering: .relaxed)
        default: break
        }
    }

    /// Runs `effect` to its end, telling what comes of it.
    public func run(_ effect: Effect, _ tell: @escaping @Sendable (Message) -> Void) {
        switch effect {
        case .scan(let forget): scan(forget, tell)
        case .previewRestart:
            tell(.previewed(scanner.withLock { $0.recoveryPreview() }))
        case .estimateBench(let order):
            tell(
                .benchEstimate(
                    Result { try benches.estimate(order) }.mapError { ActionFailure($0) }))
        case .bench(let estimate): tell(.benchEnded(benches.run(estimate, tell)))
        case .loadBenchResults:
            let (rows, problem) = benches.rows()
            tell(.benchResults(rows, problem: problem))
        case .play(let frame, let tape): play(frame, tape, tell)
        case .findHolders:
            let writers = DataDirectory.writers(of: directory)
            tell(.holders(writers, began: DataDirectory.began(writers)))
        case .listLogs(let root, let withWriters):
            tell(.logs(in: root, listLogs(root, withWriters, tell)))
        case .save(let text, let name):
            do {
                try FrameFile.save(text, as: name, outside: directory)
                tell(.saved(.success(name)))
            } catch { tell(.saved(.failure(ActionFailure(error)))) }
        case .loadRows(let request, let topic, let from, let count):
            attempt(request, tell) {
                let reader = EntryReader(directory: self.directory, topic: topic)
                let rows = try from.map { try reader.rows(from: $0, count: count) }
                tell(.rows(request: request, try rows ?? reader.lastRows(count)))
            }
        case .loadPlace(let request, let topic, let place, let count):
            attempt(request, tell) {
                let reader = EntryReader(directory: self.directory, topic: topic)
                let ordinal = try reader.ordinal(
                    file: place.file, slot: place.slot, offset: place.offset)
                let first = max(1, ordinal - count / 2)
                tell(.rows(request: request, try reader.rows(from: first, count: count)))
            }
        case .search(let request, let topic, let query, let from, let limit):
            attempt(request, tell) {
                try self.search(request, topic, query, from: from, limit: limit, tell)
            }
        case .find(let request, let topic, let query, let from, let isForward):
            attempt(request, tell) {
                try self.find(request, topic, query, from: from, isForward: isForward, tell)
            }
        case .locate(let request, let topic, let point, let count):
            attempt(request, tell) {
                let reader = EntryReader(directory: self.directory, topic: topic)
                let landing = try reader.landing(at: point)
                let first = max(1, landing.ordinal - count / 2)
                let rows =
                    try point == .end
                    ? reader.lastRows(count) : reader.rows(from: first, count: count)
                tell(.located(request: request, landing, rows))
            }
        case .decode(let row, let payload):
            guard decoding.withLock({ $0 }) == row, let decoder else { return }
            tell(.decoded(row, decoder.decode(payload)))
        case .export(let order): tell(.exported(export(order, tell)))
        case .loadPayload(let topic, let row, let max):
            attempt(nil, tell) {
                let reader = EntryReader(directory: self.directory, topic: topic)
                tell(.payload(row, try reader.payload(of: row, count: max)))
            }
        case .loadBytes(let request, let place, let range, let file, let cursor):
            // A held key asks faster than a disk answers: the last question is the one that counts.
            guard lastBytes.load(ordering: .relaxed) == request else { return }
            attempt(request, tell) {
                let inspector = ByteInspector(self.directory)
                let page = HexPage(
                    file: place.file, window: try inspector.bytes(of: place.file, range),
                    map: try inspector.map(at: place, file: file, cursor: cursor))
                tell(.bytes(request: request, page))
            }
        case .checkVersion(let file):
            attempt(nil, tell) {
                tell(.version(of: file, try ByteInspector(self.directory).version(of: file)))
            }
        case .findChoices(let action):
            do {
                tell(
                    .choices(action, try actions.choices(for: action) { tell(.actionProgress($0)) })
                )
            } catch { tell(.acted(.failure(ActionFailure(error)))) }
        case .planAction(let order, let topic):
            do {
                if order.work.opensLog {
                    try scanner.withLock { try OpeningLoss.admit(directory, $0) }
                }
                tell(.planned(try actions.plan(order, topic) { tell(.actionProgress($0)) }))
            } catch {
                tell(.acted(.failure(ActionFailure(error))))
            }
        case .act(let number):
            tell(.acted(actions.act(number) { tell(.actionProgress($0)) }))
        case .remember(let line):
            attempt(nil, tell) { try HistoryFile()?.add(line) }
        case .openLog, .edit, .bell, .redraw, .suspend, .quit, .cancel, .cancelExport, .copy,
            .stopBench, .stopAction:
            break
        }
    }

    private func listLogs(
        _ root: String, _ withWriters: Bool, _ tell: @escaping @Sendable (Message) -> Void
    ) -> Result<[NamespaceSummary], ActionFailure> {
        lister.withLock { lister in
            Result {
                try lister.list(FilePath(root), withWriters: withWriters) { outline in
                    tell(.outlined(in: root, outline))
                }
            }.mapError { ActionFailure($0) }
        }
    }

    private func attempt(
        _ request: Int?, _ tell: (Message) -> Void, _ body: () throws -> Void
    ) {
        do { try body() } catch { tell(.failed(request: request, "\(error)")) }
    }

    private func scan(_ forget: Bool, _ tell: @escaping @Sendable (Message) -> Void) {
        // Of a look that is over before it could be told of, nothing is.
        let pace = Pace(isDueAtOnce: false)
        // What a long one has found so far takes more to tell, and to draw.
        let slowPace = Pace(every: 400_000_000, isDueAtOnce: false)
        let result = scanner.withLock { scanner -> Message? in
            let notes = scanner.hasLooked ? nil : FirstLookNotes()
            do {
                let state = try scanner.scan(
                    forget: forget,
                    stage: { stage in
                        if let notes, slowPace.isDue {
                            tell(.looking(notes.look(at: stage)))
                        } else if pace.isDue {
                            tell(.scanProgress(stage))
                        }
                    }, notes: notes)
                return state.map(Message.scanned)
            } catch { return .scanFailed("\(error)") }
        }
        if let result { tell(result) }
    }

    private func play(_ frame: Int, _ tape: RecordingTape?, _ tell: (Message) -> Void) {
        // A held key asks faster than frames are made: the last question is the one that counts.
        guard lastFrame.load(ordering: .relaxed) == frame else { return }
        let moment = Result {
            if let tape { return try Moment(tape, at: frame - tape.dropped) }
            guard let recording else { throw ActionFailure("no recording is played") }
            return try Moment(recording, at: frame)
        }
        tell(.played(frame: frame, moment.mapError { ActionFailure($0) }))
    }

    private func search(
        _ request: Int, _ topic: TopicState, _ query: Query, from: Int, limit: Int,
        _ tell: (Message) -> Void
    ) throws {
        var told = SearchResult()
        func delta(_ result: SearchResult) -> SearchResult {
            var news = result
            news.rows = Array(result.rows[told.rows.count...])
            news.scanned = result.scanned - told.scanned
            news.undecided = result.undecided - told.undecided
            told = result
            return news
        }
        let reader = EntryReader(directory: directory, topic: topic)
        let pace = Pace()
        let result = try reader.search(query, from: from, limit: limit) { soFar in
            guard lastRequest.load(ordering: .relaxed) <= request else { return false }
            if pace.isDue { tell(.matches(request: request, delta(soFar), isFinal: false)) }
            return true
        }
        tell(.matches(request: request, delta(result), isFinal: true))
    }

    private func find(
        _ request: Int, _ topic: TopicState, _ query: Query, from: Int, isForward: Bool,
        _ tell: (Message) -> Void
    ) throws {
        let reader = EntryReader(directory: directory, topic: topic)
        let pace = Pace()
        func goesOn(_ scanned: Int) -> Bool {
            if pace.isDue { tell(.findProgress(request: request, scanned: scanned)) }
            return lastRequest.load(ordering: .relaxed) <= request
        }
        let found =
            isForward
            ? try reader.search(query, from: from, limit: 1) { goesOn($0.scanned) }.rows.first
            : try reader.last(query, before: from) { goesOn($0) }
        tell(.found(request: request, found))
    }

    private func export(_ order: ExportOrder, _ tell: (Message) -> Void)
        -> Result<String, ActionFailure>
    {
        let selection: EntryExport.Selection =
            switch order.selection {
            case .rows(let rows): .rows(rows)
            case .matches(let query): .range(query: query)
            }
        let export = EntryExport(
            EntryReader(directory: directory, topic: order.topic), selection,
            as: ExportFormat(fileName: order.file))
        do {
            let outcome = try export.write(to: FilePath(order.file), replaces: false) { outcome in
                let scanned = Figures.grouped(outcome.scanned)
                tell(.exportProgress("\(Figures.grouped(outcome.exported)) exported in \(scanned)"))
                return !stopsExport.load(ordering: .relaxed)
            }
            guard outcome.isComplete else {
                return .failure(ActionFailure("export stopped: no file was made"))
            }
            return .success(outcome.sentence + " to \(order.file)")
        } catch let error as IOError where error.errno == .fileExists {
            return .failure(ActionFailure("\(order.file) is there already: name another file"))
        } catch let error as IOError where error.errno == .notSupported {
            return .failure(ActionFailure("\(order.file) is no regular file: name another one"))
        } catch { return .failure(ActionFailure("\(error)")) }
    }
}

/// How often progress is told: what nobody can see is not worth a message, and thousands of messages
/// would keep keys waiting. May be asked by any thread.
final class Pace: Sendable {
    private let interval: UInt64
    private let last: Atomic<UInt64>

    /// - Parameter interval: in nanoseconds.
    init(every interval: UInt64 = 50_000_000, isDueAtOnce: Bool = true) {
        self.interval = interval
        last = Atomic(isDueAtOnce ? 0 : Clock.monotonic())
    }

    /// Whether it is time; if so, not again for a while.
    var isDue: Bool {
        let now = Clock.monotonic()
        let before = last.load(ordering: .relaxed)
        guard now >= before + interval else { return false }
        return last.compareExchange(expected: before, desired: now, ordering: .relaxed).exchanged
    }
}
