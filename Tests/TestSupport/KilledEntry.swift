public import WalrusFormat

/// An entry of the program that is killed: its payload tells which call wrote it, so that whoever
/// finds it afterwards knows what has to be beside it, and that it is whole.
public struct KilledEntry: Hashable, Sendable, CustomStringConvertible {
    /// The process, the call in it, the place in the call's batch and the length of that.
    public let life: Int
    public let call: Int
    public let index: Int
    public let count: Int

    /// What a call appends; a single entry is a batch of one here.
    public static func batch(life: Int, call: Int, count: Int) -> [KilledEntry] {
        (0..<count).map { KilledEntry(life: life, call: call, index: $0, count: count) }
    }

    private init(life: Int, call: Int, index: Int, count: Int) {
        (self.life, self.call, self.index, self.count) = (life, call, index, count)
    }

    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".").compactMap { Int($0) }
        guard parts.count == 4 else { return nil }
        self.init(life: parts[0], call: parts[1], index: parts[2], count: parts[3])
    }

    /// The entry with this payload; nil unless it is that to the last byte.
    public init?(_ payload: [UInt8], in topic: TopicName) {
        let text = payload.prefix { $0 != UInt8(ascii: " ") }
        self.init(String(decoding: text, as: UTF8.self))
        guard payload == self.payload(in: topic) else { return nil }
    }

    public func payload(in topic: TopicName) -> [UInt8] {
        var random = SeededRandom(
            seed: UInt64(life) << 40 ^ UInt64(call) << 12 ^ UInt64(index))
        let most =
            switch UInt64.random(in: 0..<400, using: &random) {
            case 0: 3_000_000
            case 1..<10: 100_000
            case 10..<80: 20_000
            default: 600
            }
        let size = Int.random(in: 0...most, using: &random)
        let fill = UInt8.random(in: 0...255, using: &random)
        return Array("\(self) ".utf8) + topic.bytes + [UInt8](repeating: fill, count: size)
    }

    public var description: String { "\(life).\(call).\(index).\(count)" }
}
