internal import Synchronization
internal import WalrusConsole
internal import WalrusFormat
internal import WalrusIO

/// A program of the user's that makes text of payloads (`--decode`).
///
/// It gets a line of lower-case hexadecimal digits for each payload and answers with one line, in
/// which `\n`, `\t` and `\\` stand for a line end, a tab and a backslash. It is started when it is
/// first needed, and again after it died, took longer than `timeout`, or broke the rule of a line
/// for a line; each of these is told, with the payload that it happened at.
final class Decoder: Sendable {
    /// Bytes of an answer.
    static let answerMax = 256 << 10
    /// Nanoseconds.
    static let timeout: UInt64 = 2_000_000_000

    private struct State {
        var process: ChildProcess?
        var hasEnded = false
    }

    private let command: String
    private let state = Mutex(State())

    init(command: String) { self.command = command }

    deinit { end() }

    /// Ends the program, also while it is being asked.
    func end() {
        let process = state.withLock { state in
            state.hasEnded = true
            defer { state.process = nil }
            return state.process
        }
        process?.end()
    }

    /// What the program makes of a payload. For one thread at a time.
    func decode(_ payload: [UInt8]) -> Result<[UInt8], DecoderFailure> {
        do {
            guard let process = try running() else {
                return .failure(DecoderFailure("the console is being closed"))
            }
            let line = Array(Hex.encode(payload).utf8)
            do throws(ChildProcess.Failure) {
                let answer = try process.ask(line, limit: Self.answerMax, timeout: Self.timeout)
                return .success(Self.unescaped(answer))
            } catch {
                process.end()
                state.withLock { $0.process = nil }
                return .failure(
                    DecoderFailure(Self.text(error) + "; it is started again for the next"))
            }
        } catch { return .failure(DecoderFailure("\(error)")) }
    }

    private func running() throws -> ChildProcess? {
        if let process = state.withLock({ $0.process }) { return process }
        let process = try ChildProcess(shell: command)
        return state.withLock { state in
            guard !state.hasEnded else { return nil }
            state.process = process
            return process
        }
    }

    private static func text(_ failure: ChildProcess.Failure) -> String {
        switch failure {
        case .ended(let how, let complaint):
            "it ended without an answer (\(how))" + (complaint.isEmpty ? "" : ": \(complaint)")
        case .tooSlow: "no answer within \(timeout / 1_000_000_000) s"
        case .tooLong: "its answer is longer than \(Figures.bytes(answerMax))"
        case .unasked: "it wrote more than a line for a payload"
        case .error(let error): error
        }
    }

    /// An answer with its line ends and tabs.
    static func unescaped(_ line: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(line.count)
        var at = 0
        while at < line.count {
            let byte = line[at]
            let next = at + 1 < line.count ? line[at + 1] : 0
            at += 2
            switch (byte, next) {
            case (UInt8(ascii: "\\"), UInt8(ascii: "n")): out.append(0x0a)
            case (UInt8(ascii: "\\"), UInt8(ascii: "t")): out.append(0x09)
            case (UInt8(ascii: "\\"), UInt8(ascii: "\\")): out.append(byte)
            default:
                out.append(byte)
                at -= 1
            }
        }
        return out
    }
}
