import SystemPackage
import WalrusFormat

@testable import Inspect
@testable import WalrusConsole

/// A directory that is only a value: seven topics, two files, some findings. For frames and updates
/// that need no disk.
enum Sample {
    static let time: UInt64 = 1_763_640_123_000_000_000
    static let older = DataFileName("1763640000003")!
    static let newer = DataFileName("1763640100250")!

    private struct Plan {
        let name: TopicName
        let entries: Int
        let unread: Int
        let damaged: Int
        let isClean: Bool?
        /// File, slot and units of its blocks.
        let blocks: [(DataFileName, Int, Int)]
    }

    private static let plans = [
        Plan(
            name: "audit", entries: 98_220, unread: 98_220, damaged: 2, isClean: false,
            blocks: [(older, 1, 1), (older, 2, 1), (older, 5, 1), (newer, 0, 1)]),
        Plan(
            name: "billing", entries: 18_402, unread: 0, damaged: 0, isClean: true,
            blocks: [(older, 3, 1)]),
        Plan(
            name: "deadletter", entries: 31, unread: 31, damaged: 0, isClean: nil,
            blocks: [(older, 4, 1)]),
        Plan(
            name: "metrics", entries: 2_210_004, unread: 12, damaged: 0, isClean: false,
            blocks: [(older, 0, 1), (older, 6, 1), (newer, 1, 1), (newer, 4, 1)]),
        Plan(
            name: TopicName("line\nend \u{1b}[31m"), entries: 5, unread: 5, damaged: 0,
            isClean: false, blocks: [(newer, 5, 1)]),
        Plan(
            name: "orders", entries: 412_331, unread: 1_204, damaged: 0, isClean: false,
            blocks: [(older, 7, 1), (newer, 2, 2)]),
        Plan(
            name: TopicName("注文-東京"), entries: 130, unread: 91, damaged: 0, isClean: false,
            blocks: [(newer, 6, 1)]),
    ]

    /// - Parameter scale: multiplies the entries of "orders", as if time had passed.
    /// What an engine that is at work says about itself.
    static var metrics: LiveMetrics {
        var image = MetricsImage(
            processID: 4_121, opened: time, written: time, isClosed: false, interval: 1)
        image.append.recent = LatencySummary(
            count: 130, p50: 11_800, p90: 20_000, p99: 81_250, p999: 900_000, max: 1_250_000)
        image.sync.recent = LatencySummary(
            count: 5, p50: 1_100_000, p90: 3_000_000, p99: 3_400_000, p999: 8_123_000,
            max: 12_700_000)
        return LiveMetrics(image, age: 1_200_000_000)
    }

    static func state(
        moreOrders: Int = 0, time: UInt64 = Sample.time, metrics: LiveMetrics? = nil
    ) -> DirectoryState {
        var state = DirectoryState()
        state.time = time
        state.metrics = metrics
        var blocks: [DataFileName: [BlockState]] = [:]
        state.topics = plans.map { plan in
            let more = plan.name == "orders" ? moreOrders : 0
            return topic(plan, more) { blocks[$0.file, default: []].append($0) }
        }.sorted { $0.name < $1.name }
        state.files = [older, newer].map { name in
            FileState(
                name: name, size: Layout.fileSize,
                allocated: name == older ? 83_886_080 : 62_914_560,
                modified: Int(time), blocks: (blocks[name] ?? []).sorted { $0.slot < $1.slot })
        }
        state.findings = [
            Finding(
                .error, .damagedPayload, file: older.text, block: 1, offset: 218_331,
                "payload has checksum a9ef1d7ca3edf260, its header says 74b42ace817c1dac; the entry is skipped, those after it are read (topic \"audit\")"
            ),
            Finding(
                .warning, .strayFile, file: "read_offset_idx_index.db.tmp",
                "is not a file of the log; the reference takes it for one and may crash when it opens the directory: move it away"
            ),
            Finding(
                .info, .referenceStops, file: newer.text, block: 2,
                "a block of 2 units hides the 12 entries after it from the reference when it restarts; this program sees them"
            ),
        ]
        return state
    }

    /// The logs of a data directory, for the chooser.
    static var logs: [NamespaceSummary] {
        let plans: [(String?, Int, Int, Int, Int?, [Int])] = [
            (nil, 7, 2, 146_800_640, 12, [4_121]), ("billing", 3, 1, 41_943_040, 7_400, []),
            ("注文\u{1b}[31m", 20_000, 51, 53_687_091_200, 0, [88, 4_122, 9_001]),
            ("empty", 0, 0, 0, nil, []),
        ]
        return plans.map { name, topics, files, allocated, age, writers in
            var log = NamespaceSummary(name: name, path: "/data/wal/\(name ?? "")")
            (log.topics, log.files, log.allocated) = (topics, files, allocated)
            log.modified = age.map { Int(time) - $0 * 1_000_000_000 }
            log.writers = writers
            return log
        }
    }

    private static func topic(_ plan: Plan, _ more: Int, _ emit: (BlockState) -> Void) -> TopicState
    {
        var topic = TopicState(name: plan.name)
        topic.entries = plan.entries + more
        topic.unread = plan.unread + more
        topic.damaged = plan.damaged
        topic.mark = plan.isClean.map { CleanMark(isClean: $0, generation: 3) }
        let count = plan.blocks.count
        for (index, (file, slot, units)) in plan.blocks.enumerated() {
            let share = topic.entries / count
            let entries = index == count - 1 ? topic.entries - share * (count - 1) : share
            let before = share * index
            let read = max(0, min(entries, topic.consumed - before))
            let used = min(entries * 290, units * Layout.unit)
            let unread = entries == 0 ? 0 : used * (entries - read) / entries
            topic.size += used
            topic.unreadSize += unread
            topic.blocks.append(
                BlockPlace(
                    file: file, slot: slot, units: units, used: used, entries: entries,
                    entriesBefore: before, stamps: stamps(before, entries)))
            emit(
                BlockState(
                    file: file, slot: slot, units: units, topic: plan.name, number: 1, used: used,
                    entries: entries, damaged: index == 0 ? plan.damaged : 0, hasLostBytes: false,
                    entriesBefore: before,
                    reading: read == entries ? .consumed : read == 0 ? .unread : .reading,
                    unreadSize: unread, isTail: index == count - 1,
                    stamps: stamps(before, entries)))
            if read > 0 {
                topic.cursor = CursorState(
                    blockIndex: index, file: file, slot: slot, offset: used - unread,
                    source: .journal, isClear: true)
            }
        }
        return topic
    }

    /// Rows as a reader would give them.
    static func rows(_ topic: TopicState, from: Int, count: Int) -> [EntryRow] {
        guard from <= topic.entries else { return [] }
        return (from...min(topic.entries, from + count - 1)).flatMap { ordinal -> [EntryRow] in
            let payload = payload(topic.name, ordinal)
            let row = EntryRow(
                ordinal: ordinal, file: older, slot: 7, offset: ordinal * 364 % Layout.unit,
                length: payload.count, checksum: FNV1a.hash(payload),
                stamp: EntryStamp(sequence: UInt64(ordinal), timestamp: time), damage: nil,
                isConsumed: ordinal <= topic.consumed, preview: payload)
            guard topic.name == "audit", ordinal == 3 else { return [row] }
            let damaged = EntryRow(
                ordinal: nil, file: older, slot: 1, offset: 900, length: 40, checksum: 7,
                stamp: nil,
                damage: .payload(stored: 1, computed: 7), isConsumed: false, preview: [1, 2, 3])
            return [damaged, row]
        }
    }

    static func payload(_ topic: TopicName, _ ordinal: Int) -> [UInt8] {
        switch topic {
        case "orders":
            Array(
                #"{"id":\#(88_000 + ordinal),"status":"\#(ordinal % 9 == 0 ? "err" : "ok")","tags":["a\"b",[]],"total":{"cents":120}}"#
                    .utf8)
        case "deadletter": Array("\u{1b}]52;c;aGVsbG8=\u{7}\u{1b}[2J".utf8) + [0xff, 0x00, 0xc2]
        default: Array("entry \(ordinal) of \(topic.text)".utf8)
        }
    }

    /// Answers effects as a runner would, from values alone, until nothing is left to be done.
    static func settle(_ model: inout ConsoleModel, _ effects: [Effect]) -> [Effect] {
        var seen: [Effect] = []
        var queue = effects
        while !queue.isEmpty {
            let effect = queue.removeFirst()
            seen.append(effect)
            if let answer = answer(effect) { queue += model.update(answer) }
        }
        return seen
    }

    private static func answer(_ effect: Effect) -> Message? {
        switch effect {
        case .scan: .scanned(state())
        case .estimateBench(let order):
            .benchEstimate(
                .success(
                    BenchEstimate(
                        order: order, directory: "/tmp/walrus-bench-4121-1", bytes: 1_932_735_283,
                        free: 77_800_000_000)))
        case .loadBenchResults: .benchResults(benchRows, problem: nil)
        case .previewRestart: .previewed(preview(of: state()))
        case .loadRows(let id, let topic, let from, let count):
            .rows(
                request: id,
                rows(topic, from: from ?? max(1, topic.entries - count + 1), count: count))
        case .loadPlace(let id, let topic, _, let count):
            .rows(request: id, rows(topic, from: 1, count: count))
        case .search(let id, let topic, let query, let from, let limit):
            .matches(request: id, matches(topic, query, from, limit), isFinal: true)
        case .loadPayload(let topic, let row, _):
            .payload(row, payload(topic.name, row.ordinal ?? 0))
        case .loadBytes(let id, let place, let range, let file, let cursor):
            .bytes(request: id, page(place, range, file, cursor))
        case .planAction(let order, _): .planned(plan(order))
        case .findChoices(let action): .choices(action, choices(for: action))
        case .find(let id, let topic, let query, let from, let isForward):
            .found(
                request: id,
                isForward
                    ? matches(topic, query, from, 1).rows.first
                    : matches(topic, query, max(1, from - 3_000), .max).rows
                        .last { ($0.ordinal ?? .max) < from })
        case .locate(let id, let topic, let target, let count):
            located(id, topic, target, count)
        case .decode(let row, let payload):
            .decoded(
                row,
                payload.count.isMultiple(of: 2)
                    ? .success(Array("decoded\n\(payload.count) bytes".utf8))
                    : .failure(
                        DecoderFailure("no answer within 2 s; it is started again for the next")))
        case .export(let order): .exported(.success("exported to \(order.file)"))
        case .copy(_, let what): .copied(true, what)
        case .act: .acted(.success("done"))
        case .play(let frame, let tape?):
            .played(
                frame: frame,
                Result { try Moment(tape, at: frame - tape.dropped) }
                    .mapError { ActionFailure($0) })
        case .findHolders, .play, .listLogs, .openLog, .edit, .remember, .save, .bell, .redraw,
            .suspend, .checkVersion,
            .quit, .cancel, .cancelExport, .bench, .stopBench, .stopAction:
            nil
        }
    }

    private static func located(
        _ id: Int, _ topic: TopicState, _ target: EntryPoint, _ count: Int
    ) -> Message {
        // The sample's sequences are its ordinals, and all of it was appended at one moment.
        let ordinal: Int =
            switch target {
            case .sequence(let sequence): Int(clamping: sequence)
            case .time(let moment): moment <= time ? 1 : topic.entries + 1
            case .ordinal(let number): number
            case .last(let number): topic.entries + 1 - number
            case .cursor: topic.consumed + 1
            case .end: topic.entries + 1
            case .begin, .place: 1
            }
        let reader = EntryReader(directory: FilePath("/nonexistent"), topic: topic)
        let landing = EntryLanding(
            ordinal: max(1, min(ordinal, topic.entries)),
            miss: (try? reader.miss(of: target, at: ordinal)) ?? nil)
        let from = max(1, landing.ordinal - count / 2)
        return .located(request: id, landing, rows(topic, from: from, count: count))
    }

    private static func matches(
        _ topic: TopicState, _ query: Query, _ from: Int, _ limit: Int
    ) -> SearchResult {
        var result = SearchResult()
        var matcher = QueryMatcher(query)
        for row in rows(topic, from: from, count: min(topic.entries, 5_000)) {
            result.scanned += 1
            result.next = (row.ordinal ?? 0) + 1
            let verdict = try? unsafe row.preview.withUnsafeBytes { bytes in
                try unsafe matcher.verdict(row, payload: bytes) { _, _ in [] }
            }
            if verdict == .yes { result.rows.append(row) }
            if verdict == .undecided { result.undecided += 1 }
            if result.rows.count == limit { return result }
        }
        result.isComplete = true
        return result
    }

    static func model(
        _ columns: Int = 80, _ rows: Int = 24, write: Bool = false, glyphs: GlyphSet = .unicode
    ) -> ConsoleModel {
        ConsoleModel(
            setup: ConsoleModel.Setup(directory: "/data/wal/bench", canWrite: write),
            size: Size(columns: columns, rows: rows), glyphs: glyphs)
    }

    /// A model that has looked at the sample and been given the keys. Returns every effect on the way.
    static func session(_ model: inout ConsoleModel, _ keys: String = "") throws -> [Effect] {
        var seen = model.state == nil ? settle(&model, model.start(at: time)) : []
        for key in try Key.script(keys) { seen += settle(&model, model.update(.key(key))) }
        return seen
    }
}
