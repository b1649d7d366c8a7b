import WalrusFormat

/// Puts lengths and checksums right, so that what stands behind them is reached: no search by
/// chance finds a CRC. What else is wrong stays wrong.
enum Repair {
    private static func sum(_ bytes: [UInt8], _ range: Range<Int>, into place: Int) -> [UInt8] {
        var bytes = bytes
        bytes.put(UInt64(CRC32C.hash(Array(bytes[range]))), at: place, 4)
        return bytes
    }

    /// The first 256 bytes, with the stamp's magic and CRC.
    static func header(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count >= Layout.headerSize else { return bytes }
        var header = Array(bytes[..<Layout.headerSize])
        header.put(0x3158_5357, at: 216, 4)
        return sum(header, 0..<252, into: 252)
    }

    static func journal(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count >= CursorJournal.headerSize else { return bytes }
        var bytes = bytes
        bytes.put(0x324a_5357, at: 0, 8)
        bytes = sum(bytes, 0..<52, into: 52)
        var at = CursorJournal.headerSize
        while let length = bytes.number(at: at + 4, 2), length <= Layout.topicLengthMax {
            let next = at + 48 + (length + 7) & ~7
            guard next <= bytes.count else { break }
            bytes = sum(bytes, at + 4..<next, into: at)
            at = next
        }
        return bytes
    }

    static func snapshot(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count >= 20 else { return bytes }
        var bytes = bytes
        bytes.put(0x3153_5357, at: 0, 8)
        bytes.put(UInt64(bytes.count), at: 8, 8)
        return sum(bytes, 0..<bytes.count - 4, into: bytes.count - 4)
    }

    static func intents(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count >= 12 else { return bytes }
        var bytes = bytes
        bytes.put(0x3149_5357, at: 0, 4)
        return sum(bytes, 8..<bytes.count, into: 4)
    }

    static func metrics(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        bytes += [UInt8](repeating: 0, count: max(0, MetricsImage.size - bytes.count))
        bytes.removeLast(bytes.count - MetricsImage.size)
        bytes.put(0x314d_5357, at: 0, 4)
        bytes.put(UInt64(MetricsImage.size), at: 4, 4)
        return sum(bytes, 0..<MetricsImage.size - 4, into: MetricsImage.size - 4)
    }
}
