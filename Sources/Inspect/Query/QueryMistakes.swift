internal import WalrusFormat

// Words that would be text by the grammar, and that nobody means as text: a search for them would find
// nothing and say nothing. Quotes say that text is meant.
extension QueryParser {
    /// Signs of comparison, this language's and others', the longest first.
    private static let signs = [
        "===", "==", "=>", "=<", "=~", "!=", "!~", "<=", "<>", ">=", "=", "<", ">",
    ]

    /// What is wrong with the words at `place`; nil: they are text.
    ///
    /// - Parameter isFirst: no other word stands before them: else `retry count = 5` may be text.
    func mistake(at place: Int, isFirst: Bool) -> QueryError? {
        if isFirst, stands("\"", at: place), quoteEnd(place) == nil {
            return error(
                "expected \" at the end of the text; to find a quotation mark, write \"\\\"\"",
                at: characters.count)
        }
        var end = place
        while end < characters.count, Self.isWordPart(characters[end]) { end += 1 }
        let name = string(place..<end)
        guard let first = name.unicodeScalars.first, first.properties.isAlphabetic else {
            return nil
        }
        let field = Self.fields.first { $0 == name.lowercased() }
        if field != nil, stands(":", at: end), end + 1 < characters.count,
            ("0"..."9").contains(characters[end + 1])
        {
            return error("expected == != < <= > >=; \(hint(place))", at: end)
        }
        var at = end
        while at < characters.count, Self.isBlank(characters[at]) { at += 1 }
        guard let sign = Self.signs.first(where: { stands($0, at: at) }) else { return nil }
        if let field {
            return name == field
                ? error("expected == != < <= > >=; \(hint(place))", at: at)
                : error("expected \(field) in lower case; \(hint(place))", at: place)
        }
        guard isFirst, at > end || isComparison(sign, at: at) else { return nil }
        let short = name.count > 1 ? Self.fields.first { $0.hasPrefix(name.lowercased()) } : nil
        let near = short ?? Nearest.word(to: name, among: Self.fields.filter { $0.count > 3 })
        return error(
            (near.map { "no field \(name): did you mean \($0)? " } ?? "no field \(name): ")
                + ".\(name) is one of a JSON payload; \(hint(place))", at: place)
    }

    /// `and` and `or` as other languages write them, between words.
    func shout(at place: Int) -> QueryError? {
        let found = ["AND", "OR"].first { stands($0, at: place) && isEnd(place + $0.count) }
        guard let word = found else { return nil }
        var next = place + word.count
        while next < characters.count, Self.isBlank(characters[next]) { next += 1 }
        guard next < characters.count, characters[next] != ")" else { return nil }
        return error(
            "expected \(word.lowercased()) in lower case; to find the text, put all of it in quotes",
            at: place)
    }

    private static func isWordPart(_ character: Unicode.Scalar) -> Bool {
        character.properties.isAlphabetic || ("0"..."9").contains(character)
            || character == "_" || character == "."
    }

    /// Whether a sign that follows its word without a blank compares: `a=b` and `<p>` are text, and so
    /// is the end of base 64.
    private func isComparison(_ sign: String, at place: Int) -> Bool {
        ["==", "!=", "<=", ">="].contains(sign) && !isEnd(place + sign.count)
    }

    /// How to search for the words themselves.
    private func hint(_ place: Int) -> String {
        var end = wordEnd(place)
        while true {
            var next = end
            while next < characters.count, Self.isBlank(characters[next]) { next += 1 }
            guard next < characters.count, characters[next] != ")", !isOperator(at: next) else {
                break
            }
            end = wordEnd(next)
        }
        let text = string(place..<end)
        guard text.utf8.count <= 60 else { return "to find the text, put it in quotes" }
        return "to find the text, write \(Query.Term.quoted(Array(text.utf8)))"
    }
}
