/// Numbers of a recording as bytes: little-endian base 128, seven bits a byte.
struct RecordingWriter {
    private(set) var bytes: [UInt8] = []

    mutating func number(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func number(_ value: Int) { number(UInt64(bitPattern: Int64(value))) }

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    /// A length, and the bytes.
    mutating func string(_ value: [UInt8]) {
        number(value.count)
        bytes += value
    }
}

/// Reads what `RecordingWriter` wrote. Bytes may be anything: nothing traps, and nothing is allocated
/// that they are not long enough for.
struct RecordingReader {
    struct Malformed: Error {}

    private let bytes: ArraySlice<UInt8>
    private var at: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        at = bytes.startIndex
    }

    var isAtEnd: Bool { at == bytes.endIndex }

    mutating func byte() throws(Malformed) -> UInt8 {
        guard at < bytes.endIndex else { throw Malformed() }
        defer { at += 1 }
        return bytes[at]
    }

    mutating func number() throws(Malformed) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 64, by: 7) {
            let next = try byte()
            let part = UInt64(next & 0x7f)
            guard shift < 63 || part <= 1 else { throw Malformed() }
            value |= part << UInt64(shift)
            if next < 0x80 { return value }
        }
        throw Malformed()
    }

    /// A number that is `max` at most.
    mutating func count(max: Int) throws(Malformed) -> Int {
        let value = try number()
        guard value <= UInt64(max) else { throw Malformed() }
        return Int(value)
    }

    mutating func string(max: Int) throws(Malformed) -> [UInt8] {
        let length = try count(max: max)
        guard length <= bytes.endIndex - at else { throw Malformed() }
        defer { at += length }
        return Array(bytes[at..<at + length])
    }
}

/// Maps small numbers of either sign to small numbers.
enum ZigZag {
    static func encode(_ value: UInt64) -> UInt64 {
        let signed = Int64(bitPattern: value)
        return UInt64(bitPattern: (signed << 1) ^ (signed >> 63))
    }

    static func decode(_ value: UInt64) -> UInt64 { (value >> 1) ^ (0 &- (value & 1)) }
}
