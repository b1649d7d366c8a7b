/// What the parser has to say about a mistake, in one line: what is wrong, what would be right, and
/// where more is told.
struct UsageLine {
    let text: String

    /// - Parameters:
    ///   - help: the parser's own several lines.
    ///   - words: of the command line, which it is about.
    init(message: String, help: String, words: [String] = []) {
        var text = message
        if let end = words.firstIndex(of: "--"), text.lowercased().contains("unexpected argument"),
            let option = words[(end + 1)...].first(where: { $0.hasPrefix("-") && text.contains($0) }
            )
        {
            text =
                "\(option) stands behind \"--\", where no word is an option: write it before that"
        }
        // NAME and DIR are words of the usage, and stay as they are.
        if !text.dropFirst().prefix(1).allSatisfy(\.isUppercase) {
            text = text.prefix(1).lowercased() + text.dropFirst()
        }
        if let advice = text.firstRange(of: ". Please provide ") {
            text.replaceSubrange(advice, with: ": ")
        }
        // "... one of the following:\n  - home\n  - entries"
        let items = text.split(separator: "\n")
        if items.count > 1 {
            let rest = items.dropFirst().map { $0.drop { " -".contains($0) } }
            text = items[0] + " " + rest.joined(separator: ", ")
        }
        let lines = help.split(separator: "\n")
        // "Help:  --from <from>  Start at: begin, ..."
        if let line = lines.first(where: { $0.hasPrefix("Help:  ") }), !text.contains("one of") {
            let parts = line.dropFirst("Help:  ".count).split(separator: "  ", maxSplits: 1)
            if parts.count == 2 { text += " (\(Self.withoutStop(parts[1])))" }
        }
        // "  See 'walrus entries --help' for more information."
        let hint = lines.last { $0.contains("See '") }?.split(separator: "'").dropFirst().first
        self.text = Failure.line("\(Self.withoutStop(text)); see \(hint ?? "walrus --help")")
    }

    private static func withoutStop(_ text: some StringProtocol) -> String {
        String(text.hasSuffix(".") ? text.dropLast() : text[...])
    }
}
