import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

/// The process dies at any operation of a reclamation, a compaction or a close.
@Suite struct ReclaimCrashTests {
    private static let files = ["1763670155020", "1763670155021", "1763670155022", "1763670155023"]
    private static let topics: [TopicName] = ["a", "b", "gone", "some longer name"]

    /// What the topics hold, in order.
    private struct Truth {
        var entries: [TopicName: [[UInt8]]] = [:]
        var consumed: [TopicName: Int] = [:]
        var sequences: [TopicName: UInt64] = [:]
        /// The topic of the call that was under way when the process died.
        var pending: TopicName?
    }

    private func fill(_ place: Workplace) throws -> Truth {
        var truth = Truth()
        for (index, file) in Self.files.enumerated() {
            for (slot, topic) in Self.topics.enumerated() where topic != "gone" || index == 1 {
                var at = 0
                for number in 0..<2 {
                    let payload = [UInt8(index), UInt8(number)]
                    let sequence = (truth.sequences[topic] ?? 0) + 1
                    at = try place.putEntry(
                        payload, topic, file: file, slot: slot, at: at,
                        stamp: EntryStamp(sequence: sequence, timestamp: 1))
                    truth.sequences[topic] = sequence
                    truth.entries[topic, default: []].append(payload)
                }
            }
        }
        return truth
    }

    /// Reads through three files, in an order that makes a middle one go first.
    private func work(_ walrus: Walrus, _ truth: inout Truth) {
        let steps: [(TopicName, Int)] = [
            ("a", 5), ("b", 4), ("gone", 2), ("some longer name", 5), ("b", 3), ("a", 2),
        ]
        for (topic, count) in steps {
            for _ in 0..<count {
                truth.pending = topic
                guard let entry = try? walrus.readNext(topic, checkpoint: true) else { return }
                let at = truth.consumed[topic] ?? 0
                #expect(entry.payload == truth.entries[topic]?[at])
                truth.consumed[topic] = at + 1
                truth.pending = nil
            }
        }
    }

    @Test func everyOperationMayBeTheLast() throws {
        var sizes: Set<Int> = []
        func run(_ failing: Int?) throws -> Int {
            let place = try Workplace()
            var truth = try fill(place)
            let walrus = try place.openFaulty(journalSizeMax: 500)
            let before = place.storage.operationCount
            if let failing { place.storage.fail(after: failing, .crash) }
            work(walrus, &truth)
            do { try walrus.close() } catch { #expect(failing != nil) }
            let count = place.storage.operationCount - before
            place.storage.heal()
            sizes.insert(try place.dataFiles.count)
            try verify(place, truth, "operation \(failing ?? -1)")
            return count
        }
        for failing in 0..<(try run(nil)) { _ = try run(failing) }
        // Deleting was under way in several stages.
        #expect(sizes.count >= 3)
    }

    private func verify(_ place: Workplace, _ truth: Truth, _ comment: Comment) throws {
        let seen = try #require(try Scanner(place.path).scan())
        let reference = try withoutOurs(place) { try #require(try Scanner(place.path).scan()) }
        let walrus = try place.open()
        defer { try? walrus.close() }
        // A torn record is what a crash leaves; nothing else may have to be mended.
        let report = walrus.recoveryReport
        #expect(report.reconciliations.isEmpty && report.setAside.isEmpty, comment)
        for (topic, entries) in truth.entries {
            let consumed = truth.consumed[topic] ?? 0
            let due = entries.dropFirst(consumed)
            let unread = walrus.unreadCount(of: topic)
            // A strict read that was under way counts as done or not done.
            let isPending = truth.pending == topic && unread == due.count - 1
            #expect(unread == due.count || isPending, comment)
            #expect(seen.topic(topic)?.unread ?? 0 == unread, comment)
            #expect(reference.topic(topic)?.unread ?? 0 >= unread, comment)
            let sequence = try walrus.append([99], to: topic).sequence
            #expect(sequence == (truth.sequences[topic] ?? 0) + 1, comment)
            let left = try walrus.consume(topic).map(\.payload)
            #expect(left == due.suffix(unread) + [[99]], comment)
        }
    }

    /// Runs `body` on a directory that looks as the reference sees it.
    private func withoutOurs<R>(_ place: Workplace, _ body: () throws -> R) throws -> R {
        let name = DirectoryNames.cursorJournal
        guard try place.bytes(name) != nil else { return try body() }
        let storage = DiskStorage(place.path)
        try storage.rename(name, to: "aside_index.db")
        defer { try? storage.rename("aside_index.db", to: name) }
        return try body()
    }
}
