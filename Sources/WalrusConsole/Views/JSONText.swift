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
        var parser = Parser(bytes: bytes, folding: folding ?? .max)
        parser.skipSpace()
        guard parser.value(depth: 0) else { return nil }
        parser.skipSpace()
        return parser.at == bytes.count
            ? Pretty(bytes: parser.output, depth: parser.deepest) : nil
    }

    private struct Parser {
        let bytes: [UInt8]
        let folding: Int
        var at = 0
        var output: [UInt8] = []
        var deepest = 0

        init(bytes: [UInt8], folding: Int) {
            self.bytes = bytes
            self.folding = folding
        }

        var next: UInt8? { at < bytes.count ? bytes[at] : nil }

        mutating func skipSpace() {
            while let byte = next, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { at += 1 }
        }

        mutating func take() {
            output.append(bytes[at])
            at += 1
        }

        mutating func newline(_ depth: Int) {
            output.append(UInt8(ascii: "\n"))
            output += repeatElement(UInt8(ascii: " "), count: 2 * depth)
        }

        mutating func value(depth: Int) -> Bool {
            guard depth < depthMax, let byte = next else { return false }
            switch byte {
            case UInt8(ascii: "{"): return list(depth, close: UInt8(ascii: "}"), hasKeys: true)
            case UInt8(ascii: "["): return list(depth, close: UInt8(ascii: "]"), hasKeys: false)
            case UInt8(ascii: "\""): return string()
            default: return word()
            }
        }

        private mutating func list(_ depth: Int, close: UInt8, hasKeys: Bool) -> Bool {
            let start = output.count
            take()
            skipSpace()
            if next == close {
                take()
                return true
            }
            deepest = max(deepest, depth)
            var count = 1
            while true {
                newline(depth + 1)
                if hasKeys {
                    guard next == UInt8(ascii: "\""), string() else { return false }
                    skipSpace()
                    guard next == UInt8(ascii: ":") else { return false }
                    take()
                    output.append(UInt8(ascii: " "))
                    skipSpace()
                }
                guard value(depth: depth + 1) else { return false }
                skipSpace()
                if next == UInt8(ascii: ",") {
                    take()
                    skipSpace()
                    count += 1
                    continue
                }
                guard next == close else { return false }
                newline(depth)
                take()
                if depth >= folding { fold(start, count, hasKeys: hasKeys) }
                return true
            }
        }

        /// Puts the size of a list or an object in its place.
        private mutating func fold(_ start: Int, _ count: Int, hasKeys: Bool) {
            output.removeLast(output.count - start)
            let what = plural(count, hasKeys ? "field" : "item")
            output += (hasKeys ? "{ \(what) }" : "[ \(what) ]").utf8
        }

        private mutating func string() -> Bool {
            take()
            while let byte = next {
                take()
                if byte == UInt8(ascii: "\"") { return true }
                if byte == UInt8(ascii: "\\") {
                    guard next != nil else { return false }
                    take()
                }
            }
            return false
        }

        /// A number, true, false or null.
        private mutating func word() -> Bool {
            let start = at
            while let byte = next,
                byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".")
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte & 0xdf)
            {
                take()
            }
            let text = String(decoding: bytes[start..<at], as: UTF8.self)
            return ["true", "false", "null"].contains(text)
                || (Double(text) != nil && text.first.map { $0 == "-" || $0.isNumber } == true)
        }
    }
}
