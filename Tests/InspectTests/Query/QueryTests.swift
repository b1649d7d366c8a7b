import TestSupport
import Testing
import WalrusFormat
import WalrusJSON

@testable import Inspect

@Suite struct QueryTests {
    private func canonical(_ text: String) throws -> String { try Query(text).description }

    @Test func terms() throws {
        let cases: [(String, String)] = [
            // What is typed today stays a search for text.
            ("timeout", "\"timeout\""), ("connection refused  by", "\"connection refused  by\""),
            (#""status":"err""#, #""\"status\":\"err\"""#), (#""a b""#, "\"a b\""),
            (#"{"id": 5, "x": "y"}"#, #""{\"id\": 5, \"x\": \"y\"}""#),
            ("/usr/bin", "\"/usr/bin\""), ("f(x) y", "\"f(x) y\""), (".5", "\".5\""),
            ("...", "\"...\""), ("could not connect", "\"could not connect\""),
            ("time", "\"time\""), ("length of", "\"length of\""), ("android", "\"android\""),
            ("x=1", "\"x=1\""), ("retry count = 5", "\"retry count = 5\""),
            ("<p> -> x", "\"<p> -> x\""), ("YWJj==", "\"YWJj==\""),
            ("time: now", "\"time: now\""), ("level=warn msg=x", "\"level=warn msg=x\""),
            ("NOT FOUND", "\"NOT FOUND\""), ("ERR AND", "\"ERR AND\""), ("  err ", "\"err\""),
            (#""a\n\t\x01\"\\""#, #""a\n\t\x01\"\\""#),
            (#""\xff\xC3""#, #""\xff\xc3""#), ("Ünï ☃", "\"Ünï ☃\""),
            // The rest of the language.
            ("~/a b\\/c/i", "~/a b\\/c/i"), ("hex:1F8b", "hex:1f8b"), ("is:damaged", "is:damaged"),
            (".status==\"err\"", ".status == \"err\""), (".a.b[0]>=5", ".a.b[0] >= 5"),
            (".a[\"odd key\"].c exists", ".a[\"odd key\"].c exists"),
            (".[3].x != null", ".[3].x != null"), (".[\"a.b\"] < -1.50e1", ".[\"a.b\"] < -15"),
            (".m ~ /x+/", ".m ~/x+/"), (".ok == true", ".ok == true"),
            ("length>10K", "length > 10240"), ("seq == 7", "seq == 7"),
            ("sequence<=18446744073709551615", "seq <= 18446744073709551615"),
            ("ordinal < 5", "ordinal < 5"), ("block != 3", "block != 3"),
            ("file == 1763670155020", "file == 1763670155020"),
            ("time >= 2025-11-20T12:02:03Z", "time >= 1763640123000000000"),
            ("time < 5", "time < 000000005000000000"), ("time > -90m", "time > -5400s"),
            ("a and b or c && d", "\"a\" and \"b\" or \"c\" and \"d\""),
            ("a and (b or c)", "\"a\" and (\"b\" or \"c\")"), ("!a", "not \"a\""),
            ("not (a || not b)", "not (\"a\" or not \"b\")"), ("(a)", "\"a\""),
            ("(a and b) and c", "(\"a\" and \"b\") and \"c\""), ("((a or b))", "\"a\" or \"b\""),
        ]
        for (text, expected) in cases {
            do {
                #expect(try canonical(text) == expected)
            } catch { Issue.record("\(text): \(error)") }
        }
    }

    /// What nobody means as text is no text, and it is told how to look for it all the same.
    @Test func whatLooksLikeAQueryIsNoText() throws {
        let cases: [(String, Int, String)] = [
            ("seq = 5", 5, "write \"seq = 5\""), ("seq=5", 4, "write \"seq=5\""),
            ("time => -1h", 6, "expected =="), ("length <> 3", 9, "bytes"),
            ("block:3", 6, "write \"block:3\""), ("SEQ == 5", 1, "seq in lower case"),
            ("lenght > 10K", 1, "did you mean length?"), ("ordnial == 3", 1, "mean ordinal?"),
            ("status == \"err\"", 1, ".status is one of a JSON payload"),
            ("status==err", 1, "write \"status==err\""), ("user.name = x", 1, ".user.name"),
            ("count ==", 1, "write \"count ==\""), ("a and seq = 5", 11, "write \"seq = 5\""),
            ("refused seq = 5", 13, "write \"seq = 5\""), ("(seq = 5)", 6, "write \"seq = 5\""),
            ("not seq = 5 or x", 9, "write \"seq = 5\""), ("\"open", 6, "expected \" at the end"),
            ("timeout AND refused", 9, "and in lower case"), ("a OR b", 3, "or in lower case"),
            ("seq =", 5, "expected =="),
            ("seq = " + String(repeating: "5", count: 80), 5, "put it in quotes"),
        ]
        for (text, column, words) in cases {
            do {
                let query = try Query(text)
                Issue.record("\(text) was taken for \(query)")
            } catch {
                #expect(error.column == column, "\(text): \(error)")
                #expect(error.message.contains(words), "\(text): \(error)")
            }
        }
        // What is advised works.
        #expect(try canonical("\"seq = 5\"") == "\"seq = 5\"")
        #expect(try canonical(".status == \"err\"") == ".status == \"err\"")
    }

    @Test func mistakesHaveAPlace() {
        let cases: [(String, Int, String)] = [
            ("", 1, "something to look for"), ("   ", 4, "something to look for"),
            (".status = \"err\"", 9, "expected =="), (".gz", 4, "write \".gz\""),
            (".status == err", 12, "a text in quotes"), (".ok < true", 7, "== and !="),
            ("a and", 6, "after and"), ("or b", 1, "before or"), ("(a or b", 8, "column 1"),
            ("a)", 2, "closes nothing"), ("a is:unread", 3, "and, or"), ("is:new", 1, "is:unread"),
            ("hex:1f8", 5, "pairs"), ("length > lots", 10, "bytes"), ("length < -1", 10, "bytes"),
            ("time > tomorrow", 8, "UTC"), ("file > 1763670155020", 8, "alone"),
            ("file == x", 9, "data file"), ("seq == -1", 8, "a number"), ("not", 4, "after not"),
            ("~/a", 4, "expected /"), ("~//", 3, "regular expression"), ("~/a(/", 5, "expected )"),
            ("x and ~/[z-a]/", 12, "range"), ("~/a/x", 5, "expected i"), ("\"\\q\"", 2, "\\\\"),
            ("\"\"", 1, "between the quotes"), (".a[x] == 1", 4, "a name in quotes"),
            (".a.", 4, "name"),
            (".a[1 == 1", 5, "expected ]"), ("\"a\" \"b\"", 5, "and, or"),
            (String(repeating: "(", count: 80), 61, "nested"),
            (String(repeating: "not ", count: 80) + "a", 241, "nested"),
        ]
        for (text, column, words) in cases {
            do {
                let query = try Query(text)
                Issue.record("\(text) was taken for \(query)")
            } catch {
                #expect(error.column == column, "\(text): \(error)")
                #expect(error.message.contains(words), "\(text): \(error)")
            }
        }
    }

    @Test func neverCrashesAndPrintsWhatItRead() {
        var random = SeededRandom.fromEnvironment("QueryTests.neverCrashes")
        let pieces = [
            "and", "or", "not", "(", ")", "!", "&&", "||", "\"", "\\", "~/", "/", "hex:", "is:",
            "unread", "damaged", ".", "a", "b0", "[", "]", "{", "}", "==", "<", ">=", "length",
            "time", "seq", "file", "-1h", "5", "1763670155020", "exists", " ", " ", " ", "é", "\n",
            "\\x41", "*", "+", "?", "|", "\u{301}", "🐋",
        ]
        var taken = 0
        for round in 0..<20_000 {
            let text: String
            if round.isMultiple(of: 4) {
                text = String(
                    decoding: random.bytes(Int.random(in: 0...40, using: &random)), as: UTF8.self)
            } else {
                text = (0..<Int.random(in: 1...14, using: &random)).map { _ in
                    pieces.randomElement(using: &random) ?? ""
                }.joined()
            }
            do throws(QueryError) {
                let query = try Query(text)
                taken += 1
                let printed = query.description
                do throws(QueryError) {
                    #expect(try Query(printed).expression == query.expression, "\(text)")
                } catch { Issue.record("\(text) became \(printed), \(error)") }
            } catch {
                #expect((1...text.unicodeScalars.count + 1).contains(error.column), "\(text)")
            }
        }
        #expect(taken > 3_000)
    }

    @Test func momentsBeforeNow() throws {
        let query = try Query("time >= -1h and not time < -2d").resolved(
            now: 1_763_640_123 * 1_000_000_000)
        #expect(
            query.description == "time >= 1763636523000000000 and not time < 1763467323000000000")
        #expect(
            try Query("time > -9999999d").resolved(now: 5).description
                == "time > 000000000000000000")
    }

    @Test func timestamps() {
        #expect(Timestamp.parse("2025-11-20T12:02:03Z") == 1_763_640_123_000_000_000)
        #expect(Timestamp.parse("2025-11-20 12:02:03") == 1_763_640_123_000_000_000)
        #expect(Timestamp.parse("2000-02-29") == 951_782_400_000_000_000)
        #expect(Timestamp.parse("1970-01-01") == 0)
        #expect(Timestamp.parse("9999-01-01") == .max)
        #expect(Timestamp.parse("1763640123") == 1_763_640_123_000_000_000)
        #expect(Timestamp.parse("1763640123456") == 1_763_640_123_456_000_000)
        for wrong in ["", "2025-13-01", "2025-11-20T25:00:00Z", "2025-11-20T12:61", "x-y-z", "-5"] {
            #expect(Timestamp.parse(wrong) == nil)
        }
    }

    @Test func numbersAreExact() throws {
        let ascending = [
            "-1e400", "-9007199254740993", "-9007199254740992", "-1.5", "-1", "-0.001", "-1e-400",
            "0", "1e-400", "0.1", "0.10000000000000000001", "1", "1.5", "9007199254740992",
            "9007199254740993", "18446744073709551616", "1e30", "1e400",
        ]
        let numbers = try ascending.map { try #require(JSONNumber(Array($0.utf8))) }
        for (index, a) in numbers.enumerated() {
            for (other, b) in numbers.enumerated() { #expect((a < b) == (index < other)) }
            #expect(JSONNumber(Array(a.text.utf8)) == a, "\(a.text)")
        }
        for (a, b) in [
            ("1", "1.0"), ("0", "-0"), ("100", "1e2"), ("0.01", "1E-2"), ("12", "120e-1"),
        ] {
            #expect(JSONNumber(Array(a.utf8)) == JSONNumber(Array(b.utf8)))
        }
        for wrong in ["", "-", "01", "1.", ".5", "1e", "1e+", "+1", "0x1", "1_0", "NaN", "1 "] {
            #expect(JSONNumber(Array(wrong.utf8)) == nil, "\(wrong)")
        }
    }
}
