internal import Inspect
internal import WalrusEngine
package import WalrusFormat
internal import WalrusIO

/// Appends the payloads of lines of JSON to a topic, in their order.
package struct ImportJob: Sendable {
    /// Entries and bytes that are appended at once: all of them, or none.
    private static let batchMax = 1_000
    private static let bytesMax = 8 << 20

    package let topic: TopicName

    package init(topic: TopicName) { self.topic = topic }

    package struct Report: Hashable, Sendable {
        package internal(set) var entries = 0
        /// Bytes of payload.
        package internal(set) var bytes = 0
        /// The places of the first and the last entry among those of the topic.
        package internal(set) var first: Int?
        package internal(set) var last: Int?
    }

    /// A line that is no entry, or that could not be appended. All before it are in the log.
    package struct Failure: Error, CustomStringConvertible {
        /// Counted from 1.
        package let line: Int
        package let appended: Int
        package let reason: String
        /// Whether the line itself is wrong.
        package let isLine: Bool
        package var description: String {
            "line \(line): \(reason); \(appended) \(appended == 1 ? "entry" : "entries") before it "
                + "\(appended == 1 ? "was" : "were") appended"
        }
    }

    /// - Parameters:
    ///   - next: the next line; nil at the end.
    ///   - progress: hears of the entries appended; returning false stops after them.
    package func run(
        _ next: () throws -> [UInt8]?, to log: any OpenLog, progress: (Int) -> Bool = { _ in true }
    ) throws -> Report {
        var report = Report()
        var batch: [[UInt8]] = []
        var size = 0
        var line = 0
        func flush() throws {
            guard !batch.isEmpty else { return }
            do {
                let ordinals = try log.append(batch: batch, to: topic).ordinals
                report.first = report.first ?? ordinals.first
                report.last = ordinals.last
            } catch {
                throw Failure(
                    line: line - batch.count + 1, appended: report.entries, reason: "\(error)",
                    isLine: false)
            }
            report.entries += batch.count
            report.bytes += size
            batch = []
            size = 0
        }
        while let text = try next() {
            line += 1
            let payload: [UInt8]
            do throws(EntryLine.Refusal) { payload = try EntryLine.payload(text) } catch {
                line -= 1
                try flush()
                throw Failure(
                    line: line + 1, appended: report.entries, reason: "\(error)", isLine: true)
            }
            batch.append(payload)
            size += payload.count
            guard batch.count >= Self.batchMax || size >= Self.bytesMax else { continue }
            try flush()
            guard progress(report.entries) else { return report }
        }
        try flush()
        return report
    }
}
