internal import SystemPackage
internal import WalrusControl
internal import WalrusFormat

extension Walrus {
    /// Does what a client asks for, as any thread of the application would.
    func answer(_ request: ControlRequest) -> ControlAnswer {
        do throws(EngineError) {
            switch request {
            case .hello: return .done
            case .append(let topic, let payload):
                return .appended(ControlReceipt(try append(payload, to: topic)))
            case .appendBatch(let topic, let payloads):
                return .appended(ControlReceipt(try append(batch: payloads, to: topic)))
            case .cursor(let topic):
                try registry.checkOpen()
                return .cursor(topics().first { $0.name == topic }?.cursor?.place)
            case .moveCursor(let topic, let from, let to):
                let move = try moveCursor(of: topic, from: from, to: SeekTarget(to))
                return .moved(
                    ControlMove(before: move.before, after: move.after, place: move.place))
            case .mark(let topic, let isClean):
                if isClean { try markClean(topic) } else { try markDirty(topic) }
                return .done
            case .topic(let topic):
                try registry.checkOpen()
                return .topic(topics().first { $0.name == topic }.map(ControlTopic.init))
            case .topics(let after):
                try registry.checkOpen()
                return page(after: after)
            case .reclaim: return .reclaimed(ControlReclaimed(try reclaim()))
            case .metrics:
                try registry.checkOpen()
                return .metrics(meter.image())
            }
        } catch { return .failure(ControlFailure(error)) }
    }

    /// As many topics as an answer holds.
    private func page(after: TopicName?) -> ControlAnswer {
        var page: [ControlTopic] = []
        // What stands before them in the message.
        var size = 8
        for status in topics() {
            if let after, status.name <= after { continue }
            guard status.name.bytes.count <= ControlLimits.topicLengthMax else { continue }
            let topic = ControlTopic(status)
            size += topic.encodedSize
            if size > ControlLimits.listMax { return .topics(page, hasMore: true) }
            page.append(topic)
        }
        return .topics(page, hasMore: false)
    }
}

extension ControlReceipt {
    fileprivate init(_ receipt: AppendReceipt) {
        self.init(
            count: 1, sequence: receipt.sequence, ordinal: receipt.ordinal,
            timestamp: receipt.timestamp, place: receipt.place)
    }

    fileprivate init(_ receipt: BatchReceipt) {
        self.init(
            count: receipt.ordinals.count, sequence: receipt.sequences.lowerBound,
            ordinal: receipt.ordinals.lowerBound, timestamp: receipt.timestamp,
            place: receipt.place)
    }
}

extension ControlTopic {
    fileprivate init(_ status: TopicStatus) {
        self.init(
            name: status.name, entries: status.entries, unread: status.unread, size: status.size,
            isClean: status.isClean, blocks: status.blocks, cursor: status.cursor)
    }
}

extension ControlReclaimed {
    fileprivate init(_ report: ReclaimReport) {
        self.init(
            files: report.files,
            kept: report.failures.sorted { $0.key < $1.key }.map {
                Kept(file: $0.key, failure: ControlFailure($0.value))
            })
    }
}

extension ControlFailure {
    init(_ error: EngineError) {
        self.init(code: error.code.rawValue, reason: error.reason)
        topic = error.topic
        path = error.path.map { Array($0.string.utf8) }
        offset = error.offset
        errno = error.errno?.rawValue
        holders = error.holders
    }
}

extension SeekTarget {
    fileprivate init(_ target: ControlTarget) {
        self =
            switch target {
            case .begin: .begin
            case .end: .end
            case .ordinal(let ordinal): .ordinal(ordinal)
            case .sequence(let sequence): .sequence(sequence)
            case .time(let time): .time(time)
            case .place(let place): .place(place)
            }
    }
}
