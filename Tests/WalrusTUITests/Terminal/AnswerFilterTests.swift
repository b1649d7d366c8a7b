import TestSupport
import Testing
import WalrusConsole

@testable import WalrusTUI

@Suite struct AnswerFilterTests {
    private static let answer = "\u{1B}]11;rgb:ffff/ffff/dddd\u{1B}\\\u{1B}[?64;1;9c"

    private func inputs(_ text: String) -> [KeyDecoder.Input] {
        text.unicodeScalars.map { .character($0.value) }
    }

    @Test func answersAreTakenOutWholeOrInPieces() {
        let typed = "1\(Self.answer)q"
        let whole = inputs(typed)
        // Cut anywhere but right after an Escape, which is a key when nothing follows it in time.
        for cut in 0...whole.count where cut == 0 || whole[cut - 1] != .character(0x1B) {
            var filter = AnswerFilter(isWaiting: true)
            let rest = filter.filter(Array(whole[..<cut])) + filter.filter(Array(whole[cut...]))
            #expect(rest == inputs("1q"), "cut at \(cut)")
            #expect(filter.background?.hex == 0xFFFFDD)
            #expect(!filter.isWaiting)
        }
    }

    @Test func keysAreNeverTakenForAnAnswer() {
        let typed = [
            "\u{1B}", "\u{1B}]x", "\u{1B}[A\u{1B}OB", "]11;?", "\u{1B}]11;\u{1}", "\u{1B}[?x",
            "\u{1B}\u{1B}]q", "\u{1B}]11;" + String(repeating: "f", count: 200),
        ]
        for text in typed {
            var filter = AnswerFilter(isWaiting: true)
            #expect(filter.filter(inputs(text)) == inputs(text), "\(text.debugDescription)")
            #expect(filter.background == nil)
        }
        // Nobody asked.
        var filter = AnswerFilter()
        #expect(filter.filter(inputs(Self.answer)) == inputs(Self.answer))
    }

    @Test func whatIsHeldComesOutWithTheNextKey() {
        var filter = AnswerFilter(isWaiting: true)
        #expect(filter.filter(inputs("\u{1B}]")) == [])
        #expect(filter.filter(inputs("j")) == inputs("\u{1B}]j"))
    }

    @Test func randomBytesLoseNoKey() {
        var random = SeededRandom.fromEnvironment("answer filter")
        let alphabet = Array("\u{1B}]11;rgb:/f\\[?c\u{7}x").map { String($0) }
        for _ in 0..<2_000 {
            var filter = AnswerFilter(isWaiting: true)
            let text = (0..<12).map { _ in alphabet.randomElement(using: &random) ?? "" }.joined()
            let out = filter.filter(inputs(text)) + filter.filter(inputs("\u{2}"))
            // What is missing is answers, and what is there is in the order in which it came.
            var rest = inputs(text + "\u{2}")[...]
            for input in out {
                while let next = rest.first, next != input { rest.removeFirst() }
                #expect(!rest.isEmpty, "\(text.debugDescription)")
                rest = rest.dropFirst()
            }
            #expect(out.last == .character(2))
        }
    }

    @Test func colors() {
        #expect(AnswerFilter.rgb("rgb:0000/8080/ffff")?.hex == 0x0080FF)
        #expect(AnswerFilter.rgb("rgb:0/8/f")?.hex == 0x0088FF)
        #expect(AnswerFilter.rgb("rgba:00/80/ff/ff")?.hex == 0x0080FF)
        for junk in [
            "", "rgb:", "rgb:1/2", "rgb:1/2/g", "rgb:12345/0/0", "cmy:1/2/3", "rgb:-1/2/3",
        ] {
            #expect(AnswerFilter.rgb(junk) == nil, "\(junk)")
        }
        #expect(RGB(0xFFFFFF).isLight && RGB(0xFDF6E3).isLight)
        #expect(!RGB(0).isLight && !RGB(0x002B36).isLight)
    }
}
