internal import WalrusJSON

/// JSON laid out for reading, without changing a character of its values.
enum JSONText {
    /// Nested deeper than this, it is not worth laying out.
    private static let depthMax = 200

    struct Pretty {
        let bytes: [UInt8]
        /// How deep lists and objects are nested: 0 for a document that is neither or one of them.
        let depth: Int
    }

    /// The bytes with line ends and indentation put in; nil when they are not JSON.
    ///
    /// - Parameter folding: lists and objects nested so deep, or deeper, are told by their size.
    static func pretty(_ bytes: [UInt8], folding: Int? = nil) -> Pretty? {
        var layout = Layout(folding: folding ?? .max)
        do throws(JSONError) {
            var tokens = JSONTokens(depth: depthMax)
            let document = unsafe bytes.span.bytes
            while let token = try tokens.next(in: document) { layout.add(token, of: bytes) }
        } catch { return nil }
        return Pretty(bytes: layout.output, depth: layout.deepest)
    }

    private struct Layout {
        let folding: Int
        var output: [UInt8] = []
        var deepest = 0
        /// The lists that are open: where each begins in the output, and what is in it so far.
        private var open: [(start: Int, count: Int)] = []
        private var isAfterKey = false

        init(folding: Int) { self.folding = folding }

        mutating func add(_ token: JSONToken, of bytes: [UInt8]) {
            switch token.kind {
            case .endObject, .endArray: return close(token, bytes)
            default: break
            }
            if isAfterKey { isAfterKey = false } else { beginItem() }
            let isString = token.kind == .key || token.kind == .string
            let range = token.range
            output += isString ? bytes[range.lowerBound - 1...range.upperBound] : bytes[range]
            switch token.kind {
            case .beginObject, .beginArray: open.append((output.count - 1, 0))
            case .key:
                output += ": ".utf8
                isAfterKey = true
            default: break
            }
        }

        private mutating func beginItem() {
            guard let last = open.indices.last else { return }
            if open[last].count > 0 { output.append(UInt8(ascii: ",")) }
            open[last].count += 1
            newline()
        }

        private mutating func newline() {
            output.append(UInt8(ascii: "\n"))
            output += repeatElement(UInt8(ascii: " "), count: 2 * open.count)
        }

        private mutating func close(_ token: JSONToken, _ bytes: [UInt8]) {
            guard let (start, count) = open.popLast() else { return }
            guard count > 0 else {
                output += bytes[token.range]
                return
            }
            let depth = open.count
            deepest = max(deepest, depth)
            guard depth >= folding else {
                newline()
                output += bytes[token.range]
                return
            }
            // The size of a list or an object in its place.
            output.removeLast(output.count - start)
            let isObject = token.kind == .endObject
            let what = plural(count, isObject ? "field" : "item")
            output += (isObject ? "{ \(what) }" : "[ \(what) ]").utf8
        }
    }
}
