/// Why bytes are not taken for a JSON document.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Problem: Hashable, Sendable {
        /// RFC 8259 does not allow it.
        case invalid
        /// Lists and objects are nested deeper than the reader follows.
        case tooDeep
        /// There are more bytes than the reader takes.
        case tooLong
        /// A string that is no text: half of a surrogate pair, or bytes that are not UTF-8.
        case notText
        /// A number that no `Double` holds.
        case tooLarge
    }

    public let problem: Problem
    /// Bytes before the place where it shows.
    public let offset: Int

    init(_ problem: Problem, at offset: Int) {
        self.problem = problem
        self.offset = offset
    }

    public var description: String {
        let what =
            switch problem {
            case .invalid: "it is not JSON"
            case .tooDeep: "it is nested too deeply"
            case .tooLong: "it is too long"
            case .notText: "a string is no text"
            case .tooLarge: "a number is too large"
            }
        return "\(what), at byte \(offset + 1)"
    }
}
