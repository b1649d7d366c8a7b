import ArgumentParser
import Inspect
import WalrusConsole
import WalrusFormat
import WalrusIO
import WalrusJSON

struct RecoverPreview: Verb {
    static let configuration = CommandConfiguration(
        commandName: "recover-preview",
        abstract: "Tell what a restart would do: this engine's, and the reference's.",
        discussion: """
            For each topic and both engines: where its reader goes on, how many entries it then \
            delivers, and how many of these it has delivered before (AGAIN). The reference may \
            also pass entries by (SKIPPED), not find them (HIDDEN), or deliver what does not count \
            (EXTRA). Below: what this engine would erase, set aside and delete, and where the \
            reference comes to harm. Nothing is opened for it and nothing is changed.

            Exits with 1 when this engine would erase, set aside or pass over anything, deliver \
            anything again, or not open the directory at all; the reference's failings do not count.
            """)

    @OptionGroup var log: LogArguments
    @OptionGroup var form: OutputArguments

    func perform() throws {
        let path = try log.existing()
        let scanner = Scanner(path)
        guard try scanTellingProgress(scanner) != nil, let preview = scanner.recoveryPreview()
        else { throw Failure(.io, "the scan was stopped") }
        if preview.topics.isEmpty, preview.isCleanHere, preview.hazardCount == 0 {
            throw Failure(.nothing, "\(path): no topics there")
        }
        switch form.output {
        case .text: try printText(preview)
        case .json:
            let output = StandardOutput()
            try output.write(preview.json.text + "\n")
            try output.flush()
        case .jsonl:
            let output = StandardOutput()
            for topic in preview.topics { try output.write(topic.json.text + "\n") }
            try output.flush()
        }
        if !preview.isCleanHere { throw Failure(.nothing) }
    }

    private func printText(_ preview: RecoveryPreview) throws {
        for (title, restart) in [
            ("THIS ENGINE", \RecoveryPreview.Topic.here),
            ("THE REFERENCE", \RecoveryPreview.Topic.reference),
        ] {
            let isHere = restart == \.here
            try Report(.text).print(
                "topics", preview.topics,
                [
                    .init(title), .init("GOES ON AT"), .init("DELIVERS", number: true),
                    .init("AGAIN", number: true),
                ]
                    + (isHere
                        ? []
                        : [
                            .init("SKIPPED", number: true), .init("HIDDEN", number: true),
                            .init("EXTRA", number: true),
                        ])
                    + [.init("FLAG"), .init("BECAUSE")],
                members: \.json
            ) { topic in
                let restart = topic[keyPath: restart]
                return [
                    topic.name.shown(ascii: false), restart.placeText, String(restart.unread),
                    restart.again.map(String.init) ?? "?",
                ]
                    + (isHere
                        ? []
                        : [restart.skipped, restart.hidden, restart.extra].map(String.init))
                    + [restart.isClean ? "clean" : "dirty", restart.reason ?? ""]
            }
            let output = StandardOutput()
            for line in isHere ? preview.linesHere : preview.linesOfReference {
                try output.write("  " + VisibleText(line, mode: .escape, limit: 400).text + "\n")
            }
            if isHere { try output.write("\n") }
            try output.flush()
        }
    }
}
