import TestSupport
import Testing

@testable import WalrusJSON

/// What is written, and what a whole document is read as.
@Suite struct JSONTests {
    private func read(_ text: String) throws(JSONError) -> JSON {
        try JSON(reading: text.utf8)
    }

    @Test func writesAndReadsTheSame() throws {
        let value = JSON.object([
            ("a", .array([.null, .bool(true), .bool(false), .int(.max), .int(.min)])),
            ("b", .double(-2.5)), ("", .string("\u{1b}[31m\"\\\n\u{7f}\u{9b}\u{202e}é😀")),
            ("empty", .object([])), ("none", .array([])), ("b", .int(1)),
        ])
        let text = value.text
        #expect(try read(text) == value)
        #expect(
            text.hasPrefix(
                #"{"a":[null,true,false,9223372036854775807,-9223372036854775808],"b":-2.5,"#))
        // Nothing that comes out drives a terminal.
        #expect(text.contains(#""\u001b[31m\"\\\n\u007f\u009b\u202eé😀""#))
    }

    @Test func numbersAreToTheThousandth() {
        #expect(JSON.double(1.0 / 3).text == "0.333")
        #expect(JSON.double(130).text == "130.0")
        #expect(JSON.double(.infinity).text == "null" && JSON.double(.nan).text == "null")
    }

    @Test func membersAreFound() throws {
        let value = try read(#" { "a" : 1 , "b" : [ "x" , 2.0 ] , "a" : 3 } "#)
        #expect(value["a"] == .int(3) && value["c"] == nil)
        #expect(value.members.map(\.0) == ["a", "b", "a"])
        #expect(value["b"]?.items.map(\.string) == ["x", nil])
        #expect(value["b"]?.items.last?.double == 2 && value["a"]?.double == 3)
        #expect(value["a"]?["x"] == nil && value["a"]?.members.isEmpty == true)
    }

    @Test func escapesAreText() throws {
        #expect(
            try read(#""\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00""#)
                == .string("\"\\/\u{8}\u{c}\n\r\tAé😀"))
        #expect(try read(#"{"\u0061":1}"#)["a"] == .int(1))
    }

    @Test(
        arguments: [
            "", " ", "{", "}", "[", "]", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{a:1}",
            "{\"a\":1,}", "{\"a\":1 \"b\":2}", "{1:2}", "\"open", "\"a\\", "\"a\\x\"", "\"\\u12\"",
            "\"\\u00g0\"", "\"a\nb\"", "\"\u{1}\"", "nul", "nullx", "tru", "True", "01", "-", "-01",
            "+1", ".5", "1.", "1.e1", "1e", "1e+", "0x10", "1,", "infinity", "nan", "{} {}", "[1],",
            "'a'", "\u{feff}1", "//\n1", "[1}", "{\"a\":1]",
        ])
    func whatIsNotJSONIsNot(_ text: String) {
        let error = #expect(throws: JSONError.self) { try read(text) }
        #expect(error?.problem == .invalid, "\(text)")
    }

    @Test(arguments: ["0", "-0", "-1.5E+3", "1e5", "0.10", "12e-2"])
    func numbersAreRead(_ text: String) throws {
        #expect(try read(text).double == Double(text))
    }

    @Test func placesOfMistakes() {
        for (text, offset) in [("[1,x]", 3), ("{\"a\" 1}", 5), ("[1] x", 4), ("\"\\q\"", 2)] {
            let error = #expect(throws: JSONError.self) { try read(text) }
            #expect(error?.offset == offset, "\(text)")
        }
        let error = #expect(throws: JSONError.self) { try read("[x") }
        #expect(error.map { "\($0)" } == "it is not JSON, at byte 2")
    }

    @Test func readingIsBounded() throws {
        func problem(_ text: String, limit: Int = JSON.sizeMax) -> JSONError.Problem? {
            do throws(JSONError) { _ = try JSON(reading: text.utf8, limit: limit) } catch {
                return error.problem
            }
            return nil
        }
        func nested(_ count: Int) -> String {
            String(repeating: "[", count: count) + String(repeating: "]", count: count)
        }
        #expect(problem(nested(JSON.depthMax)) == nil)
        #expect(problem(nested(JSON.depthMax + 1)) == .tooDeep)
        #expect(
            problem(String(repeating: "{\"a\":", count: 1_000_000), limit: .max - 1) == .tooDeep)
        #expect(problem("[1]", limit: 3) == nil && problem("[1] ", limit: 3) == .tooLong)
        #expect(problem("1e999") == .tooLarge && problem("[-1e999]") == .tooLarge)
        #expect(problem("123456789012345678901234567890") == nil)
        for text in [#""\ud800""#, #"["\udc00"]"#, #""\ud83d\u0041""#, #"{"\ud800x":1}"#] {
            #expect(problem(text) == .notText, "\(text)")
        }
        #expect(throws: JSONError.self) { try JSON(reading: [0x22, 0xff, 0x22]) }
    }
}
