internal import WalrusIO

/// A reproducible stream of numbers (SplitMix64). A test that uses one prints its seed and takes it
/// back from the environment's `WALRUS_SEED`.
public struct SeededRandom: RandomNumberGenerator, Sendable {
    public let seed: UInt64
    private var state: UInt64

    public init(seed: UInt64) {
        self.seed = seed
        state = seed
    }

    /// The seed of `WALRUS_SEED`, else one that no run had before. Printed for `name`.
    public static func fromEnvironment(_ name: String) -> SeededRandom {
        let seed = Host.environment("WALRUS_SEED").flatMap { UInt64($0) } ?? Clock.wall()
        print("\(name): WALRUS_SEED=\(seed)")
        return SeededRandom(seed: seed)
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    public mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        for at in bytes.indices { bytes[at] = UInt8(truncatingIfNeeded: next()) }
        return bytes
    }
}
