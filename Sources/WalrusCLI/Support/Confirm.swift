import ArgumentParser
import WalrusActions
import WalrusConsole
import WalrusIO
import WalrusJSON

/// --yes, --dry-run: whether what is planned is done.
struct ConfirmArguments: ParsableArguments {
    @Flag(help: "Do it without asking; needed where no terminal is there to ask on.")
    var yes = false

    @Flag(help: "Tell what would be done, and do nothing.")
    var dryRun = false

    /// Shows the plan and asks. False: nothing is to be done, because it was a dry run, whose answer the plan
    /// is, in the form that was asked for.
    func agree(_ plan: ActionPlan, _ form: OutputArguments) throws -> Bool {
        if dryRun {
            try plan.show(form.output)
            return false
        }
        guard !yes, plan.confirmation != .none else { return true }
        guard StandardStreams.isInputTerminal, StandardStreams.isErrorTerminal else {
            throw Failure(
                .usage, "\(plan.title): nobody is there to ask; --yes does it, --dry-run tells")
        }
        for line in [plan.title] + plan.lines.map({ "  " + $0 }) {
            StandardStreams.complain(VisibleText(line, mode: .escape, limit: 10_000).text)
        }
        let word: String
        switch plan.confirmation {
        case .typed(let expected): word = expected
        default: word = "yes"
        }
        let shown = VisibleText(word, mode: .escape, limit: 500).text
        // How many is what a slip of the finger changes: it stands where one looks.
        StandardStreams.tell(
            plan.deed.flatMap { $0 == word ? nil : "to \($0), type \(shown): " }
                ?? "type \(shown) to do it: ")
        var input = StandardInput()
        guard case .line(let bytes) = try input.line(limit: 4_096), bytes == Array(word.utf8) else {
            throw Failure(.nothing, "nothing was done")
        }
        return true
    }
}

extension ActionPlan {
    /// Prints it, for a dry run.
    func show(_ format: OutputFormat) throws(IOError) {
        let output = StandardOutput()
        guard format == .text else {
            try output.write(json.text + "\n")
            return try output.flush()
        }
        for line in [title] + lines.map({ "  " + $0 }) {
            try output.write(VisibleText(line, mode: .escape, limit: 10_000).text + "\n")
        }
        try output.flush()
    }
}
