public import WalrusJSON

/// The way to a value in a JSON document: `.a.b[0]["odd key"]`.
public struct JSONPath: Hashable, Sendable {
    public enum Step: Hashable, Sendable {
        case key([UInt8])
        case index(Int)
    }

    public let steps: [Step]

    public init(_ steps: [Step]) { self.steps = steps }
}

/// A value that a query compares with, or that stands at the end of a path.
public enum JSONScalar: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string([UInt8])
}

/// What stands at a path in a document.
enum JSONLookup: Hashable {
    case scalar(JSONScalar)
    /// An object or an array.
    case container
    case missing
    /// The bytes are no JSON document.
    case invalid
    /// Nested too deeply to be looked into.
    case tooDeep
}

extension JSONLookup {
    /// Finds the value at a path in one pass over a document, without building anything but that
    /// value.
    ///
    /// The whole document is read, so that what is cut off does not pass for JSON, and of a key that
    /// stands twice the last one counts, as in JavaScript and jq.
    init(_ path: JSONPath, in document: RawSpan) {
        var search = Search(path: path.steps)
        do throws(JSONError) {
            var tokens = JSONTokens()
            while let token = try tokens.next(in: document) {
                search.take(token, depth: tokens.depth, document)
            }
            self = search.found
        } catch { self = error.problem == .tooDeep ? .tooDeep : .invalid }
    }

    private struct Search {
        let path: [JSONPath.Step]
        var found: JSONLookup = .missing
        /// The lists that are open and on the path, from the outermost one: how many items of an
        /// array have begun, and nil for an object.
        private var counts: [Int?] = []
        /// Whether the value that comes next is the one that the path goes on with.
        private var isOnPath = true

        init(path: [JSONPath.Step]) { self.path = path }

        /// - Parameter depth: the lists that are open after `token`.
        mutating func take(_ token: JSONToken, depth: Int, _ document: RawSpan) {
            switch token.kind {
            case .key:
                guard depth == counts.count else { return }
                isOnPath = false
                if case .key(let key) = path[depth - 1], token.isText(key, in: document) {
                    isOnPath = true
                    // An earlier one of the same name is overruled.
                    found = .missing
                }
            case .endObject, .endArray: if depth < counts.count { counts.removeLast() }
            case .beginObject, .beginArray:
                guard isNext(in: depth - 1) else { return }
                if counts.count == path.count {
                    found = .container
                } else {
                    counts.append(token.kind == .beginArray ? 0 : nil)
                }
            default:
                guard isNext(in: depth), counts.count == path.count else { return }
                found = .scalar(JSONScalar(token, in: document))
            }
        }

        /// Whether a value that begins in so many lists is on the path.
        private mutating func isNext(in depth: Int) -> Bool {
            guard depth == counts.count else { return false }
            if depth > 0, let number = counts[depth - 1] {
                counts[depth - 1] = number + 1
                return path[depth - 1] == .index(number)
            }
            defer { isOnPath = false }
            return isOnPath
        }
    }
}

extension JSONScalar {
    fileprivate init(_ token: JSONToken, in document: RawSpan) {
        switch token.kind {
        case .yes: self = .bool(true)
        case .no: self = .bool(false)
        case .string: self = .string(JSONString(token, in: document).bytes)
        case .number:
            self = JSONNumber(document.array(token.range)).map(JSONScalar.number) ?? .null
        default: self = .null
        }
    }
}
