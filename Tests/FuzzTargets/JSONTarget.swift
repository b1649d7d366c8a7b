import WalrusJSON

/// A JSON document from whoever made it: its tokens, the value that it is, and that value written
/// and read again.
enum JSONTarget {
    static func run(_ bytes: [UInt8]) throws {
        let tokens = try tokens(of: bytes)
        let value: JSON
        do throws(JSONError) { value = try JSON(reading: bytes) } catch {
            try expect((0...bytes.count).contains(error.offset), "an error has a place")
            try expect(
                tokens == nil || error.problem != .invalid, "what has all its tokens is JSON")
            return
        }
        guard let tokens else {
            throw FuzzFailure(description: "a value was read of what has no tokens")
        }
        try expectEqual(count(value), tokens, "values in the document")
        // Of a number with a fraction the thousandths are written: once that is done nothing
        // changes.
        let text = value.text
        try expect(
            text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }, "no control byte is written")
        let again: JSON
        do throws(JSONError) { again = try JSON(reading: text.utf8, limit: .max - 1) } catch {
            throw FuzzFailure(description: "what is written is read: \(error)")
        }
        try expectEqual(again.text, text, "what is written and read is the same")
    }

    /// How many values the tokens tell of; nil where they do not come to the end.
    private static func tokens(of bytes: [UInt8]) throws -> Int? {
        var tokens = JSONTokens()
        let document = unsafe bytes.span.bytes
        var (values, end, isKnown) = (0, 0, false)
        while true {
            let token: JSONToken?
            do throws(JSONError) { token = try tokens.next(in: document) } catch { return nil }
            guard let token else { break }
            try expect(
                token.range.lowerBound >= end && token.range.upperBound <= tokens.offset
                    && tokens.offset <= bytes.count, "tokens follow one another")
            try expect(
                (0...JSONTokens.depthMax).contains(tokens.depth), "the depth is bounded")
            end = token.range.upperBound
            switch token.kind {
            case .key, .string:
                let text = JSONString(token, in: document)
                try expect(
                    text.bytes.count <= token.range.count, "a text is no longer than its escapes")
                try expect(token.isText(text.bytes, in: document), "a text is itself")
                if token.kind == .string { values += 1 }
            case .beginObject, .beginArray, .number, .yes, .no, .null: values += 1
            case .endObject, .endArray: break
            }
            isKnown = true
        }
        try expect(isKnown && tokens.depth == 0, "a document ends when all of it is closed")
        return values
    }

    private static func count(_ value: JSON) -> Int {
        value.items.reduce(1) { $0 + count($1) } + value.members.reduce(0) { $0 + count($1.1) }
    }
}
