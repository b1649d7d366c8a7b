import SystemPackage
import TestSupport
import Testing

@Suite struct ConfigTests {
    private func walrus(_ script: String, in folder: TempDirectory) throws -> Subprocess.Result {
        try Subprocess.bash(
            script, directory: folder.path,
            environment: ["XDG_CONFIG_HOME": folder.path.appending("config").string])
    }

    @Test func checkShowAndDefault() throws {
        let folder = try TempDirectory()
        let none = try walrus("\"$walrus\" config check; \"$walrus\" config show", in: folder)
        #expect(none.status == 0 && none.text.hasPrefix("no configuration ("))
        #expect(none.text.contains("theme = \"auto\""))
        let begun = try walrus(
            "mkdir -p config/walrus; \"$walrus\" config default >config/walrus/config.toml && "
                + "\"$walrus\" config check", in: folder)
        #expect(begun.status == 0 && begun.text.hasSuffix("config.toml: fine\n"))
        let wrong = try walrus(
            "printf 'mouse = true\\nthem = 1\\n' >config/walrus/config.toml; \"$walrus\" config check",
            in: folder)
        #expect(wrong.status == 1 && wrong.errors.isEmpty)
        #expect(wrong.text.hasSuffix("config.toml:2:1: no key \"them\": did you mean theme?\n"))
        let shown = try walrus("\"$walrus\" config show", in: folder)
        #expect(shown.status == 1 && shown.text.contains("mouse = false"))
    }

    @Test func aBrokenFileKeepsNoConsoleFromStarting() throws {
        let folder = try TempDirectory()
        let log = try Log(fixture: "small")
        let script = "mkdir -p config/walrus; echo nonsense >config/walrus/config.toml; "
        let shown = try walrus(script + "\"$walrus\" \(log.path)", in: folder)
        #expect(shown.status == 0 && shown.text.contains("Topics 4"))
        let named = try walrus(
            "\"$walrus\" \(log.path) --config config/walrus/config.toml", in: folder)
        named.expectError(2, "config.toml:1:9", "=")
        #expect(shown.errors.contains("config.toml:1:9") && shown.errors.contains("config check"))
        let missing = try walrus("\"$walrus\" \(log.path) --config none.toml", in: folder)
        missing.expectError(3, "none.toml")
        let nothing = try walrus(script + "\"$walrus\" \(log.path) --config /dev/null", in: folder)
        #expect(nothing.status == 0 && nothing.errors.isEmpty)
        let pipe = try walrus("mkfifo p; \"$walrus\" \(log.path) --config p", in: folder)
        pipe.expectError(3, "open p")
    }

    @Test func theConfigurationDecidesAndOptionsGoBeforeIt() throws {
        let folder = try TempDirectory()
        let log = try Log(fixture: "small")
        let shown = try walrus(
            "printf 'ascii = true\\nrefresh = \"2s\"\\n' >c.toml; \"$walrus\" \(log.path) --config c.toml",
            in: folder)
        #expect(shown.text.utf8.allSatisfy { $0 < 0x80 } && shown.text.contains(" 2s "))
        let other = try walrus(
            "\"$walrus\" \(log.path) --config c.toml --refresh 4s", in: folder)
        #expect(other.text.contains(" 4s "))
    }
}
