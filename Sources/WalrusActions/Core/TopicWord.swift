public import WalrusFormat

extension TopicName {
    /// The name as one can read and type it, or its bytes in hexadecimal where one cannot.
    public var word: String { isTypable ? text : "hex:\(hex)" }

    /// What is to be typed before something is done to the topic: its name, which is not typed by accident
    /// nor for another one that looks like it; else what is done.
    ///
    /// - Parameter deed: as the plan's lines have it: "consume 3 entries".
    func typed(_ deed: String) -> ActionPlan.Confirmation {
        let isPlain = isTypable && bytes.allSatisfy { (0x20..<0x7f).contains($0) }
        return .typed(isPlain && bytes.count >= 3 ? text : deed)
    }

    /// The words that name the topic in a command.
    public var arguments: [String] {
        isTypable && bytes.first != UInt8(ascii: "-") ? [text] : [hex, "--topic-hex"]
    }

    /// Text that looks different when it is different: UTF-8 without anything invisible.
    private var isTypable: Bool {
        guard !bytes.isEmpty, let text = String(validating: bytes, as: UTF8.self) else {
            return false
        }
        // Blanks at an end, or two in a row, are not seen.
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.allSatisfy({ !$0.isEmpty }) else { return false }
        return text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned,
                .privateUse:
                false
            case .spaceSeparator: scalar == " "
            default: !scalar.properties.isDefaultIgnorableCodePoint
            }
        }
    }
}

/// "1 entry", "2 entries".
package func counted(_ count: Int, _ one: String, _ many: String) -> String {
    "\(count) \(count == 1 ? one : many)"
}
