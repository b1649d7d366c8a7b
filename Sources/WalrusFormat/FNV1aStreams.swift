internal import CChecksum

/// FNV-1a over many payloads at once: several times as fast as one after another, because one
/// stream is bound by the latency of its multiplications.
@safe public struct FNV1aStreams: ~Copyable {
    private var pieces = unsafe [wchecksum_piece]()
    private var sums: [UInt64] = []

    public init() {}

    public var count: Int { unsafe pieces.count }

    /// Adds a payload, which must stay where it is until `hashAll` has returned.
    public mutating func append(_ payload: UnsafeRawBufferPointer) {
        unsafe pieces.append(wchecksum_piece(bytes: payload.baseAddress, count: payload.count))
    }

    /// Hashes every payload added since the last call; `body` gets the checksums in that order.
    public mutating func hashAll<R, E: Error>(_ body: ([UInt64]) throws(E) -> R) throws(E) -> R {
        sums.removeAll(keepingCapacity: true)
        unsafe sums.append(contentsOf: repeatElement(0, count: pieces.count))
        unsafe sums.withUnsafeMutableBufferPointer { sums in
            unsafe wchecksum_fnv1a_many(pieces, pieces.count, sums.baseAddress)
        }
        unsafe pieces.removeAll(keepingCapacity: true)
        return try body(sums)
    }
}
