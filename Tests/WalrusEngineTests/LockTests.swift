import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

@Suite struct LockTests {
    /// A second engine is refused and told who has the directory.
    @Test func f12() throws {
        let place = try Workplace()
        let walrus = try place.open()
        for _ in 1...2 {
            var caught: EngineError?
            do throws(EngineError) { _ = try Walrus(place.configuration()) } catch {
                caught = error
            }
            #expect(caught?.code == .locked)
            #expect(caught?.holders == [Host.processID])
        }
        try walrus.add(["a"], to: "t")
        try walrus.close()
        try place.session { walrus throws in #expect(try walrus.texts("t") == ["a"]) }
    }

    /// Who has the lock is told by the kernel: the file may still name the one before.
    @Test func theHolderIsNotWhoeverWasItBefore() throws {
        let place = try Workplace()
        let walrus = try place.open()
        try place.put(DirectoryNames.lock, Array("1\nhost\n0\n".utf8))
        var caught: EngineError?
        do throws(EngineError) { _ = try Walrus(place.configuration()) } catch { caught = error }
        #expect(caught?.code == .locked && caught?.holders == [Host.processID])
        try walrus.close()
    }

    /// Whoever closes second finds it done when the call returns.
    @Test func aSecondCloseWaitsForTheFirst() throws {
        let place = try Workplace()
        let walrus = try place.openFaulty(.strictlyAtOnce, .each)
        try walrus.append([1], to: "t")
        let (begun, mayEnd, isDone) = (Event(), Event(), Event())
        place.storage.fail { _, _ in
            guard !begun.wait(nanoseconds: 0) else { return nil }
            begun.set()
            _ = mayEnd.wait(nanoseconds: 60_000_000_000)
            return nil
        }
        let first = try Thread.start { try? walrus.close() }
        #expect(begun.wait(nanoseconds: 60_000_000_000))
        let second = try Thread.start {
            try? walrus.close()
            isDone.set()
        }
        #expect(!isDone.wait(nanoseconds: 20_000_000))
        mayEnd.set()
        second.join()
        // The first is done, whether its thread has ended or not.
        try place.session { walrus throws in #expect(walrus.unreadCount(of: "t") == 1) }
        first.join()
    }

    /// The reference takes no lock; it is noticed by the files that it has open for writing.
    @Test func f12AProcessWithoutALock() throws {
        let place = try Workplace()
        try place.session { walrus throws in try walrus.add(["a"], to: "t") }
        try withHolder(place, "<>") { pid in
            var caught: EngineError?
            let configuration = Configuration(directory: place.path, key: nil)
            do throws(EngineError) { _ = try Walrus(configuration) } catch { caught = error }
            #expect(caught?.code == .locked)
            #expect(caught?.holders == [pid])
        }
    }

    /// A console or a backup that reads the files keeps nobody from writing.
    @Test func readersDoNotCount() throws {
        let place = try Workplace()
        try place.session { walrus throws in try walrus.add(["a"], to: "t") }
        try withHolder(place, "<") { _ in
            let walrus = try Walrus(Configuration(directory: place.path, key: nil))
            try walrus.close()
        }
    }

    /// Runs `body` while another process has the first data file open.
    private func withHolder(
        _ place: Workplace, _ redirection: String, _ body: (_ pid: Int) throws -> Void
    ) throws {
        let file = place.path.appending(try place.dataFiles[0])
        try shell(
            """
            exec 9\(redirection) \(file)
            sleep 20 > /dev/null 2>&1 & echo $! > \(place.path)/pid_index.db
            """
        )
        let text = String(decoding: try #require(try place.bytes("pid_index.db")), as: UTF8.self)
        let pid = try #require(Int(text.dropLast()))
        defer { try? shell("kill -9 \(pid)") }
        try body(pid)
    }

    /// A child has copies of all descriptors until it runs another program; the lock goes all the
    /// same when the engine is closed.
    @Test func childrenDoNotKeepTheLock() throws {
        let place = try Workplace()
        let failures = Counter()
        Thread.forEach(2, threads: 2) { index in
            do {
                for _ in 0..<40 {
                    if index == 0 { try shell("true") } else { try place.session { _ in } }
                }
            } catch { failures.add() }
        }
        #expect(failures.value == 0)
    }

    /// Two engines in one process share nothing.
    @Test func f08() throws {
        let (one, two) = (try Workplace(), try Workplace())
        // Blocks of the same places in files of the same names, of which the first may go when read.
        let files = ["1763670155020", "1763670155021"]
        for place in [one, two] {
            for file in files { try place.putEntry([1], "old", file: file, slot: 0) }
        }
        let (a, b) = (try one.open(), try two.open())
        #expect(try b.consume("old").count == 2)
        #expect(try two.dataFiles == [files[1]] && one.dataFiles == files)
        #expect(a.unreadCount(of: "old") == 2)
        try a.add(numbers(1...10), to: "t")
        try b.add(numbers(11...20), to: "t")
        #expect(try b.texts("t") == numbers(11...20))
        #expect(a.unreadCount(of: "t") == 10)
        try b.close()
        #expect(try a.texts("t") == numbers(1...10))
        #expect(try a.consume("old").count == 2)
        try a.close()
    }

    @Test func keysHaveDirectoriesOfTheirOwn() throws {
        let place = try Workplace()
        var configuration = place.configuration()
        for key in ["a/b", "c"] {
            configuration.key = key
            let walrus = try Walrus(configuration)
            try walrus.add([key], to: "t")
            #expect(try walrus.texts("t") == [key])
            try walrus.close()
        }
        #expect(try place.names == ["a_b", "c"])
        for key in [".", ".."] {
            configuration.key = key
            #expect { try Walrus(configuration) } throws: { .invalidKey ~= $0 }
        }
    }

    @Test func aClosedEngineRefuses() throws {
        let place = try Workplace()
        let walrus = try place.open()
        try walrus.add(["a"], to: "t")
        try walrus.close()
        try walrus.close()
        #expect { try walrus.append([1], to: "t") } throws: { .closed ~= $0 }
        #expect { try walrus.readNext("t", checkpoint: true) } throws: { .closed ~= $0 }
        #expect { try walrus.markDirty("t") } throws: { .closed ~= $0 }
        #expect(walrus.unreadCount(of: "t") == 1)
    }

    /// Closing gives the directory free, whoever still has the engine; deleting the lock file of one
    /// that is open does not.
    @Test func closingGivesTheDirectoryFree() throws {
        let place = try Workplace()
        var configuration = place.configuration()
        configuration.looksForStrangers = true
        let first = try Walrus(configuration)
        try first.append([1], to: "t")
        try place.storage.remove(DirectoryNames.lock)
        #expect { _ = try Walrus(configuration) } throws: { .locked ~= $0 }
        try first.close()
        let second = try Walrus(configuration)
        #expect(try second.readNext("t", checkpoint: true)?.payload == [1])
        try second.close()
        try first.close()
    }

    /// A relative directory is where it was when the engine was opened.
    @Test func aRelativeDirectoryStaysWhereItIs() throws {
        let place = try Workplace()
        let program = FilePath(CommandLine.arguments[0]).removingLastComponent()
            .appending("EngineUnderLimits")
        try shell("mkdir \(place.path)/a \(place.path)/b")
        try shell("cd \(place.path)/a && \(program) moves wal fd ../b")
        for name in ["a", "b"] {
            let there = try Directory.list(place.path.appending(name)).map(\.name)
            #expect(there == (name == "a" ? ["wal"] : []))
        }
        let walrus = try Walrus(Configuration(directory: place.path.appending("a/wal"), key: nil))
        #expect(walrus.unreadCount(of: "t") == 2)
        try walrus.close()
    }

    @Test func lettingGoCloses() throws {
        let place = try Workplace()
        do {
            let walrus = try place.open(.atLeastOnce(persistEvery: 100), .milliseconds(10))
            try walrus.add(["a", "b"], to: "t")
            #expect(try walrus.texts("t", 1) == ["a"])
        }
        try place.session { walrus throws in #expect(try walrus.texts("t") == ["b"]) }
    }
}
