import SystemPackage
import TestSupport
import Testing
import WalrusControl
import WalrusEngine
import WalrusFormat
import WalrusIO

/// What takes a process of its own to see.
@Suite struct ControlProcessTests {
    private static let program = Subprocess.walrus.removingLastComponent().appending(
        "EngineThatServes")

    /// Another user does not even come to the socket; and who does, because the folder is not what it
    /// was, is refused by the kernel's word of who he is.
    @Test(.enabled(if: Host.userID == 0, "only root can become another user"))
    func otherUsersAreRefused() throws {
        let served = try Served()
        let walrus = try served.serve()
        let socket = try served.socket
        let first = try Subprocess.run(Self.program, ["knocks", socket.string])
        #expect(first.text == "Permission denied\n")
        try shell("chmod 755 \(served.folder) && chmod 777 \(socket)")
        let second = try Subprocess.run(Self.program, ["knocks", socket.string])
        #expect(second.text == "\(ControlFailure.Code.otherUser.rawValue)\n")
        #expect(walrus.metrics.control.refused == 1)
        try walrus.close()
    }

    @Test func onlyItsUserAndRootMayAct() {
        for (user, owner, isAdmitted) in [
            (1_000, 1_000, true), (0, 1_000, true), (0, 0, true), (1_000, 0, false),
            (1_001, 1_000, false), (65_534, 1_000, false), (UInt32.max, 0, false),
        ] as [(UInt32, UInt32, Bool)] {
            #expect(ControlUse.admits(user, to: owner) == isAdmitted)
        }
    }

    /// Neither threads nor descriptors stay behind, with clients that stay longer than the engine.
    @Test func closingLeaksNothing() throws {
        let place = try TempDirectory()
        let result = try Subprocess.run(
            Self.program, ["leaks", place.path.appending("wal").string])
        #expect(result.lines == ["descriptors 0", "threads 1"])
    }

    /// What a header announces takes no memory before it comes.
    @Test func memoryIsTakenForWhatComes() throws {
        let place = try TempDirectory()
        let result = try Subprocess.run(
            Self.program, ["memory", place.path.appending("wal").string])
        #expect(result.lines.first == "clients 8")
        let words = try #require(result.lines.last).split(separator: " ")
        let megabytes = try #require(words.last.flatMap { Int($0) })
        #expect(megabytes < 16)
    }

    /// The socket of a process that was killed is replaced.
    @Test func aDeadSocketIsReplaced() throws {
        let served = try Served()
        let name = ControlPlace.name(of: try served.directory)
        let worker = try Subprocess(
            Self.program, ["works", served.place.path.string],
            environment: ["XDG_RUNTIME_DIR": served.folder.removingLastComponent().string])
        while try worker.output().isEmpty { Clock.sleep(nanoseconds: 1_000_000) }
        worker.send(9)
        _ = try worker.wait()
        #expect(try Directory.list(served.folder).map(\.name) == [name])
        let walrus = try served.serve()
        _ = try served.client().append("a", to: "t")
        try walrus.close()
        #expect(try Directory.list(served.folder).isEmpty)
    }
}
