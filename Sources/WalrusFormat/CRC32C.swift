internal import CChecksum

/// CRC-32C (Castagnoli): the checksum of our header extension and of the cursor journal.
public enum CRC32C {
    private static let hasInstruction = wchecksum_has_crc32c()

    public static func hash(_ bytes: UnsafeRawBufferPointer, continuing crc: UInt32 = 0) -> UInt32 {
        hasInstruction
            ? unsafe wchecksum_crc32c(crc, bytes.baseAddress, bytes.count)
            : unsafe portable(bytes, continuing: crc)
    }

    public static func hash(_ bytes: [UInt8]) -> UInt32 {
        unsafe bytes.withUnsafeBytes { unsafe hash($0) }
    }

    static func hash(_ bytes: RawSpan, _ range: Range<Int>) -> UInt32 {
        unsafe bytes.extracting(range).withUnsafeBytes { unsafe hash($0) }
    }

    /// One table look-up a byte: for processors without the instruction, and as its oracle.
    static func portable(_ bytes: UnsafeRawBufferPointer, continuing crc: UInt32 = 0) -> UInt32 {
        var state = ~crc
        for at in 0..<bytes.count {
            let byte = unsafe bytes[at]
            state = table[Int(UInt8(truncatingIfNeeded: state) ^ byte)] ^ (state >> 8)
        }
        return ~state
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { state, _ in
            state & 1 == 1 ? 0x82f6_3b78 ^ (state >> 1) : state >> 1
        }
    }
}
