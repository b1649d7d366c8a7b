import Testing

@testable import WalrusConsole

struct VisibleTextTests {
    static let escapes: [(bytes: [UInt8], expected: String)] = [
        ([], ""),
        (Array("orders".utf8), "orders"),
        (Array("a\\b".utf8), "a\\\\b"),
        (Array("a\n\t\r\0\u{1B}\u{7}\u{7F}".utf8), "a\\n\\t\\r\\0\\e\\u{7}\\u{7f}"),
        (Array("\u{E9}".utf8), "\u{E9}"),
        // What is not composed looks like what is: it is told apart.
        (Array("e\u{301}".utf8), "e\\u{301}"),
        (Array("\u{212B}ngström".utf8), "\\u{212b}ngström"),
        (Array("\u{1100}\u{1161}".utf8), "\u{1100}\\u{1161}"),
        (Array("\u{AC00}हिन्दी".utf8), "\u{AC00}हिन्दी"),
        (Array("\u{301}x".utf8), "\\u{301}x"),
        (Array("\n\u{301}".utf8), "\\n\\u{301}"),
        (Array(" \u{301}".utf8), " \\u{301}"),
        (
            Array("x\u{301}\u{302}\u{303}\u{304}\u{305}b".utf8),
            "x\u{301}\u{302}\u{303}\u{304}\\u{305}b"
        ),
        (Array("👨\u{200D}👩\u{200D}👧".utf8), "👨\\u{200d}👩\\u{200d}👧"),
        (Array("❤\u{FE0F}".utf8), "❤\\u{fe0f}"),
        (Array("مرحبا".utf8), "مرحبا"),
        (Array("\u{202E}evil\u{202C}".utf8), "\\u{202e}evil\\u{202c}"),
        (Array("\u{85}\u{9B}2J".utf8), "\\u{85}\\u{9b}2J"),
        (Array("a\u{A0}b".utf8), "a\\u{a0}b"),
        (Array("\u{1B}]52;c;aGk=\u{7}".utf8), "\\e]52;c;aGk=\\u{7}"),
        ([0x80], "\\x80"),
        ([0x41, 0xFF, 0x42], "A\\xffB"),
        ([0xC0, 0xAF], "\\xc0\\xaf"),
        ([0xC1, 0xBF], "\\xc1\\xbf"),
        ([0xE0, 0x80, 0xAF], "\\xe0\\x80\\xaf"),
        ([0xF0, 0x80, 0x80, 0xAF], "\\xf0\\x80\\x80\\xaf"),
        ([0xED, 0xA0, 0x80], "\\xed\\xa0\\x80"),
        ([0xF4, 0x90, 0x80, 0x80], "\\xf4\\x90\\x80\\x80"),
        ([0xF5, 0x80, 0x80, 0x80], "\\xf5\\x80\\x80\\x80"),
        ([0xE4, 0xB8, 0xAD], "中"),
        ([0xE4, 0xB8], "\\xe4\\xb8"),
        ([0xE4, 0xB8, 0x41], "\\xe4\\xb8A"),
    ]

    @Test("escapes", arguments: escapes)
    func escape(_ bytes: [UInt8], _ expected: String) {
        let text = VisibleText(bytes, mode: .escape, limit: 200)
        #expect(text.text == expected)
        #expect(text.isComplete)
        #expect(text.bytesShown == bytes.count)
        #expect(text.columns == DisplayWidth.columns(of: text.text))
    }

    @Test("in ASCII every other scalar is escaped")
    func ascii() {
        let text = VisibleText("é中\n", mode: .escape, ascii: true, limit: 80)
        #expect(text.text == "\\u{e9}\\u{4e2d}\\n")
        #expect(VisibleText("é中\n", mode: .dots, ascii: true, limit: 80).text == "...")
    }

    @Test("one dot for each undrawable byte or scalar")
    func dots() {
        let bytes: [UInt8] = [0x1F, 0x8B, 0x08, 0x00] + Array("a\\é\u{301}\u{202E}".utf8)
        let text = VisibleText(bytes, mode: .dots, limit: 80)
        #expect(text.text == "····a\\é\u{301}·")
        #expect(text.columns == 8)
    }

    @Test("the limit is in columns, and no escape or wide glyph is cut in two")
    func limit() {
        let escaped = VisibleText("ab\u{200D}c", mode: .escape, limit: 9)
        #expect(escaped.text == "ab" && !escaped.isComplete && escaped.bytesShown == 2)
        let wide = VisibleText("a中b", mode: .escape, limit: 2)
        #expect(wide.text == "a" && wide.columns == 1 && !wide.isComplete)
        let exact = VisibleText("a中", mode: .escape, limit: 3)
        #expect(exact.text == "a中" && exact.isComplete)
        #expect(VisibleText("abc", mode: .escape, limit: 0).text.isEmpty)
        #expect(VisibleText("abc", mode: .escape, limit: -4).text.isEmpty)
        #expect(VisibleText.name("walrus", glyphs: .unicode, limit: 4) == "wal…")
        #expect(VisibleText.name("walrus", glyphs: .ascii, limit: 6) == "walrus")
    }

    @Test("the input is not read further than the limit needs")
    func bounded() {
        let counted = CountedBytes(count: 1 << 30)
        let text = VisibleText(counted, mode: .dots, limit: 100)
        #expect(text.columns == 100 && text.bytesShown == 100 && !text.isComplete)
    }

    @Test("different inputs never look the same")
    func unambiguous() {
        var seen: [String: [UInt8]] = [:]
        let alphabet: [UInt8] = [0x00, 0x0A, 0x5C, 0x30, 0x6E, 0x78, 0x80, 0xC3, 0xA9, 0x65]
        func visit(_ bytes: [UInt8]) {
            let text = VisibleText(bytes, mode: .escape, limit: 1_000).text
            #expect(seen[text] == nil, "\(bytes) and \(seen[text] ?? [])")
            seen[text] = bytes
            guard bytes.count < 4 else { return }
            for byte in alphabet { visit(bytes + [byte]) }
        }
        visit([])
    }
}

/// A huge input that fails the test when it is read beyond a few hundred bytes.
private struct CountedBytes: Collection {
    let count: Int
    var startIndex: Int { 0 }
    var endIndex: Int { count }
    func index(after i: Int) -> Int { i + 1 }
    subscript(position: Int) -> UInt8 {
        #expect(position < 500)
        return 0x07
    }
}
