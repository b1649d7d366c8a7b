/// What is fed with arbitrary bytes: by libFuzzer (`make fuzz`), and by a test with the corpus.
public enum FuzzTarget: String, CaseIterable, Sendable {
    /// The header of an entry.
    case header
    /// The two index files.
    case indexes
    case journal
    /// Snapshot, batch intents and metrics.
    case images
    /// A whole directory, opened by the engine and by Inspect.
    case directory
    /// The control protocol: its messages, and an engine that is told them.
    case control
    /// An archive that is restored.
    case tar
    /// A recording that is played.
    case recording
    /// A JSON document.
    case json

    /// Does with the bytes what the target does. Throws where a property does not hold; a trap, or
    /// memory without a bound, is seen by whoever calls.
    public func run(_ bytes: [UInt8]) throws {
        switch self {
        case .header: try HeaderTarget.run(bytes)
        case .indexes: try IndexTarget.run(bytes)
        case .journal: try JournalTarget.run(bytes)
        case .images: try ImageTarget.run(bytes)
        case .directory: try DirectoryTarget.run(bytes)
        case .control: try ControlTargets.run(bytes)
        case .tar: try TarTarget.run(bytes)
        case .recording: try RecordingTarget.run(bytes)
        case .json: try JSONTarget.run(bytes)
        }
    }
}

/// A property that does not hold.
public struct FuzzFailure: Error, CustomStringConvertible {
    public let description: String
}

func expect(_ holds: Bool, _ property: @autoclosure () -> String) throws(FuzzFailure) {
    guard !holds else { return }
    throw FuzzFailure(description: property())
}

func expectEqual<T: Equatable>(_ a: T, _ b: T, _ property: @autoclosure () -> String)
    throws(FuzzFailure)
{
    try expect(a == b, "\(property()): \(a) is not \(b)")
}
