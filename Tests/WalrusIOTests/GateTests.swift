import Synchronization
import Testing

@testable import WalrusIO

@Suite struct GateTests {
    /// One at a time is inside; everybody who waits is served by somebody, and nobody sleeps on.
    @Test func oneServesAll() {
        let gate = Gate()
        let inside = Atomic(0)
        let asked = Atomic(0)
        let served = Atomic(0)
        let entries = Atomic(0)
        Thread.forEach(8, threads: 8) { _ in
            for _ in 0..<2_000 {
                let mine = asked.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue
                let isDone = { served.load(ordering: .sequentiallyConsistent) >= mine }
                guard gate.enter(unless: isDone) else {
                    #expect(isDone())
                    continue
                }
                let others = inside.wrappingAdd(1, ordering: .sequentiallyConsistent).oldValue
                #expect(others == 0)
                let all = asked.load(ordering: .sequentiallyConsistent)
                Thread.yield()
                served.store(all, ordering: .sequentiallyConsistent)
                inside.wrappingSubtract(1, ordering: .sequentiallyConsistent)
                entries.wrappingAdd(1, ordering: .relaxed)
                gate.leave()
            }
        }
        #expect(asked.load(ordering: .relaxed) == 16_000)
        #expect((1...16_000).contains(entries.load(ordering: .relaxed)))
    }
}
