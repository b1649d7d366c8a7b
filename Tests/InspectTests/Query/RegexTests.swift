import TestSupport
import Testing

@testable import Inspect

@Suite struct RegexTests {
    private func matches(_ pattern: String, _ text: String, _ ignoresCase: Bool = false) throws
        -> Bool
    {
        try ByteRegex(pattern, ignoresCase: ignoresCase).matches(Array(text.utf8))
    }

    @Test func syntax() throws {
        let cases: [(String, String, Bool)] = [
            ("abc", "xxabcxx", true), ("abc", "xxabxcx", false), ("a.c", "a\nc", false),
            ("a.c", "abc", true), ("^abc$", "abc", true), ("^abc$", "xabc", false),
            ("^$", "", true), ("^$", "a", false), ("$^", "", true), ("a|b|", "x", true),
            ("^(a|bc)+$", "abcabc", true), ("^(a|bc)+$", "abcab", false), ("a{2,3}b", "ab", false),
            ("^a{2,3}$", "aaaa", false), ("^a{2,}$", "aaaa", true), ("^a{0}$", "", true),
            ("^a{3}$", "aaa", true), ("\\d+\\.\\d", "v10.5", true), ("^[^a-c]$", "d", true),
            ("^[^a-c]$", "b", false), ("[]a]", "]", true), ("[a\\]]", "]", true),
            ("[\\d-]x", "-x", true), ("\\x41\\t", "A\t", true), ("\\(\\)", "()", true),
            ("\\w\\W\\s\\S", "a- b", true), ("(?:ab)?c", "c", true), ("a+?b", "aab", true),
            ("é+x", "ééx", true), ("^é$", "é", true), ("\\/", "/", true), ("(^|,)b", "a,b", true),
            ("a$|b", "ab", true), ("a$|b", "ac", false),
        ]
        for (pattern, text, expected) in cases {
            #expect(try matches(pattern, text) == expected, "\(pattern) in \(text)")
        }
        #expect(try matches("err[a-c]", "ERRB", true))
        #expect(try !matches("err[a-c]", "ERRB"))
        #expect(try matches("É", "é", true) == false)
    }

    @Test func mistakesHaveAPlace() {
        let cases: [(String, Int, String)] = [
            ("a)", 2, "closes nothing"), ("(a", 3, "expected )"), ("[a", 3, "expected ]"),
            ("*a", 1, "nothing to repeat"), ("a**", 3, "nothing to repeat"), ("a{", 3, "a number"),
            ("a{3,2}", 2, "less than the first"), ("a{2", 4, "expected }"), ("\\", 2, "after \\"),
            ("\\b", 1, "not supported"), ("(?=a)", 2, "not supported"), ("[b-a]", 4, "range"),
            ("\\xg1", 3, "hexadecimal"), ("[é]", 2, "ASCII"), ("a{1001}", 3, "1000"),
            ("(((((a{100}){100}){100}){100}){100})", 1, "too long"),
            ("((((((){1000}){1000}){1000}){1000}){1000})", 1, "too long"),
            (String(repeating: "(", count: 200), 101, "too deeply"),
        ]
        for (pattern, column, words) in cases {
            do {
                _ = try ByteRegex(pattern)
                Issue.record("\(pattern) was taken")
            } catch {
                #expect(error.column == column, "\(pattern): \(error)")
                #expect(error.message.contains(words), "\(pattern): \(error)")
            }
        }
    }

    /// Patterns that make a backtracking search take years.
    @Test func hostilePatternsAreSearchedInLinearTime() throws {
        let text = [UInt8](repeating: UInt8(ascii: "a"), count: 20_000)
        for pattern in ["(a+)+b", "(a|a)*b", "(a*)*b", "(a?){200}b", "(.*a){20}b", "(a|aa)+$b"] {
            #expect(try !ByteRegex(pattern).matches(text), "\(pattern)")
        }
        // More states than are kept at once.
        let bits = "[ab]*a[ab]{12}c"
        var random = SeededRandom(seed: 3)
        let noise = (0..<20_000).map { _ in UInt8.random(in: 97...98, using: &random) }
        #expect(try !ByteRegex(bits).matches(noise))
        #expect(try ByteRegex(bits).matches(noise + [97] + noise.prefix(12) + [99]))
    }

    @Test func agreesWithSwiftsOwn() throws {
        var random = SeededRandom.fromEnvironment("RegexTests.agreesWithSwiftsOwn")
        var matched = 0
        for _ in 0..<3_000 {
            let pattern = Self.pattern(&random, depth: 3)
            let reference = try Regex(pattern).matchingSemantics(.unicodeScalar)
            let ours = try ByteRegex(pattern)
            let folded = try ByteRegex(pattern, ignoresCase: true)
            for _ in 0..<6 {
                let text = Self.text(&random)
                let expected = text.contains(reference)
                if expected { matched += 1 }
                #expect(ours.matches(Array(text.utf8)) == expected, "\(pattern) in \(text)")
                #expect(
                    folded.matches(Array(text.utf8)) == text.contains(reference.ignoresCase()),
                    "\(pattern)/i in \(text)")
                // Byte by byte gives the same as all at once.
                var pieces = RegexMatcher(ours)
                pieces.begin()
                for byte in text.utf8 {
                    _ = unsafe [byte].withUnsafeBytes { unsafe pieces.feed($0) }
                }
                #expect(pieces.hasMatchAtEnd == expected, "\(pattern) in \(text)")
                // Every range holds a match; where there is one that is not empty, there is a range.
                var budget = 10_000
                let ranges = ours.ranges(in: Array(text.utf8), budget: &budget)
                #expect(expected || ranges.isEmpty)
                let nonEmpty = text.matches(of: reference).contains { !$0.range.isEmpty }
                #expect(!nonEmpty || !ranges.isEmpty, "\(pattern) in \(text)")
            }
        }
        #expect(matched > 2_000)
    }

    private static func text(_ random: inout SeededRandom) -> String {
        let letters = Array("aabbAc0_ -")
        return String(
            (0..<Int.random(in: 0...9, using: &random)).map { _ in
                letters.randomElement(using: &random) ?? "a"
            })
    }

    private static func pattern(_ random: inout SeededRandom, depth: Int) -> String {
        let atoms = [
            "a", "b", "A", "c", "0", ".", "[ab]", "[^a]", "[a-c0]", "\\d", "\\w", "\\s", "\\W", "-",
            "[\\d_]", "^", "$",
        ]
        guard depth > 0 else { return atoms.randomElement(using: &random) ?? "a" }
        func part() -> String { pattern(&random, depth: depth - 1) }
        switch Int.random(in: 0..<9, using: &random) {
        case 0: return part() + part()
        case 1: return part() + part() + part()
        case 2: return "(" + part() + "|" + part() + ")"
        case 3: return "(?:" + part() + ")*"
        case 4: return "(" + part() + ")+"
        case 5: return "(" + part() + ")?"
        case 6: return "(" + part() + "){1,2}"
        case 7: return "(" + part() + "){2}"
        default: return atoms.randomElement(using: &random) ?? "a"
        }
    }
}
