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

    @Test func clocks() {
        // 2020 to 2262.
        #expect((1_577_836_800_000_000_000...9_223_372_036_854_775_807).contains(Clock.wall()))
        let start = Clock.monotonic()
        Clock.sleep(nanoseconds: 5_000_000)
        #expect(Clock.monotonic() - start >= 5_000_000)
        #expect(abs(Clock.zoneOffset()) <= 14 * 3_600)
    }
}
