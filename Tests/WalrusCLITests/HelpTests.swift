import SystemPackage
import TestSupport
import Testing

@Suite struct HelpTests {
    private static let verbs = [
        "topics", "files", "blocks", "forecast", "hex", "entries", "peek", "check", "append",
        "consume", "mark", "frame", "bench", "demo", "console", "namespaces", "tail", "export",
        "recover-preview",
    ]

    @Test func help() throws {
        let help = try Subprocess.run(Subprocess.walrus, ["--help"])
        #expect(help.status == 0 && help.errors.isEmpty)
        for verb in Self.verbs { #expect(help.text.contains("  \(verb) "), "\(verb)") }
        #expect(help.text.contains("Exit status"))
        for verb in Self.verbs {
            let first = try Subprocess.run(Subprocess.walrus, ["help", verb])
            let second = try Subprocess.run(Subprocess.walrus, [verb, "--help"])
            #expect(first.status == 0 && second.status == 0)
            #expect(first.text.contains("USAGE: walrus \(verb)"))
            #expect(second.text.contains("DIR"))
            // Verbs that write say so.
            let writes = ["append", "consume", "mark", "bench", "demo"].contains(verb)
            #expect(first.text.contains("Writes") == writes, "\(verb)")
        }
    }

    @Test func version() throws {
        let version = try Subprocess.run(Subprocess.walrus, ["--version"])
        #expect(version.status == 0 && version.lines.count == 1)
        #expect(version.text.split(separator: ".").count == 3)
    }

    /// Without a DIR: where an application writes that was told nothing.
    @Test func noDirectory() throws {
        let log = try Log()
        try log.append([[1]], to: "t")
        let shown = try Subprocess.bash(
            "\"$walrus\"", environment: ["WALRUS_DATA_DIR": log.path.string])
        #expect(shown.status == 0 && shown.text.contains(" t "))
        let here = try log.bash("mv $log wal_files; \"$walrus\"")
        #expect(here.status == 0 && here.text.contains("wal_files"))
        // A directory that is named like a verb.
        let named = try log.bash(
            "mv wal_files topics; \"$walrus\" ./topics; \"$walrus\" console topics")
        #expect(named.status == 0 && named.lines.count == 60)
    }
}
