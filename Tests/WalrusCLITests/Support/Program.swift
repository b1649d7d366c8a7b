import SystemPackage
import TestSupport
import Testing
import WalrusFormat
import WalrusIO

/// A directory to run the program on.
struct Log {
    let path: FilePath
    private let folder: TempDirectory?
    private let fixture: Fixture?

    /// One that does not exist yet, in a folder that does.
    init() throws {
        let folder = try TempDirectory()
        self.folder = folder
        fixture = nil
        path = folder.path.appending("log")
    }

    init(fixture name: String) throws {
        let fixture = try Fixture(name)
        self.fixture = fixture
        folder = nil
        path = fixture.path
    }

    /// `walrus VERB DIR ARGUMENT...`; what appends may make the log.
    @discardableResult
    func run(_ verb: String, _ arguments: String..., input: [UInt8] = []) throws
        -> Subprocess.Result
    {
        let creates = verb == "append" && !Directory.exists(path) ? ["--create"] : []
        return try Subprocess.run(
            Subprocess.walrus, [verb, path.string] + creates + arguments, input: input,
            directory: path.removingLastComponent())
    }

    /// A script whose working directory is the log's parent, and in which `$log` is the log.
    @discardableResult
    func bash(_ script: String, input: [UInt8] = []) throws -> Subprocess.Result {
        try Subprocess.bash(
            script, input: input, directory: path.removingLastComponent(),
            environment: ["log": path.string])
    }

    /// Appends every entry in a run of its own; the ordinals must be 1, 2, ... from `first`.
    func append(_ payloads: [[UInt8]], to topic: String, first: Int = 1) throws {
        for (index, payload) in payloads.enumerated() {
            let result = try run("append", topic, input: payload)
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.text == "\(first + index)\n")
        }
    }

    /// What `walrus entries` tells of the topic.
    func entries(_ topic: String, _ arguments: String...) throws -> [JSONValue] {
        let result = try Subprocess.run(
            Subprocess.walrus,
            ["entries", path.string, topic, "-o", "jsonl"] + arguments)
        #expect(result.status == 0, "\(result.errors)")
        return try result.lines.map { try #require(JSONValue($0)) }
    }

    /// The payloads, read back through the program.
    func payloads(_ topic: String) throws -> [[UInt8]] {
        try entries(topic, "--payload", "hex").map {
            let digits = try #require($0["payload"]?.string)
            return try #require(Hex.decode(digits))
        }
    }

    func topics() throws -> [JSONValue] {
        let result = try run("topics", "-o", "json")
        let list = try #require(JSONValue(result.text))
        #expect(list["schema"] == .int(1))
        return try #require(list["topics"]?.array)
    }

    func topic(_ name: String) throws -> JSONValue {
        try #require(try topics().first { $0["topic"]?.string == name })
    }
}

extension Subprocess.Result {
    /// Fails unless the program ended with `status` and one line that holds all of `words`.
    func expectError(
        _ status: Int, _ words: String..., at location: SourceLocation = #_sourceLocation
    ) {
        #expect(self.status == status, "\(errors)", sourceLocation: location)
        #expect(output.isEmpty, sourceLocation: location)
        let lines = errors.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 2 && lines[1].isEmpty, "\(errors)", sourceLocation: location)
        for word in words {
            #expect(errors.contains(word), "\(errors)", sourceLocation: location)
        }
    }
}
