import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

@Suite struct OffsetIndexTests {
    private static let name = "my_index.db"

    @Test func positionsAreKept() throws {
        let place = try Workplace()
        let path = place.path.appending(Self.name)
        let index = try OffsetIndex(path)
        #expect(index.count == 0 && index.get("a") == nil)
        #expect(try index.remove("a") == nil)
        #expect(try place.names == [])
        let names: [TopicName] = ["", "a", "caf\u{e9}", "cafe\u{301}", "a longer name"]
        for (number, name) in names.enumerated() {
            try index.set(name, to: .init(block: UInt64(number), offset: .max - UInt64(number)))
        }
        try index.set("a", to: .init(block: 7, offset: 8))
        #expect(try index.remove("") == .init(block: 0, offset: .max))
        let again = try OffsetIndex(path)
        for index in [index, again] {
            #expect(index.names == names.dropFirst().sorted() && index.count == 4)
            #expect(index.get("a") == .init(block: 7, offset: 8))
            #expect(index.get("cafe\u{301}") == .init(block: 3, offset: .max - 3))
        }
        // The reference's format, and nothing else in the directory.
        let image = try #require(try place.bytes(Self.name))
        #expect(try CursorIndexImage.decode(image)["a"] == .chain(7, offset: 8))
        #expect(try place.names == [Self.name])
    }

    /// Random changes, and openings in between, against a dictionary.
    @Test func randomWorkMatchesADictionary() throws {
        var random = SeededRandom.fromEnvironment("OffsetIndexTests")
        let place = try Workplace()
        let path = place.path.appending(Self.name)
        let names = (0..<20).map { TopicName("name \($0)") }
        var expected: [TopicName: OffsetIndex.Position] = [:]
        var index = try OffsetIndex(path)
        for _ in 0..<200 {
            let name = try #require(names.randomElement(using: &random))
            switch Int.random(in: 0..<8, using: &random) {
            case 0..<4:
                let position = OffsetIndex.Position(
                    block: random.next(), offset: random.next() % 5)
                try index.set(name, to: position)
                expected[name] = position
            case 4..<7:
                #expect(try index.remove(name) == expected.removeValue(forKey: name))
            default: index = try OffsetIndex(path)
            }
            #expect(index.get(name) == expected[name] && index.count == expected.count)
            #expect(index.names == expected.keys.sorted())
        }
        for name in names { #expect(try OffsetIndex(path).get(name) == expected[name]) }
    }

    /// Whatever fails, memory and file keep one of the two maps.
    @Test(arguments: [FaultyStorage.Fault.error(.noSpace), .short(.noSpace), .crash])
    func aChangeIsAllOrNothing(fault: FaultyStorage.Fault) throws {
        for failing in 0..<4 {
            let place = try Workplace()
            let path = place.path.appending(Self.name)
            let index = try OffsetIndex(path, on: place.storage, name: Self.name)
            try index.set("a", to: .init(block: 1, offset: 2))
            place.storage.fail(after: failing, fault)
            #expect { try index.set("a", to: .init(block: 3, offset: 4)) } throws: { .io ~= $0 }
            #expect(index.get("a") == .init(block: 1, offset: 2))
            let found = try OffsetIndex(path).get("a")
            // Renamed, and only the directory's sync failed.
            let isNew = failing == 3
            #expect(found == .init(block: isNew ? 3 : 1, offset: isNew ? 4 : 2))
            place.storage.heal()
            try index.set("b", to: .init(block: 5, offset: 6))
            #expect(try OffsetIndex(path).names == ["a", "b"])
            #expect(try OffsetIndex(path).get("a") == .init(block: 1, offset: 2))
        }
    }

    @Test func whatIsNoIndexIsLeftAlone() throws {
        let place = try Workplace()
        try place.put(Self.name, [1, 2, 3])
        #expect { try OffsetIndex(place.path.appending(Self.name)) } throws: { .damaged ~= $0 }
        #expect(try place.bytes(Self.name) == [1, 2, 3])
        let index = try OffsetIndex(place.path.appending("other_index.db"))
        let noText = TopicName(bytes: [0xff])
        #expect { try index.set(noText, to: .init(block: 0, offset: 0)) } throws: {
            .invalidTopic ~= $0
        }
    }

    @Test func itReadsTheReferencesIndex() throws {
        let place = try Workplace()
        try place.session { walrus throws in
            try walrus.append(batch: [[1], [2]], to: "t")
            try walrus.consume("t", 1)
        }
        let index = try OffsetIndex(place.path.appending(DirectoryNames.cursorIndex))
        #expect(index.get("t") == .init(block: 0, offset: 257))
    }
}
