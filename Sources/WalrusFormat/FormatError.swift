/// Bytes that do not say what the format demands: which field, where it stands, what is wrong.
public struct FormatError: Error, Hashable, Sendable {
    /// The field in the words of `docs/format.md`, such as "read_size".
    public let field: String
    /// Where the field stands, in bytes from the start of what was decoded.
    public let range: Range<Int>
    /// What is wrong, as the end of the sentence "the field ...".
    public let problem: String

    public init(field: String, range: Range<Int>, problem: String) {
        self.field = field
        self.range = range
        self.problem = problem
    }
}

extension FormatError: CustomStringConvertible {
    public var description: String {
        "\(field) (bytes \(range.lowerBound)..<\(range.upperBound)) \(problem)"
    }
}
