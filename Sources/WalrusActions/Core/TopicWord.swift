public import WalrusFormat

extension TopicName {
    /// The name as one can read and type it, or its bytes in hexadecimal where one cannot.
    public var word: String { isTypable ? text : hex }

    /// The words that name the topic in a command.
    public var arguments: [String] {
        isTypable && bytes.first != UInt8(ascii: "-") ? [text] : [hex, "--topic-hex"]
    }

    /// Text that looks different when it is different: UTF-8 without anything invisible.
    private var isTypable: Bool {
        guard !bytes.isEmpty, let text = String(validating: bytes, as: UTF8.self) else {
            return false
        }
        return text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned,
                .privateUse:
                false
            default: true
            }
        }
    }
}

/// "1 entry", "2 entries".
package func counted(_ count: Int, _ one: String, _ many: String) -> String {
    "\(count) \(count == 1 ? one : many)"
}
