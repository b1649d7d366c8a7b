internal import WalrusFormat
internal import WalrusIO

extension Recovery {
    /// Takes away the batch at the end of a topic of which not every entry is there and sound: a
    /// batch is all or nothing. It is overwritten with zeros, durably, before anything follows it.
    mutating func dropBatches(_ chains: inout [TopicName: Chain]) throws(EngineError) {
        for (topic, chain) in chains.sorted(by: { $0.key < $1.key }) {
            let pieces = Self.trailingBatch(chain)
            guard let first = pieces.first, !Self.isWhole(pieces) else { continue }
            let link = chain.links[first.link]
            report.droppedBatches.append(
                .init(
                    topic: topic, file: link.file.name, slot: link.survey.frame.slot,
                    offset: first.run.start, found: pieces.reduce(0) { $0 + $1.run.indices.count },
                    count: first.run.count))
            var changed = chain
            // From the end, so that a crash in between leaves an incomplete batch again.
            for piece in pieces.reversed() { try drop(piece, &changed) }
            chains[topic] = changed.links.isEmpty ? nil : changed
        }
    }

    private struct Piece {
        let link: Int
        let run: BatchRun
    }

    /// The parts of the batch that the topic ends with, block by block.
    private static func trailingBatch(_ chain: Chain) -> [Piece] {
        var pieces: [Piece] = []
        for index in chain.links.indices.reversed() {
            guard let run = chain.links[index].survey.trailing else { break }
            if let next = pieces.first?.run {
                guard run.batch == next.batch, run.count == next.count,
                    run.indices.upperBound == next.indices.lowerBound
                else { break }
            }
            pieces.insert(Piece(link: index, run: run), at: 0)
            // What comes before in this block is no part of it, so nothing in the one before is.
            guard run.start == 0 else { break }
        }
        return pieces
    }

    private static func isWhole(_ pieces: [Piece]) -> Bool {
        guard let first = pieces.first?.run, let last = pieces.last?.run else { return true }
        return first.indices.lowerBound == 0 && last.indices.upperBound == last.count
            && pieces.allSatisfy(\.run.isSound)
    }

    private func drop(_ piece: Piece, _ chain: inout Chain) throws(EngineError) {
        let link = chain.links[piece.link]
        let frame = link.survey.frame
        try engineErrors { () throws(IOError) in
            try link.file.erase(frame.start + piece.run.start..<frame.end)
        }
        try link.file.sync()
        if piece.run.start == 0 {
            chain.links.remove(at: piece.link)
        } else {
            chain.links[piece.link].survey = try walking(link.file) { walker in
                try BlockSurvey(frame, &walker)
            }
        }
    }
}
