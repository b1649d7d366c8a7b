import SystemPackage
import TestSupport
import Testing
import WalrusFormat
import WalrusIO

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

    /// The version has one source, and what was built, how and for what is told with it.
    @Test func version() throws {
        let version = try Subprocess.run(Subprocess.walrus, ["--version"])
        #expect(version.status == 0 && version.errors.isEmpty)
        #expect(version.lines.first == "walrus \(Software.version)")
        let facts = version.lines.dropFirst().map { line in
            line.split(separator: " ", maxSplits: 1).map { $0.drop { $0 == " " } }
        }
        #expect(
            facts.map(\.first)
                == ["commit", "compiler", "build", "target", "checksums", "io_uring"])
        #expect(facts.allSatisfy { $0.count == 2 && !$0[1].isEmpty })
        #expect(facts.contains(["checksums", FNV1a.kernel[...]]))
        #expect(try Subprocess.run(Subprocess.walrus, ["version"]).text == version.text)
        let without = try Subprocess.run(
            Subprocess.walrus, ["--version"], environment: ["WALRUS_DISABLE_IO_URING": "1"])
        #expect(without.lines.last == "  io_uring   off by WALRUS_DISABLE_IO_URING")
        // The newest section of the changes, with its day, is this version's.
        let changes = FilePath(#filePath).removingLastComponent().removingLastComponent()
            .removingLastComponent().appending("CHANGELOG.md")
        let text = String(decoding: try Directory.contents(of: changes) ?? [], as: UTF8.self)
        let sections = text.split(separator: "\n").filter { $0.hasPrefix("## ") }
        let day = try #require(
            sections.first { $0.hasPrefix("## \(Software.version) (") }?.suffix(11).dropLast())
        #expect(day.split(separator: "-").map(\.count) == [4, 2, 2])
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
