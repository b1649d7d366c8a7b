public import WalrusFormat

/// How topics are named wherever one can see it: by these functions alone.
extension TopicName {
    /// The name in harmless characters. Two names that differ in a byte look different.
    ///
    /// A name that blanks begin or end, or that has no byte, stands in quotes; so does one that
    /// begins with a quote, for nothing else to look like it.
    public func shown(ascii: Bool) -> String { shown(ascii: ascii, limit: 1_000).text }

    /// The same, cut to `limit` columns with an ellipsis at its end.
    func shown(_ glyphs: GlyphSet, limit: Int) -> String {
        let whole = shown(ascii: glyphs.isASCII, limit: limit)
        guard !whole.isComplete, limit > 0 else { return whole.text }
        return shown(ascii: glyphs.isASCII, limit: limit - 1).text + glyphs.ellipsis
    }

    /// Whether it may be shown otherwise than its bytes say.
    var needsEscape: Bool {
        needsQuotes || bytes.contains { $0 < 0x20 || $0 >= 0x7F || $0 == 0x5C }
    }

    private var needsQuotes: Bool {
        let blank = UInt8(ascii: " ")
        return bytes.isEmpty || bytes.first == blank || bytes.last == blank
            || bytes.first == UInt8(ascii: "\"")
    }

    private func shown(ascii: Bool, limit: Int) -> (text: String, isComplete: Bool) {
        guard needsQuotes else {
            let shown = VisibleText(bytes, mode: .escape, ascii: ascii, limit: limit)
            return (shown.text, shown.isComplete)
        }
        guard limit >= 2 else { return ("", false) }
        let inside = VisibleText(bytes, mode: .quote, ascii: ascii, limit: limit - 2)
        // The quote at the end says that nothing is missing.
        return ("\"\(inside.text)" + (inside.isComplete ? "\"" : ""), inside.isComplete)
    }
}
