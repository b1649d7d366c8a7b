internal import SystemPackage
public import WalrusFormat
internal import WalrusIO

/// What an engine says about itself in `metrics_index.db`, a short while ago.
public struct LiveMetrics: Hashable, Sendable {
    public let image: MetricsImage
    /// Nanoseconds since it was written.
    public let age: UInt64

    public init(_ image: MetricsImage, age: UInt64) {
        self.image = image
        self.age = age
    }

    /// What is older says nothing about now: its engine is idle, or died.
    static let ageMax: UInt64 = 60_000_000_000

    /// The figures of a running engine in `directory` at `time`, nanoseconds since 1970 UTC. Nil
    /// when there are none, or those of an engine that is closed or silent. Figures that cannot be
    /// read are a finding.
    static func read(_ directory: FilePath, at time: UInt64) -> (LiveMetrics?, Finding?) {
        let name = DirectoryNames.metrics
        var problem = ""
        // They are written in place: what was caught in the middle of it is whole a moment later.
        for attempt in 0..<3 {
            if attempt > 0 { Clock.sleep(nanoseconds: 1_000_000) }
            do {
                let path = directory.appending(name)
                guard let bytes = try Directory.contents(of: path, limit: MetricsImage.size + 1)
                else { return (nil, nil) }
                let image = try MetricsImage.decode(bytes)
                // A clock may be a little ahead of another.
                let age = image.written < time ? time - image.written : 0
                let isLive = !image.isClosed && age <= ageMax && image.written < time + ageMax
                return (isLive ? LiveMetrics(image, age: age) : nil, nil)
            } catch { problem = "\(error)" }
        }
        return (
            nil,
            Finding(
                .info, .damagedMetrics, file: name,
                "\(problem); an engine writes it anew, and nothing else needs it")
        )
    }
}
