internal import Inspect
internal import WalrusFormat

/// A line to be typed, at the bottom of the screen.
public struct Prompt: Hashable, Sendable {
    public enum Purpose: Hashable, Sendable {
        case filter, command
        /// The file to export to, and what.
        case exportFile(ExportOrder.Selection)
    }

    public var purpose: Purpose
    public var line: LineEditor
    /// The place in the history that is shown, counted from its end; nil: what was typed is.
    var recalled: Int?
    /// What had been typed before the history was gone into.
    var draft = ""
    /// What was looked for until now: there again if nothing is typed.
    let before: String
    /// What is wrong with the text, until it is changed.
    var problem: QueryError?
    /// Going through the candidates for what was typed.
    var completion: Completion?

    /// What Tab goes round in.
    struct Completion: Hashable, Sendable {
        let candidates: [PaletteCandidate]
        var selected: Int
    }

    public init(purpose: Purpose, text: String, before: String = "") {
        self.purpose = purpose
        self.before = before
        line = LineEditor(text)
    }

    public var text: String { line.text }
}
