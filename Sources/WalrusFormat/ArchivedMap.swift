/// A map from names to 16 bytes of value as rkyv 0.7 archives it: the shape of both index files
/// (`docs/format.md`, section 5). The image is a pure function of the map.
struct ArchivedMap {
    /// Whether the 8 bytes of the key stand before or after the 16 bytes of the value.
    enum KeyPlace { case first, last }

    static let entrySize = 24
    static let rootSize = 12
    static let valueSize = 16

    // MARK: - Encoding

    static func encode(_ map: [TopicName: [UInt8]], key keyPlace: KeyPlace) -> [UInt8] {
        let (displacements, slots) = place(map.keys.sorted())
        var image: [UInt8] = []
        for displacement in displacements { image.appendLittleEndian(displacement) }
        var textPositions: [Int] = []
        for key in slots {
            textPositions.append(image.count)
            if key.bytes.count > ArchivedString.inlineMax { image += key.bytes }
        }
        image += repeatElement(0, count: roundUp8(image.count) - image.count)
        let entries = image.count
        for (key, text) in zip(slots, textPositions) {
            let value = map[key] ?? []
            precondition(value.count == valueSize)
            if keyPlace == .last { image += value }
            ArchivedString.append(key.bytes, to: &image, at: image.count, textPosition: text)
            if keyPlace == .first { image += value }
        }
        let root = image.count
        image.appendLittleEndian(UInt32(slots.count))
        image.appendLittleEndian(Int32(0 - (root + 4)))
        image.appendLittleEndian(Int32(entries - (root + 8)))
        return image
    }

    private static let emptyBucket: UInt32 = 0xffff_ffff
    private static let firstSeed: UInt32 = 0x8000_0000

    /// How many hashes the search for seeds may take, and 64 a key. Names that nobody has chosen to
    /// collide need a few a key.
    private static let hashesMax = 1 << 18

    /// The displacement table and the keys in slot order (`docs/format.md`, section 5).
    ///
    /// Names can be made for which there is no seed, or none that is found in a life. Then they stand
    /// where room is left, and a look-up by the table misses them; who opens a directory reads the
    /// entries one after another, as the reference does.
    private static func place(_ keys: [TopicName]) -> ([UInt32], [TopicName]) {
        let count = keys.count
        guard count > 0 else { return ([], []) }
        var buckets = [[TopicName]](repeating: [], count: count)
        for key in keys { buckets[Int(SeaHash.hash(key.bytes) % UInt64(count))].append(key) }
        var displacements = [UInt32](repeating: emptyBucket, count: count)
        var slots = [TopicName?](repeating: nil, count: count)
        var firstEmpty = 0
        var hashesLeft = hashesMax + 64 * count
        var unplaced: [TopicName] = []
        let order = buckets.indices.filter { !buckets[$0].isEmpty }
            .sorted { (buckets[$1].count, $0) < (buckets[$0].count, $1) }
        for bucket in order {
            if buckets[bucket].count > 1 {
                var seed = firstSeed
                var isPlaced = false
                while !isPlaced, hashesLeft > 0 {
                    isPlaced = tryPlace(buckets[bucket], seed, &slots)
                    if !isPlaced { seed += 1 }
                    hashesLeft -= buckets[bucket].count
                }
                if !isPlaced { unplaced += buckets[bucket] }
                displacements[bucket] = isPlaced ? seed : firstSeed
            } else {
                while slots[firstEmpty] != nil { firstEmpty += 1 }
                slots[firstEmpty] = buckets[bucket][0]
                displacements[bucket] = UInt32(firstEmpty)
                firstEmpty += 1
            }
        }
        for key in unplaced {
            while slots[firstEmpty] != nil { firstEmpty += 1 }
            slots[firstEmpty] = key
        }
        return (displacements, slots.compactMap { $0 })
    }

    private static func tryPlace(_ keys: [TopicName], _ seed: UInt32, _ slots: inout [TopicName?])
        -> Bool
    {
        var taken: [Int] = []
        for key in keys {
            let slot = Int(SeaHash.hash(key.bytes, seed: seed) % UInt64(slots.count))
            guard slots[slot] == nil, !taken.contains(slot) else { return false }
            taken.append(slot)
        }
        for (key, slot) in zip(keys, taken) { slots[slot] = key }
        return true
    }

    // MARK: - Decoding

    /// Reads every entry: its key, and where its value stands. An empty image is an empty map.
    ///
    /// Strict about everything but the displacement table, which only a look-up needs and which
    /// the reference itself ignores when it opens a directory; `hasSoundTable` checks that.
    static func decode(_ bytes: RawSpan, key keyPlace: KeyPlace)
        throws(FormatError) -> [(key: TopicName, value: Int)]
    {
        let size = bytes.byteCount
        guard size > 0 else { return [] }
        guard size >= rootSize else {
            throw FormatError(
                field: "root", range: 0..<size, problem: "is cut short: 12 bytes are needed")
        }
        let root = size - rootSize
        let count = Int(bytes.littleEndian(UInt32.self, at: root))
        guard count <= root / (entrySize + 4) else {
            throw FormatError(
                field: "count", range: root..<root + 4,
                problem: "is \(count), more entries than the file has room for")
        }
        let entries = root - count * entrySize
        try checkOffset(bytes, "displacements", at: root + 4, pointsTo: 0)
        try checkOffset(bytes, "entries", at: root + 8, pointsTo: entries)
        guard entries.isMultiple(of: 8) else {
            throw FormatError(
                field: "entries", range: entries..<root, problem: "do not stand at a multiple of 8")
        }
        var found: [(key: TopicName, value: Int)] = []
        found.reserveCapacity(count)
        var seen: Set<TopicName> = []
        var nextText = 4 * count
        for index in 0..<count {
            let entry = entries + index * entrySize
            let keyAt = keyPlace == .first ? entry : entry + valueSize
            let (range, form) = try ArchivedString.decode(bytes, at: keyAt)
            if form == .outOfLine {
                guard range.lowerBound == nextText, range.upperBound <= entries else {
                    throw FormatError(
                        field: "key", range: keyAt..<keyAt + 8,
                        problem: "points to \(range.lowerBound), not to \(nextText)")
                }
                nextText = range.upperBound
            }
            let key = TopicName(bytes: bytes.array(range))
            guard key.bytes.isUTF8 else {
                throw FormatError(field: "key", range: range, problem: "is not UTF-8")
            }
            guard seen.insert(key).inserted else {
                throw FormatError(field: "key", range: range, problem: "is there twice")
            }
            found.append((key, keyPlace == .first ? entry + 8 : entry))
        }
        guard roundUp8(nextText) == entries else {
            throw FormatError(
                field: "keys", range: min(nextText, entries)..<entries,
                problem: "are not followed by the entries")
        }
        if let at = bytes.firstNonZero(in: nextText..<entries) {
            throw FormatError(field: "key padding", range: at..<at + 1, problem: "is not zero")
        }
        return found
    }

    /// Whether the displacement table leads to every key, in the form that the reference writes.
    ///
    /// Not the same as encoding again and comparing: that looks for seeds, and the keys of a
    /// hostile file may have none. Looking each key up is bounded.
    static func hasSoundTable(_ bytes: RawSpan, key keyPlace: KeyPlace) -> Bool {
        guard let entries = try? decode(bytes, key: keyPlace) else { return false }
        let count = UInt64(entries.count)
        var sizes = [Int](repeating: 0, count: entries.count)
        let buckets = entries.map { Int(SeaHash.hash($0.key.bytes) % count) }
        for bucket in buckets { sizes[bucket] += 1 }
        func displacement(_ bucket: Int) -> UInt32 {
            bytes.littleEndian(UInt32.self, at: 4 * bucket)
        }
        for bucket in sizes.indices where sizes[bucket] == 0 {
            guard displacement(bucket) == emptyBucket else { return false }
        }
        for (slot, bucket) in buckets.enumerated() {
            let found = displacement(bucket)
            if sizes[bucket] == 1 {
                guard found == UInt32(slot) else { return false }
            } else {
                guard found & 0x8000_0000 != 0, found != emptyBucket,
                    SeaHash.hash(entries[slot].key.bytes, seed: found) % count == UInt64(slot)
                else { return false }
            }
        }
        return true
    }

    private static func checkOffset(
        _ bytes: RawSpan, _ field: String, at position: Int, pointsTo target: Int
    ) throws(FormatError) {
        let offset = Int(Int32(bitPattern: bytes.littleEndian(UInt32.self, at: position)))
        guard position + offset == target else {
            throw FormatError(
                field: field, range: position..<position + 4,
                problem: "points to \(position + offset), not to \(target)")
        }
    }
}
