import Inspect
import SystemPackage
import TestSupport
import WalrusFormat
import WalrusIO

/// A recording, from whoever made it: played as far as it can be, and what is played is a look like
/// any other.
enum RecordingTarget {
    private static let framesMax = 48

    static func run(_ bytes: [UInt8]) throws {
        let place = try TempDirectory(inMemory: true)
        let path = place.path.appending("a.rec")
        try DiskStorage(place.path).replace("a.rec", with: file(bytes), temporary: "a.tmp")
        let recording: RecordingFile
        do { recording = try RecordingFile(path) } catch is RecordingError { return }
        try expect(recording.count > 0, "a recording without a frame is refused")
        var (tape, encoder) = (RecordingTape(limit: 1 << 24), RecordingEncoder())
        for index in 0..<min(recording.count, framesMax) {
            let look: RecordedLook
            do { look = try last(recording, index) } catch is RecordingError { continue }
            try expectEqual(look.state.time, recording.time(index), "the time of a look")
            try use(look.state)
            // What was played can be recorded, and is the same then.
            tape.append(encoder.encode(look.state, holders: look.holders))
            try compare(try last(tape, tape.count - 1), look)
        }
    }

    /// What is done to any state does not fail on this one.
    private static func use(_ state: DirectoryState) throws {
        let forecast = ReclaimForecast(state)
        try expectEqual(forecast.files.count, state.files.count, "files of the forecast")
        try expect(state.unread <= state.entries, "not more is unread than there is")
        for topic in state.topics {
            try expect(topic.blocks.allSatisfy { $0.used <= $0.units * Layout.unit }, "blocks fit")
        }
    }

    private static func last(_ source: some RecordingSource, _ index: Int) throws -> RecordedLook {
        var last: RecordedLook?
        try source.replay(upTo: index) { last = $0 }
        guard let last else { throw FuzzFailure(description: "no look at frame \(index)") }
        return last
    }

    private static func compare(_ again: RecordedLook, _ look: RecordedLook) throws {
        try expectEqual(again.holders, look.holders, "holders")
        let (a, b) = (again.state, look.state)
        try expectEqual(a.time, b.time, "time")
        try expectEqual(a.topics, b.topics, "topics")
        try expectEqual(a.files, b.files, "files")
        try expectEqual(a.findings, b.findings, "findings")
        try expectEqual(a.metrics, b.metrics, "metrics")
        try expectEqual(a.trash, b.trash, "trash")
    }

    /// The bytes as they are, or as frames whose lengths and checksums are right.
    private static func file(_ bytes: [UInt8]) -> [UInt8] {
        var input = FuzzBytes(bytes)
        guard input.byte() % 8 > 0 else { return input.all() }
        var file = Array("WalrusRc".utf8) + [UInt8](repeating: 0, count: 16)
        file.put(1, at: 8, 4)
        file.put(1_000_000_000, at: 16, 8)
        file = sealed(file)
        var time: UInt64 = 1_763_670_155_000_000_000
        while !input.isEmpty {
            let kind = input.byte()
            let length = input.number(2) % 1_024
            let content = input.bytes(length)
            var frame = [UInt8](repeating: 0, count: 20) + content
            frame.put(0x3146_5257, at: 0, 4)
            frame.put(UInt64(content.count), at: 4, 4)
            frame.put(kind % 2 == 0 ? 1 : 0, at: 8, 4)
            frame.put(time, at: 12, 8)
            file += kind < 240 ? sealed(frame) : frame
            // Clocks are set back, too.
            time = kind % 16 == 15 ? time &- 5_000_000_000 : time &+ 1_000_000_000
        }
        return file
    }

    private static func sealed(_ bytes: [UInt8]) -> [UInt8] {
        var sealed = bytes + [0, 0, 0, 0]
        sealed.put(UInt64(CRC32C.hash(bytes)), at: bytes.count, 4)
        return sealed
    }
}
