import TestSupport
import Testing
import WalrusFormat

@testable import WalrusConsole

/// Names that differ look different, and those that can be read stay so.
@Suite struct TopicNameTests {
    static let names: [(String, String)] = [
        ("orders", "orders"), ("注文-東京", "注文-東京"), ("caf\u{E9}", "caf\u{E9}"),
        ("cafe\u{301}", "cafe\\u{301}"), ("\u{C5}", "\u{C5}"), ("\u{212B}", "\\u{212b}"),
        ("हिन्दी", "हिन्दी"), ("a b", "a b"), ("", "\"\""), (" ", "\" \""), ("   ", "\"   \""),
        (" orders", "\" orders\""), ("orders ", "\"orders \""), ("\"", "\"\\\"\""),
        ("\" \"", "\"\\\" \\\"\""), ("say \"hi\"", "say \"hi\""), (" \"\\", "\" \\\"\\\\\""),
        ("\t", "\\t"), ("(empty name)", "(empty name)"),
    ]

    @Test(arguments: names)
    func shown(_ name: String, _ expected: String) {
        let shown = TopicName(name).shown(ascii: false)
        #expect(Array(shown.utf8) == Array(expected.utf8), "\(shown)")
        #expect(TopicName(name).shown(ascii: true).utf8.allSatisfy { (0x20...0x7E).contains($0) })
        #expect(TopicName(name).needsEscape || shown == name)
        for limit in 0...20 {
            let cut = TopicName(name).shown(.unicode, limit: limit)
            #expect(DisplayWidth.columns(of: cut) <= limit)
            if DisplayWidth.columns(of: shown) <= limit { #expect(cut == shown) }
        }
    }

    /// Strings are equal where they are canonically equivalent: that is what must not happen.
    @Test func differentBytesLookDifferent() {
        var random = SeededRandom.fromEnvironment("TopicNameTests.differentBytesLookDifferent")
        let texts = [
            "a", "e", "\u{E9}", "\u{301}", "\u{327}", "\u{212B}", "\u{C5}", "\u{1100}",
            "\u{1161}", "\u{AC00}", "\u{30AB}", "\u{3099}", "\u{30AC}", " ", "\"", "\\",
            "u{301}",
        ]
        let pieces: [[UInt8]] = texts.map { Array($0.utf8) } + [[0xFF], [0], [0xC3]]
        var seen: [String: [UInt8]] = [:]
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...4, using: &random)
            let bytes = (0..<count).flatMap { _ in pieces.randomElement(using: &random) ?? [] }
            let shown = TopicName(bytes: bytes).shown(ascii: false)
            #expect(shown.first != " " && shown.last != " " && !shown.isEmpty)
            #expect(seen[shown, default: bytes] == bytes, "\(shown)")
            seen[shown] = bytes
        }
    }

    /// A cut goes before an escape or behind it: half of one would be another name.
    @Test(arguments: [Truncation.head, .middle, .tail])
    func noEscapeIsCutInTwo(truncating: Truncation) {
        let grid = Grid(Size(columns: 40, rows: 1), glyphs: .unicode)
        let name = TopicName("ab\u{1}cd\\e\u{200D}f\ngh\u{2}")
        let shown = name.shown(ascii: true)
        let units = [
            "a", "b", "\\u{1}", "c", "d", "\\\\", "e", "\\u{200d}", "f", "\\n", "g", "h", "\\u{2}",
        ]
        #expect(units.joined() == shown)
        for width in 1..<shown.utf8.count {
            let cut = grid.fit(shown, width: width, truncating: truncating)
            #expect(cut.columns <= width)
            let parts = cut.text.split(separator: "…", omittingEmptySubsequences: false)
            let heads = (0...units.count).map { units.prefix($0).joined() }
            let ends = (0...units.count).map { units.suffix($0).joined() }
            #expect(heads.contains(String(parts[0])), "\(cut.text)")
            #expect(ends.contains(String(parts[parts.count - 1])), "\(cut.text)")
        }
    }
}
