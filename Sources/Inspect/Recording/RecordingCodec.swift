internal import WalrusFormat

/// A look at a directory as it is recorded: all of it (a key frame), or what changed since the frame
/// before it.
public struct RecordedFrame: Hashable, Sendable {
    /// Bytes that a frame may take.
    static let sizeMax = 32 << 20

    /// Of the look, in nanoseconds since 1970 UTC.
    public let time: UInt64
    public let isKey: Bool
    let bytes: [UInt8]
}

/// A look that was recorded.
public struct RecordedLook: Sendable {
    public let state: DirectoryState
    /// Processes that had files of the directory open.
    public let holders: [Int]
}

/// Makes frames of looks, one after another.
public struct RecordingEncoder: Sendable {
    /// Frames from one key frame to the next, at most.
    static let keyInterval = 512

    private var last = RecordedState()
    private var lastRevision = 0
    private var frames = 0
    private var keySize = 0
    private var deltaSize = 0

    /// The next frame is a key frame once those since the last one take as much room: reading up to
    /// any frame then costs twice a key frame at most.
    private var isKeyDue: Bool {
        frames == 0 || frames >= Self.keyInterval || deltaSize > max(keySize, 4_096)
    }

    public init() {}

    /// - Parameter holders: processes that have files of the directory open.
    public mutating func encode(_ state: DirectoryState, holders: [Int]) -> RecordedFrame {
        let isKey = isKeyDue
        let isRest = !isKey && state.revision != 0 && state.revision == lastRevision
        var writer = RecordingWriter()
        writer.number(state.metrics?.age ?? 0)
        writer.number(holders.count)
        for pid in holders { writer.number(pid) }
        var next = last
        if isRest { next.set(state.metrics) } else { next = RecordedState(state) }
        let old = isKey ? RecordedState() : last
        next.metrics.write(since: old.metrics, to: &writer)
        writer.byte(isRest ? 0 : 1)
        if !isRest {
            next.topics.write(since: old.topics, to: &writer)
            next.files.write(since: old.files, to: &writer)
            next.blocks.write(since: old.blocks, to: &writer)
            let hasFindings = isKey || next.findings != old.findings
            let hasTrash = next.trash != old.trash
            writer.byte((hasFindings ? 1 : 0) | (hasTrash ? 2 : 0))
            if hasFindings { Self.write(next.findings, to: &writer) }
            if hasTrash {
                for count in [next.trash?.folders, next.trash?.files, next.trash?.allocated] {
                    writer.number(count ?? 0)
                }
            }
        }
        last = next
        lastRevision = state.revision
        frames = isKey ? 1 : frames + 1
        if isKey {
            (keySize, deltaSize) = (writer.bytes.count, 0)
        } else {
            deltaSize += writer.bytes.count
        }
        return RecordedFrame(time: state.time, isKey: isKey, bytes: writer.bytes)
    }

    private static func write(_ findings: [Finding], to writer: inout RecordingWriter) {
        writer.number(findings.count)
        for finding in findings {
            writer.string(Array(finding.severity.rawValue.utf8))
            writer.string(Array(finding.kind.rawValue.utf8))
            writer.string(Array((finding.file ?? "").utf8))
            // 0: there is none.
            writer.number(finding.block.map { $0 &+ 1 } ?? 0)
            writer.number(finding.offset.map { $0 &+ 1 } ?? 0)
            writer.string(Array(finding.message.utf8))
        }
    }
}

/// Makes looks of frames again. Starts at a key frame; after an error, anew.
struct RecordingDecoder: Sendable {
    private static let holdersMax = 10_000
    private static let findingsMax = 100_000
    private static let textMax = 65_536

    private var current = RecordedState()
    private var age: UInt64 = 0
    private var holders: [Int] = []
    /// Below 0, so that it is never taken for a scanner's.
    private var revision = 0
    private var made: DirectoryState?

    /// Rows that a look has: what making it costs.
    var rows: Int {
        current.topics.keys.count + current.files.keys.count + current.blocks.keys.count
    }

    mutating func apply(_ frame: RecordedFrame) throws(RecordingReader.Malformed) {
        var reader = RecordingReader(frame.bytes[...])
        if frame.isKey { current = RecordedState() }
        age = try reader.number()
        let count = try reader.count(max: Self.holdersMax)
        holders = []
        for _ in 0..<count { holders.append(try reader.count(max: 1 << 32)) }
        try current.metrics.apply(&reader)
        if try reader.byte() != 0 {
            try current.topics.apply(&reader)
            try current.files.apply(&reader)
            try current.blocks.apply(&reader)
            let parts = try reader.byte()
            if parts & 1 == 1 { current.findings = try Self.findings(&reader) }
            if parts & 2 == 2 { current.trash = try Self.trash(&reader) }
            revision -= 1
            made = nil
        }
        guard reader.isAtEnd else { throw RecordingReader.Malformed() }
    }

    /// The look that the last frame led to, at its time.
    mutating func look(at time: UInt64) throws(RecordingReader.Malformed) -> RecordedLook {
        var state = try current.state(time: time, age: age, like: made)
        state.revision = revision
        made = state
        return RecordedLook(state: state, holders: holders)
    }

    /// Nil for one with no folder in it.
    private static func trash(_ reader: inout RecordingReader)
        throws(RecordingReader.Malformed) -> TrashSummary?
    {
        let trash = TrashSummary(
            folders: try reader.count(max: 1 << 42), files: try reader.count(max: 1 << 42),
            allocated: try reader.count(max: 1 << 42))
        return trash.folders == 0 ? nil : trash
    }

    private static func findings(_ reader: inout RecordingReader)
        throws(RecordingReader.Malformed) -> [Finding]
    {
        let count = try reader.count(max: findingsMax)
        var list: [Finding] = []
        for _ in 0..<count {
            func text(_ max: Int) throws(RecordingReader.Malformed) -> String {
                String(decoding: try reader.string(max: max), as: UTF8.self)
            }
            // A kind that a later version knows is still a finding.
            let severity = Finding.Severity(rawValue: try text(32)) ?? .info
            let kind = Finding.Kind(rawValue: try text(64)) ?? .more
            let file = try text(textMax)
            let block = try reader.count(max: Layout.unitsPerFile)
            let offset = try reader.count(max: 1 << 50)
            list.append(
                Finding(
                    severity, kind, file: file.isEmpty ? nil : file,
                    block: block == 0 ? nil : block - 1, offset: offset == 0 ? nil : offset - 1,
                    try text(textMax)))
        }
        return list
    }
}
