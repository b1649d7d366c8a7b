import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import WalrusIO

@Suite struct StandardInputTests {
    /// An input that reads `bytes` out of a pipe, which another thread fills in pieces.
    private func input(_ bytes: [UInt8], pieces: Int = 1) throws -> (StandardInput, Thread) {
        var ends: [CInt] = [0, 0]
        try #require(unsafe pipe(&ends) == 0)
        let (source, target) = (ends[0], ends[1])
        let thread = Thread {
            var at = 0
            while at < bytes.count {
                let end = min(at + max(1, bytes.count / pieces), bytes.count)
                try? StandardStreams.write(Array(bytes[at..<end]), to: target, "pipe")
                at = end
            }
            close(target)
        }
        return (StandardInput(descriptor: source), thread)
    }

    private func lines(_ text: String, limit: Int = 100, pieces: Int = 1) throws
        -> [StandardInput.Line]
    {
        var (input, thread) = try input(Array(text.utf8), pieces: pieces)
        var lines: [StandardInput.Line] = []
        repeat {
            lines.append(try input.line(limit: limit))
        } while lines.last != .end && lines.last != .tooLong
        thread.join()
        return lines
    }

    private func line(_ text: String) -> StandardInput.Line { .line(Array(text.utf8)) }

    @Test(arguments: [1, 2, 3, 50])
    func linesAsTheyAre(pieces: Int) throws {
        #expect(try lines("", pieces: pieces) == [.end])
        #expect(try lines("a", pieces: pieces) == [line("a"), .end])
        #expect(try lines("a\n", pieces: pieces) == [line("a"), .end])
        #expect(try lines("\n\n", pieces: pieces) == [line(""), line(""), .end])
        #expect(
            try lines("one\r\n\ntwo\0\nthree", pieces: pieces)
                == [line("one\r"), line(""), line("two\0"), line("three"), .end])
    }

    @Test func linesAtTheLimit() throws {
        #expect(try lines("12345\n1234\n", limit: 5) == [line("12345"), line("1234"), .end])
        #expect(try lines("1\n123456\n1\n", limit: 5) == [line("1"), .tooLong])
        #expect(try lines("123456", limit: 5) == [.tooLong])
        #expect(try lines("12345", limit: 5) == [line("12345"), .end])
    }

    /// Lines that end where the pieces that are read do, and longer ones than a piece.
    @Test func manyLines() throws {
        var random = SeededRandom.fromEnvironment("StandardInputTests.manyLines")
        var text: [UInt8] = []
        var expected: [StandardInput.Line] = []
        for _ in 0..<200 {
            let length = Int.random(in: 0...3_000, using: &random)
            let line = [UInt8](repeating: UInt8(ascii: "a") + UInt8(length % 26), count: length)
            text += line + [10]
            expected.append(.line(line))
        }
        var (input, thread) = try input(text, pieces: 37)
        for line in expected { #expect(try input.line(limit: 3_000) == line) }
        #expect(try input.line(limit: 3_000) == .end)
        #expect(try input.line(limit: 3_000) == .end)
        thread.join()
    }

    @Test func all() throws {
        let bytes = SeededRandom(seed: 4).copyBytes(200_000)
        for (limit, isWhole) in [(200_000, true), (199_999, false), (.max, true)] {
            var (input, thread) = try input(bytes, pieces: 9)
            let all = try input.all(limit: limit)
            #expect(all == (isWhole ? bytes : nil))
            // Let the writer end: its pipe is not read to the end otherwise.
            _ = try input.all(limit: .max)
            thread.join()
        }
        var (empty, thread) = try input([])
        #expect(try empty.all(limit: 0) == [])
        thread.join()
    }
}

extension SeededRandom {
    fileprivate func copyBytes(_ count: Int) -> [UInt8] {
        var copy = self
        return copy.bytes(count)
    }
}
