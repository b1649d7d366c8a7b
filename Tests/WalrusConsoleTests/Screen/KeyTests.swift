import Testing

@testable import WalrusConsole

struct KeyTests {
    @Test("scripts")
    func scripts() throws {
        #expect(
            try Key.script("j j <Enter> <C-d> /err <Esc>") == [
                .character("j"), .character("j"), .enter, .control("d"), .character("/"),
                .character("e"), .character("r"), .character("r"), .escape,
            ])
        #expect(
            try Key.script("a<Space>b<lt><F12><A-x><S-Tab><PgUp>") == [
                .character("a"), .character(" "), .character("b"), .character("<"),
                .function(12), .alt("x"), .backTab, .pageUp,
            ])
        #expect(try Key.script("a < b") == [.character("a"), .character("<"), .character("b")])
        #expect(try Key.script("<>") == [.character("<"), .character(">")])
        #expect(try Key.script("  ").isEmpty)
        #expect(throws: KeyScriptError(token: "Foo")) { try Key.script("j <Foo>") }
    }

    @Test("names")
    func names() {
        #expect(Key.control("r").name == "Ctrl-R")
        #expect(Key.function(5).name == "F5")
        #expect(Key.character("g").name == "g")
        #expect(Key.character(" ").name == "Space")
        #expect(Key.alt("x").name == "Alt-x")
        #expect(Key.pageDown.name == "PgDn")
        #expect(Key.backTab.name == "Shift-Tab")
    }
}
