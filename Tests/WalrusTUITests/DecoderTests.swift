import SystemPackage
import TestSupport
import Testing
import WalrusFormat
import WalrusIO

@testable import WalrusConsole
@testable import WalrusTUI

@Suite struct DecoderTests {
    private func text(_ result: Result<[UInt8], DecoderFailure>) -> String {
        switch result {
        case .success(let bytes): String(decoding: bytes, as: UTF8.self)
        case .failure(let failure): "! " + failure.message
        }
    }

    @Test func oneProcessForAll() {
        // The shell's own number shows that it is the same each time.
        let decoder = Decoder(command: "while read -r line; do echo \"$$ <$line>\"; done")
        let first = text(decoder.decode([0x1f, 0x8b]))
        #expect(first.hasSuffix(" <1f8b>"))
        let process = first.prefix { $0 != " " }
        #expect(text(decoder.decode([])) == "\(process) <>")
        let long = [UInt8](repeating: 0xab, count: 64 << 10)
        let answer = text(decoder.decode(long))
        #expect(answer == "\(process) <" + String(repeating: "ab", count: long.count) + ">")
    }

    @Test func answersAreUnescaped() {
        let decoder = Decoder(
            command: #"while read -r l; do printf '%s\n' 'a\nb\tc\\n \x \'; done"#)
        #expect(text(decoder.decode([1])) == "a\nb\tc\\n \\x \\")
    }

    @Test func deathIsToldAndMended() throws {
        let folder = try TempDirectory()
        let mark = folder.path.appending("died")
        // Dies at its first payload, and is well when it is started again.
        let decoder = Decoder(
            command: """
                read -r l
                if ! test -e \(mark); then touch \(mark); echo no >&2; echo 'no module' >&2; exit 7; fi
                while true; do echo "ok $l"; read -r l || exit; done
                """)
        let first = text(decoder.decode([1]))
        #expect(first.hasPrefix("! it ended without an answer (exit status 7): no module"))
        #expect(text(decoder.decode([2])) == "ok 02")
        #expect(text(decoder.decode([3])) == "ok 03")
        for (command, words) in [
            ("exit 3", "exit status 3"), ("kill -9 $$", "signal 9"),
            ("/no/such/program", "exit status 127"),
            ("exec 1>&-; sleep 100", "closed its output"),
            ("yes", "more than a line"),
            ("read -r l; head -c 300000 /dev/zero; sleep 100", "longer than 256K"),
        ] {
            let decoder = Decoder(command: command)
            let told = text(decoder.decode([1]))
            #expect(told.hasPrefix("! ") && told.contains(words), "\(command): \(told.prefix(200))")
        }
    }

    /// One that does not answer is given up, and nothing of it is left.
    @Test func silenceHasAnEnd() throws {
        let folder = try TempDirectory()
        let file = folder.path.appending("pid")
        let decoder = Decoder(command: "sleep 1000 & echo $! >\(file); cat >/dev/null")
        #expect(text(decoder.decode([1])).contains("no answer within 2 s"))
        let process = try String(
            decoding: #require(try Directory.contents(of: file)), as: UTF8.self)
        try expectEnd(of: process)
    }

    @Test func endsWithTheConsole() throws {
        let folder = try TempDirectory()
        let file = folder.path.appending("pid")
        let fixture = try Fixture("small")
        do {
            var console = HeadlessConsole(
                directory: fixture.path.string,
                setup: ConsoleModel.Setup(directory: "small", hasDecoder: true),
                size: Size(columns: 80, rows: 24), glyphs: .unicode,
                decoder: "echo $$ >\(file); while read -r l; do echo \"decoded\"; done")
            console.start()
            console.press([.enter])
            #expect(FrameText.render(console.frame).contains("decoded"))
        }
        let process = try String(
            decoding: #require(try Directory.contents(of: file)), as: UTF8.self)
        try expectEnd(of: process)
    }

    private func expectEnd(of process: String) throws {
        let id = process.filter { $0 != "\n" }
        let result = try Subprocess.bash(
            "for i in $(seq 200); do kill -0 \(id) 2>/dev/null || exit 0; grep -qs '^State:.Z' /proc/\(id)/status && exit 0; sleep 0.05; done; exit 1"
        )
        #expect(result.status == 0, "process \(id) still runs")
    }
}
