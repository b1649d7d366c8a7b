internal import Synchronization
internal import WalrusFormat

/// An entry that is written and waits for a sync before anybody may see it.
struct Flight: Sendable {
    /// The block with the entry in it.
    var block: Block
    let stamp: EntryStamp
    /// What the file must have made durable (`DataFile.ticket`).
    let ticket: Int
    let landing = Landing()

    /// What became of it, once somebody has settled it.
    final class Landing: Sendable {
        private let outcome = Mutex<Result<AppendReceipt, EngineError>?>(nil)

        var result: Result<AppendReceipt, EngineError>? { outcome.withLock { $0 } }

        func settle(_ result: Result<AppendReceipt, EngineError>) {
            outcome.withLock { $0 = result }
        }
    }
}

// Group commit, for `FsyncSchedule.each`: appenders write one after another under the lock on the
// topic's writers and give it back. Then each asks for a sync of the file; one sync serves all that
// were written before it began, in this topic and in others. Whoever comes back first publishes, in
// order, everything that is durable by now, and takes back everything that never will be.
extension Topic.Appending {
    mutating func takeOff(_ block: Block, _ stamp: EntryStamp) -> Flight {
        let flight = Flight(block: block, stamp: stamp, ticket: block.file.ticket)
        flights.append(flight)
        return flight
    }
}

extension Topic {
    /// Waits until the entry is durable, and publishes it with all before it.
    func land(_ flight: Flight) throws(EngineError) -> AppendReceipt {
        let failure = Self.sync(flight) {
            // For all who wait, so that they need no lock. Whoever holds it may wait for this sync.
            appending.withLockIfAvailable { settle(&$0, nil) }
        }
        if let result = flight.landing.result { return try result.get() }
        appending.withLock { settle(&$0, failure) }
        guard let result = flight.landing.result else {
            preconditionFailure("a sync that ends settles its entries")
        }
        return try result.get()
    }

    /// Waits until all entries are durable that were written. Throws when one of them will not be.
    func landAll(_ appending: inout Appending) throws(EngineError) {
        guard let last = appending.flights.last else { return }
        let failure = Self.sync(last)
        settle(&appending, failure)
        if let failure { throw failure.of(name) }
    }

    private static func sync(_ flight: Flight, _ onSuccess: () -> Void = {}) -> EngineError? {
        do throws(EngineError) {
            try flight.block.file.sync(upTo: flight.ticket, onSuccess)
            return nil
        } catch { return error }
    }

    /// Publishes what is durable. After a failed sync the rest never will be: it is taken back, and
    /// its appenders are told.
    private func settle(_ appending: inout Appending, _ failure: EngineError?) {
        let durable = appending.flights.prefix { $0.block.file.isDurable($0.ticket) }
        appending.flights.removeFirst(durable.count)
        for flight in durable {
            flight.landing.settle(.success(publish(flight.block, flight.stamp)))
        }
        guard let failure, let last = appending.flights.last?.block else { return }
        let published = state.withLock { $0.blocks.last }
        let end = published.map { $0.isSame(as: last) ? $0.used : 0 } ?? 0
        do {
            // Their numbers are not used again: nobody knows what of them is on disk, and this may
            // not get there.
            try last.file.erase(last.frame.start + end..<last.frame.start + last.used)
            appending.writer = nil
        } catch {
            // Still there, perhaps: the block is not used again either.
            seal(last, &appending)
        }
        for flight in appending.flights {
            flight.landing.settle(.failure(failure.of(name)))
        }
        appending.flights = []
    }

    /// Lets nothing more be written to `block`, if the topic ends with it.
    private func seal(_ block: Block, _ appending: inout Appending) {
        appending.writer = nil
        if !appending.flights.isEmpty {
            appending.flights[appending.flights.count - 1].block.isSealed = true
        }
        state.withLock { state in
            guard let last = state.blocks.last, last.isSame(as: block) else { return }
            state.blocks[state.blocks.count - 1].isSealed = true
        }
    }

    /// Lets nothing more be written to the block that the topic ends with.
    func sealEnd(_ appending: inout Appending) {
        let end = appending.flights.last?.block ?? state.withLock { $0.blocks.last }
        if let end { seal(end, &appending) }
    }
}
