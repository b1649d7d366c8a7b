import Glibc
import Testing

@testable import WalrusTUI

@Suite(.serialized)
struct EventLoopTests {
    @Test("messages from many threads arrive once each, in the order of their thread")
    func mailbox() async throws {
        let mailbox = try #require(Mailbox<Int>())
        await withTaskGroup(of: Void.self) { group in
            for sender in 0..<4 {
                group.addTask {
                    for i in 0..<500 { mailbox.post(sender * 1_000 + i) }
                }
            }
        }
        var taken: [Int] = []
        while EventLoop.wait(
            terminal: -1, mailbox: mailbox.descriptor, signals: -1, timeout: .zero
        ).contains(.messages) { taken += mailbox.take() }
        #expect(taken.count == 2_000)
        for sender in 0..<4 {
            #expect(taken.filter { $0 / 1_000 == sender } == (0..<500).map { sender * 1_000 + $0 })
        }
        #expect(mailbox.take().isEmpty)
    }

    @Test("a message that wakes nobody waits for one that does")
    func quietMessages() throws {
        let mailbox = try #require(Mailbox<Int>())
        func isWoken() -> Bool {
            EventLoop.wait(
                terminal: -1, mailbox: mailbox.descriptor, signals: -1, timeout: .zero
            ).contains(.messages)
        }
        mailbox.post(1, wakes: false)
        #expect(!isWoken())
        #expect(mailbox.take() == [1])
        mailbox.post(2, wakes: false)
        mailbox.post(3)
        mailbox.post(4)
        #expect(isWoken())
        #expect(mailbox.take() == [2, 3, 4])
        #expect(!isWoken())
        mailbox.post(5)
        #expect(isWoken())
    }

    @Test("a wait ends in time when nothing comes")
    func timeout() {
        let clock = ContinuousClock()
        let start = clock.now
        let ready = EventLoop.wait(
            terminal: -1, mailbox: -1, signals: -1, timeout: .milliseconds(30))
        #expect(ready.isEmpty)
        #expect(clock.now - start >= .milliseconds(29))
    }

    @Test("timeouts round up and never overflow")
    func milliseconds() {
        #expect(EventLoop.milliseconds(nil) == -1)
        #expect(EventLoop.milliseconds(.zero) == 0)
        #expect(EventLoop.milliseconds(.microseconds(1)) == 1)
        #expect(EventLoop.milliseconds(.milliseconds(1_500)) == 1_500)
        #expect(EventLoop.milliseconds(.seconds(-3)) == 0)
        #expect(EventLoop.milliseconds(.seconds(Int64.max)) == 86_400_000)
    }

    @Test("a descriptor whose other end is gone is a hang-up")
    func hangup() throws {
        var ends: [Int32] = [-1, -1]
        try #require(unsafe pipe(&ends) == 0)
        #expect(
            EventLoop.wait(terminal: ends[0], mailbox: -1, signals: -1, timeout: .zero).isEmpty)
        Glibc.close(ends[1])
        #expect(
            EventLoop.wait(terminal: ends[0], mailbox: -1, signals: -1, timeout: nil)
                .contains(.hangup))
        Glibc.close(ends[0])
    }

    @Test("signals become events, each once")
    func signals() throws {
        let pipe = try #require(SignalPipe())
        defer { pipe.close() }
        #expect(SignalPipe() == nil)
        #expect(pipe.drain().isEmpty)
        for number in [SIGWINCH, SIGCONT, SIGWINCH, SIGTERM, SIGTSTP] { raise(number) }
        var events: Set<SignalPipe.Event> = []
        while events.count < 4 {
            let ready = EventLoop.wait(
                terminal: -1, mailbox: -1, signals: pipe.descriptor, timeout: .seconds(5))
            try #require(ready.contains(.signals))
            events.formUnion(pipe.drain())
        }
        #expect(events == [.resized, .continued, .terminate(status: 128 + SIGTERM), .stop])
        #expect(
            EventLoop.wait(terminal: -1, mailbox: -1, signals: pipe.descriptor, timeout: .zero)
                .isEmpty)
    }
}
