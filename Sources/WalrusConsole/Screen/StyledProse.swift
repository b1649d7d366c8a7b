extension [StyledText] {
    /// The pieces in lines of at most `width` columns, broken between words; a word that is longer is
    /// left to be cut.
    ///
    /// - Parameter indent: blanks before every line but the first.
    func lines(width: Int, indent: Int = 0) -> [[StyledText]] {
        var lines: [[StyledText]] = []
        var line: [StyledText] = []
        var used = 0
        for word in words {
            let columns = word.columns
            let text = word.drop { $0.text.allSatisfy { $0 == " " } }
            if used > 0, used + columns > width, !text.isEmpty {
                lines.append(line)
                line = indent > 0 ? [StyledText(String(repeating: " ", count: indent))] : []
                used = indent + Array(text).columns
                line += text
            } else {
                line += word
                used += columns
            }
        }
        return line.isEmpty ? lines : lines + [line]
    }

    /// Each with the blanks before it, and the pieces of other styles that it is made of.
    private var words: [[StyledText]] {
        var words: [[StyledText]] = []
        var isOpen = false
        for piece in self {
            var rest = piece.text[...]
            while !rest.isEmpty {
                let blanks = rest.prefix { $0 == " " }
                let letters = rest.dropFirst(blanks.count).prefix { $0 != " " }
                rest = rest.dropFirst(blanks.count + letters.count)
                var parts: [StyledText] = []
                if !blanks.isEmpty { parts.append(StyledText(String(blanks), piece.style)) }
                if !letters.isEmpty { parts.append(StyledText(String(letters), piece.style)) }
                if isOpen, blanks.isEmpty {
                    words[words.count - 1] += parts
                } else {
                    words.append(parts)
                }
                isOpen = !letters.isEmpty
            }
        }
        return words
    }
}
