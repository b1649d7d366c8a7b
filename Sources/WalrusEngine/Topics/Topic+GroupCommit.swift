internal import Synchronization
internal import WalrusFormat

/// An entry that is written and waits for a sync before anybody may see it.
struct Flight: Sendable {
    let number: Int
    /// The block with the entry in it.
    var block: Block
    let stamp: EntryStamp
    /// What the file must have made durable (`DataFile.ticket`).
    let ticket: Int
}

// Group commit, for `FsyncSchedule.each`: appenders write one after another under the lock on the
// topic's writers and give it back. Then each asks for a sync of the file; one sync serves all that
// were written before it began, in this topic and in others. Whoever comes back first publishes, in
// order, everything that is durable by now, and takes back everything that never will be.
extension Topic.Appending {
    mutating func takeOff(_ block: Block, _ stamp: EntryStamp) -> Flight {
        flightCount += 1
        let flight = Flight(
            number: flightCount, block: block, stamp: stamp, ticket: block.file.ticket)
        flights.append(flight)
        return flight
    }
}

extension Topic {
    /// Waits until the entry is durable, and publishes it with all before it.
    func land(_ flight: Flight) throws(EngineError) -> AppendReceipt {
        let failure = Self.sync(flight)
        let outcome = appending.withLock { appending in
            settle(&appending, failure)
            return appending.landed.removeValue(forKey: flight.number)
        }
        guard let outcome else { preconditionFailure("a sync that ends settles its entries") }
        return try outcome.get()
    }

    /// Waits until all entries are durable that were written. Throws when one of them will not be.
    func landAll(_ appending: inout Appending) throws(EngineError) {
        guard let last = appending.flights.last else { return }
        let failure = Self.sync(last)
        settle(&appending, failure)
        if let failure { throw failure.of(name) }
    }

    private static func sync(_ flight: Flight) -> EngineError? {
        do throws(EngineError) {
            try flight.block.file.sync(upTo: flight.ticket)
            return nil
        } catch { return error }
    }

    /// Publishes what is durable. After a failed sync the rest never will be: it is taken back, and
    /// its appenders are told.
    private func settle(_ appending: inout Appending, _ failure: EngineError?) {
        let durable = appending.flights.prefix { $0.block.file.isDurable($0.ticket) }
        appending.flights.removeFirst(durable.count)
        for flight in durable {
            appending.landed[flight.number] = .success(publish(flight.block, flight.stamp))
        }
        guard let failure, let first = appending.flights.first,
            let last = appending.flights.last?.block
        else { return }
        let published = state.withLock { $0.blocks.last }
        let end = published.map { $0.isSame(as: last) ? $0.used : 0 } ?? 0
        do {
            try last.file.erase(last.frame.start + end..<last.frame.start + last.used)
            appending.lastSequence = first.stamp.sequence - 1
        } catch {
            // Still there, perhaps: the numbers are not used again, nor is the block.
            seal(last, &appending)
        }
        for flight in appending.flights {
            appending.landed[flight.number] = .failure(failure.of(name))
        }
        appending.flights = []
    }

    /// Lets nothing more be written to the block that the topic ends with.
    func seal(_ block: Block, _ appending: inout Appending) {
        if !appending.flights.isEmpty {
            appending.flights[appending.flights.count - 1].block.isSealed = true
        }
        state.withLock { state in
            guard let last = state.blocks.last, last.isSame(as: block) else { return }
            state.blocks[state.blocks.count - 1].isSealed = true
        }
    }
}
