/// FNV-1a, 64 bits: the payload checksum of the format.
///
/// Source: `docs/format.md`, section 3; reference `checksum64`.
public struct FNV1a: Sendable {
    static let offsetBasis: UInt64 = 0xcbf2_9ce4_8422_2325
    static let prime: UInt64 = 0x100_0000_01b3

    /// The checksum of what was added so far.
    public private(set) var value = FNV1a.offsetBasis

    public init() {}

    public mutating func add(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        unsafe value = Self.add(base, bytes.count, to: value)
    }

    public static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var state = FNV1a()
        unsafe state.add(bytes)
        return state.value
    }

    public static func hash(_ bytes: [UInt8]) -> UInt64 {
        unsafe bytes.withUnsafeBytes { unsafe hash($0) }
    }

    @inline(__always)
    static func add(_ base: UnsafeRawPointer, _ count: Int, to state: UInt64) -> UInt64 {
        var state = state
        var at = 0
        while at < count {
            unsafe state = (state ^ UInt64(base.load(fromByteOffset: at, as: UInt8.self))) &* prime
            at &+= 1
        }
        return state
    }
}
