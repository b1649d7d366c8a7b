/// Where an entry stands. Identifies it for good, whoever wrote it: the reference gives entries no
/// number, and nothing that was acknowledged ever moves.
public struct EntryPlace: Hashable, Sendable {
    public let file: DataFileName
    /// The first slot of the entry's block in the file, in units.
    public let slot: Int
    /// Bytes from the block's start to the entry's header.
    public let offset: Int

    public init(file: DataFileName, slot: Int, offset: Int) {
        self.file = file
        self.slot = slot
        self.offset = offset
    }

    /// Reads "FILE:BLOCK+OFFSET", as places are written everywhere; the offset in decimal or as 0x1F.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let file = DataFileName(String(parts[0])) else { return nil }
        let numbers = parts[1].split(separator: "+", omittingEmptySubsequences: false)
        guard numbers.count == 2, let slot = Self.number(numbers[0]),
            let offset = Self.number(numbers[1]), slot < Layout.unitsPerFile
        else { return nil }
        self.init(file: file, slot: slot, offset: offset)
    }

    private static func number(_ text: some StringProtocol) -> Int? {
        let isHex = text.hasPrefix("0x") || text.hasPrefix("0X")
        let digits = isHex ? text.dropFirst(2) : text[...]
        // No sign, which `Int` would take.
        guard digits.utf8.first.map({ $0 >= UInt8(ascii: "0") }) ?? false else { return nil }
        return Int(digits, radix: isHex ? 16 : 10)
    }

    public var text: String { "\(file.text):\(slot)+\(offset)" }
}

extension EntryPlace: Comparable {
    /// In a topic's order.
    public static func < (a: EntryPlace, b: EntryPlace) -> Bool {
        (a.file, a.slot, a.offset) < (b.file, b.slot, b.offset)
    }
}

extension EntryPlace: CustomStringConvertible {
    public var description: String { text }
}

extension CursorPosition {
    /// Nil: the start of the topic, wherever that is.
    public var place: EntryPlace? {
        file.map { EntryPlace(file: $0, slot: slot, offset: offset) }
    }
}
