/// A string as rkyv 0.7 archives it: 8 bytes, holding up to 7 bytes of text, or length and offset
/// of text that stands elsewhere (`docs/format.md`, section 3).
enum ArchivedString {
    static let size = 8
    static let inlineMax = 7

    enum Form { case inline, outOfLine }

    /// Where the text of the string at `position` stands, inside `bytes`.
    static func decode(_ bytes: RawSpan, at position: Int)
        throws(FormatError) -> (range: Range<Int>, form: Form)
    {
        let last = bytes.byte(at: position + 7)
        let field = position..<position + size
        guard last & 0x80 != 0 else {
            guard last <= UInt8(inlineMax) else {
                throw FormatError(
                    field: "string", range: field, problem: "has an inline length of \(last)")
            }
            let end = position + Int(last)
            if let at = bytes.firstNonZero(in: end..<position + 7) {
                throw FormatError(
                    field: "string padding", range: at..<at + 1, problem: "is not zero")
            }
            return (position..<end, .inline)
        }
        let length = Int(bytes.littleEndian(UInt32.self, at: position))
        let offset = Int(Int32(bitPattern: bytes.littleEndian(UInt32.self, at: position + 4)))
        let start = position + offset
        guard length > inlineMax, start >= 0, start + length <= position else {
            throw FormatError(
                field: "string", range: field,
                problem: "has length \(length) and offset \(offset), outside the bytes before it")
        }
        return (start..<start + length, .outOfLine)
    }

    /// Appends the string that will stand at `position`, with its text at `textPosition` when it
    /// does not fit inline.
    static func append(
        _ text: [UInt8], to bytes: inout [UInt8], at position: Int, textPosition: Int
    ) {
        if text.count <= inlineMax {
            bytes += text
            bytes += repeatElement(0, count: inlineMax - text.count)
            bytes.append(UInt8(text.count))
        } else {
            bytes.appendLittleEndian(UInt32(text.count))
            bytes.appendLittleEndian(Int32(textPosition - position))
        }
    }
}
