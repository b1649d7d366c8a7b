import TestSupport
import Testing

@testable import WalrusFormat

@Suite struct NameTests {
    @Test func onlyDigitsNameADataFile() {
        for good in ["1763670155020", "0000000000", "99999999999999999999"] {
            #expect(DataFileName(good)?.text == good)
        }
        for bad in [
            "", "176367015", "999999999999999999999", "1763670155020.tmp", " 1763670155020",
            "17636701550a0", "-1763670155020", "１７６３６７０１５５", "read_offset_idx_index.db",
        ] {
            #expect(DataFileName(bad) == nil, "\(bad)")
        }
    }

    /// F13: a new name is greater than every other, as strings sort, whatever the clock says.
    @Test func nextIsAlwaysGreater() throws {
        #expect(
            DataFileName.next(after: nil, milliseconds: 1_763_670_155_020)?.text == "1763670155020")
        #expect(DataFileName.next(after: nil, milliseconds: 7)?.text == "0000000007")
        let last = try #require(DataFileName("1763670155020"))
        func next(_ clock: UInt64) -> String? {
            DataFileName.next(after: last, milliseconds: clock)?.text
        }
        #expect(next(1_763_670_155_021) == "1763670155021")
        #expect(next(1_763_670_155_020) == "1763670155021")
        #expect(next(1_763_670_155_019) == "1763670155021")
        #expect(next(0) == "1763670155021")

        var random = SeededRandom.fromEnvironment("NameTests.nextIsAlwaysGreater")
        for _ in 0..<20_000 {
            let digits = (0..<Int.random(in: 10...19, using: &random)).map { _ in
                UInt8(ascii: "0") + [0, 1, 8, 9, 9, 9][Int.random(in: 0..<6, using: &random)]
            }
            let last = try #require(DataFileName(String(decoding: digits, as: UTF8.self)))
            let clock = random.next() >> UInt64.random(in: 0..<64, using: &random)
            let next = try #require(DataFileName.next(after: last, milliseconds: clock))
            #expect(last < next && last.text < next.text, "\(last) \(clock)")
            #expect(DataFileName(next.text) == next)
        }
    }

    @Test func nextAtTheEndOfAllNames() throws {
        let nines = try #require(DataFileName("9999999999999"))
        #expect(DataFileName.next(after: nines, milliseconds: 0)?.text == "99999999999990")
        let last = try #require(DataFileName(String(repeating: "9", count: 20)))
        #expect(DataFileName.next(after: last, milliseconds: .max) == nil)
    }

    @Test func namespaces() {
        func hash(_ key: String) -> String {
            let sum = FNV1a.hash(Array(key.utf8))
            return "ns_" + String(sum, radix: 16)
        }
        let vectors = [
            ("orders", "orders"), ("a/b", "a_b"), ("a b.c-d_e", "a_b.c-d_e"), ("../x", ".._x"),
            ("caf\u{e9}", "caf_"), ("cafe\u{301}", "cafe_"), ("Ab9", "Ab9"), ("_a_", "_a_"),
            ("", "ns_cbf29ce484222325"), ("___", hash("___")), ("\u{e9}", hash("\u{e9}")),
            ("/", hash("/")), ("\u{1f600}\u{1f600}", hash("\u{1f600}\u{1f600}")),
        ]
        for (key, folder) in vectors {
            #expect(DirectoryNames.namespace(forKey: key) == folder, "\(key)")
        }
        // No padding: the sum of this key begins with a zero digit.
        let short = (0..<1_000).map {
            String(repeating: "_", count: 1) + String(repeating: "/", count: $0)
        }
        .first { FNV1a.hash(Array($0.utf8)) >> 60 == 0 }
        #expect(short.map { DirectoryNames.namespace(forKey: $0).utf8.count } ?? 18 < 19)
    }

    @Test func ourFilesEndInWhatTheReferenceSkips() {
        let names = [
            DirectoryNames.cursorIndex, DirectoryNames.cleanIndex, DirectoryNames.lock,
            DirectoryNames.cursorJournal,
        ]
        for name in names + names.map(DirectoryNames.replacement) {
            #expect(name.hasSuffix(DirectoryNames.sidecarSuffix))
        }
    }

    @Test func topicsAreBytes() {
        #expect(TopicName("caf\u{e9}") != TopicName("cafe\u{301}"))
        #expect(TopicName("\u{c5}") != TopicName("\u{212b}"))
        #expect(TopicName(hex: "ff00")?.bytes == [0xff, 0])
        #expect(TopicName(hex: "FfaB")?.hex == "ffab")
        #expect(TopicName(hex: "f") == nil && TopicName(hex: "0g") == nil)
        #expect(TopicName(bytes: [0xff]).refusal != nil)
        #expect(TopicName("").refusal != nil)
        #expect(TopicName("a\0b\n").refusal == nil)
        #expect(TopicName(bytes: [UInt8](repeating: 0x61, count: 216)).refusal == nil)
        #expect(TopicName("a") < TopicName("ab") && TopicName("Z") < TopicName("a"))
        #expect(Hex.encode(0x0123_4567_89ab_cdef as UInt64) == "0123456789abcdef")
    }
}
