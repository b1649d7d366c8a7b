import Testing
import WalrusFormat

@testable import Inspect
@testable import WalrusConsole

/// Whatever is gone to, the nearest that there is is shown, and the bottom line says so.
@Suite struct GoToTests {
    private func model(_ keys: String) throws -> ConsoleModel {
        var model = Sample.model(120, 40)
        _ = try Sample.session(&model, keys)
        return model
    }

    private func bottom(_ model: ConsoleModel) -> String {
        let rows = FrameText.render(ConsoleView.draw(model)).split(separator: "\n")
        return String(rows.last ?? "")
    }

    @Test(
        arguments: [
            (":412331", 412_331, nil),
            (":412332", 412_331, "there are 412331 entries: at the last"),
            (":99999999999999", 412_331, "there are 412331 entries: at the last"),
            (":0", 1, "entries count from 1: at the first"), (":-1", 412_331, nil),
            (":-412332", 1, "there are 412331 entries: at the first"), (":begin", 1, nil),
            (":seq 412332", 412_331, "at the last"), (":end", 412_331, nil),
            (":cursor", 411_128, nil), (":@2099-01-01", 412_331, "at the last"),
        ] as [(String, Int, String?)])
    func anEntry(line: String, ordinal: Int, note: String?) throws {
        let keys = line.replacing(" ", with: "<Space>")
        let model = try model(":orders<Enter> g \(keys)<Enter>")
        #expect(model.entries?.selected?.ordinal == ordinal)
        if let note {
            #expect(model.notice?.kind == .problem && bottom(model).contains(note))
        } else {
            #expect(model.notice == nil)
        }
    }

    @Test func theCursorOfATopicThatIsRead() throws {
        for keys in ["c", ":cursor<Enter>"] {
            let model = try model(":billing<Enter> g \(keys)")
            #expect(model.entries?.selected?.ordinal == 18_402)
            #expect(bottom(model).contains("every entry is read: at the last"))
        }
    }

    @Test(arguments: [
        (":9:0", "there are 2 files: at the last"), (":0:0", "files count from 1: at the first"),
        (":1:120", "a file has slots 0 to 99: at the last"),
        (":2:0+99999999999", "the file has 1,048,576,000 bytes: at the last"),
    ])
    func aPlaceInTheFiles(line: String, note: String) throws {
        for screen in ["3", "6"] {
            let model = try model("\(screen) \(line)<Enter>")
            #expect(bottom(model).contains(note), "\(screen)")
        }
        #expect(try model("3 :2:1<Enter>").notice == nil)
    }

    @Test func aByteOfTheFile() throws {
        let model = try model("6 :0x7fffffffff<Enter>")
        #expect(model.hex.place?.offset == Layout.fileSize - 1)
        #expect(bottom(model).contains("the file has 1,048,576,000 bytes: at the last"))
    }

    @Test func aBlockThatIsNotThere() throws {
        for line in [":2:50", ":block<Space>2:50"] {
            let model = try model(":orders<Enter> \(line)<Enter>")
            #expect(model.screen == .entries && model.entries?.selected != nil)
            #expect(bottom(model).contains("no block stands in slot 50: at the nearest, in slot"))
        }
        #expect(bottom(try model(":orders<Enter> :block<Space>x<Enter>")).contains("which block?"))
    }
}
