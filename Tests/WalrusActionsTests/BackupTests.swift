import Inspect
import Synchronization
import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

@testable import WalrusActions

@Suite struct BackupTests {
    private static let topics: [TopicName] = [
        "orders", "batches", TopicName(String(repeating: "l", count: 200)),
    ]

    /// What an entry says of itself: its number, and the batch that it is of.
    private static func payload(_ number: Int, _ index: Int, _ count: Int) -> [UInt8] {
        var bytes = [UInt8](
            repeating: UInt8(truncatingIfNeeded: number), count: 12 + number % 4_000)
        for (place, value) in [number, index, count].enumerated() {
            for byte in 0..<4 {
                bytes[4 * place + byte] = UInt8(truncatingIfNeeded: value >> (8 * byte))
            }
        }
        return bytes
    }

    private static func number(_ bytes: [UInt8], _ place: Int) -> Int {
        (0..<4).reduce(0) { $0 | Int(bytes[4 * place + $1]) << (8 * $1) }
    }

    /// Appends and consumes as fast as it can, and files go and come.
    private final class Writer: Sendable {
        let engine: Walrus
        let isOver = Atomic(false)
        let consumed = topics.map { _ in Counter() }
        let appended = topics.map { _ in Counter() }
        private let failure = Mutex<String?>(nil)

        final class Counter: Sendable { let value = Atomic(0) }

        init(_ path: FilePath, _ backend: StorageBackend) throws {
            var configuration = Configuration(
                directory: path, key: nil, fsyncSchedule: .milliseconds(20),
                reclamation: .immediate, backend: backend)
            configuration.looksForStrangers = false
            engine = try Walrus(configuration)
        }

        var problem: String? { failure.withLock { $0 } }

        func run(_ topic: Int) {
            var number = 0
            var random = SeededRandom(seed: UInt64(topic))
            do {
                while !isOver.load(ordering: .relaxed) {
                    let count = topic == 0 ? 1 : Int.random(in: 1...9, using: &random)
                    let batch = (0..<count).map { payload(number + 1 + $0, $0, count) }
                    if count == 1 {
                        try engine.append(batch[0], to: topics[topic])
                    } else {
                        try engine.append(batch: batch, to: topics[topic])
                    }
                    number += count
                    appended[topic].value.store(number, ordering: .releasing)
                    guard number % 7 < 6 else { continue }
                    let read = try engine.readBatch(
                        topics[topic], maxBytes: 6_000, checkpoint: true)
                    consumed[topic].value.wrappingAdd(read.count, ordering: .releasing)
                }
            } catch { failure.withLock { $0 = "\(error)" } }
        }
    }

    /// Each topic is a part that goes on without a gap, with whole batches, and its next entry is one
    /// that was not consumed when the copy began.
    @Test func copiesWhatIsWrittenMeanwhile() throws {
        let rounds = Host.environment("WALRUS_BACKUPS").flatMap { Int($0) } ?? 3
        var random = SeededRandom.fromEnvironment("copiesWhatIsWrittenMeanwhile")
        for round in 0..<rounds {
            let place = try TempDirectory()
            let log = try LogWriter()
            // The first file is nearly full: it is soon read and gone.
            try log.entry(
                Self.payload(0, 0, 1), "old", slot: Int.random(in: 93...97, using: &random),
                stamp: EntryStamp(sequence: 1, timestamp: 1))
            let writer = try Writer(log.path, round % 2 == 0 ? .fileDescriptor : .memoryMap)
            _ = try writer.engine.readNext("old", checkpoint: true)
            let threads = Self.topics.indices.map { topic in Thread { writer.run(topic) } }
            Clock.sleep(nanoseconds: UInt64.random(in: 1...400, using: &random) * 1_000_000)
            let before = writer.consumed.map { $0.value.load(ordering: .acquiring) }
            let archive = place.path.appending("log.tar")
            let report = Result { try BackupJob(log.path, to: archive).run { _ in true } }
            let appended = writer.appended.map { $0.value.load(ordering: .acquiring) }
            writer.isOver.store(true, ordering: .relaxed)
            for thread in threads { thread.join() }
            #expect(writer.problem == nil)
            #expect(try !report.get().isExact)
            try writer.engine.close()
            let copy = place.path.appending("copy")
            let restored = try RestoreJob(archive, to: copy).run { _, _ in true }
            #expect(restored.isCompared && restored.findings == 0, "round \(round): \(restored)")
            try check(copy, consumedBefore: before, appendedAfter: appended, "round \(round)")
        }
    }

    private func check(
        _ copy: FilePath, consumedBefore: [Int], appendedAfter: [Int], _ story: String
    ) throws {
        let configuration = Configuration(
            directory: copy, key: nil, fsyncSchedule: .never, reclamation: .off)
        let engine = try Walrus(configuration)
        defer { try? engine.close() }
        let found = engine.recoveryReport
        #expect(
            found.damageCount == 0 && found.gapCount == 0 && found.droppedBatches.isEmpty
                && found.setAside.isEmpty && found.reconciliations.isEmpty, "\(story): \(found)")
        for (index, topic) in Self.topics.enumerated() {
            let next = try engine.readNext(topic, checkpoint: false)?.payload
            try engine.seek(topic, to: .begin)
            var last: Int?
            var open = 0
            while let entry = try engine.readNext(topic, checkpoint: true)?.payload {
                let number = Self.number(entry, 0)
                if let last { #expect(number == last + 1, "\(story)") }
                last = number
                let rest = Self.number(entry, 2) - Self.number(entry, 1) - 1
                #expect(entry == Self.payload(number, Self.number(entry, 1), Self.number(entry, 2)))
                open = rest
            }
            #expect(open == 0, "\(story): a batch in part")
            // What was consumed when the copy began may come again, and what comes was appended.
            let reader = next.map { Self.number($0, 0) } ?? (last ?? 0) + 1
            #expect(reader <= appendedAfter[index] + 2_000, "\(story)")
            #expect((last ?? 0) >= min(consumedBefore[index], last ?? 0), "\(story)")
            #expect(
                reader > 0 && (last == nil || reader >= consumedBefore[index] - 2_000), "\(story)")
        }
    }

    /// A directory that the reference wrote comes back byte for byte, with its holes, also by tar.
    @Test(arguments: ["small", "multi", "large", "restarts"])
    func ofAFixtureEveryByte(name: String) throws {
        let fixture = try Fixture(name)
        let place = try TempDirectory()
        let archive = place.path.appending("a.tar")
        let report = try BackupJob(fixture.path, to: archive).run { _ in true }
        #expect(report.isExact)
        let copy = place.path.appending("copy")
        let restored = try RestoreJob(archive, to: copy).run { _, _ in true }
        #expect(restored.entries == report.entries && restored.isCompared)
        try Shell.run(
            "mkdir '\(place.path)/tar' && tar -xf '\(archive)' -C '\(place.path)/tar' --strip-components=1"
        )
        for file in try Directory.list(fixture.path)
        where DataFileName(file.name) != nil
            || file.name == DirectoryNames.cursorIndex
        {
            for other in [copy, place.path.appending("tar")] {
                try Shell.run("cmp '\(fixture.path)/\(file.name)' '\(other)/\(file.name)'")
            }
            let (old, new) = try (
                #require(try FileStatus.of(fixture.path.appending(file.name))),
                #require(try FileStatus.of(copy.appending(file.name)))
            )
            #expect(new.allocated <= old.allocated + 65_536)
        }
        #expect(try #require(try FileStatus.of(archive)).size < report.bytes + 1)
    }

    @Test func refusesWhatIsThere() throws {
        let fixture = try Fixture("small")
        let place = try TempDirectory()
        let archive = place.path.appending("a.tar")
        _ = try BackupJob(fixture.path, to: archive).run { _ in true }
        #expect(throws: IOError.self) { try BackupJob(fixture.path, to: archive).run { _ in true } }
        #expect(throws: EntryExport.InsideLog.self) {
            try BackupJob(fixture.path, to: fixture.path.appending("a.tar")).run { _ in true }
        }
        #expect(throws: DirectoryDraft.Refusal.self) {
            try RestoreJob(archive, to: place.path).run { _, _ in true }
        }
        try Directory.create(place.path.appending("empty"))
        _ = try RestoreJob(archive, to: place.path.appending("empty")).run { _, _ in true }
        #expect(try Directory.list(place.path).map(\.name).sorted() == ["a.tar", "empty"])
    }

    /// One byte that is not as it was is noticed, wherever it stands among the entries.
    @Test func aChangedByteIsNoticed() throws {
        let fixture = try Fixture("small")
        let place = try TempDirectory()
        let archive = place.path.appending("a.tar")
        _ = try BackupJob(fixture.path, to: archive).run { _ in true }
        let size = try #require(try FileStatus.of(archive)).size
        let file = try DiskFile(archive, .readWrite)
        // The payload of the file's first entry, behind four headers and a map.
        let at = 6 * 512 + 300
        let byte = try file.read(at: at, count: 1)[0]
        try [byte ^ 1].write(to: file, at: at)
        let target = place.path.appending("r")
        #expect(throws: (any Error).self) {
            try RestoreJob(archive, to: target).run { _, _ in true }
        }
        try [byte].write(to: file, at: at)
        for cut in [size - 1_025, size / 2, 700, 512, 1] {
            try Shell.run("head -c \(cut) '\(archive)' > '\(archive).cut'")
            #expect(throws: (any Error).self, "\(cut)") {
                try RestoreJob(FilePath("\(archive).cut"), to: target).run { _, _ in true }
            }
        }
        #expect(!Directory.exists(target))
        _ = try RestoreJob(archive, to: target).run { _, _ in true }
    }

    /// Archives that would put a file somewhere else, or that are no backups.
    @Test(arguments: [
        "../../1763670155020", "/tmp/1763670155020", "a/b/1763670155020", "log/evil.sh", "log/..",
    ])
    func aHostileArchiveIsRefused(name: String) throws {
        let place = try TempDirectory()
        let archive = place.path.appending("a.tar")
        try Shell.run(
            """
            cd '\(place.path)' && mkdir -p x && echo hello > x/f && \
            tar -cPf a.tar --transform='s,.*,\(name),' x/f
            """)
        #expect(throws: TarReader.Refusal.self) {
            try RestoreJob(archive, to: place.path.appending("out")).run { _, _ in true }
        }
        #expect(try Directory.list(place.path).map(\.name).sorted() == ["a.tar", "x"])
    }

    @Test func linksDevicesAndTwinsAreRefused() throws {
        let place = try TempDirectory()
        try Shell.run(
            """
            cd '\(place.path)' && mkdir l && ln -s /etc/passwd l/1763670155020 && tar -cf link.tar l && \
            rm l/1763670155020 && mkfifo l/1763670155020 && tar -cf pipe.tar l && rm -r l && mkdir l && \
            echo hello > l/1763670155020 && tar -cf twin.tar l l/1763670155020 && \
            ln l/1763670155020 l/1763670155021 && tar -cf hard.tar l && \
            truncate -s 5G l/1763670155022 && rm l/1763670155020 && tar -cSf gnu.tar l
            """)
        for name in ["link", "pipe", "twin", "hard", "gnu"] {
            #expect(throws: TarReader.Refusal.self, "\(name)") {
                try RestoreJob(
                    place.path.appending("\(name).tar"), to: place.path.appending("out")
                ).run { _, _ in true }
            }
        }
        #expect(!Directory.exists(place.path.appending("out")))
    }

    /// What GNU tar writes of an extracted backup is read too.
    @Test(arguments: ["posix", "gnu"])
    func tarsOwnSparseFilesAreRead(format: String) throws {
        let fixture = try Fixture("multi")
        let place = try TempDirectory()
        try Shell.run(
            "tar -cSf '\(place.path)/a.tar' --format=\(format) -C '\(fixture.path)' --exclude='*.json' ."
        )
        let target = place.path.appending("r")
        let report = try RestoreJob(place.path.appending("a.tar"), to: target).run { _, _ in true }
        #expect(!report.isCompared)
        let before = try #require(try Scanner(fixture.path).scan())
        #expect(report.entries == before.entries)
        for file in before.files {
            try Shell.run("cmp '\(fixture.path)/\(file.name)' '\(target)/\(file.name)'")
        }
    }

    /// A map of more pieces than a header of the kind 'S' holds, which then goes on in blocks behind it;
    /// and every way to damage it by a bit is an error, or another file of the same size at most.
    @Test func aLongMapOfTheOldKind() throws {
        let place = try TempDirectory()
        let file = try DiskFile(place.path.appending("1763670155020"), .create)
        for piece in 0..<60 {
            try [UInt8](repeating: UInt8(piece + 1), count: 4_096).write(
                to: file, at: piece * 65_536)
        }
        try file.truncate(to: 8 << 20)
        try Shell.run("cd '\(place.path)' && tar -cSf a.tar --format=gnu 1763670155020")
        let archive = try DiskFile(place.path.appending("a.tar"), .readWrite)
        func images() throws -> [SparseImage] { try RestoreJob.members(of: archive).images }
        let image = try #require(try images().first)
        #expect(image.size == 8 << 20 && image.stored == 60 * 4_096)
        #expect(image.segments.map(\.offset) == (0..<60).map { $0 * 65_536 })
        for segment in image.segments {
            #expect(
                try archive.read(at: segment.at, count: 1)
                    == [UInt8(segment.offset / 65_536 + 1)])
        }
        for byte in 512..<512 + 3 * 512 {
            let old = try archive.read(at: byte, count: 1)
            try [old[0] ^ 4].write(to: archive, at: byte)
            if let changed = try? images().first {
                #expect(changed.stored <= image.stored + 8 && changed.size == image.size)
            }
            try old.write(to: archive, at: byte)
        }
    }
}
