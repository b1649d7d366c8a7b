// Unaligned little-endian access. Everything that decodes goes through these few functions, which
// check their bounds, so that no input can make a decoder read beside its bytes.

extension RawSpan {
    /// The unsigned integer at `offset`, little endian. Traps when it is not inside the span.
    @inline(__always)
    func littleEndian<T: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        _ type: T.Type, at offset: Int
    ) -> T {
        unsafe T(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: type))
    }

    @inline(__always)
    func byte(at offset: Int) -> UInt8 {
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    func array(_ range: Range<Int>) -> [UInt8] {
        unsafe extracting(range).withUnsafeBytes { unsafe Array($0) }
    }

    /// The first offset in `range` whose byte is not zero.
    @inline(__always)
    func firstNonZero(in range: Range<Int>) -> Int? {
        var at = range.lowerBound
        while at + 8 <= range.upperBound, littleEndian(UInt64.self, at: at) == 0 { at += 8 }
        while at < range.upperBound {
            if byte(at: at) != 0 { return at }
            at += 1
        }
        return nil
    }
}

extension [UInt8] {
    mutating func appendLittleEndian<T: FixedWidthInteger>(_ value: T) {
        var rest = value
        for _ in 0..<T.bitWidth / 8 {
            append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Stores `value` little endian. Traps when it does not fit at `offset`.
    @inline(__always)
    func storeLittleEndian<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at offset: Int) {
        precondition(offset >= 0 && offset + T.bitWidth / 8 <= count)
        unsafe storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self)
    }
}

func roundUp8(_ count: Int) -> Int { (count + 7) & ~7 }
