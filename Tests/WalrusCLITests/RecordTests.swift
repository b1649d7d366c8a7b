import SystemPackage
import TestSupport
import Testing

@Suite struct RecordTests {
    @Test func recordAndPlay() throws {
        let log = try Log(fixture: "small")
        let folder = try TempDirectory()
        let file = folder.path.appending("a.rec").string
        let made = try log.run("record", "--out", file, "--interval", "100ms", "--count", "3")
        #expect(made.status == 0 && made.errors.contains("3 looks"))
        let again = try log.run("record", "--out", file, "--count", "1")
        #expect(again.status == 2 && again.errors.contains("there already"))
        for screen in ["home", "blocks", "live", "check"] {
            let arguments = ["frame", file, "--play", "--screen", screen, "--keys", "<"]
            let first = try Subprocess.run(Subprocess.walrus, arguments)
            let second = try Subprocess.run(Subprocess.walrus, arguments)
            #expect(first.status == 0 && first.output == second.output, "\(screen)")
            #expect(first.text.contains("RECORDED") && first.text.contains("2/3"), "\(screen)")
        }
        let console = try Subprocess.run(Subprocess.walrus, ["--play", file])
        #expect(console.status == 0 && console.text.contains("alpha"))
        for screen in ["entries", "hex"] {
            let nothing = try Subprocess.run(
                Subprocess.walrus, ["frame", file, "--play", "--screen", screen])
            #expect(nothing.status == 2 && nothing.output.isEmpty)
            #expect(nothing.errors.contains("a recording holds no payloads"))
        }
    }

    @Test func whatIsNoRecording() throws {
        let log = try Log(fixture: "small")
        let other = try Subprocess.run(
            Subprocess.walrus,
            ["--play", log.path.appending("read_offset_idx_index.db").string])
        #expect(other.status == 3 && other.errors.contains("is not a recording"))
        let missing = try Subprocess.run(Subprocess.walrus, ["--play", "/nonexistent.rec"])
        #expect(missing.status == 3)
    }
}
