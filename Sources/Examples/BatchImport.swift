import SystemPackage
import WalrusEngine
import WalrusFormat

extension Examples {
    /// Many entries at a time: each batch is there as a whole or not at all, and one sync makes all
    /// of it durable. An import that was interrupted goes on where it stopped.
    static func importInBatches(in directory: FilePath) throws {
        let rows: TopicName = "rows"
        let source = (1...5_000).map { Array("row \($0)".utf8) }
        let walrus = try Walrus(
            Configuration(directory: directory, key: nil, fsyncSchedule: .each))

        // Batches are whole, so the number of entries says which of them are done.
        var done = walrus.topics().first { $0.name == rows }?.entries ?? 0
        while done < source.count {
            let batch = source[done...].prefix(Layout.batchEntriesMax)
            do {
                try walrus.append(batch: Array(batch), to: rows)
            } catch {
                // Whatever it was, nothing of the batch is in the log, and it can be tried again.
                guard error.errno == .noSpace else { throw error }
                print("the disk is full after \(done) rows")
                break
            }
            done += batch.count
            print("imported \(done) of \(source.count)")
        }

        // Read back in pieces of up to 16 KiB, one checkpoint a piece.
        var count = 0
        while true {
            let piece = try walrus.readBatch(rows, maxBytes: 16 << 10, checkpoint: true)
            if piece.isEmpty { break }
            count += piece.count
        }
        print("read \(count) rows")
        // And once more the last three, which the checkpoint has passed.
        try walrus.seek(rows, to: .ordinal(source.count - 2))
        print("to be read again: \(walrus.unreadCount(of: rows))")
        try walrus.seek(rows, to: .end)
        try walrus.close()
    }
}
