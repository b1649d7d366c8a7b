import Testing
import WalrusConsole

@testable import WalrusTUI

struct KeyDecoderTests {
    private func keys(_ text: String) -> [Key] {
        KeyDecoder.keys(text.unicodeScalars.map { .character($0.value) })
    }

    @Test("characters and control characters")
    func characters() {
        #expect(
            keys("aé中😀") == [
                .character("a"), .character("é"), .character("中"), .character("😀"),
            ])
        #expect(
            keys("\t\r\n\u{8}\u{7F}\u{1B}") == [
                .tab, .enter, .enter, .backspace, .backspace, .escape,
            ])
        #expect(
            keys("\u{3}\u{1A}\u{12}\u{0}\u{1C}") == [
                .control("c"), .control("z"), .control("r"), .control(" "), .control("\\"),
            ])
        #expect(keys("\u{80}\u{9B}").isEmpty)
    }

    @Test("ESC before a character is Alt, alone it is Esc")
    func alt() {
        #expect(keys("\u{1B}x") == [.alt("x")])
        #expect(keys("\u{1B}é") == [.alt("é")])
        #expect(keys("\u{1B}\u{1B}x") == [.escape, .alt("x")])
        #expect(keys("\u{1B}\r") == [.escape, .enter])
        #expect(keys("x\u{1B}") == [.character("x"), .escape])
        #expect(keys("\u{1B}[") == [.alt("[")])
        #expect(keys("\u{1B}O") == [.alt("O")])
    }

    @Test("sequences that terminfo does not know are one key or none")
    func sequences() {
        #expect(keys("\u{1B}[A\u{1B}OB") == [.up, .down])
        #expect(keys("\u{1B}[1;5C") == [.right])
        #expect(keys("\u{1B}[5~\u{1B}[24~\u{1B}[3;2~") == [.pageUp, .function(12), .delete])
        #expect(keys("\u{1B}[200~q\u{1B}[201~") == [.character("q")])
        #expect(keys("\u{1B}[<0;10;10Mq") == [.enter, .character("q")])
        #expect(keys("\u{1B}[99999999999999999999~a") == [.character("a")])
        #expect(keys("\u{1B}[1;").isEmpty)
    }

    @Test("the codes of curses")
    func codes() {
        #expect(KeyDecoder.codes.count == 13)
        for (code, key) in KeyDecoder.codes {
            #expect(code < KeyDecoder.functionBase)
            #expect(KeyDecoder.key(.code(code)) == key)
        }
        #expect(KeyDecoder.key(.code(KeyDecoder.functionBase + 5)) == .function(5))
        #expect(KeyDecoder.key(.code(0)) == nil)
        #expect(KeyDecoder.keys([.character(0x1B), .code(1)]) == [.escape, .up])
    }
}
