import Glibc
import Testing

/// Compares text with a file under `Tests/WalrusConsoleTests/Golden`. With `UPDATE_GOLDEN=1` the
/// file is rewritten instead.
enum GoldenFile {
    static func check(
        _ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let path = directory + name
        if environment("UPDATE_GOLDEN") == "1" {
            #expect(write(text, to: path), "cannot write \(path)", sourceLocation: sourceLocation)
            return
        }
        guard let expected = read(path) else {
            Issue.record("no golden file \(path)", sourceLocation: sourceLocation)
            return
        }
        guard expected != text else { return }
        let (old, new) = (lines(expected), lines(text))
        let first = zip(old, new).enumerated().first { $1.0 != $1.1 }
        Issue.record(
            """
            \(name) differs (\(old.count) lines, now \(new.count)), first in line \
            \((first?.offset ?? min(old.count, new.count)) + 1)
            golden: \(first?.element.0 ?? "")
            now:    \(first?.element.1 ?? "")
            """, sourceLocation: sourceLocation)
    }

    static func environment(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    private static func lines(_ text: String) -> [Substring] {
        text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    private static var directory: String {
        let here = #filePath
        let parts = here.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
        return parts.joined(separator: "/") + "/Golden/"
    }

    private static func read(_ path: String) -> String? {
        guard let file = unsafe fopen(path, "r") else { return nil }
        defer { unsafe fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe fread(&chunk, 1, chunk.count, file)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func write(_ text: String, to path: String) -> Bool {
        guard let file = unsafe fopen(path, "w") else { return false }
        let bytes = Array(text.utf8)
        let written = unsafe fwrite(bytes, 1, bytes.count, file)
        return unsafe fclose(file) == 0 && written == bytes.count
    }
}
