import Testing

@testable import WalrusConsole

@Suite struct FiguresTests {
    @Test func numbers() {
        #expect(Figures.grouped(0) == "0")
        #expect(Figures.grouped(999) == "999")
        #expect(Figures.grouped(1_000) == "1,000")
        #expect(Figures.grouped(412_331) == "412,331")
        #expect(Figures.grouped(-2_210_004) == "-2,210,004")
        #expect(Figures.grouped(.min) == "-9,223,372,036,854,775,808")
    }

    @Test func shortForms() {
        #expect(Figures.bytes(0) == "0")
        #expect(Figures.bytes(1_023) == "1023")
        #expect(Figures.bytes(1_024) == "1K")
        #expect(Figures.bytes(1_048_575) == "1M")
        #expect(Figures.bytes(2_093_796_556) == "1.95G")
        #expect(Figures.bytes(851_443_712) == "812M")
        #expect(Figures.count(130) == "130")
        #expect(Figures.count(1_149) == "1.15k")
        #expect(Figures.count(0.4) == "<1")
        #expect(Figures.count(3_000_000) == "3M")
        for power in 0..<60 {
            #expect(Figures.bytes(1 << power).count <= 5)
            #expect(Figures.bytes((1 << power) - 1).count <= 5)
        }
    }

    @Test func percentNeverLies() {
        #expect(Figures.percent(0, of: 10) == "0%")
        #expect(Figures.percent(263, of: 10 << 20) == "<1%")
        #expect(Figures.percent(1, of: 100) == "1%")
        #expect(Figures.percent(994, of: 1_000) == ">99%")
        #expect(Figures.percent(99, of: 100) == "99%")
        #expect(Figures.percent(999_999, of: 1_000_000) == ">99%")
        #expect(Figures.percent(10, of: 10) == "100%")
        #expect(Figures.percent(0, of: 0) == "0%")
    }

    @Test func times() {
        let time: UInt64 = 1_763_640_123_250_000_000
        #expect(Figures.time(time, offset: 0) == "12:02:03")
        #expect(Figures.time(time, offset: 3_600) == "13:02:03")
        #expect(Figures.time(time, offset: -13 * 3_600) == "23:02:03")
        #expect(Figures.dateTime(time, offset: 0) == "2025-11-20 12:02:03.250")
        #expect(Figures.dateTime(951_782_400_000_000_000, offset: 0) == "2000-02-29 00:00:00.000")
        #expect(Figures.dateTime(0, offset: -1) == "1969-12-31 23:59:59.000")
    }
}

@Suite struct PayloadTextTests {
    private func lines(_ text: String, _ width: Int) -> [String] {
        PayloadText.text(
            Array(text.utf8), PayloadText.Layout(width: width, ascii: false)
        ).map { $0.map(\.text).joined() }
    }

    @Test func breaksAtLineEndsAndAtTheWidth() {
        #expect(lines("ab\r\ncdefgh\n\nx", 4) == ["ab", "cdef", "gh", "", "x"])
        #expect(lines("注文東京", 5) == ["注文", "東京"])
        #expect(lines("注", 1).count == 3)
        #expect(lines("", 10) == [""])
    }

    @Test func showsNoControls() {
        let text = lines("a\u{1b}[2Jb\u{7}\u{9b}31m\u{202e}", 80)
        #expect(text == ["a·[2Jb··31m·"])
    }

    @Test func hex() {
        let line = PayloadText.hex([0x00, 0x41, 0x7f, 0xff], width: 80, ascii: true)
            .map { $0.map(\.text).joined() }
        #expect(line.count == 1)
        #expect(line[0].hasPrefix("000000 00 41 7f ff"))
        #expect(line[0].hasSuffix("  .A.."))
        let long = PayloadText.hex([UInt8](repeating: 7, count: 33), width: 80, ascii: true)
        #expect(long.map { $0[0].text } == ["000000", "000010", "000020"])
        // Every line is as long as the first, but for the text at its end.
        #expect(Set(long.map { $0[1].text.count }).count == 1)
    }

    @Test func linesThatRunOn() {
        func lines(_ left: Int) -> [String] {
            let layout = PayloadText.Layout(width: 4, ascii: false, isWrapped: false, left: left)
            return PayloadText.text(Array("abcdefgh\néé\n".utf8), layout)
                .map { $0.map(\.text).joined() }
        }
        #expect(lines(0) == ["abcd", "éé", ""])
        #expect(lines(3) == ["defg", "", ""])
        #expect(lines(99) == ["", "", ""])
    }

    @Test func whatWasLookedForIsSetApart() {
        let layout = PayloadText.Layout(width: 4, ascii: false)
        let lines = PayloadText.text(Array("abcdefghij".utf8), marks: [2..<6, 8..<9], layout)
        #expect(lines.map { $0.map(\.text) } == [["ab", "cd"], ["ef", "gh"], ["i", "j"]])
        #expect(
            lines.map { $0.map { $0.style.role == .match } }
                == [[false, true], [true, false], [true, false]])
        let hex = PayloadText.hex(Array("abcd".utf8), marks: [1..<3], width: 80, ascii: true)
        #expect(hex[0].filter { $0.style.role == .match }.map(\.text) == ["62", "63", "bc"])
    }

    private func pretty(_ text: String, folding: Int? = nil) -> String? {
        JSONText.pretty(Array(text.utf8), folding: folding)
            .map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    @Test func jsonIsFolded() {
        let text = #"{"a":[1,{"b":2}],"c":{},"d":{"e":[]}}"#
        #expect(JSONText.pretty(Array(text.utf8))?.depth == 2)
        #expect(
            pretty(text, folding: 1)
                == "{\n  \"a\": [ 2 items ],\n  \"c\": {},\n  \"d\": { 1 field }\n}")
        #expect(pretty(text, folding: 2)?.contains("    { 1 field }\n") == true)
        #expect(pretty(text, folding: 3) == pretty(text))
    }

    @Test func jsonIsLaidOutAndNotChanged() {
        #expect(
            pretty(#" {"a":[1,-2.5e+3,{}],"b\"":null , "c":"é\n"} "#)
                == """
                {
                  "a": [
                    1,
                    -2.5e+3,
                    {}
                  ],
                  "b\\"": null,
                  "c": "é\\n"
                }
                """)
        #expect(pretty("[]") == "[]")
        #expect(pretty("true") == "true")
    }

    @Test func whatIsNotJSONIsNot() {
        for text in [
            "", "{", "}", "[1,]", "{\"a\"}", "{\"a\":}", "{a:1}", "[1 2]", "\"open", "nul", "01x",
            "{} {}", "[1],", "infinity", "nan", "\"\\",
        ] {
            #expect(pretty(text) == nil, "\(text)")
        }
        // Deeper than anybody wants to see, and than the stack should bear.
        #expect(pretty(String(repeating: "[", count: 100_000)) == nil)
    }
}
