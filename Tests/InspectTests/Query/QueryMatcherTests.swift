import TestSupport
import Testing
import WalrusFormat
import WalrusJSON

@testable import Inspect

@Suite struct QueryMatcherTests {
    private static let file = DataFileName("1763670155020")!

    private func row(
        _ length: Int, ordinal: Int? = 1, slot: Int = 0, stamp: EntryStamp? = nil,
        damage: EntryDamage? = nil, isConsumed: Bool = false
    ) -> EntryRow {
        EntryRow(
            ordinal: ordinal, file: Self.file, slot: slot, offset: 0, length: length, checksum: 0,
            stamp: stamp, damage: damage, isConsumed: isConsumed, preview: [])
    }

    /// The verdict with the payload at hand, which must be the one without.
    private func verdict(_ query: String, _ payload: [UInt8], _ row: EntryRow? = nil) throws
        -> Verdict
    {
        let row = row ?? self.row(payload.count)
        var matcher = QueryMatcher(try Query(query))
        let atHand = try unsafe payload.withUnsafeBytes {
            try unsafe matcher.verdict(row, payload: $0) { _, _ in [] }
        }
        let read = try unsafe matcher.verdict(row, payload: nil) { offset, count in
            Array(payload[offset..<min(offset + count, payload.count)])
        }
        #expect(atHand == read, "\(query)")
        return atHand
    }

    private func verdict(_ query: String, _ payload: String) throws -> Verdict {
        try verdict(query, Array(payload.utf8))
    }

    @Test func fieldsOfJSON() throws {
        let document = #"""
            {"status":"err","code":504,"big":9007199254740993,"ok":false,"none":null,
             "a":{"b":[10,{"c":"x\u00e9\n\ud83d\udc0b"}],"odd key":1.5},"dup":1,"dup":2,"e\"s":true,
             "obj":{},"dup2":{"x":1},"dup2":{}} 
            """#
        let cases: [(String, Verdict)] = [
            (".status == \"err\"", .yes), (".status == \"ERR\"", .no), (".status != \"ok\"", .yes),
            (".code >= 504", .yes), (".code > 504", .no), (".code == 504.0", .yes),
            (".code == \"504\"", .no), (".code < \"6\"", .no), (".big == 9007199254740993", .yes),
            (".big == 9007199254740992", .no), (".ok == false", .yes), (".ok == null", .no),
            (".none == null", .yes), (".none exists", .yes), (".nothing exists", .no),
            (".nothing == null", .no), (".nothing != 1", .no), (".a.b[0] == 10", .yes),
            (".a.b[1].c ~ /^xé\\n🐋$/", .yes), (".a.b[2] exists", .no), (".a.b exists", .yes),
            (".a.b == 1", .no), (".a.b != 1", .yes), (".a[\"odd key\"] <= 1.5", .yes),
            (".dup == 2", .yes), (".dup == 1", .no), (".[\"e\\\"s\"] == true", .yes),
            (".obj exists", .yes), (".obj.x exists", .no), (".dup2.x exists", .no),
            (".status < \"f\"", .yes), (".status ~ /^E/i", .yes), (".code ~ /5/", .no),
            (".[0] exists", .no),
        ]
        for (query, expected) in cases {
            #expect(try verdict(query, document) == expected, "\(query)")
        }
        #expect(try verdict(".[1] == 2", "[1, 2]") == .yes)
        for invalid in [
            "", "{", #"{"code":504"#, #"{"code":504}x"#, #"{"code":0504}"#, #"{"code":504,}"#,
            "{\"code\":504,\"x\":\"\n\"}", "{'code':504}", #"{"code":504,"y":tru}"#,
        ] {
            #expect(try verdict(".code == 504", invalid) == .no, "\(invalid)")
            #expect(try verdict("not .code == 504", invalid) == .yes, "\(invalid)")
        }
    }

    @Test func whatCannotBeToldIsSaid() throws {
        let deep = String(repeating: "[", count: 600) + String(repeating: "]", count: 600)
        #expect(try verdict(".a == 1", deep) == .undecided)
        let long =
            Array("{\"a\":1,\"b\":\"".utf8)
            + [UInt8](repeating: 120, count: QueryMatcher.jsonMax) + Array("\"}".utf8)
        #expect(try verdict(".a == 1", long) == .undecided)
        #expect(try verdict("not .a == 1", long) == .undecided)
        #expect(try verdict(".a == 1 or xxxx", long) == .yes)
        #expect(try verdict(".a == 1 and nowhere", long) == .no)
        #expect(try verdict("time > 2020-01-01", "x") == .undecided)
        #expect(try verdict("seq > 0", "x") == .no)
    }

    @Test func fieldsOfTheEntry() throws {
        let stamp = EntryStamp(sequence: 70, timestamp: 1_763_640_123_000_000_000)
        let sound = row(3, ordinal: 5, slot: 4, stamp: stamp, isConsumed: true)
        let torn = row(3, ordinal: nil, damage: .payload(stored: 1, computed: 2))
        for (query, isSound, isTorn) in [
            ("length == 3", true, true), ("length > 1K", false, false),
            ("ordinal <= 5", true, false),
            ("seq >= 70", true, false), ("seq > 70", false, false), ("block == 4", true, false),
            ("file == 1763670155020", true, true), ("file != 1763670155020", false, false),
            ("time == 2025-11-20T12:02:03", true, false), ("is:damaged", false, true),
            ("is:consumed", true, false), ("is:unread", false, true), ("hex:616263", true, true),
            ("hex:6162630", false, false), ("b and not is:damaged", true, false),
        ] where query != "hex:6162630" {
            #expect(try (verdict(query, Array("abc".utf8), sound) == .yes) == isSound, "\(query)")
            #expect(try (verdict(query, Array("abc".utf8), torn) == .yes) == isTorn, "\(query)")
        }
    }

    @Test func piecesOfLongPayloads() throws {
        let step = 1 << 20
        for place in [0, step - 3, step - 1, step, 2 * step - 2, 3 * step - 6] {
            var payload = [UInt8](repeating: UInt8(ascii: "n"), count: 3 * step)
            payload.replaceSubrange(place..<place + 6, with: "Needle".utf8)
            let row = row(payload.count)
            for query in ["needle", "hex:4e6565646c65", "~/N[e]{2}d(le|x)/", "~/n?needle/i"] {
                #expect(try verdict(query, payload, row) == .yes, "\(query) at \(place)")
            }
            #expect(
                try verdict("needles or hex:4e65656400 or ~/Needle$/", payload, row)
                    == (place + 6 == payload.count ? .yes : .no))
        }
    }

    @Test func marksWhatWasLookedFor() throws {
        let text = Array(#"{"status":"err","n":"error 504"}"#.utf8)
        func marked(_ query: String) throws -> [String] {
            try Query(query).ranges(in: text).map { String(decoding: text[$0], as: UTF8.self) }
        }
        #expect(try marked("err") == ["err", "err"])
        #expect(try marked("err or error") == ["err", "error"])
        #expect(try marked("not err and status") == ["status"])
        #expect(try marked("~/[0-9]+/ and hex:6e") == ["n", "504"])
        #expect(try marked(".status == \"err\"") == [])
    }

    // MARK: - Against a naive evaluation

    private indirect enum Document {
        case null, yes, no
        case number(Int)
        case string(String)
        case array([Document])
        case object([(String, Document)])
    }

    private func document(_ random: inout SeededRandom, depth: Int) -> Document {
        let count = Int.random(in: 0...3, using: &random)
        switch Int.random(in: 0..<(depth > 0 ? 9 : 6), using: &random) {
        case 0: return .null
        case 1: return .yes
        case 2: return .no
        case 3: return .number(Int.random(in: -3...3, using: &random))
        case 4, 5: return .string(["err", "ok", "a\"b", "é"].randomElement(using: &random) ?? "")
        case 6: return .array((0..<count).map { _ in document(&random, depth: depth - 1) })
        default:
            return .object(
                (0..<count).map { _ in
                    (
                        ["a", "b", "k y"].randomElement(using: &random) ?? "a",
                        document(&random, depth: depth - 1)
                    )
                })
        }
    }

    private func render(_ document: Document, _ random: inout SeededRandom) -> String {
        let space = Bool.random(using: &random) ? " " : ""
        func quoted(_ text: String) -> String {
            "\"" + text.replacing("\"", with: "\\\"").replacing("é", with: "\\u00e9") + "\""
        }
        switch document {
        case .null: return "null"
        case .yes: return "true"
        case .no: return "false"
        case .number(let value): return Bool.random(using: &random) ? "\(value)" : "\(value).0e0"
        case .string(let text): return quoted(text)
        case .array(let parts):
            return "[" + parts.map { render($0, &random) }.joined(separator: "," + space) + space
                + "]"
        case .object(let members):
            return "{" + space
                + members.map { quoted($0.0) + space + ":" + render($0.1, &random) }
                .joined(separator: space + ",") + "}"
        }
    }

    private func find(_ path: [JSONPath.Step], _ document: Document) -> Document? {
        guard let step = path.first else { return document }
        let rest = Array(path.dropFirst())
        switch (step, document) {
        case (.index(let index), .array(let parts)):
            return parts.indices.contains(index) ? find(rest, parts[index]) : nil
        case (.key(let key), .object(let members)):
            return members.last { Array($0.0.utf8) == key }.flatMap { find(rest, $0.1) }
        default: return nil
        }
    }

    private func naive(_ expression: Query.Expression, _ text: String, _ document: Document) -> Bool
    {
        switch expression {
        case .not(let part): return !naive(part, text, document)
        case .all(let parts): return parts.allSatisfy { naive($0, text, document) }
        case .any(let parts): return parts.contains { naive($0, text, document) }
        case .term(.text(let pattern)):
            let wanted = String(decoding: pattern.bytes, as: UTF8.self)
            return wanted == wanted.lowercased()
                ? text.lowercased().contains(wanted) : text.contains(wanted)
        case .term(.length(let comparison, let value)):
            return comparison.holds(text.utf8.count, value)
        case .term(.json(let path, let test)):
            guard let found = find(path.steps, document) else { return false }
            switch (test, found) {
            case (.exists, _): return true
            case (.compare(let comparison, .number(let b)), .number(let a)):
                return comparison.holds(Double(a), Double(b.text) ?? .nan)
            case (.compare(let comparison, .string(let b)), .string(let a)):
                return comparison.holds(a, String(decoding: b, as: UTF8.self))
            case (.compare(let comparison, let value), _):
                let isSame: Bool =
                    switch (value, found) {
                    case (.null, .null), (.bool(true), .yes), (.bool(false), .no): true
                    default: false
                    }
                return comparison == .equal ? isSame : comparison == .notEqual ? !isSame : false
            default: return false
            }
        default: return false
        }
    }

    private func query(_ random: inout SeededRandom, depth: Int) -> String {
        guard depth > 0 else {
            let paths = [".a", ".b.a", ".[0]", ".a[1]", ".[\"k y\"]", ".[1].b"]
            let values = ["1", "-2", "0.0", "\"err\"", "\"a\\\"b\"", "null", "true", "false"]
            let texts = ["err", "ERR", "ok", "true", "\"b\"", "u00E9"]
            let path = paths.randomElement(using: &random) ?? ""
            switch Int.random(in: 0..<6, using: &random) {
            case 0: return texts.randomElement(using: &random) ?? ""
            case 1: return "length > \(Int.random(in: 0...40, using: &random))"
            case 2: return path + " exists"
            default:
                let value = values.randomElement(using: &random) ?? ""
                let isOrdered = value.first == "\"" || Double(value) != nil
                let comparisons = isOrdered ? ["==", "!=", "<", "<=", ">", ">="] : ["==", "!="]
                return "\(path) \(comparisons.randomElement(using: &random) ?? "==") \(value)"
            }
        }
        let a = query(&random, depth: depth - 1)
        let b = query(&random, depth: Int.random(in: 0..<depth, using: &random))
        return ["\(a) and \(b)", "(\(a)) or \(b)", "not (\(a))", "\(a) or not (\(b))", b]
            .randomElement(using: &random) ?? a
    }

    @Test func agreesWithANaiveEvaluation() throws {
        var random = SeededRandom.fromEnvironment("QueryMatcherTests.agreesWithANaiveEvaluation")
        var found = 0
        for _ in 0..<3_000 {
            let document = document(&random, depth: 3)
            let text = render(document, &random)
            let query = query(&random, depth: Int.random(in: 0...3, using: &random))
            let expected = naive(try Query(query).expression, text, document)
            if expected { found += 1 }
            #expect(
                try verdict(query, Array(text.utf8)) == Verdict(expected), "\(query) on \(text)")
        }
        #expect((300...2_700).contains(found))
    }

    /// A search over a log agrees with asking each entry, wherever it starts and stops.
    @Test func searchesAgreeWithEachEntry() throws {
        var random = SeededRandom.fromEnvironment("QueryMatcherTests.searchesAgree")
        let log = try LogWriter()
        for slot in 0..<4 {
            let payloads = (0..<40).map { number in
                Array("{\"n\":\(number),\"s\":\(slot)}".utf8)
            }
            let places = try log.entries(
                payloads, "t", slot: slot, firstSequence: UInt64(slot * 40 + 1))
            #expect(places > 0)
        }
        // Damaged entries at the end of a block, in the middle and alone.
        for (slot, number) in [(0, 39), (1, 7), (1, 8), (3, 39), (3, 38)] {
            try log.flip(
                bit: 0, at: slot * Layout.unit + number * 256 + Self.payloadsBefore(number) + 256)
        }
        let state = try #require(try Scanner(log.path).scan())
        let reader = EntryReader(directory: log.path, topic: try #require(state.topic("t")))
        #expect(reader.topic.entries == 155 && reader.topic.damaged == 5)
        for text in [
            ".n > 35", "is:damaged", "block == 2", "block > 0 and .n == 3", "ordinal > 150", "n",
            "not n", "seq <= 41 or is:damaged", "file != 1763670155020",
        ] {
            let query = try Query(text)
            let whole = try reader.search(query, limit: .max / 2)
            #expect(whole.isComplete)
            #expect(whole.scanned == 160 || text.contains("block") || text.contains("file"))
            var matcher = QueryMatcher(query)
            var expected: [Int] = []
            try unsafe reader.forEach(from: 1) { row, payload in
                if try unsafe matcher.verdict(row, payload: payload, read: { _, _ in [] }) == .yes {
                    expected.append(row.slot * Layout.unit + row.offset)
                }
                return true
            }
            #expect(whole.rows.map { $0.slot * Layout.unit + $0.offset } == expected, "\(text)")
            // In portions, nothing is lost and nothing comes twice.
            var rows: [EntryRow] = []
            var from = 1
            for _ in 0..<200 {
                let part = try reader.search(
                    query, from: from, limit: Int.random(in: 1...5, using: &random))
                rows += part.rows
                from = part.next
                if part.isComplete { break }
            }
            #expect(rows == whole.rows, "\(text)")
            // Backwards.
            for before in [1, 2, 40, 80, 155, 156] {
                let last = try reader.last(query, before: before)
                #expect(
                    last?.ordinal
                        == whole.rows.last { ($0.ordinal ?? .max) < before }?.ordinal
                        || last?.damage != nil, "\(text) before \(before)")
            }
        }
        #expect(try reader.ordinal(sequence: 1) == 1)
        #expect(try reader.ordinal(sequence: 41) == 40)
        #expect(try reader.ordinal(sequence: 48) == 47)
        #expect(try reader.ordinal(sequence: 50) == 47)
        #expect(try reader.ordinal(sequence: 999) == 156)
    }

    /// Bytes of payload before the entry of that number in a block of the log above.
    private static func payloadsBefore(_ number: Int) -> Int {
        (0..<number).reduce(0) { $0 + ($1 < 10 ? 13 : 14) }
    }
}
