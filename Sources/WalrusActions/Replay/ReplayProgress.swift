import Inspect
import WalrusFormat

/// A sum over entries in their order: of the length and the FNV-1a 64 of each.
struct EntrySum: Hashable, Sendable {
    private(set) var value: UInt64 = 0

    init(_ value: UInt64 = 0) { self.value = value }

    mutating func add(length: Int, checksum: UInt64) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(24)
        for number in [value, UInt64(length), checksum] {
            for shift in 0..<8 {
                bytes.append(UInt8(truncatingIfNeeded: number >> (8 * UInt64(shift))))
            }
        }
        value = FNV1a.hash(bytes)
    }
}

/// How far a replay is in its source.
struct ReplayPosition: Hashable, Sendable {
    /// The next entry to be looked at; nil: the end of the range.
    var next: EntryPlace?
    /// Its ordinal.
    var ordinal = 1
    /// Sound entries from there to the end of the range.
    var left = 0
    /// Entries that were handed over.
    var delivered = 0
    /// Bytes of their payloads.
    var bytes = 0
    /// Over them, as they were read from the source.
    var sum = EntrySum()
    var damaged = 0
    var undecided = 0
}

/// A batch that is about to be appended.
struct PendingBatch: Hashable, Sendable {
    /// Where the topic ended when the batch was about to be appended; nil: it had no block.
    var after: EntryPlace?
    /// The running number of the entry there; 0 where none is known.
    var sequence: UInt64 = 0
    /// Nobody else could append between that look and the batch.
    var isAlone = true
    var count = 0
    /// Over its entries alone.
    var sum = EntrySum()
    /// How far the replay is once the batch is there.
    var position = ReplayPosition()
}

extension PendingBatch {
    /// Whether what there is of a batch may be what there is of this one: of so many entries, and behind
    /// the topic's end as it was.
    func isOf(_ batch: RecoveryPreview.DroppedBatch) -> Bool {
        guard count == batch.count else { return false }
        guard let after else { return true }
        return (batch.file, batch.slot, batch.offset) >= (after.file, after.slot, after.offset)
    }
}

/// All that is known of a replay from one run to the next.
struct ReplayProgress: Hashable, Sendable {
    /// What is done for sure.
    var position: ReplayPosition
    /// Entries that were found in the target, and the sum over them as they were read there.
    var found = 0
    var foundSum = EntrySum()
    /// Entries of which nothing was left to be found: consumed and reclaimed at once.
    var unseen = 0
    /// What may be done as well.
    var pending: PendingBatch?
    /// The batch that was delivered last, by which it is told later whether the target is still the same.
    var last: PendingBatch?
    /// When it came to its end, in nanoseconds since 1970 UTC.
    var finished: UInt64?

    init(_ position: ReplayPosition) { self.position = position }

    /// Takes the batch for delivered. `sum`: over all entries as the target has them, those of the
    /// batch too; nil: it was not seen there.
    mutating func settle(_ batch: PendingBatch, found sum: EntrySum?) {
        position = batch.position
        pending = nil
        last = batch
        guard let sum else {
            unseen += batch.count
            return
        }
        found += batch.count
        foundSum = sum
    }
}

// MARK: - As fields

extension ReplayPosition {
    func put(into fields: inout Fields, _ prefix: String) {
        fields.set(prefix + "next", next)
        fields.set(prefix + "ordinal", ordinal)
        fields.set(prefix + "left", left)
        fields.set(prefix + "delivered", delivered)
        fields.set(prefix + "bytes", bytes)
        fields.set(prefix + "sum", sum.value)
        fields.set(prefix + "damaged", damaged)
        fields.set(prefix + "undecided", undecided)
    }

    init?(_ fields: Fields, _ prefix: String) {
        guard let ordinal = fields.int(prefix + "ordinal"), let left = fields.int(prefix + "left"),
            let delivered = fields.int(prefix + "delivered"),
            let bytes = fields.int(prefix + "bytes"), let sum = fields.number(prefix + "sum"),
            let damaged = fields.int(prefix + "damaged"),
            let undecided = fields.int(prefix + "undecided")
        else { return nil }
        self.init(
            next: fields.place(prefix + "next"), ordinal: ordinal, left: left, delivered: delivered,
            bytes: bytes, sum: EntrySum(sum), damaged: damaged, undecided: undecided)
    }
}

extension PendingBatch {
    func put(into fields: inout Fields, _ prefix: String, _ then: String) {
        fields.set(prefix + "count", count)
        fields.set(prefix + "sum", sum.value)
        fields.set(prefix + "after", after)
        fields.set(prefix + "sequence", sequence)
        fields[prefix + "alone"] = isAlone ? "1" : "0"
        position.put(into: &fields, then)
    }

    init?(_ fields: Fields, _ prefix: String, _ then: String) {
        guard let count = fields.int(prefix + "count"), let sum = fields.number(prefix + "sum"),
            let sequence = fields.number(prefix + "sequence"),
            let position = ReplayPosition(fields, then)
        else { return nil }
        self.init(
            after: fields.place(prefix + "after"), sequence: sequence,
            isAlone: fields[prefix + "alone"] == "1", count: count, sum: EntrySum(sum),
            position: position)
    }
}

extension ReplayProgress {
    var fields: Fields {
        var fields = Fields()
        position.put(into: &fields, "")
        fields.set("found", found)
        fields.set("found_sum", foundSum.value)
        fields.set("unseen", unseen)
        fields["finished"] = finished.map { String($0) }
        pending?.put(into: &fields, "batch_", "then_")
        last?.put(into: &fields, "last_", "last_then_")
        return fields
    }

    init?(_ fields: Fields) {
        guard let position = ReplayPosition(fields, ""), let found = fields.int("found"),
            let sum = fields.number("found_sum"), let unseen = fields.int("unseen")
        else { return nil }
        self.init(position)
        self.found = found
        foundSum = EntrySum(sum)
        self.unseen = unseen
        finished = fields.number("finished")
        pending = PendingBatch(fields, "batch_", "then_")
        last = PendingBatch(fields, "last_", "last_then_")
        guard pending != nil || fields["batch_count"] == nil else { return nil }
    }
}
