import WalrusFormat

enum HeaderTarget {
    static func run(_ bytes: [UInt8]) throws {
        try decode(bytes)
        try decode(Repair.header(bytes))
        try encode(bytes)
    }

    /// What is taken for a header is one that we would write.
    private static func decode(_ bytes: [UInt8]) throws {
        guard let header = try? EntryHeader.decode(bytes) else { return }
        try expectEqual(
            header.encoded(), Array(bytes[..<Layout.headerSize]), "encode(decode(bytes))")
    }

    /// Any header that can be written is read.
    private static func encode(_ bytes: [UInt8]) throws {
        var input = FuzzBytes(bytes)
        let blockEnd = (1 + input.byte() % Layout.unitsPerFile) * Layout.unit
        let checksum = input.extreme()
        let payloadLength = input.number(4) % (Layout.payloadLengthMax + 1)
        let count = 1 + input.byte() % Layout.batchEntriesMax
        let stamp = EntryStamp(
            batchIndex: input.byte() % count, batchCount: count,
            sequence: min(max(1, input.extreme()), EntryStamp.sequenceMax),
            timestamp: input.extreme())
        let isStamped = input.byte() % 2 == 0
        let topic = TopicName(bytes: input.all())
        guard topic.refusal == nil else { return }
        let fits = EntryStamp.fits(topicLength: topic.bytes.count)
        let header = EntryHeader(
            topic: topic, blockEnd: blockEnd, checksum: checksum, payloadLength: payloadLength,
            stamp: isStamped && fits ? stamp : nil)
        try expectEqual(try EntryHeader.decode(header.encoded()), header, "decode(encode(x))")
    }
}

enum IndexTarget {
    static func run(_ bytes: [UInt8]) throws {
        try decode(bytes)
        try encode(bytes)
    }

    private static func decode(_ bytes: [UInt8]) throws {
        let isSoundCursorTable = CursorIndexImage.hasSoundTable(bytes)
        if let cursors = try? CursorIndexImage.decode(bytes) {
            try check(cursors)
        } else {
            try expect(!isSoundCursorTable, "the table of an unreadable image is not sound")
        }
        // The table may be sound where a mark is not: it knows nothing of values.
        _ = CleanIndexImage.hasSoundTable(bytes)
        if let marks = try? CleanIndexImage.decode(bytes) { try check(marks) }
    }

    private static func check(_ cursors: [TopicName: StoredCursor]) throws {
        let image = CursorIndexImage.encode(cursors)
        try expectEqual(try CursorIndexImage.decode(image), cursors, "decode(encode(cursors))")
    }

    private static func check(_ marks: [TopicName: CleanMark]) throws {
        let image = CleanIndexImage.encode(marks)
        try expectEqual(try CleanIndexImage.decode(image), marks, "decode(encode(marks))")
    }

    /// Maps of any names: the look-up table is sound as well, where the names are not made to have
    /// none.
    private static func encode(_ bytes: [UInt8]) throws {
        var input = FuzzBytes(bytes)
        var cursors: [TopicName: StoredCursor] = [:]
        var marks: [TopicName: CleanMark] = [:]
        while !input.isEmpty {
            let topic = TopicName(bytes: input.bytes(input.byte() % 24))
            guard String(validating: topic.bytes, as: UTF8.self) != nil else { continue }
            cursors[topic] = StoredCursor(blockIndex: input.extreme(), offset: input.extreme())
            marks[topic] = CleanMark(isClean: input.byte() % 2 == 0, generation: input.extreme())
        }
        try check(cursors)
        try check(marks)
        guard cursors.count <= 8 else { return }
        try expect(
            CursorIndexImage.hasSoundTable(CursorIndexImage.encode(cursors)),
            "the table of an image that was just made is sound")
        try expect(
            CleanIndexImage.hasSoundTable(CleanIndexImage.encode(marks)),
            "the table of an image that was just made is sound")
    }
}

enum JournalTarget {
    static func run(_ bytes: [UInt8]) throws {
        try decode(bytes)
        try decode(Repair.journal(bytes))
    }

    private static func decode(_ bytes: [UInt8]) throws {
        guard let contents = try? CursorJournal.decode(bytes) else { return }
        try expect(
            contents.end <= bytes.count && contents.end >= CursorJournal.headerSize,
            "the sound records end inside the journal, not at \(contents.end)")
        try expectEqual(
            contents.tornTail == nil, bytes[contents.end...].allSatisfy { $0 == 0 },
            "a rest that is more than room and no torn tail, or the other way round")
        // What was read, written again, says the same.
        var again = CursorJournal.encodeHeader(cursors: .init(index: nil), marks: .init(index: []))
        for base in contents.cursorIndexes { again += CursorJournal.encode(.nextCursorIndex(base)) }
        for base in contents.cleanIndexes { again += CursorJournal.encode(.nextCleanIndex(base)) }
        for (topic, cursor) in contents.cursors {
            again += CursorJournal.encode(.cursor(topic, cursor))
        }
        for (topic, mark) in contents.marks { again += CursorJournal.encode(.mark(topic, mark)) }
        for (topic, counter) in contents.counters {
            again += CursorJournal.encode(.counter(topic, counter))
        }
        let reread = try CursorJournal.decode(again)
        try expectEqual(reread.cursors, contents.cursors, "decode(encode(cursors))")
        try expectEqual(reread.marks, contents.marks, "decode(encode(marks))")
        try expectEqual(reread.counters, contents.counters, "decode(encode(counters))")
        try expect(
            reread.cursorIndexes.isSuperset(of: contents.cursorIndexes)
                && reread.cleanIndexes.isSuperset(of: contents.cleanIndexes),
            "the indexes that the journal continues")
        try expect(reread.tornTail == nil, "what was just written is whole")
        // What a journal holds goes into the index files, which must take it.
        let indexed = contents.cursors.mapValues { _ in StoredCursor(blockIndex: 0, offset: 0) }
        try expectEqual(
            try CursorIndexImage.decode(CursorIndexImage.encode(indexed)), indexed,
            "the cursor index of the journal's topics")
        try expectEqual(
            try CleanIndexImage.decode(CleanIndexImage.encode(contents.marks)), contents.marks,
            "the clean index of the journal's topics")
    }
}

enum ImageTarget {
    static func run(_ bytes: [UInt8]) throws {
        var input = FuzzBytes(bytes)
        let kind = input.byte() % 3
        let image = input.all()
        switch kind {
        case 0:
            try snapshot(image)
            try snapshot(Repair.snapshot(image))
        case 1:
            try intents(image)
            try intents(Repair.intents(image))
        default:
            try metrics(image)
            try metrics(Repair.metrics(image))
        }
    }

    private static func snapshot(_ image: [UInt8]) throws {
        guard let snapshot = try? SnapshotImage.decode(image) else { return }
        try expectEqual(
            try SnapshotImage.decode(SnapshotImage.encode(snapshot)), snapshot,
            "decode(encode(snapshot))")
    }

    private static func intents(_ image: [UInt8]) throws {
        guard let intents = try? BatchIntentsImage.decode(image) else { return }
        try expectEqual(
            try BatchIntentsImage.decode(BatchIntentsImage.encode(intents)), intents,
            "decode(encode(intents))")
    }

    private static func metrics(_ image: [UInt8]) throws {
        guard let metrics = try? MetricsImage.decode(image) else { return }
        try expectEqual(
            try MetricsImage.decode(metrics.encode()), metrics, "decode(encode(metrics))")
    }
}
