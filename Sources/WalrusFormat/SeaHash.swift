/// The hash by which the reference's index files place their keys (`docs/format.md`, section 5).
///
/// Corresponds to rkyv's `ArchivedHashMap` hashing a `str` with the seahash crate.
struct SeaHash {
    private var lanes: (UInt64, UInt64, UInt64, UInt64) = (
        0x0857_6fb6_170b_5f5f, 0x5877_75ee_b84a_7e46, 0xac70_1115_428e_e569, 0x910f_eb91_b92b_b1cd
    )
    private var word: UInt64 = 0
    private var count: UInt64 = 0

    /// The hash of `key`, after `seed` where there is one.
    static func hash(_ key: [UInt8], seed: UInt32? = nil) -> UInt64 {
        var state = SeaHash()
        if let seed {
            for shift in 0..<4 { state.add(UInt8(truncatingIfNeeded: seed >> (8 * shift))) }
        }
        for byte in key { state.add(byte) }
        state.add(0xff)
        return state.finish()
    }

    private mutating func add(_ byte: UInt8) {
        word |= UInt64(byte) << (8 * (count & 7))
        count += 1
        if count & 7 == 0 { mix(at: (count >> 3) - 1) }
    }

    private mutating func mix(at index: UInt64) {
        switch index & 3 {
        case 0: lanes.0 = Self.diffuse(lanes.0 ^ word)
        case 1: lanes.1 = Self.diffuse(lanes.1 ^ word)
        case 2: lanes.2 = Self.diffuse(lanes.2 ^ word)
        default: lanes.3 = Self.diffuse(lanes.3 ^ word)
        }
        word = 0
    }

    private consuming func finish() -> UInt64 {
        if count & 7 != 0 { mix(at: count >> 3) }
        return Self.diffuse(lanes.0 ^ lanes.1 ^ lanes.2 ^ lanes.3 ^ count)
    }

    private static func diffuse(_ value: UInt64) -> UInt64 {
        var x = value &* 0x6eed_0e9d_a4d9_4a4f
        x ^= (x >> 32) >> (x >> 60)
        return x &* 0x6eed_0e9d_a4d9_4a4f
    }
}
