internal import CChecksum

/// FNV-1a, 64 bits: the payload checksum of the format. Computed by what this processor has for it,
/// with the same result everywhere.
///
/// Source: `docs/format.md`, section 3; reference `checksum64`.
public struct FNV1a: Sendable {
    /// The checksum of what was added so far.
    public private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    public init() {}

    /// What this processor computes long ones by, for people: "AVX-512, one stream", "plain loop".
    public static var kernel: String { unsafe String(cString: wchecksum_name(wchecksum_chosen())) }

    public mutating func add(_ bytes: UnsafeRawBufferPointer) {
        value = unsafe wchecksum_fnv1a(value, bytes.baseAddress, bytes.count)
    }

    /// The checksum of one payload. Allocates nothing.
    public static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var state = FNV1a()
        unsafe state.add(bytes)
        return state.value
    }

    public static func hash(_ bytes: [UInt8]) -> UInt64 {
        unsafe bytes.withUnsafeBytes { unsafe hash($0) }
    }
}
