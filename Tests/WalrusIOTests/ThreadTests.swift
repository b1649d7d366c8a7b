import Glibc
import Synchronization
import Testing

@testable import WalrusIO

@Suite struct ThreadTests {
    @Test(arguments: [0, 1, 2, 3, 100], [1, 2, 7])
    func everyIndexOnce(count: Int, threads: Int) {
        let seen = Mutex([Int](repeating: 0, count: count))
        Thread.forEach(count, threads: threads) { index in seen.withLock { $0[index] += 1 } }
        #expect(seen.withLock { $0.allSatisfy { $0 == 1 } })
    }

    @Test func events() {
        let event = Event()
        let start = Clock.monotonic()
        #expect(!event.wait(nanoseconds: 30_000_000))
        #expect(Clock.monotonic() - start >= 30_000_000)
        let thread = Thread {
            Clock.sleep(nanoseconds: 10_000_000)
            event.set()
        }
        #expect(event.wait(nanoseconds: .max))
        #expect(event.wait(nanoseconds: 0))
        thread.join()
    }

    /// A process begins before it asks, and after the system did.
    @Test func startTimes() throws {
        let now = Clock.wall()
        let own = try #require(Host.startTime(of: Int(getpid())))
        let first = try #require(Host.startTime(of: 1))
        #expect(own <= now + 20_000_000 && first <= own && Clock.sinceBoot() > 0)
        // Not a day ago, which is where a field beside it would lead.
        #expect(now - min(now, own) < 86_400_000_000_000)
        #expect(Host.startTime(of: 1 << 30) == nil)
    }

    @Test func clocks() {
        // 2020 to 2262.
        #expect((1_577_836_800_000_000_000...9_223_372_036_854_775_807).contains(Clock.wall()))
        let start = Clock.monotonic()
        Clock.sleep(nanoseconds: 5_000_000)
        #expect(Clock.monotonic() - start >= 5_000_000)
        #expect(abs(Clock.zoneOffset()) <= 14 * 3_600)
    }
}
