internal import WalrusFormat
internal import WalrusIO

extension Recovery {
    /// Takes away the batches at the end of a topic of which not every entry is there and sound: a
    /// batch is all or nothing. They are overwritten with zeros, durably, before anything follows.
    /// Returns the topics that keep one only because nothing tells what was consumed of it.
    mutating func dropBatches(
        _ chains: inout [TopicName: Chain], _ indexes: StoredIndexes, _ files: [DataFile]
    ) throws(EngineError) -> Set<TopicName> {
        try dropIntended(&chains, files)
        let files = Set(files.map(\.name))
        var doubtful: Set<TopicName> = []
        for topic in chains.keys.sorted() {
            // Asked once: a reader in what is dropped had what stands before it.
            var reader: (block: Int, offset: Int)??
            // What stood before it is at the end now: were that left for the next opening, entries
            // would go that readers have had meanwhile.
            while let chain = chains[topic], let batch = chain.trailingBatch {
                let verdict = try batch.verdict(
                    consumed: indexes.consumed(topic),
                    reader: { () throws(EngineError) in
                        if let reader { return reader }
                        let found = try indexes.reader(of: topic, chain, files)
                        reader = .some(found)
                        return found
                    },
                    followsHole: { chain.links[$0].followsHole })
                if verdict == .countsInDoubt { doubtful.insert(topic) }
                guard verdict == .isTorn else { break }
                let ranges = batch.pieces.map { (link: $0.block, start: $0.run.start) }
                note(topic, chain, ranges[0], found: batch.found, count: batch.first.run.count)
                chains[topic] = try dropping(ranges, chain)
            }
        }
        return doubtful
    }

    /// Takes away what was written of batches to topics whose entries have no room for a stamp, and
    /// then the file that tells of them.
    private mutating func dropIntended(
        _ chains: inout [TopicName: Chain], _ files: [DataFile]
    ) throws(EngineError) {
        let name = DirectoryNames.batchIntents
        let image = try IndexImage(name, storage)
        let found: [TopicName: BatchIntent]?
        do throws(FormatError) { found = try image.decoded(BatchIntentsImage.decode) } catch {
            return try setAside(name, "\(error)")
        }
        guard let intents = found else { return }
        for (topic, intent) in intents.sorted(by: { $0.key < $1.key }) {
            guard let chain = chains[topic] else { continue }
            var ranges: [(link: Int, start: Int)] = []
            var found = 0
            for (index, link) in chain.links.enumerated() {
                let place = (file: link.file.name, slot: link.survey.frame.slot)
                let frame = link.survey.frame
                guard let start = intent.start(in: place), start < frame.length else { continue }
                let written = try engineErrors(topic) { () throws(IOError) in
                    try link.file.firstNonZero(in: frame.start + start..<frame.end)
                }
                guard written != nil else { continue }
                let before = try chain.look(at: index, before: start).entries
                found += link.survey.entries - before
                ranges.append((index, start))
            }
            guard let first = ranges.first else { continue }
            note(topic, chain, first, found: found, count: intent.count)
            chains[topic] = try dropping(ranges, chain)
        }
        // Whoever wrote it may have erased it, and have failed to bring that to disk.
        for file in files where intents.values.contains(where: { $0.reaches(file.name) }) {
            file.inherit()
            try file.sync()
        }
        try engineErrors { () throws(IOError) in
            try storage.remove(name)
            try storage.syncDirectory()
        }
    }

    private mutating func note(
        _ topic: TopicName, _ chain: Chain, _ first: (link: Int, start: Int), found: Int, count: Int
    ) {
        let link = chain.links[first.link]
        report.droppedBatches.append(
            .init(
                topic: topic, file: link.file.name, slot: link.survey.frame.slot,
                offset: first.start, found: found, count: count))
    }

    /// The chain without what stands behind the given offsets of its links.
    private func dropping(_ ranges: [(link: Int, start: Int)], _ chain: Chain)
        throws(EngineError) -> Chain?
    {
        var chain = chain
        // From the end, so that a crash in between leaves an incomplete batch again.
        for (index, start) in ranges.reversed() {
            let link = chain.links[index]
            let frame = link.survey.frame
            try engineErrors { () throws(IOError) in
                try link.file.eraseBackwards(frame.start + start..<frame.end)
            }
            try link.file.sync()
            if start == 0 {
                chain.links.remove(at: index)
            } else {
                chain.links[index].survey = try walking(link.file) { walker in
                    try BlockSurvey(frame, &walker)
                }
            }
        }
        // What is gone, durably, has given its numbers back: the next entry follows the last one.
        return chain.links.isEmpty ? nil : Chain(chain.links)
    }
}

extension Chain {
    var trailingBatch: TrailingBatch? {
        TrailingBatch(
            blockCount: links.count, run: { links[$0].survey.trailing },
            isBare: { links[$0].survey.used == 0 })
    }
}
