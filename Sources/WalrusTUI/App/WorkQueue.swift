internal import Synchronization
internal import WalrusIO

/// Runs pieces of work one after another, each on a thread that lives as long as there is work.
final class WorkQueue: Sendable {
    private struct State {
        var waiting: [@Sendable () -> Void] = []
        var isRunning = false
    }

    private let state = Mutex(State())
    private let isBehind: Bool

    /// - Parameter isBehind: keys, and writers of the log that is looked at, go first where there are
    ///   not enough processors for all.
    init(isBehind: Bool = false) { self.isBehind = isBehind }

    func add(_ work: @escaping @Sendable () -> Void) {
        let mustStart = state.withLock { state in
            state.waiting.append(work)
            guard !state.isRunning else { return false }
            state.isRunning = true
            return true
        }
        if mustStart { Thread.detach { self.run() } }
    }

    private func run() {
        if isBehind { Thread.goBehindOthers() }
        while true {
            let work = state.withLock { state -> (@Sendable () -> Void)? in
                guard !state.waiting.isEmpty else {
                    state.isRunning = false
                    return nil
                }
                return state.waiting.removeFirst()
            }
            guard let work else { return }
            work()
        }
    }

    var isIdle: Bool { state.withLock { !$0.isRunning } }
}
