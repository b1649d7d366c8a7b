import ArgumentParser
import Inspect
import WalrusActions
import WalrusConsole
import WalrusIO
import WalrusJSON

struct Check: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Verify every header and checksum, and say what is wrong.",
        discussion: """
            Exits with 1 when there is an error or a warning. Findings of severity info are worth \
            knowing, but nothing is wrong.
            """)

    @OptionGroup var log: LogArguments
    @OptionGroup var form: OutputArguments

    func perform() throws {
        let path = try log.existing()
        let scanner = Scanner(path)
        guard var state = try scanner.scan() else { return }
        // A last entry that is being written right now looks torn: look again.
        let isRecent = state.files.contains { Int(state.time) - $0.modified < 5_000_000_000 }
        if isRecent, state.findings.contains(where: { Self.maySettle($0.kind) }) {
            Clock.sleep(nanoseconds: 200_000_000)
            state = try scanner.scan() ?? state
        }
        try Report(form.output).print(
            "findings", state.findings,
            [.init("SEVERITY"), .init("KIND"), .init("PLACE"), .init("WHAT")],
            members: members
        ) { finding in
            [
                finding.severity.rawValue, finding.kind.rawValue, place(finding), finding.message,
            ]
        }
        if state.files.isEmpty, state.topics.isEmpty, state.findings.isEmpty {
            throw Failure(.nothing, "\(path): no log there")
        }
        let isBad = state.findings.contains { $0.severity > .info }
        if form.output == .text, !isBad {
            let output = StandardOutput()
            try output.write(
                "nothing is wrong: \(counted(state.entries, "entry", "entries")) in "
                    + "\(counted(state.topics.count, "topic", "topics")) verified\n"
            )
            try output.flush()
        }
        try log.noteOthers()
        if form.output == .text { noteKept(state) }
        if isBad { throw Failure(.nothing) }
    }

    /// No repair frees a file that is kept for its damage: says what does.
    private func noteKept(_ state: DirectoryState) {
        for file in ReclaimForecast(state).files where file.fate == .kept {
            StandardStreams.complain("walrus: note: \(file.name): \(file.reason)")
        }
    }

    private static func maySettle(_ kind: Finding.Kind) -> Bool {
        [.tornTail, .lostRest, .leftoverBytes, .unreadableBlock, .incompleteBatch].contains(kind)
    }

    private func place(_ finding: Finding) -> String {
        var text = finding.file.map { VisibleText($0, mode: .escape, limit: 200).text } ?? "-"
        if let block = finding.block { text += ":\(block)" }
        if let offset = finding.offset { text += "+\(offset)" }
        return text
    }

    private func members(_ finding: Finding) -> JSON {
        .object([
            ("severity", .string(finding.severity.rawValue)),
            ("kind", .string(finding.kind.rawValue)), ("file", .optional(finding.file)),
            ("block", .optional(finding.block)), ("offset", .optional(finding.offset)),
            ("message", .string(finding.message)),
        ])
    }
}
