import Synchronization
import WalrusFormat

/// A topic of the demonstration: what its entries look like, and how its reader behaves.
struct DemoTopic: Sendable {
    enum Kind: Sendable {
        case orders, metrics, audit, billing, deadletter, snapshots, tokyo
        /// One of many that are alike; its number.
        case tenant(Int)
    }

    let kind: Kind
    let name: TopicName

    static let all = [
        DemoTopic(kind: .orders, name: "orders"), DemoTopic(kind: .metrics, name: "metrics"),
        DemoTopic(kind: .audit, name: "audit"), DemoTopic(kind: .billing, name: "billing"),
        DemoTopic(kind: .deadletter, name: "deadletter"),
        DemoTopic(kind: .snapshots, name: "snapshots"), DemoTopic(kind: .tokyo, name: "注文-東京"),
    ]

    /// So many topics: those that each differ, and then those that are alike.
    static func first(_ count: Int) -> [DemoTopic] {
        Array(all.prefix(count)) + tenants(count - all.count)
    }

    /// Whether a live writer appends to it all the time.
    var isLive: Bool {
        switch kind {
        case .orders, .metrics, .audit: true
        default: false
        }
    }

    /// Whether it differs from all others.
    var isNoTenant: Bool { if case .tenant = kind { false } else { true } }

    /// So many topics that are alike, with a block and a few entries each.
    static func tenants(_ count: Int) -> [DemoTopic] {
        (0..<max(0, count)).map { number in
            let digits = String(number + 1)
            let zeros = String(repeating: "0", count: max(0, 5 - digits.count))
            return DemoTopic(kind: .tenant(number), name: TopicName("tenant-" + zeros + digits))
        }
    }

    var isClean: Bool { if case .billing = kind { true } else { false } }

    func perRound(_ round: Int) -> Int {
        switch kind {
        case .orders: 120
        case .metrics: 200
        case .audit: 46
        case .billing: round < 10 ? 40 : 0
        case .deadletter: round < 5 ? 6 : round == 5 ? 1 : 0
        case .snapshots: 1
        case .tokyo: 5
        case .tenant(let number): round == 0 ? 1 + number % 6 : 0
        }
    }

    /// How many of so many entries are consumed.
    func consumed(_ count: Int) -> Int {
        switch kind {
        case .orders: count - 904
        case .metrics: count - 12
        case .billing: count
        case .snapshots: count / 2
        case .tokyo: count * 3 / 10
        case .audit, .deadletter: 0
        case .tenant(let number): min(count, number % 4)
        }
    }

    /// How many are consumed in a tick in which `appended` came to all live topics together.
    func consumedLive(_ appended: Int, _ tick: Int) -> Int {
        switch kind {
        case .orders: appended / 3 + (tick.isMultiple(of: 3) ? 2 : 0)
        case .metrics: appended
        default: 0
        }
    }

    func payload(_ number: Int, _ random: inout SplitMix) -> [UInt8] {
        switch kind {
        case .orders: Array(order(number, &random).utf8)
        case .metrics: Array(metric(&random).utf8)
        case .audit: Array(audit(number, &random).utf8)
        case .billing:
            Array(#"{"invoice":\#(7_000 + number),"cents":\#(random.next(below: 90_000))}"#.utf8)
        case .deadletter: deadletter(number, &random)
        case .snapshots: snapshot(&random)
        case .tenant(let tenant): Array(#"{"tenant":\#(tenant + 1),"n":\#(number)}"#.utf8)
        case .tokyo: Array("注文 \(number) 番: 寿司 \(1 + random.next(below: 9)) 人前".utf8)
        }
    }

    private func order(_ number: Int, _ random: inout SplitMix) -> String {
        let failed = random.next(below: 9) == 0
        let status = failed ? "err" : "ok"
        let code = failed ? [502, 503, 504][random.next(below: 3)] : 200
        let items = 1 + random.next(below: 4)
        return
            #"{"id":\#(88_000 + number),"status":"\#(status)","code":\#(code),"items":\#(items),"#
            + #""total":{"cents":\#(random.next(below: 50_000)),"currency":"EUR"},"#
            + #""customer":"c-\#(random.next(below: 9_999))"}"#
    }

    private func metric(_ random: inout SplitMix) -> String {
        let name = ["cpu.load", "mem.used", "disk.read", "net.in"][random.next(below: 4)]
        return "\(name) host=web-\(1 + random.next(below: 6)) value=\(random.next(below: 10_000))"
    }

    private func audit(_ number: Int, _ random: inout SplitMix) -> String {
        let verb = ["login", "logout", "grant", "revoke", "read"][random.next(below: 5)]
        return
            #"{"event":"\#(verb)","user":"u\#(random.next(below: 400))","ip":"10.0.\#(random.next(below: 255)).7","n":\#(number)}"#
    }

    /// What nobody could handle: empty, binary, hostile, cut off.
    private func deadletter(_ number: Int, _ random: inout SplitMix) -> [UInt8] {
        switch number % 5 {
        case 0: []
        case 1: Array("\u{1b}]52;c;aGVsbG8=\u{7}\u{1b}[2J\u{1b}[31mred\u{1b}[0m".utf8)
        case 2:
            [0x1f, 0x8b, 0x08, 0x00]
                + (0..<60).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        case 3: Array(#"{"id":\#(number),"status":"err","body":"cut off he"#.utf8)
        default: Array("line one\r\nline two\ttab \u{202e}right to left".utf8) + [0xff, 0xfe]
        }
    }

    private func snapshot(_ random: inout SplitMix) -> [UInt8] {
        var bytes = Array("SNAP\u{1}\u{0}\u{0}\u{0}".utf8)
        for _ in 0..<196_608 {
            let word = random.next()
            for shift in stride(from: 0, to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
            }
        }
        return bytes
    }
}

/// Counts calls.
final class Counter: Sendable {
    private let value = Atomic<UInt64>(0)
    func next() -> UInt64 { value.wrappingAdd(1, ordering: .relaxed).oldValue }
}
