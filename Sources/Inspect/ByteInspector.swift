public import SystemPackage
internal import WalrusFormat
public import WalrusIO

/// Tells what stands at a byte of a file, without changing it.
///
/// Reads one window of bytes, and where it has to find an entry, the headers before it in its block.
/// Memory: that window and one of 1 MiB, whatever the file's size.
public struct ByteInspector: Sendable {
    public let directory: FilePath

    public init(_ directory: FilePath) {
        self.directory = directory
    }

    /// Payloads up to this length are verified when they are looked at.
    static let verifiedMax = 64 << 20

    public struct Window: Hashable, Sendable {
        /// Bytes of the file in all.
        public let size: Int
        /// Where `bytes` begin, from the start of the file.
        public let start: Int
        public let bytes: [UInt8]
        /// What the file was when they were read; nil where nobody knows.
        public let version: Version?

        public init(size: Int, start: Int, bytes: [UInt8], version: Version? = nil) {
            self.size = size
            self.start = start
            self.bytes = bytes
            self.version = version
        }
    }

    /// Another one of the same file: it has been written to, or replaced.
    public struct Version: Hashable, Sendable {
        let size: Int
        let modified: Int
        let changed: Int
        let identity: FileIdentity

        init(_ status: FileStatus) {
            (size, identity) = (status.size, status.identity)
            (modified, changed) = (status.modified, status.changed)
        }
    }

    /// What the file is now; nil where there is none.
    public func version(of file: String) throws(IOError) -> Version? {
        guard let component = FilePath.Component(file), component.kind == .regular else {
            return nil
        }
        return try FileStatus.of(directory.appending(component)).map(Version.init)
    }

    /// The bytes of the range, as far as the file has them.
    public func bytes(of file: String, _ range: Range<Int>) throws(IOError) -> Window {
        let disk = try open(file)
        // Before the bytes: what is written meanwhile is a change.
        let status = try disk.status()
        let size = status.size
        let start = max(0, min(range.lowerBound, size))
        return Window(
            size: size, start: start,
            bytes: try disk.read(at: start, count: max(0, min(range.upperBound, size) - start)),
            version: Version(status))
    }

    private func open(_ file: String) throws(IOError) -> DiskFile {
        // A name comes from a listing or from the command line, and is never a path.
        guard let component = FilePath.Component(file), component.kind == .regular else {
            throw IOError("open", FilePath(file), .invalidArgument)
        }
        return try DiskFile(directory.appending(component), .readOnly)
    }

    /// The fields around a byte.
    ///
    /// - Parameters:
    ///   - file: what a scan found of the data file; nil for any other file.
    ///   - cursor: that of the topic whose block it is, to tell what is consumed.
    public func map(at place: BytePlace, file: FileState?, cursor: CursorState?) throws -> ByteMap {
        let disk = try open(place.file)
        guard let file else {
            return try SidecarMap.map(disk, name: place.file, at: place.offset)
        }
        let slot = place.offset / Layout.unit
        guard let block = file.block(at: slot) else {
            return Self.blank(file, slot)
        }
        return try Self.map(disk, block, at: place.offset, cursor)
    }

    /// A slot that no block takes.
    private static func blank(_ file: FileState, _ slot: Int) -> ByteMap {
        let range = slot * Layout.unit..<max((slot + 1) * Layout.unit, slot * Layout.unit + 1)
        let isLost = file.unreadableSlots.contains(slot)
        let field = ByteField(
            isLost ? "unreadable slot" : "free slot", isLost ? .lost : .free, depth: 0, range,
            .number(UInt64(slot)),
            problem: isLost ? "is not empty, but no header in it can be read" : nil)
        var map = ByteMap([field], range: range)
        map.slot = slot
        return map
    }

    private static func map(
        _ disk: DiskFile, _ block: BlockState, at offset: Int, _ cursor: CursorState?
    ) throws -> ByteMap {
        let frame = BlockFrame(
            start: block.slot * Layout.unit, length: block.length, topic: block.topic)
        var walker = EntryWalker(disk)
        var found: WalkedEntry?
        var previous: Int?
        var ordinal = block.entriesBefore
        // Where nothing is damaged, headers are all that finding the entry takes.
        let end = try unsafe walker.walk(frame, verify: block.damaged > 0) { entry, _ in
            if entry.damage == nil { ordinal += 1 }
            guard frame.start + entry.end > offset else {
                previous = frame.start + entry.offset
                return true
            }
            found = entry
            return false
        }
        var builder = Builder(frame: frame, disk: disk)
        var entry: ByteMap.Entry?
        var range: Range<Int>
        if let found, found.end <= frame.length {
            range = frame.start + found.offset..<frame.start + found.end
            let counts = found.damage == nil && found.end <= block.used
            entry = ByteMap.Entry(
                ordinal: counts ? ordinal : nil, offset: found.offset, range: range,
                isConsumed: isConsumed(block, found.offset, cursor))
            try builder.add(entry: found, range, ordinal: counts ? ordinal : nil)
        } else if let lost = end.lost {
            range = frame.start + end.offset..<frame.end
            try builder.add(lost: range, why: "\(lost)")
        } else {
            range = frame.start + min(end.offset, frame.length - 1)..<frame.end
            builder.fields.append(ByteField("free", .free, depth: 1, range))
        }
        var map = ByteMap(builder.fields, range: range)
        map.topic = block.topic
        map.slot = block.slot
        map.entry = entry
        map.previous = previous
        return map
    }

    private static func isConsumed(_ block: BlockState, _ offset: Int, _ cursor: CursorState?)
        -> Bool
    {
        guard let cursor else { return false }
        return (block.file, block.slot, offset) < (cursor.file, cursor.slot, cursor.offset)
    }

    /// Collects the fields of a block's part.
    private struct Builder {
        let frame: BlockFrame
        let disk: DiskFile
        var fields: [ByteField]

        init(frame: BlockFrame, disk: DiskFile) {
            self.frame = frame
            self.disk = disk
            fields = [
                ByteField(
                    "block", .group, depth: 0, frame.start..<frame.end, .text(frame.topic.bytes))
            ]
        }

        mutating func add(entry: WalkedEntry, _ range: Range<Int>, ordinal: Int?) throws {
            let payload = range.lowerBound + Layout.headerSize..<range.upperBound
            // A damaged header leads on only where the payload has the checksum that it names.
            let isHeaderSound = entry.damage == nil || entry.damage?.isOfPayload == true
            let stored = isHeaderSound ? try storedChecksum(range.lowerBound) : nil
            let computed = isHeaderSound ? try Self.computed(payload, disk) : nil
            let isBad = stored != nil && computed != nil && stored != computed
            fields.append(
                ByteField(
                    "entry", .group, depth: 1, range,
                    ordinal.map { .number(UInt64($0)) } ?? .none,
                    problem: entry.damage.map { "\($0)" }
                        ?? (isBad ? "payload and checksum do not match" : nil)))
            let sum = isBad ? computed.map { "the payload has \(Hex.encode($0))" } : nil
            try addHeader(at: range.lowerBound, checksumProblem: sum)
            guard !payload.isEmpty else { return }
            fields.append(
                ByteField(
                    "payload", .payload, depth: 2, payload, .number(UInt64(payload.count)),
                    problem: isBad ? "does not have the checksum of its header" : nil))
        }

        mutating func add(lost range: Range<Int>, why: String) throws {
            let header = min(range.upperBound, range.lowerBound + Layout.headerSize)
            fields.append(
                ByteField(
                    "entry", .group, depth: 1, range.lowerBound..<header, .none, problem: why))
            try addHeader(at: range.lowerBound, checksumProblem: nil)
            guard header < range.upperBound else { return }
            fields.append(
                ByteField(
                    "unreadable rest", .lost, depth: 1, header..<range.upperBound, .none,
                    problem: "no header tells where the next entry begins"))
        }

        private func storedChecksum(_ start: Int) throws -> UInt64? {
            let bytes = try disk.read(at: start, count: Layout.headerSize)
            return HeaderParts(bytes, topicLength: frame.topic.bytes.count)?.parts
                .first { $0.name == "checksum" }?.number
        }

        private mutating func addHeader(at start: Int, checksumProblem: String?) throws {
            let bytes = try disk.read(at: start, count: Layout.headerSize)
            guard let header = HeaderParts(bytes, topicLength: frame.topic.bytes.count) else {
                return
            }
            let problem = header.problem
            fields.append(
                ByteField(
                    "header", .group, depth: 2, start..<start + Layout.headerSize, .none,
                    problem: problem.map { "\($0)" }))
            if let extent = header.extensionRange {
                fields += header.parts.filter { !$0.isExtension }.map {
                    field($0, start, bytes, problem, checksumProblem)
                }
                fields.append(
                    ByteField(
                        "extension", .group, depth: 3,
                        start + extent.lowerBound..<start + extent.upperBound))
                fields += header.parts.filter(\.isExtension).map {
                    field($0, start, bytes, problem, nil)
                }
            } else {
                fields += header.parts.map { field($0, start, bytes, problem, checksumProblem) }
            }
        }

        private func field(
            _ part: HeaderPart, _ start: Int, _ bytes: [UInt8], _ problem: FormatError?,
            _ checksumProblem: String?
        ) -> ByteField {
            let isMarked = problem?.range.overlaps(part.range) ?? false
            var text = isMarked ? problem.map { "\($0.field) \($0.problem)" } : nil
            if part.name == "checksum" { text = text ?? checksumProblem }
            if part.name == "next_block_start", let number = part.number,
                number != UInt64(frame.end)
            {
                text = text ?? "its block ends at \(frame.end)"
            }
            return ByteField(
                part.name, Self.kind(part.kind), depth: part.isExtension ? 4 : 3,
                start + part.range.lowerBound..<start + part.range.upperBound,
                Self.value(part, bytes), problem: text)
        }

        private static func kind(_ kind: HeaderPart.Kind) -> ByteField.Kind {
            switch kind {
            case .number: .number
            case .topic: .topic
            case .checksum: .checksum
            case .stamp: .stamp
            case .padding: .padding
            }
        }

        private static func value(_ part: HeaderPart, _ bytes: [UInt8]) -> ByteField.Value {
            switch (part.kind, part.number) {
            case (.topic, _):
                let text = bytes[part.range].prefix { $0 != 0 }
                // The last byte of a short name is its length.
                return .text(Array(part.name == "owned_by" ? text.prefix(7) : text))
            case (.checksum, let number?): return .hex(number, bytes: part.range.count)
            case (_, let number?) where part.name == "timestamp": return .time(number)
            case (_, .some) where part.name == "magic": return .text(Array(bytes[part.range]))
            case (_, let number?) where part.name == "flags" || part.name == "owned_by":
                return .hex(number, bytes: part.range.count)
            case (_, let number?): return .number(number)
            case (_, nil): return .none
            }
        }

        /// FNV-1a of the payload; nil when it is too long to be verified at a glance.
        private static func computed(_ payload: Range<Int>, _ disk: DiskFile) throws -> UInt64? {
            guard payload.count <= ByteInspector.verifiedMax else { return nil }
            var sum = FNV1a()
            var at = payload.lowerBound
            while at < payload.upperBound {
                let piece = try disk.read(
                    at: at, count: min(1 << 20, payload.upperBound - at))
                guard !piece.isEmpty else { break }
                unsafe piece.withUnsafeBytes { unsafe sum.add($0) }
                at += piece.count
            }
            return sum.value
        }
    }
}

extension EntryDamage {
    fileprivate var isOfPayload: Bool {
        if case .payload = self { true } else { false }
    }
}

extension HeaderParts {
    /// Where the extension stands in the header, if it is there.
    var extensionRange: Range<Int>? {
        let parts = parts.filter(\.isExtension)
        guard let first = parts.first, let last = parts.last else { return nil }
        return first.range.lowerBound..<last.range.upperBound
    }
}
