extension JSON {
    /// Bytes of a document that is read as a whole, at most: a value takes some forty bytes, and the
    /// shortest one stands in two.
    public static let sizeMax = 1 << 20
    /// Lists in one another, at most.
    public static let depthMax = 64

    /// The value that `document` is.
    ///
    /// - Parameter limit: bytes that are taken, at most.
    public init(
        reading document: some Sequence<UInt8>, limit: Int = sizeMax
    ) throws(JSONError) {
        // One more than is allowed, whatever comes.
        let bytes = Array(document.prefix(limit + 1))
        guard bytes.count <= limit else { throw JSONError(.tooLong, at: limit) }
        self = try unsafe Self.read(bytes.span.bytes)
    }

    /// An open list, or an object with the name of the member that comes next.
    private struct List {
        var items: [JSON] = []
        var members: [(String, JSON)] = []
        var key = ""
        let isObject: Bool

        mutating func add(_ value: JSON) {
            if isObject { members.append((key, value)) } else { items.append(value) }
        }

        var value: JSON { isObject ? .object(members) : .array(items) }
    }

    private static func read(_ document: RawSpan) throws(JSONError) -> JSON {
        var tokens = JSONTokens(depth: depthMax)
        var open: [List] = []
        var result = JSON.null
        while let token = try tokens.next(in: document) {
            let value: JSON
            switch token.kind {
            case .beginObject, .beginArray:
                open.append(List(isObject: token.kind == .beginObject))
                continue
            case .key:
                open[open.count - 1].key = try text(token, document)
                continue
            case .endObject, .endArray: value = open.removeLast().value
            case .string: value = .string(try text(token, document))
            case .number: value = try number(token, document)
            case .yes: value = .bool(true)
            case .no: value = .bool(false)
            case .null: value = .null
            }
            if open.isEmpty { result = value } else { open[open.count - 1].add(value) }
        }
        return result
    }

    private static func text(_ token: JSONToken, _ document: RawSpan) throws(JSONError) -> String {
        let string = JSONString(token, in: document)
        guard string.halfPair == nil, let text = String(validating: string.bytes, as: UTF8.self)
        else { throw JSONError(.notText, at: string.halfPair ?? token.range.lowerBound) }
        return text
    }

    private static func number(_ token: JSONToken, _ document: RawSpan) throws(JSONError) -> JSON {
        let digits = String(decoding: document.array(token.range), as: UTF8.self)
        if let whole = Int(digits) { return .int(whole) }
        guard let value = Double(digits), value.isFinite else {
            throw JSONError(.tooLarge, at: token.range.lowerBound)
        }
        return .double(value)
    }
}
