internal import Inspect
internal import WalrusFormat

// Places have one notation on all screens: "2:13+0x41A" is a byte of a block, "2:13" the block: the
// number of the file in the list, the slot in it, and the byte of the block.
extension ConsoleModel {
    func place(_ file: DataFileName, _ slot: Int, _ offset: Int) -> String {
        let number = self.file(file.text).map { "\($0.index + 1)" } ?? file.text
        return "\(number):\(slot)+\(EntriesView.hex(offset))"
    }

    /// Prose of this program in which "1763640000003:13+1050" becomes "2:13+0x41A": commands take the
    /// long form, which names the file also when others have come and gone.
    func shortened(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var shown: [UInt8] = []
        var at = 0
        while at < bytes.count {
            if at == 0 || !Self.isWord(bytes[at - 1]), let (end, place) = place(in: bytes, at) {
                shown += Array(place.utf8)
                at = end
            } else {
                shown.append(bytes[at])
                at += 1
            }
        }
        return String(decoding: shown, as: UTF8.self)
    }

    /// The place that begins there, and where it ends.
    private func place(in bytes: [UInt8], _ start: Int) -> (end: Int, text: String)? {
        func digits(_ from: Int) -> Int {
            from + bytes[min(from, bytes.count)...].prefix { (0x30...0x39).contains($0) }.count
        }
        func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        func has(_ character: Character, _ at: Int) -> Bool {
            bytes.indices.contains(at) && bytes[at] == character.asciiValue
        }
        let nameEnd = digits(start)
        guard nameEnd - start >= 13, has(":", nameEnd), let file = file(text(start..<nameEnd))
        else { return nil }
        let slotEnd = digits(nameEnd + 1)
        guard slotEnd > nameEnd + 1 else { return nil }
        let block = "\(file.index + 1):\(text(nameEnd + 1..<slotEnd))"
        guard has("+", slotEnd) else { return (slotEnd, block) }
        // In hexadecimal it stays as it is.
        let end = digits(slotEnd + 1)
        guard end > slotEnd + 1, !has("x", end), let offset = Int(text(slotEnd + 1..<end)) else {
            return (slotEnd, block)
        }
        return (end, "\(block)+\(EntriesView.hex(offset))")
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte & 0xdf) || byte == 0x5f
    }
}
