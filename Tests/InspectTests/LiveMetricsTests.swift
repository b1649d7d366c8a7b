import SystemPackage
import TestSupport
import Testing
import WalrusFormat
import WalrusIO

@testable import Inspect

@Suite struct LiveMetricsTests {
    private func look(_ temp: TempDirectory, _ bytes: [UInt8]?) throws -> DirectoryState {
        let path = temp.path.appending(DirectoryNames.metrics)
        if let bytes {
            let file = try DiskFile(path, .openOrCreate)
            try file.truncate(to: 0)
            try unsafe bytes.withUnsafeBytes {
                try unsafe file.write(at: 0, $0, UnsafeRawBufferPointer(start: nil, count: 0))
            }
        }
        return try #require(try Scanner(temp.path).scan())
    }

    private func image(_ written: UInt64, isClosed: Bool = false) -> MetricsImage {
        var image = MetricsImage(
            processID: 77, opened: 1, written: written, isClosed: isClosed, interval: 1)
        image.append.recent.p50 = 12_000
        return image
    }

    @Test func aRunningEngineIsHeard() throws {
        let temp = try TempDirectory()
        #expect(try look(temp, nil).metrics == nil)
        let written = image(Clock.wall())
        let state = try look(temp, written.encode())
        let metrics = try #require(state.metrics)
        #expect(metrics.image == written)
        #expect(metrics.age == state.time - written.written)
        #expect(state.findings == [])
    }

    /// Silence is no news: neither figures nor a finding.
    @Test func oldFiguresDoNotCount() throws {
        let temp = try TempDirectory()
        let now = Clock.wall()
        for stale in [
            image(now - 61_000_000_000), image(now + 120_000_000_000), image(now, isClosed: true),
        ] {
            let state = try look(temp, stale.encode())
            #expect(state.metrics == nil)
            #expect(state.findings == [])
        }
    }

    @Test func damageIsANote() throws {
        let temp = try TempDirectory()
        let whole = image(Clock.wall()).encode()
        var flipped = whole
        flipped[100] ^= 1
        for bytes in [[], flipped, Array(whole.dropLast()), whole + [0]] {
            let state = try look(temp, bytes)
            #expect(state.metrics == nil)
            #expect(state.findings.map(\.kind) == [.damagedMetrics])
            #expect(state.findings.first?.severity == .info)
        }
    }
}
