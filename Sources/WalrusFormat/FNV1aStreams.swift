/// FNV-1a over many payloads at once.
///
/// One stream is bound by the latency of its multiplication, byte after byte; six streams side by
/// side keep the multiplier busy. A stream that ends is replaced by the next payload at once.
public struct FNV1aStreams: ~Copyable {
    /// A payload to be hashed: where it stands and how long it is.
    @safe struct Item {
        let base: UnsafeRawPointer
        let count: Int
    }

    /// One of the six streams: which item it works on and what is left of it.
    @safe private struct Lane {
        var item = -1
        var base: UnsafeRawPointer
        var left = Int.max
    }

    private var items: [Item] = []
    private var results: [UInt64] = []

    public init() {}

    public var count: Int { items.count }

    /// Adds a payload, which must stay where it is until `hashAll` has returned.
    public mutating func append(_ payload: UnsafeRawBufferPointer) {
        // An empty payload has no address; its checksum is the offset basis whatever it points at.
        unsafe items.append(Item(base: payload.baseAddress ?? Self.nothing, count: payload.count))
    }

    /// Hashes every payload added since the last call; `body` gets the checksums in that order.
    public mutating func hashAll<R, E: Error>(_ body: ([UInt64]) throws(E) -> R) throws(E) -> R {
        Self.hash(items, into: &results)
        items.removeAll(keepingCapacity: true)
        return try body(results)
    }

    nonisolated(unsafe) private static let nothing = unsafe UnsafeRawPointer(bitPattern: 16)!

    private static func hash(_ items: [Item], into results: inout [UInt64]) {
        results.removeAll(keepingCapacity: true)
        results.append(
            contentsOf: repeatElement(FNV1a.offsetBasis, count: items.count))
        var next = 0
        while next < items.count, items[next].count == 0 { next += 1 }
        guard next < items.count else { return }

        // Idle lanes hash the first payload again and again, as far as the shortest lane goes.
        unsafe withUnsafeTemporaryAllocation(of: Lane.self, capacity: 6) { lanes in
            for lane in 0..<6 { unsafe lanes[lane] = Lane(base: items[next].base) }
            func refill(_ lane: Int) -> Bool {
                while next < items.count, items[next].count == 0 { next += 1 }
                guard next < items.count else { return false }
                unsafe lanes[lane] = Lane(
                    item: next, base: items[next].base, left: items[next].count)
                next += 1
                return true
            }
            var s0 = FNV1a.offsetBasis
            var (s1, s2, s3, s4, s5) = (s0, s0, s0, s0, s0)
            var busy = 0
            for lane in 0..<6 where refill(lane) { busy += 1 }
            while busy > 1 {
                var step = unsafe lanes[0].left
                for lane in 1..<6 { unsafe step = min(step, lanes[lane].left) }
                unsafe sixAtOnce(
                    (lanes[0].base, lanes[1].base, lanes[2].base),
                    (lanes[3].base, lanes[4].base, lanes[5].base),
                    step, &s0, &s1, &s2, &s3, &s4, &s5)
                for lane in 0..<6 where unsafe lanes[lane].item >= 0 {
                    unsafe lanes[lane].left -= step
                    unsafe lanes[lane].base += step
                    guard unsafe lanes[lane].left == 0 else { continue }
                    unsafe results[lanes[lane].item] = exchange(
                        lane, &s0, &s1, &s2, &s3, &s4, &s5)
                    if !refill(lane) {
                        unsafe lanes[lane] = Lane(base: items[0].base)
                        busy -= 1
                    }
                }
                // An idle lane must point at bytes that last as long as the shortest busy one.
                guard busy > 1 else { break }
                var spare = unsafe lanes[0].base
                for lane in 0..<6 where unsafe lanes[lane].item >= 0 {
                    unsafe spare = lanes[lane].base
                }
                for lane in 0..<6 where unsafe lanes[lane].item < 0 {
                    unsafe lanes[lane].base = spare
                }
            }
            for lane in 0..<6 where unsafe lanes[lane].item >= 0 {
                let state = exchange(lane, &s0, &s1, &s2, &s3, &s4, &s5)
                unsafe results[lanes[lane].item] = FNV1a.add(
                    lanes[lane].base, lanes[lane].left, to: state)
            }
        }
    }

    /// Takes the state out of a lane and leaves a fresh one.
    private static func exchange(
        _ lane: Int, _ s0: inout UInt64, _ s1: inout UInt64, _ s2: inout UInt64,
        _ s3: inout UInt64, _ s4: inout UInt64, _ s5: inout UInt64
    ) -> UInt64 {
        let fresh = FNV1a.offsetBasis
        switch lane {
        case 0:
            defer { s0 = fresh }
            return s0
        case 1:
            defer { s1 = fresh }
            return s1
        case 2:
            defer { s2 = fresh }
            return s2
        case 3:
            defer { s3 = fresh }
            return s3
        case 4:
            defer { s4 = fresh }
            return s4
        default:
            defer { s5 = fresh }
            return s5
        }
    }

    // Named scalars, not an array of states: an array is spilled to memory or badly vectorised.
    @inline(never)
    private static func sixAtOnce(
        _ a: (UnsafeRawPointer, UnsafeRawPointer, UnsafeRawPointer),
        _ b: (UnsafeRawPointer, UnsafeRawPointer, UnsafeRawPointer),
        _ count: Int,
        _ s0: inout UInt64, _ s1: inout UInt64, _ s2: inout UInt64,
        _ s3: inout UInt64, _ s4: inout UInt64, _ s5: inout UInt64
    ) {
        let p = FNV1a.prime
        let (p0, p1, p2) = unsafe a
        let (p3, p4, p5) = unsafe b
        var (h0, h1, h2, h3, h4, h5) = (s0, s1, s2, s3, s4, s5)
        var at = 0
        while at < count {
            unsafe h0 = (h0 ^ UInt64(p0.load(fromByteOffset: at, as: UInt8.self))) &* p
            unsafe h1 = (h1 ^ UInt64(p1.load(fromByteOffset: at, as: UInt8.self))) &* p
            unsafe h2 = (h2 ^ UInt64(p2.load(fromByteOffset: at, as: UInt8.self))) &* p
            unsafe h3 = (h3 ^ UInt64(p3.load(fromByteOffset: at, as: UInt8.self))) &* p
            unsafe h4 = (h4 ^ UInt64(p4.load(fromByteOffset: at, as: UInt8.self))) &* p
            unsafe h5 = (h5 ^ UInt64(p5.load(fromByteOffset: at, as: UInt8.self))) &* p
            at &+= 1
        }
        (s0, s1, s2, s3, s4, s5) = (h0, h1, h2, h3, h4, h5)
    }
}
