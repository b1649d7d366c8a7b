import SystemPackage
import TestSupport
import Testing
import WalrusControl
import WalrusEngine
import WalrusFormat
import WalrusIO

/// What an operator's process can have an open engine do.
@Suite struct ControlTests {
    @Test func everyRequestDoesWhatItsCallDoes() throws {
        let served = try Served()
        let walrus = try served.serve()
        let client = try served.client()
        let one = try client.append("a", to: "t")
        #expect(one.count == 1 && one.ordinal == 1 && one.sequence == 1)
        guard case .appended(let many) = try client.ask(.appendBatch("t", [[1], [2]])) else {
            Issue.record("no receipt")
            return
        }
        #expect(many.count == 2 && many.ordinal == 2 && many.sequence == 2)
        #expect(walrus.unreadCount(of: "t") == 3)

        #expect(try client.ask(.cursor("t")) == .cursor(nil))
        let second = try #require(many.place)
        #expect(
            try client.ask(.moveCursor("t", from: nil, to: .ordinal(2)))
                == .moved(ControlMove(before: 0, after: 1, place: second)))
        #expect(try client.ask(.cursor("t")) == .cursor(second))
        #expect(try walrus.readNext("t", checkpoint: true)?.payload == [1])
        // What was looked at before the application read on is no ground to move it.
        let answer = try client.ask(.moveCursor("t", from: second, to: .begin))
        guard case .failure(let failure) = answer else { throw Knock.Unexpected(answer: answer) }
        #expect(failure.code == EngineError.Code.cursorMoved.rawValue && failure.topic == "t")
        #expect(walrus.unreadCount(of: "t") == 1)

        #expect(try client.ask(.mark("t", isClean: true)) == .done)
        #expect(walrus.isClean("t"))
        #expect(try client.ask(.mark("t", isClean: false)) == .done)
        #expect(!walrus.isClean("t"))
        guard case .topic(let topic) = try client.ask(.topic("t")),
            case .topic(nil) = try client.ask(.topic("u")),
            case .metrics(let image) = try client.ask(.metrics),
            case .reclaimed(let reclaimed) = try client.ask(.reclaim)
        else {
            Issue.record("an answer is of another kind")
            return
        }
        #expect(topic?.entries == 3 && topic?.unread == 1 && topic?.isClean == false)
        #expect(image.counters.appended == 3 && image.processID == UInt64(Host.processID))
        #expect(reclaimed == ControlReclaimed(files: [], kept: []))
        try walrus.close()
        try served.place.session { walrus throws in
            #expect(try walrus.consume("t").map(\.payload) == [[2]])
        }
    }

    /// Names and places tell all of the engine's errors; a refused request changes nothing.
    @Test func errorsAreTold() throws {
        let served = try Served()
        let walrus = try served.serve()
        let client = try served.client()
        _ = try client.append("a", to: "t")
        let nowhere = try #require(EntryPlace("1763670155020:3+7"))
        let cases: [(ControlRequest, EngineError.Code)] = [
            (.append("", [1]), .invalidTopic),
            (.append(TopicName(bytes: [0xff]), [1]), .invalidTopic),
            (.appendBatch(TopicName(String(repeating: "x", count: 300)), [[1]]), .invalidTopic),
            (.mark("", isClean: true), .invalidTopic),
            (.moveCursor("t", from: nil, to: .place(nowhere)), .noSuchPlace),
            (.moveCursor("u", from: nil, to: .begin), .noSuchPlace),
            (.moveCursor("t", from: nowhere, to: .begin), .cursorMoved),
        ]
        for (request, code) in cases {
            guard case .failure(let failure) = try client.ask(request) else {
                Issue.record("\(request) is done")
                continue
            }
            #expect(failure.code == code.rawValue && !failure.reason.isEmpty)
        }
        #expect(walrus.topics().map(\.entries) == [1])
        try walrus.close()
    }

    /// More topics than an answer holds come in several.
    @Test func topicsComeInPages() throws {
        let served = try Served()
        let walrus = try served.serve()
        // Names of topics that only have marks take no file.
        let names = (0..<5_000).map { number in
            let digits = String(number)
            let pad = String(repeating: "0", count: 6 - digits.count)
            return TopicName(pad + digits + String(repeating: "n", count: 180))
        }
        for name in names { try walrus.markDirty(name) }
        let client = try served.client()
        var found: [TopicName] = []
        var pages = 0
        while true {
            guard case .topics(let page, let hasMore) = try client.ask(.topics(after: found.last))
            else { break }
            found += page.map(\.name)
            pages += 1
            if !hasMore { break }
        }
        #expect(found == names && pages == 2)
        try walrus.close()
    }

    @Test func itIsOffWhereTheConfigurationSaysSo() throws {
        let served = try Served()
        var configuration = served.configuration
        configuration.servesControl = false
        let walrus = try Walrus(configuration)
        #expect(walrus.metrics.control.state == .off)
        try walrus.close()
        #expect(!Directory.exists(served.folder))
    }

    /// Closing takes the socket along; nothing of it was ever in the log's directory.
    @Test func nothingIsLeft() throws {
        let served = try Served()
        let walrus = try served.serve()
        let client = try served.client()
        _ = try client.append("a", to: "t")
        let names = try served.place.names.filter { DataFileName($0) == nil }
        #expect(names.allSatisfy { $0.hasSuffix(DirectoryNames.sidecarSuffix) })
        #expect(walrus.metrics.control.clients == 1)
        try walrus.close()
        #expect(walrus.metrics.control.state == .off && walrus.metrics.control.clients == 0)
        #expect(try Directory.list(served.folder).isEmpty)
        #expect(try client.answer() == nil)
    }

    /// What stands at the name in the end, and is another's, stays.
    @Test func onlyTheOwnSocketIsRemoved() throws {
        let served = try Served()
        let walrus = try served.serve()
        try shell("rm \(served.socket) && touch \(served.socket)")
        try walrus.close()
        #expect(try Directory.list(served.folder).map(\.name).count == 1)
        // And is no hindrance.
        let again = try served.serve()
        _ = try served.client().append("a", to: "t")
        try again.close()
        #expect(try Directory.list(served.folder).isEmpty)
    }

    /// A folder that others could have prepared is not used, and the engine works without.
    @Test(arguments: ["open", "link", "file", "other", "missing"])
    func aHostileFolderIsNotUsed(kind: String) throws {
        let served = try Served()
        let folder = served.folder
        switch kind {
        case "open": try shell("mkdir -m 755 \(folder)")
        case "link": try shell("mkdir -m 700 \(folder).real && ln -s \(folder).real \(folder)")
        case "file": try shell("touch \(folder)")
        case "other":
            // Root alone can give things away.
            guard Host.userID == 0 else { return }
            try shell("mkdir -m 700 \(folder) && chown 65534 \(folder)")
        default: try shell("rmdir \(folder.removingLastComponent())")
        }
        let (walrus, state) = try served.open()
        guard case .unavailable(let reason) = state else {
            Issue.record("\(state)")
            return
        }
        #expect(reason.contains(folder.string))
        try walrus.add(["a"], to: "t")
        #expect(try walrus.texts("t") == ["a"])
        try walrus.close()
    }

    /// Those whose processes died go, where they are many; those that live stay.
    @Test func deadSocketsAreSweptOut() throws {
        let served = try Served()
        let other = try Served()
        let walrus = try served.serve()
        do {
            let folder = try PrivateFolder(served.folder, owners: [Host.userID])
            for number in 0..<40 {
                let listener = try LocalListener("dead\(number).sock", in: folder)
                // The name stays where nobody ends it.
                withExtendedLifetime(listener) {}
            }
        }
        var configuration = other.configuration
        configuration.controlFolder = served.folder
        let second = try Walrus(configuration)
        while try Directory.list(served.folder).count > 2 { Clock.sleep(nanoseconds: 1_000_000) }
        _ = try served.client().append("a", to: "t")
        try second.close()
        try walrus.close()
    }

    /// A few go as well, once in each process; what is no socket's name stays.
    @Test func aFewDeadSocketsGoToo() throws {
        let served = try Served()
        let folder = try PrivateFolder.openOrMake(served.folder)
        for name in ["dead.sock", "other"] {
            let listener = try LocalListener(name, in: folder)
            withExtendedLifetime(listener) {}
        }
        let walrus = try served.serve()
        func names() throws -> Set<String> { Set(try Directory.list(served.folder).map(\.name)) }
        while try names().contains("dead.sock") { Clock.sleep(nanoseconds: 1_000_000) }
        let own = ControlPlace.name(of: try served.directory)
        #expect(try names() == [own, "other"])
        _ = try served.client().append("a", to: "t")
        try walrus.close()
    }

    /// Who lets go of an engine may leave its end to a client's thread.
    @Test func anEngineThatIsLetGoOfEnds() throws {
        for _ in 0..<30 {
            let served = try Served()
            var walrus: Walrus? = try served.serve()
            let client = try served.client()
            #expect(walrus != nil)
            let asking = Thread {
                // Until nobody answers any more.
                while (try? client.append("a", to: "t")) != nil {}
            }
            Clock.sleep(nanoseconds: 500_000)
            walrus = nil
            asking.join()
            // The directory is free, sooner or later.
            while true {
                do throws(EngineError) {
                    try Walrus(served.configuration).close()
                    break
                } catch { #expect(error.code == .locked) }
            }
        }
    }
}
