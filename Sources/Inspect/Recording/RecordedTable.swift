/// What stands before the numbers of a row, and orders the rows.
protocol RecordedKey: Comparable, Sendable {
    func write(to writer: inout RecordingWriter)
    init(_ reader: inout RecordingReader) throws(RecordingReader.Malformed)
}

/// Rows of numbers under keys, in the order of the keys: all of a recorded state but its texts.
///
/// A table is written as what has changed since another one; that of a key frame since an empty one.
struct RecordedTable<Key: RecordedKey>: Sendable {
    /// Rows that a table may have, whatever a file says.
    static var rowsMax: Int { 1_000_000 }

    let width: Int
    private(set) var keys: [Key] = []
    /// Row by row.
    private(set) var values: [UInt64] = []

    init(width: Int) { self.width = width }

    mutating func append(_ key: Key, _ row: [UInt64]) {
        precondition(row.count == width)
        keys.append(key)
        values += row
    }

    func row(_ index: Int) -> ArraySlice<UInt64> { values[index * width..<(index + 1) * width] }

    private enum Step: UInt8 {
        case end, change, remove, insert
    }

    // MARK: - Writing

    /// Writes what makes this table of `old`: steps, each with the number of rows of `old` that stay
    /// as they are before it.
    func write(since old: RecordedTable, to writer: inout RecordingWriter) {
        var (i, j, kept) = (0, 0, 0)
        func begin(_ step: Step, _ writer: inout RecordingWriter) {
            writer.number(kept << 2 | Int(step.rawValue))
            kept = 0
        }
        while i < old.keys.count || j < keys.count {
            if j == keys.count || (i < old.keys.count && old.keys[i] < keys[j]) {
                begin(.remove, &writer)
                i += 1
            } else if i == old.keys.count || keys[j] < old.keys[i] {
                begin(.insert, &writer)
                keys[j].write(to: &writer)
                for value in row(j) { writer.number(value) }
                j += 1
            } else {
                let mask = changes(j, old, i)
                if mask == 0 {
                    kept += 1
                } else {
                    begin(.change, &writer)
                    writer.number(mask)
                    for column in 0..<width where mask >> UInt64(column) & 1 == 1 {
                        let delta = values[j * width + column] &- old.values[i * width + column]
                        writer.number(ZigZag.encode(delta))
                    }
                }
                i += 1
                j += 1
            }
        }
        kept = 0
        begin(.end, &writer)
    }

    /// The columns in which two rows differ, a bit each.
    private func changes(_ index: Int, _ old: RecordedTable, _ other: Int) -> UInt64 {
        var mask: UInt64 = 0
        for column in 0..<width
        where values[index * width + column] != old.values[other * width + column] {
            mask |= 1 << UInt64(column)
        }
        return mask
    }

    // MARK: - Reading

    /// Makes of this table the one that was written.
    mutating func apply(_ reader: inout RecordingReader) throws(RecordingReader.Malformed) {
        // Rows that came or went make a new list; until then changes are made in place.
        var rebuilt: (keys: [Key], values: [UInt64])?
        var at = 0
        while true {
            let head = try reader.number()
            let kept = Int(clamping: head >> 2)
            guard let step = Step(rawValue: UInt8(head & 3)), kept <= keys.count - at else {
                throw RecordingReader.Malformed()
            }
            if step == .insert || step == .remove, rebuilt == nil {
                rebuilt = (Array(keys[..<at]), Array(values[..<(at * width)]))
            }
            let next = at + kept
            let copied = step == .end ? keys.count : next
            rebuilt?.keys += keys[at..<copied]
            rebuilt?.values += values[at * width..<copied * width]
            at = next
            switch step {
            case .end:
                if let rebuilt { (keys, values) = rebuilt }
                return
            case .change:
                guard at < keys.count else { throw RecordingReader.Malformed() }
                try change(at, &reader)
                rebuilt?.keys.append(keys[at])
                rebuilt?.values += row(at)
                at += 1
            case .remove:
                guard at < keys.count else { throw RecordingReader.Malformed() }
                at += 1
            case .insert:
                let key = try Key(&reader)
                guard rebuilt.map({ $0.keys.count < Self.rowsMax }) ?? false,
                    rebuilt?.keys.last.map({ $0 < key }) ?? true,
                    at == keys.count || key < keys[at]
                else { throw RecordingReader.Malformed() }
                rebuilt?.keys.append(key)
                for _ in 0..<width { rebuilt?.values.append(try reader.number()) }
            }
        }
    }

    private mutating func change(_ index: Int, _ reader: inout RecordingReader)
        throws(RecordingReader.Malformed)
    {
        let mask = try reader.number()
        guard mask != 0, width == 64 || mask >> UInt64(width) == 0 else {
            throw RecordingReader.Malformed()
        }
        for column in 0..<width where mask >> UInt64(column) & 1 == 1 {
            values[index * width + column] &+= ZigZag.decode(try reader.number())
        }
    }
}
