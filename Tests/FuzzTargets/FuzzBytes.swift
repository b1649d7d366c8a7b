/// Takes an input apart from front to back. Behind its end there are zeros, so that every input
/// means something and a byte more or less changes little.
struct FuzzBytes {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isEmpty: Bool { rest.isEmpty }

    mutating func byte() -> Int { Int(rest.popFirst() ?? 0) }

    /// A little-endian number of `count` bytes.
    mutating func number(_ count: Int) -> Int {
        var value = 0
        for place in 0..<count { value |= byte() << (8 * place) }
        return value
    }

    /// A number of 64 bits: small ones, those at the limit, and any.
    mutating func extreme() -> UInt64 {
        switch byte() {
        case let small where small < 250: UInt64(small)
        case 250: .max
        case 251: .max - 1
        case 252: 1 << 63
        default: UInt64(truncatingIfNeeded: number(8))
        }
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        let taken = Array(rest.prefix(count))
        rest = rest.dropFirst(count)
        return taken
    }

    mutating func all() -> [UInt8] { bytes(rest.count) }
}

extension [UInt8] {
    /// The unsigned number of `count` bytes, little endian, at `offset`; nil where it is not whole.
    func number(at offset: Int, _ count: Int) -> Int? {
        guard offset >= 0, offset + count <= self.count else { return nil }
        return self[offset..<offset + count].reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    mutating func put(_ value: UInt64, at offset: Int, _ count: Int) {
        guard offset >= 0, offset + count <= self.count else { return }
        for place in 0..<count {
            self[offset + place] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(place)))
        }
    }
}
