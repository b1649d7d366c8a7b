import Inspect
import Testing
import WalrusConsole

@testable import WalrusTUI

struct TerminalErrorTests {
    @Test func whoHasNoTerminalTypeIsToldWhatNeedsNone() {
        #expect(TerminalError.noTerm().description.contains("`walrus DIR --plain`"))
    }
}

struct ColorChoiceTests {
    @Test("the depth is what is asked for, as far as terminfo goes")
    func depths() {
        #expect(ColorChoice.auto.depth(colors: 256, noColor: nil) == .indexed256)
        #expect(ColorChoice.auto.depth(colors: 88, noColor: "") == .ansi16)
        #expect(ColorChoice.auto.depth(colors: 8, noColor: nil) == .ansi8)
        #expect(ColorChoice.auto.depth(colors: 0, noColor: nil) == .mono)
        #expect(ColorChoice.auto.depth(colors: 1 << 24, noColor: nil) == .trueColor)
        #expect(ColorChoice.auto.depth(colors: 256, noColor: "1") == .mono)
        #expect(ColorChoice.ansi16.depth(colors: 256, noColor: "1") == .ansi16)
        #expect(ColorChoice.indexed256.depth(colors: 8, noColor: nil) == .ansi8)
        #expect(ColorChoice.trueColor.depth(colors: 256, noColor: nil) == .indexed256)
        #expect(ColorChoice.never.depth(colors: 256, noColor: nil) == .mono)
        #expect(ColorChoice(rawValue: "truecolor") == .trueColor)
    }

    @Test("glyphs by locale, terminal and choice")
    func glyphs() {
        #expect(Terminal.glyphs(type: "xterm", isUTF8: true, ascii: false) == .unicode)
        #expect(Terminal.glyphs(type: "xterm", isUTF8: true, ascii: true) == .ascii)
        #expect(Terminal.glyphs(type: "xterm", isUTF8: false, ascii: false) == .ascii)
        #expect(Terminal.glyphs(type: "linux", isUTF8: true, ascii: false) == .console)
    }

    @Test("an error is one harmless line")
    func errors() {
        let error = TerminalError.unknownTerm("x\u{1B}[2J\n")
        #expect(error.description.contains("'x\\e[2J\\n'"))
    }
}

struct ClipboardTests {
    @Test(
        "base64",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"), ("\u{FF}\u{FE}?>", "w7/Dvj8+"),
        ])
    func base64(_ text: String, _ expected: String) {
        let encoded = Base64.encode(Array(text.utf8))
        #expect(String(decoding: encoded, as: UTF8.self) == expected)
    }

    @Test("the sequence fits its terminal")
    func sequences() {
        func sequence(_ text: String, _ terminal: String, tmux: Bool = false) -> String? {
            Clipboard.sequence(for: Array(text.utf8), terminal: terminal, insideTmux: tmux)
                .map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(sequence("hi", "xterm-256color") == "\u{1B}]52;c;aGk=\u{7}")
        #expect(sequence("hi", "screen", tmux: true) == "\u{1B}]52;c;aGk=\u{7}")
        #expect(sequence("hi", "screen") == "\u{1B}P\u{1B}]52;c;aGk=\u{7}\u{1B}\\")
        #expect(sequence("hi", "linux") == nil)
        #expect(sequence(String(repeating: "x", count: 80_000), "xterm") == nil)
        let long = sequence(String(repeating: "x", count: 3_000), "screen") ?? ""
        #expect(long.split(separator: "\u{1B}\\").allSatisfy { $0.utf8.count <= 702 })
    }
}
