import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

@Suite struct DamageTests {
    private static let file = "1763670155020"

    /// Three blocks of one topic and one of another.
    private func filled() throws -> Workplace {
        let place = try Workplace()
        var number: UInt8 = 0
        for slot in 0..<4 {
            var at = 0
            let topic: TopicName = slot == 2 ? "other" : "t"
            for _ in 0..<5 {
                at = try place.putEntry(
                    [number, 1, 2, 3], topic, file: Self.file, slot: slot, at: at)
                number += 1
            }
        }
        return place
    }

    /// One flipped byte of payload takes one entry.
    @Test func f18() throws {
        let place = try filled()
        try place.flip(Self.file, at: 256)
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.damage.map(\.slot) == [0])
            #expect(walrus.unreadCounts() == ["t": 14, "other": 5])
            let found = try walrus.consume("t")
            #expect(found.map { $0.payload[0] } == [1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 18, 19])
            #expect(found.map(\.ordinal) == Array(1...14))
            #expect(try walrus.consume("other").count == 5)
        }
    }

    /// One flipped byte of a header takes that entry, or at worst the rest of its block.
    @Test(arguments: Array(stride(from: 0, to: 256, by: 5)))
    func f24(at: Int) throws {
        let place = try filled()
        try place.flip(Self.file, at: 260 + at)
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.damageCount == 1)
            let found = try walrus.consume("t").map { $0.payload[0] }
            #expect(found.first == 0 && found.suffix(10) == [5, 6, 7, 8, 9, 15, 16, 17, 18, 19])
            #expect(!found.contains(1))
            #expect(walrus.unreadCount(of: "t") == 0)
            #expect(try walrus.consume("other").count == 5)
        }
    }

    /// Damage that comes to the entry behind one that was damaged when the directory was opened.
    @Test(arguments: 0..<4) func damageBesideDamage(how: Int) throws {
        let place = try filled()
        try place.flip(Self.file, at: 256)
        let walrus = try place.open()
        #expect(walrus.recoveryReport.damageCount == 1)
        try place.flip(Self.file, at: 260 + 256)
        let next: [UInt8]? =
            switch how {
            case 0: try walrus.readNext("t", checkpoint: false)?.payload
            case 1: try walrus.readNext("t", checkpoint: true)?.payload
            case 2: try walrus.readBatch("t", maxBytes: 1, checkpoint: false).first?.payload
            default: try walrus.readBatch("t", maxBytes: 1, checkpoint: true).first?.payload
            }
        #expect(next == [2, 1, 2, 3])
        #expect(walrus.unreadCount(of: "t") == (how % 2 == 0 ? 13 : 12))
        try walrus.close()
    }

    /// A link that leads nowhere is told of, by both, and its name is not given to a new file.
    @Test func aLinkThatLeadsNowhere() throws {
        let place = try Workplace()
        let name = "9999999999999"
        try shell("ln -s nowhere \(place.path)/\(name)")
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.damage.map(\.file.text) == [name])
            try walrus.append([1], to: "t")
        }
        #expect(try place.dataFiles.contains { $0 > name })
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.damageCount == 1)
            #expect(walrus.unreadCount(of: "t") == 1)
        }
        let findings = try #require(try Scanner(place.path).scan()).findings
        #expect(findings.map(\.kind) == [.unreadableFile])
        #expect(findings.map(\.file) == [name])
    }

    /// An unreadable block hides nothing after it, and neither does an empty slot.
    @Test func f01EverySlotIsLookedAt() throws {
        let place = try filled()
        try place.put(Self.file, [UInt8](repeating: 0xee, count: 5 * 260))
        try place.putEntry([99], "t", file: Self.file, slot: 7)
        try place.session { walrus throws in
            #expect(
                try walrus.consume("t").map { $0.payload[0] }
                    == [5, 6, 7, 8, 9, 15, 16, 17, 18, 19, 99])
        }
    }

    /// A header of zeros ends its block and nothing else; both tell of the entry behind it, if there is
    /// one. What is appended next is readable.
    @Test(arguments: [0, 2, 4])
    func aZeroedHeader(entry: Int) throws {
        let place = try filled()
        try place.put(
            Self.file, [UInt8](repeating: 0, count: Layout.headerSize), at: entry * 260)
        let kinds = try #require(try Scanner(place.path).scan()).findings.map(\.kind)
        #expect(kinds.contains([.unreadableBlock, .hiddenEntries, .leftoverBytes][entry / 2]))
        try place.crashing { walrus throws in
            #expect(walrus.recoveryReport.damageCount == (entry == 4 ? 0 : 1))
            try walrus.append([99], to: "t")
            let found = try walrus.consume("t").map { $0.payload[0] }
            #expect(found.suffix(11) == [5, 6, 7, 8, 9, 15, 16, 17, 18, 19, 99])
            #expect(Array(found.prefix(entry)) == (0..<entry).map { UInt8($0) })
            #expect(!found.contains(UInt8(entry)))
            #expect(try walrus.consume("other").count == 5)
        }
        try place.session { walrus throws in #expect(walrus.unreadCount(of: "t") == 0) }
    }

    /// A batch that is not its topic's last and has lost a part: the rest is read, and told.
    @Test func whatIsMissingInTheMiddleIsTold() throws {
        let place = try Workplace()
        let large = [UInt8](repeating: 7, count: Layout.unit / 4)
        let last = try place.session { walrus throws in
            try walrus.append(batch: Array(repeating: large, count: 6), to: "t")
            return try walrus.append(batch: [[1], [2]], to: "t").sequences
        }
        // Of the first block's three the last one is gone without a trace.
        let size = Layout.headerSize + large.count
        let file = try #require(try place.dataFiles.first)
        try place.put(file, [UInt8](repeating: 0, count: size), at: 2 * size)
        try place.removeSnapshot()
        let kinds = try #require(try Scanner(place.path).scan()).findings.map(\.kind)
        #expect(kinds == [.sequenceGap])
        try place.session { walrus throws in
            let report = walrus.recoveryReport
            #expect(report.gapCount == 1 && report.damageCount == 0)
            let gap = try #require(report.gaps.first)
            #expect(gap.topic == "t" && gap.slot == 1 && gap.offset == 0)
            #expect(gap.after == 2 && gap.next == 4)
            #expect(try walrus.consume("t").compactMap(\.sequence) == [1, 2, 4, 5, 6, 7, 8])
            #expect(last == 7..<9)
        }
    }

    /// A file that somebody deletes under the engine: no write into it is acknowledged as durable.
    @Test(arguments: [FsyncSchedule.each, .milliseconds(5), .never])
    func aDataFileThatIsDeletedWhileOpen(schedule: FsyncSchedule) throws {
        let place = try Workplace()
        let walrus = try place.open(.strictlyAtOnce, schedule)
        try walrus.append([1], to: "t")
        let file = try #require(try place.dataFiles.first)
        try place.storage.remove(file)
        switch schedule {
        case .each: #expect { try walrus.append([2], to: "t") } throws: { .io ~= $0 }
        case .never: try walrus.append([2], to: "t")
        case .milliseconds:
            try walrus.append([2], to: "t")
            let end = Clock.monotonic() + 20_000_000_000
            while walrus.poisonedFiles.isEmpty, Clock.monotonic() < end {
                Clock.sleep(nanoseconds: 1_000_000)
            }
        }
        // A new block asks, whatever the schedule.
        try walrus.append([3], to: "other")
        #expect(walrus.poisonedFiles.keys.map(\.text) == [file])
        #expect { try walrus.append([4], to: "t") } throws: { .poisoned ~= $0 }
        #expect(try walrus.readNext("other", checkpoint: true)?.payload == [3])
        #expect(throws: EngineError.self) { try walrus.close() }
    }

    @Test func damageThatComesWhileOpenIsSkipped() throws {
        let place = try filled()
        try place.session { walrus throws in
            // A look reads nothing ahead, as consuming does.
            #expect(try walrus.readNext("t", checkpoint: false) != nil)
            try place.flip(Self.file, at: 2 * 260 + 256)
            try place.flip(Self.file, at: 4 * 260 + 1)
            let found = try walrus.consume("t")
            #expect(found.map { $0.payload[0] } == [0, 1, 3, 5, 6, 7, 8, 9, 15, 16, 17, 18, 19])
            #expect(found.map(\.ordinal) == Array(1...13))
            #expect(walrus.unreadCount(of: "t") == 0)
            #expect(walrus.status("t")?.entries == 13)
        }
        try place.session { walrus throws in
            #expect(walrus.status("t")?.entries == 13)
            #expect(walrus.unreadCount(of: "t") == 0)
        }
    }

    /// Entries of the empty topic cannot be appended, but those on disk are shown.
    @Test func f20TheEmptyTopic() throws {
        let place = try Workplace()
        try place.putEntry([1], "", file: Self.file, slot: 0)
        try place.session { walrus throws in
            for append in [
                { try walrus.append([2], to: "").sequence },
                { try walrus.append(batch: [[2]], to: "").sequences.lowerBound },
            ] {
                #expect {
                    try append()
                } throws: {
                    .invalidTopic ~= $0 && "\($0)".contains("name")
                }
            }
            #expect(walrus.topics().map(\.name) == [""])
            #expect(walrus.unreadCounts() == ["": 1])
            #expect(try walrus.consume("").map(\.payload) == [[1]])
        }
        try place.removeSnapshot()
        try place.session { walrus throws in
            #expect(walrus.status("")?.entries == 1 && walrus.unreadCount(of: "") == 0)
        }
    }

    /// What looks as an unfinished write does, and was finished, since the topic goes on elsewhere: its
    /// file stays. What stood at its end when the log was opened is one, and its file goes.
    @Test(arguments: [true, false])
    func onlyTheTopicsLastWriteIsUnfinished(isLast: Bool) throws {
        let place = try Workplace()
        let new = "1763670155022"
        let start = try place.putEntry(
            [1], "t", file: Self.file, slot: 0, stamp: EntryStamp(sequence: 1, timestamp: 1))
        try place.putEntry(
            [UInt8](repeating: 0, count: 20_000), "t", file: Self.file, slot: 0, at: start,
            stamp: EntryStamp(sequence: 2, timestamp: 1))
        try place.putEntry(
            [3], isLast ? "u" : "t", file: new, slot: 0,
            stamp: EntryStamp(sequence: isLast ? 1 : 3, timestamp: 1))
        try place.flip(Self.file, at: start + 300)
        let scanned = try #require(try Scanner(place.path).scan())
        #expect(scanned.files.first?.blocks.first?.isWorthKeeping == !isLast)
        try place.session { walrus throws in
            if isLast { try walrus.append([4], to: "t") }
            #expect(try walrus.consume("t").map(\.payload) == (isLast ? [[1], [4]] : [[1], [3]]))
            _ = try walrus.reclaim()
        }
        #expect(try FileStatus.of(place.path.appending(Self.file)) != nil || isLast)
        #expect(try FileStatus.of(place.path.appending(Self.file)) == nil || !isLast)
    }

    /// An entry whose number is greater than any that may be read would be gone once acknowledged.
    @Test func numbersThatRunOut() throws {
        let place = try Workplace()
        try place.putEntry(
            [1], "t", file: Self.file, slot: 0,
            stamp: EntryStamp(sequence: EntryStamp.sequenceMax - 2, timestamp: 1))
        try place.session { walrus throws in
            #expect { try walrus.append(batch: [[2], [3], [4]], to: "t") } throws: {
                .damaged ~= $0
            }
            try walrus.append(batch: [[2], [3]], to: "t")
            #expect { try walrus.append([4], to: "t") } throws: { .damaged ~= $0 }
            #expect(try walrus.consume("t").map(\.payload) == [[1], [2], [3]])
        }
        try place.session { walrus throws in #expect(walrus.recoveryReport.isClean) }
    }

    // MARK: - Batches

    /// Writes a batch of `count` from `first` on, of which the entries `present` arrive.
    private func putBatch(
        _ place: Workplace, count: Int, present: Range<Int>, slot: Int, at: Int, first: UInt64,
        file: String = DamageTests.file
    ) throws -> Int {
        var at = at
        for index in present {
            at = try place.putEntry(
                [UInt8(index)], "t", file: file, slot: slot, at: at,
                stamp: EntryStamp(
                    batchIndex: index, batchCount: count, sequence: first + UInt64(index),
                    timestamp: 1))
        }
        return at
    }

    @Test func f17AnIncompleteBatchIsDropped() throws {
        let place = try Workplace()
        let before = try putBatch(place, count: 2, present: 0..<2, slot: 0, at: 0, first: 1)
        let end = try putBatch(place, count: 4, present: 0..<3, slot: 0, at: before, first: 3)
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.droppedBatches.map(\.found) == [3])
            #expect(walrus.recoveryReport.droppedBatches.map(\.offset) == [before])
            // On disk there is nothing left of it, so its numbers are free again: no gap remains.
            let file = try DiskFile(place.path.appending(Self.file), .readOnly)
            #expect(try file.firstNonZero(in: before..<Layout.fileSize) == nil)
            #expect(end > before)
            #expect(try walrus.append([7], to: "t").sequence == 3)
            #expect(try walrus.consume("t").map(\.payload) == [[0], [1], [7]])
        }
        try place.session { walrus throws in #expect(walrus.recoveryReport.isClean) }
        #expect(
            try Scanner(place.path).scan()?.findings.contains { $0.kind == .sequenceGap } == false)
    }

    /// What a power loss may leave of two batches. If the first one stayed until the next opening, its
    /// entries would go after they had been read.
    @Test func f17WhatStandsBeforeADroppedBatchIsLookedAtToo() throws {
        let place = try Workplace()
        let whole = try putBatch(place, count: 2, present: 0..<2, slot: 0, at: 0, first: 1)
        let before = try putBatch(place, count: 4, present: 0..<3, slot: 0, at: whole, first: 3)
        _ = try putBatch(place, count: 5, present: 0..<2, slot: 0, at: before, first: 7)
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.droppedBatches.map(\.found) == [2, 3])
            #expect(try walrus.consume("t").map(\.payload) == [[0], [1]])
        }
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isClean && walrus.status("t")?.entries == 2)
        }
    }

    @Test func f17AlsoAcrossBlocks() throws {
        let place = try Workplace()
        let before = try place.putEntry([9], "t", file: Self.file, slot: 0)
        _ = try putBatch(place, count: 6, present: 0..<2, slot: 0, at: before, first: 2)
        _ = try putBatch(place, count: 6, present: 2..<4, slot: 1, at: 0, first: 2)
        _ = try putBatch(place, count: 6, present: 4..<5, slot: 2, at: 0, first: 2)
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.droppedBatches.map(\.found) == [5])
            #expect(walrus.status("t")?.blocks == 1)
            try walrus.append([1], to: "u")
            // The slots that came free are taken first.
            #expect(try walrus.readNext("u", checkpoint: true)?.slot == 1)
            #expect(try walrus.consume("t").map(\.payload) == [[9]])
        }
    }

    @Test func f17AnUnsoundBatchIsDroppedAndAWholeOneStays() throws {
        let place = try Workplace()
        let before = try putBatch(place, count: 3, present: 0..<3, slot: 0, at: 0, first: 1)
        try place.session { walrus throws in #expect(walrus.recoveryReport.isClean) }
        try place.flip(Self.file, at: 256)
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.droppedBatches.count == 1)
            #expect(walrus.topics() == [])
        }
        #expect(before > 0)
    }
}

extension DamageTests {
    /// Files are reclaimed once they are consumed, whatever part of a batch is in them: what is left
    /// of the batch is no remains of a crash. Where nobody had any of it, it is one.
    @Test(
        arguments: [
            // The reader has had all before; the same, and a slot before it is empty; cursor files lost.
            (4, true, false, true), (4, true, true, true), (nil, true, false, true),
            // It has had nothing of it, and the block it stood in is gone.
            (0, true, true, false), (1, true, true, false), (nil, true, true, false),
            // It has had some of it: acknowledged it was, then.
            (3, true, true, true), (2, false, true, true),
            // There are blocks before it; the one between has been reclaimed, or was lost.
            (4, false, false, true), (1, false, true, false),
        ] as [(UInt64?, Bool, Bool, Bool)])
    func f17ABatchWhoseBeginningIsGone(
        consumed: UInt64?, isFirst: Bool, followsHole: Bool, isKept: Bool
    ) throws {
        let place = try Workplace()
        let (old, new) = ("1763670155020", "1763670155022")
        let slot = followsHole ? 2 : 1
        try place.putEntry([1], "other", file: new, slot: 0)
        if !isFirst {
            try place.putEntry(
                [9], "t", file: old, slot: 0, stamp: EntryStamp(sequence: 1, timestamp: 1))
        }
        // Sequences 2 to 7, of which 5 to 7 are left.
        var at = 0
        for index in 3..<6 {
            at = try place.putEntry(
                [UInt8(index)], "t", file: new, slot: slot, at: at,
                stamp: EntryStamp(
                    batchIndex: index, batchCount: 6, sequence: UInt64(2 + index), timestamp: 1))
        }
        if let consumed, consumed > 0 {
            let position = CursorPosition(
                file: DataFileName("1763670155021"), slot: 0, offset: 300, sequence: consumed)
            try place.put(
                DirectoryNames.cursorJournal,
                CursorJournal.encodeHeader(cursors: .init(index: nil), marks: .init(index: nil))
                    + CursorJournal.encode(.cursor("t", position)))
        }
        let scanned = try #require(try Scanner(place.path).scan())
        // What was consumed of the topic before stays, to be counted.
        var configuration = place.configuration()
        configuration.reclamation = .off
        let walrus = try Walrus(configuration)
        expectAgreement(scanned, walrus, "")
        #expect(walrus.recoveryReport.droppedBatches.count == (isKept ? 0 : 1))
        #expect(walrus.status("t")?.entries ?? 0 == (isKept ? 3 : 0) + (isFirst ? 0 : 1))
        try walrus.close()
    }

    /// The rest of a batch that is kept because the index that would tell is damaged is kept by every
    /// later recovery too, which finds a sound index.
    @Test func f17ABatchThatNobodyKnowsOfStays() throws {
        let place = try Workplace()
        let file = "1763670155022"
        try place.putEntry([1], "other", file: file, slot: 0)
        // Of slot 1, in which its beginning was, nothing can be read.
        _ = try putBatch(place, count: 6, present: 3..<6, slot: 2, at: 0, first: 2, file: file)
        try place.put(DirectoryNames.cursorIndex, Array(repeating: 0xee, count: 40))
        for round in 0..<3 {
            try place.session { walrus throws in
                #expect(walrus.recoveryReport.setAside.count == (round == 0 ? 1 : 0))
                #expect(walrus.recoveryReport.droppedBatches.isEmpty)
                #expect(walrus.unreadCount(of: "t") == 3)
            }
            // So that the files themselves are read again.
            try place.storage.remove(DirectoryNames.snapshot)
        }
    }

    /// What a power loss left of a batch on both sides of a hole goes as a whole.
    @Test func f17ABatchWithAHole() throws {
        let place = try Workplace()
        for (slot, indices) in [(0, 0..<2), (1, 3..<6)] {
            var at = 0
            for index in indices {
                at = try place.putEntry(
                    [UInt8(index)], "t", file: "1763670155020", slot: slot, at: at,
                    stamp: EntryStamp(
                        batchIndex: index, batchCount: 6, sequence: UInt64(1 + index), timestamp: 1)
                )
            }
        }
        let scanned = try #require(try Scanner(place.path).scan())
        try place.session { walrus throws in
            expectAgreement(scanned, walrus, "")
            #expect(walrus.recoveryReport.droppedBatches.map(\.found) == [5])
            #expect(walrus.topics() == [])
        }
    }
}
