import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

/// Reading goes on where it was left, however it was done and however the process ended.
@Suite struct RestartTests {
    enum Way: CaseIterable, Sendable {
        case singly, inPlace, inABatch, inSmallBatches, mixed, peeking, anywhere, seeking

        /// Consumes `count` one-byte entries, or looks at them where nothing is consumed.
        func read(_ walrus: Walrus, _ count: Int) throws {
            switch self {
            case .singly: try walrus.consume("t", count)
            case .inPlace:
                for _ in 0..<count {
                    _ = try walrus.withNextEntry("t", checkpoint: true) { _, _ in true }
                }
            case .inABatch:
                // No budget is so small that it gives nothing.
                if count > 0 { _ = try walrus.readBatch("t", maxBytes: count, checkpoint: true) }
            case .inSmallBatches, .mixed:
                var left = count
                while left > 0 {
                    if self == .mixed, left.isMultiple(of: 2) {
                        left -= try walrus.consume("t", 1).count
                    } else {
                        left -= try walrus.readBatch(
                            "t", maxBytes: min(left, 3), checkpoint: true
                        ).count
                    }
                }
            case .peeking:
                _ = try walrus.readNext("t", checkpoint: false)
                _ = try walrus.readBatch("t", maxBytes: count, checkpoint: false)
                _ = try walrus.withNextEntry("t", checkpoint: false) { _, _ in true }
            case .anywhere:
                _ = try walrus.readBatch(
                    "t", maxBytes: .max, checkpoint: true, startOffset: 257 * count)
            case .seeking: try walrus.seek("t", to: .ordinal(count + 1))
            }
        }

        var consumes: Bool { self != .peeking && self != .anywhere }
    }

    enum End: CaseIterable, Sendable {
        case closed, letGo, crashed, scanned

        /// One process from its opening to this end.
        func live<R>(
            _ place: Workplace, _ consistency: ReadConsistency = .strictlyAtOnce,
            _ work: (Walrus) throws -> R
        ) throws -> R {
            switch self {
            case .closed: return try place.session(consistency, work)
            case .letGo: return try work(try place.open(consistency))
            case .crashed: return try place.crashing(consistency, work)
            case .scanned:
                defer { try? place.removeSnapshot() }
                return try place.session(consistency, work)
            }
        }
    }

    /// Two finished blocks and one that is written to, of four entries each.
    private func filled() throws -> Workplace {
        let place = try Workplace()
        for slot in 0..<2 {
            try place.putEntries(
                (1...4).map { [UInt8(4 * slot + $0)] }, "t", file: "1763670155020", slot: slot)
        }
        try place.session { walrus throws in
            // So that the second block is finished, too.
            try walrus.append([0], to: "other")
        }
        try place.putEntries((9...11).map { [$0] }, "t", file: "1763670155020", slot: 3)
        try place.removeSnapshot()
        try place.session { try $0.append([12], to: "t") }
        return place
    }

    @Test(
        arguments: Way.allCases, [ReadConsistency.strictlyAtOnce, .atLeastOnce(persistEvery: 5)])
    func afterAPartialRead(way: Way, consistency: ReadConsistency) throws {
        let counts = [0, 1, 4, 6, 8, 9, 11, 12]
        for (index, count) in counts.enumerated() {
            let place = try filled()
            let end = End.allCases[index % 4]
            try end.live(place, consistency) { try way.read($0, count) }
            let isKept = end != .crashed || consistency == .strictlyAtOnce || way == .seeking
            let consumed = way.consumes ? count : 0
            try place.session(consistency) { walrus throws in
                let again = walrus.unreadCount(of: "t") - (12 - consumed)
                #expect(isKept ? again == 0 : 0...5 ~= again, "\(count), \(end)")
                let due = (consumed - again..<12).map { [UInt8($0 + 1)] }
                #expect(
                    try walrus.readBatch("t", maxBytes: .max, checkpoint: false).map(\.payload)
                        == due, "\(count), \(end)")
                #expect(try walrus.consume("t").map(\.payload) == due, "\(count), \(end)")
            }
        }
    }

    /// Every entry is the first of a process once.
    @Test(arguments: End.allCases)
    func oneEntryInEachLife(end: End) throws {
        let place = try filled()
        for number in 1...12 as ClosedRange<UInt8> {
            let found = try end.live(place) { try $0.consume("t", 1) }
            #expect(found.map(\.payload) == [[number]])
        }
        try place.session { walrus throws in
            #expect(walrus.unreadCounts() == ["t": 0, "other": 1])
        }
    }

    /// Fewer than one is one: the last entry of all comes again.
    @Test(arguments: [0, -3, 1])
    func persistEveryIsOneAtLeast(persistEvery: Int) throws {
        let place = try filled()
        try place.crashing(.atLeastOnce(persistEvery: persistEvery)) { walrus throws in
            try walrus.consume("t", 3)
        }
        try place.crashing(.atLeastOnce(persistEvery: persistEvery)) { walrus throws in
            #expect(
                try walrus.readBatch("t", maxBytes: 2, checkpoint: true).map(\.payload)
                    == [[3], [4]])
        }
        try place.session { walrus throws in
            #expect(try walrus.readNext("t", checkpoint: true)?.payload == [5])
        }
    }
}
