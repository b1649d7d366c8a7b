import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusFormat
import WalrusIO

@testable import WalrusEngine

/// Data files that are moved away instead of being deleted, and that come back.
@Suite struct DisposalTests {
    private static let files = ["1763670155020", "1763670155021", "1763670155022"]
    private static let folder = "aside/one"

    /// `a` has blocks in all files, `gone` in the first two; both consumed but for the last file.
    private func fill(_ place: Workplace) throws {
        for (index, file) in Self.files.enumerated() {
            var at = 0
            for number in 1...2 {
                at = try place.putEntry(
                    [UInt8(number)], "a", file: file, slot: 0, at: at,
                    stamp: EntryStamp(sequence: UInt64(2 * index + number), timestamp: 1))
            }
            if index < 2 { try place.putEntry([9], "gone", file: file, slot: 1) }
        }
        try Directory.create(place.path.appending(Self.folder))
        try place.keeping { walrus in
            try walrus.consume("a", 4)
            try walrus.consume("gone")
        }
    }

    private func aside(_ place: Workplace) throws -> [String] {
        try Directory.list(place.path.appending(Self.folder)).map(\.name).sorted()
    }

    private func expectCounts(_ place: Workplace, _ comment: Comment? = nil) throws {
        let seen = try #require(try Scanner(place.path).scan())
        #expect(seen.topic("a")?.unread == 2, comment)
        #expect(seen.topic("gone")?.unread == 0, comment)
        try place.keeping { walrus in
            #expect(walrus.unreadCount(of: "a") == 2, comment)
            #expect(walrus.unreadCount(of: "gone") == 0, comment)
            #expect(walrus.recoveryReport.reconciliations.isEmpty, comment)
        }
    }

    @Test func filesAreMovedOnlyIfNamed() throws {
        let place = try Workplace()
        try fill(place)
        let first = try #require(DataFileName(Self.files[0]))
        try place.keeping { walrus in
            let report = try walrus.reclaim([first], disposal: .move(to: Self.folder))
            #expect(report.files == [first])
        }
        #expect(try place.dataFiles == Array(Self.files[1...]))
        #expect(try aside(place) == [Self.files[0]])
        try expectCounts(place)
    }

    /// What cannot be moved stays: it is never deleted instead, by `close` neither.
    @Test func whatCannotBeMovedStays() throws {
        let place = try Workplace()
        try fill(place)
        try place.put("\(Self.folder)/\(Self.files[1])", [7])
        let walrus = try place.openKeeping()
        let report = try walrus.reclaim(disposal: .move(to: Self.folder))
        #expect(report.files.map(\.text) == [Self.files[0]])
        #expect(report.failures.keys.map(\.text) == [Self.files[1]])
        try? walrus.close()
        #expect(try place.dataFiles == Array(Self.files[1...]))
        #expect(try place.bytes("\(Self.folder)/\(Self.files[1])") == [7])
        try expectCounts(place)
    }

    private func adoption() throws -> Adoption {
        let names = Self.files[..<2].compactMap { DataFileName($0) }
        return Adoption(
            folder: Self.folder, files: names,
            topics: [
                "a": nil, "gone": CursorPosition(file: names[1], slot: 1, offset: 257),
            ])
    }

    /// The process dies at any operation of a move and of a return.
    @Test func everyOperationMayBeTheLast() throws {
        func run(_ failing: Int?) throws -> Int {
            let place = try Workplace()
            try fill(place)
            var walrus = try place.openFaultyKeeping()
            let before = place.storage.operationCount
            if let failing { place.storage.fail(after: failing, .crash) }
            do {
                // Another one opens in between, and knows nothing of what is aside.
                _ = try walrus.reclaim(disposal: .move(to: Self.folder))
                try walrus.close()
                walrus = try place.openFaultyKeeping()
                try walrus.close(adopting: adoption())
                walrus = try place.openFaultyKeeping()
                try walrus.close()
            } catch { #expect(failing != nil, "\(error)") }
            try? walrus.close()
            let count = place.storage.operationCount - before
            place.storage.heal()
            let comment: Comment = "operation \(failing ?? -1)"
            #expect(try (place.dataFiles + aside(place)).sorted() == Self.files, comment)
            try expectCounts(place, comment)
            if failing == nil { #expect(try place.dataFiles == Self.files) }
            return count
        }
        for failing in 0..<(try run(nil)) { _ = try run(failing) }
    }

    @Test func aFileThatIsThereIsNotReplaced() throws {
        let place = try Workplace()
        try fill(place)
        try place.keeping { _ = try $0.reclaim(disposal: .move(to: Self.folder)) }
        try place.put(Self.files[1], [7])
        let walrus = try place.openKeeping()
        #expect { try walrus.close(adopting: adoption()) } throws: { .io ~= $0 }
        #expect(try place.bytes(Self.files[1]) == [7])
        #expect(try aside(place) == Array(Self.files[..<2]))
        #expect(throws: EngineError.self) { try walrus.close(adopting: adoption()) }
    }
}

extension Workplace {
    /// An engine that reclaims nothing by itself.
    fileprivate func openKeeping() throws -> Walrus {
        var configuration = configuration()
        configuration.reclamation = .off
        return try Walrus(configuration)
    }

    /// The same, on the storage that fails on demand.
    fileprivate func openFaultyKeeping() throws -> Walrus {
        var configuration = configuration()
        configuration.reclamation = .off
        configuration.journalSizeMax = 500
        return try Walrus(configuration, on: storage)
    }

    fileprivate func keeping(_ work: (Walrus) throws -> Void) throws {
        let walrus = try openKeeping()
        try work(walrus)
        try walrus.close()
    }
}
