import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Testing
import WalrusIO

/// A terminal with a shell in it: tmux on a socket of its own.
///
/// Nothing here sleeps for as long as something ought to take: what is expected is looked for until
/// it is there, and long after it should have been.
final class Pane {
    private let socket: String
    private let folder: TempDirectory
    private static let count = Atomic(0)
    private static let deadline: UInt64 = 60_000_000_000

    init(columns: Int, rows: Int, environment: [String: String?] = [:]) throws {
        let number = Self.count.wrappingAdd(1, ordering: .relaxed).oldValue
        socket = "walrus-test-\(Host.processID)-\(number)"
        folder = try TempDirectory()
        let settings = """
            set -g status off
            set -g default-terminal screen-256color
            set -g escape-time 0
            """
        try DiskStorage(folder.path).replace(
            "conf", with: Array(settings.utf8), temporary: "conf.new")
        var variables: [String: String?] = [
            "walrus": Subprocess.walrus.string, "LC_ALL": "C.UTF-8", "TZ": "UTC", "PS1": "$ ",
            "TMUX_TMPDIR": folder.path.string, "HISTFILE": folder.path.appending("history").string,
            "WALRUS_AUDIT": nil,
            "XDG_STATE_HOME": folder.path.appending("state").string,
            "XDG_CONFIG_HOME": folder.path.appending("config").string,
        ]
        variables.merge(environment) { $1 }
        let arguments = [
            "-u", "-L", socket, "-f", folder.path.appending("conf").string, "new-session", "-d",
            "-x", "\(columns)", "-y", "\(rows)", "-c", folder.path.string,
            "/bin/bash --norc --noprofile -i",
        ]
        let result = try Subprocess.run(
            "/usr/bin/env", ["tmux"] + arguments, environment: variables)
        try #require(result.status == 0, "\(result.errors)")
    }

    deinit { _ = try? tmux("kill-server") }

    @discardableResult
    private func tmux(_ arguments: String...) throws -> String { try tmux(arguments) }

    @discardableResult
    private func tmux(_ arguments: [String]) throws -> String {
        try Subprocess.run(
            "/usr/bin/env", ["tmux", "-L", socket] + arguments,
            environment: ["TMUX_TMPDIR": folder.path.string]
        ).text
    }

    /// A place for files that commands in the pane write: its working directory.
    var path: FilePath { folder.path }

    /// What is on the screen: lines without blanks at their ends.
    func lines() throws -> [String] {
        let text = try tmux("capture-pane", "-p")
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            .map { Self.trimmed($0) }
    }

    /// The screen with its colours, as escape sequences.
    func styled() throws -> String { try tmux("capture-pane", "-p", "-e") }

    /// Sets an option of the window.
    func set(_ option: String, _ value: String) throws {
        try tmux("set-option", "-w", option, value)
    }

    static func trimmed(_ line: some StringProtocol) -> String {
        String(line.reversed().drop { $0 == " " }.reversed())
    }

    /// Types keys by tmux's names for them: "Enter", "C-z", "x".
    func press(_ keys: String...) throws {
        for key in keys { try tmux("send-keys", key) }
    }

    func type(_ text: String) throws { try tmux("send-keys", "-l", text) }

    /// Types a command into the shell.
    func run(_ command: String) throws {
        try type(command)
        try press("Enter")
    }

    func resize(_ columns: Int, _ rows: Int) throws {
        try tmux("resize-window", "-x", "\(columns)", "-y", "\(rows)")
    }

    /// Whether a program has asked for clicks.
    func isMouseOn() throws -> Bool {
        try tmux("display-message", "-p", "#{mouse_any_flag}").hasPrefix("1")
    }

    /// A press of the first button over a cell, as the terminal would tell it (X10's report).
    func click(x: Int, y: Int) throws {
        let bytes = [0x1B, 0x5B, 0x4D, 32, 33 + x, 33 + y]
        let digits = bytes.map { byte in
            let text = String(byte, radix: 16)
            return text.utf8.count == 1 ? "0" + text : text
        }
        try tmux(["send-keys", "-H"] + digits)
    }

    func resize(columns: Int, rows: Int) throws {
        try tmux("resize-window", "-x", "\(columns)", "-y", "\(rows)")
    }

    /// Takes the terminal away, as a lost connection does.
    func hangUp() throws { try tmux("kill-server") }

    /// Waits until the screen is as `isExpected` wants it.
    func wait(
        _ what: String, at location: SourceLocation = #_sourceLocation,
        until isExpected: ([String]) throws -> Bool
    ) throws {
        let end = Clock.monotonic() + Self.deadline
        var last: [String] = []
        while Clock.monotonic() < end {
            last = try lines()
            if try isExpected(last) { return }
            Clock.sleep(nanoseconds: 30_000_000)
        }
        Issue.record(
            "never there: \(what)\n\(last.joined(separator: "\n"))", sourceLocation: location)
        throw Timeout()
    }

    func wait(for text: String, at location: SourceLocation = #_sourceLocation) throws {
        try wait(text, at: location) { $0.contains { $0.contains(text) } }
    }

    /// Waits until Home shows a log that has been read to its end: nothing is done to it before.
    func waitForLook(at location: SourceLocation = #_sourceLocation) throws {
        try wait("the end of the first look", at: location) { lines in
            lines.contains { $0.contains("Topics ") }
                && !lines.contains { $0.contains("the first look") }
        }
    }

    /// Waits until a command in the pane has written a line into `name`. Returns it.
    func line(of name: String) throws -> String {
        var text = ""
        try wait(name) { _ in
            let bytes = try Directory.contents(of: path.appending(name)) ?? []
            text = String(decoding: bytes, as: UTF8.self)
            return text.hasSuffix("\n")
        }
        return String(text.dropLast())
    }

    /// Waits until the process is gone.
    func waitForEnd(of process: Int32) throws {
        try wait("the end of \(process)") { _ in kill(process, 0) != 0 }
    }

    struct Timeout: Error {}
}
