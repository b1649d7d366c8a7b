import SystemPackage
import TestSupport
import Testing
import WalrusFormat

@testable import Inspect
@testable import WalrusConsole

/// The hex screen on a small log on disk.
@Suite struct HexScreenTests {
    private let log: LogWriter
    private let file = LogWriter.first

    /// Three topics; the second entry of "orders" has a damaged payload, "audit" a damaged header.
    init() throws {
        log = try LogWriter()
        let payloads = (1...40).map { Array(#"{"id":\#($0),"status":"ok"}"#.utf8) }
        try log.entries(payloads, "orders", firstSequence: 1)
        try log.entries(payloads, "a longer name", slot: 1)
        try log.entries(payloads, "audit", slot: 2, firstSequence: 1)
        let length = Layout.headerSize + payloads[0].count
        try log.flip(bit: 2, at: length + Layout.headerSize + 3)
        try log.flip(bit: 0, at: 2 * Layout.unit + 3 * length + 13)
        try log.cursors(["orders": .chain(0, offset: 5 * length)])
    }

    /// Answers effects from the disk until nothing is left to be done.
    private func settle(_ model: inout ConsoleModel, _ effects: [Effect]) throws {
        var queue = effects
        while !queue.isEmpty {
            let effect = queue.removeFirst()
            switch effect {
            case .scan:
                var state = try #require(try Scanner(log.path).scan())
                state.time = Sample.time
                queue += model.update(.scanned(state))
            case .loadBytes(let id, let place, let range, let file, let cursor):
                let inspector = ByteInspector(log.path)
                do {
                    let page = HexPage(
                        file: place.file, window: try inspector.bytes(of: place.file, range),
                        map: try inspector.map(at: place, file: file, cursor: cursor))
                    queue += model.update(.bytes(request: id, page))
                } catch { queue += model.update(.failed(request: id, "\(error)")) }
            case .checkVersion(let file):
                queue += model.update(
                    .version(of: file, try ByteInspector(log.path).version(of: file)))
            case .loadRows(let id, let topic, let from, let count):
                let reader = EntryReader(directory: log.path, topic: topic)
                let rows = try from.map { try reader.rows(from: $0, count: count) }
                queue += model.update(.rows(request: id, try rows ?? reader.lastRows(count)))
            case .loadPlace(let id, let topic, let place, let count):
                let reader = EntryReader(directory: log.path, topic: topic)
                let ordinal = try reader.ordinal(
                    file: place.file, slot: place.slot, offset: place.offset)
                let first = max(1, ordinal - count / 2)
                queue += model.update(
                    .rows(request: id, try reader.rows(from: first, count: count)))
            default: break
            }
        }
    }

    private func press(_ keys: String, _ model: inout ConsoleModel) throws {
        for key in try Key.script(keys) { try settle(&model, model.update(.key(key))) }
    }

    private func model(
        _ columns: Int = 120, _ rows: Int = 40, keys: String, glyphs: GlyphSet = .unicode
    ) throws -> ConsoleModel {
        var model = Sample.model(columns, rows, glyphs: glyphs)
        try settle(&model, model.start(at: Sample.time))
        try press(keys, &model)
        return model
    }

    private func text(_ model: ConsoleModel) -> String { FrameText.render(ConsoleView.draw(model)) }

    // MARK: - Frames

    static let scenes = [
        ("hex", "/orders<Enter> 6 <Tab> j j j j"), ("hex-damaged", "5 x"),
        ("hex-long-name", ":1:1 <Enter> 6 j"), ("hex-free", ":1:50 <Enter> 6"),
        ("hex-index", ":file <Space> read_offset_idx_index.db <Enter> l l"),
    ]

    @Test(arguments: scenes.map(\.0))
    func frames(name: String) throws {
        let keys = try #require(Self.scenes.first { $0.0 == name }).1
        for (columns, rows) in [(80, 24), (120, 40), (200, 60), (40, 20), (40, 10), (39, 9)] {
            for ascii in [false, true] {
                let model = try model(columns, rows, keys: keys, glyphs: ascii ? .ascii : .unicode)
                let frame = ConsoleView.draw(model)
                let file = "\(name)-\(columns)x\(rows)" + (ascii ? "-ascii" : "")
                GoldenFile.check(FrameText.render(frame), "\(file).txt")
                if !ascii { GoldenFile.check(FrameJSON.render(frame), "\(file).json") }
            }
        }
    }

    /// From a finding one comes to the field that is wrong, and only that one tells of it.
    @Test func aFindingLeadsToTheFieldThatIsWrong() throws {
        for keys in ["5 x", ":1:0 <Enter> 6 e"] {
            var model = try model(keys: keys)
            func field() throws -> ByteField {
                let (map, place) = (try #require(model.hex.map), try #require(model.hex.place))
                return map.fields[try #require(map.field(at: place.offset))]
            }
            #expect(try field().problem != nil, "\(keys)")
            #expect(text(model).contains("damaged-payload:"))
            // To the entry's start, whose first field is sound.
            try press("[", &model)
            #expect(try field().problem == nil)
            #expect(!text(model).contains("damaged-payload:"))
            // The finding before is before the entry, not the one that is stood on.
            let here = try #require(model.hex.place)
            try press("e", &model)
            let next = try #require(model.hex.place)
            #expect(next.offset > here.offset + Layout.headerSize)
            try press("E", &model)
            #expect(try #require(model.hex.map).range.contains(here.offset))
        }
    }

    // MARK: - Bytes

    /// Every byte in sight is the file's, at the place that its line says.
    @Test func bytesAreTheFiles() throws {
        for (columns, perLine) in [(80, 8), (120, 16), (200, 32)] {
            var model = try model(columns, 40, keys: ":1:0 <Enter> 6")
            for keys in ["", "<PgDn>", "<PgDn> <PgDn> j", ":1:2+0x123 <Enter>", "G", "g"] {
                try press(keys, &model)
                let lines = text(model).split(separator: "\n").dropFirst(3).prefix(35)
                for line in lines {
                    let words = line.split(separator: " ").dropFirst().map(String.init)
                    let start = try #require(Int(words[0], radix: 16))
                    let bytes = try log.get(at: start, count: perLine)
                    #expect(Array(words[1...perLine]) == bytes.map { Hex.encode([$0]) })
                }
            }
        }
    }

    /// The cursor's byte and the bytes of its field are marked, and no others.
    @Test func bytesAndFieldsAreMarkedTogether() throws {
        var model = try model(120, 40, keys: ":1:0+266 <Enter> 6")
        for _ in 0..<60 {
            try press("l", &model)
            let place = try #require(model.hex.place)
            let map = try #require(model.hex.map)
            let field = map.fields[try #require(map.field(at: place.offset))]
            let grid = ConsoleView.draw(model)
            let layout = HexLayout(model)
            for line in 0..<layout.lines {
                for index in 0..<layout.perLine {
                    let offset = (model.hex.top + line) * layout.perLine + index
                    let x = layout.bytes.x + 2 + HexLayout.column(index)
                    let style = grid[x, layout.bytes.y + 1 + line].style
                    #expect((style.role == .match) == (offset == place.offset))
                    if offset != place.offset {
                        #expect(style.isSelected == field.range.contains(offset))
                    }
                }
            }
            #expect(text(model).contains(" \(field.name) "))
        }
    }

    @Test func readsAreBounded() throws {
        var model = try model(200, 60, keys: ":1:0 <Enter> 6")
        for keys in ["G", "g", "<PgDn> <PgDn>", ":1:77 <Enter>"] {
            for key in try Key.script(keys) {
                let effects = model.update(.key(key))
                for case .loadBytes(_, _, let range, _, _) in effects {
                    #expect(range.count <= 2 * HexModel.margin + 60 * 32)
                }
                try settle(&model, effects)
            }
        }
    }

    // MARK: - Movement

    @Test func entriesAndBlocks() throws {
        var model = try model(keys: ":1:0 <Enter> 6")
        let length = Layout.headerSize + 22
        let starts = (0..<9).map { $0 * length }
        for start in starts.dropFirst() {
            try press("]", &model)
            #expect(model.hex.place?.offset == start)
            // The whole header is in sight.
            let layout = HexLayout(model)
            let end = (start + Layout.headerSize) / layout.perLine
            #expect((model.hex.top..<model.hex.top + layout.lines).contains(end))
        }
        try press("j j [", &model)
        #expect(model.hex.place?.offset == starts[8])
        for start in starts.dropLast().reversed() {
            try press("[", &model)
            #expect(model.hex.place?.offset == start)
        }
        // Before the first entry of a block is what the block before ends with.
        try press(":1:1 <Enter> [", &model)
        #expect(model.hex.map?.fields.last?.name == "free")
        try press("[", &model)
        #expect(model.hex.map?.entry?.ordinal == 39)
        try press(": 0 <Enter> { k h [", &model)
        #expect(model.hex.place?.offset == 0)
        #expect(model.hex.map?.entry?.ordinal == 1)
    }

    @Test func fieldByField() throws {
        var model = try model(keys: ":1:0 <Enter> 6 <Tab>")
        var names: [String] = []
        for _ in 0..<16 {
            let map = try #require(model.hex.map)
            let place = try #require(model.hex.place)
            names.append(map.fields[try #require(map.field(at: place.offset))].name)
            try press("j", &model)
        }
        #expect(names.first == "meta_len" && names.contains("header_crc"))
        #expect(names.filter { $0 == "payload" }.count == 1)
        #expect(model.hex.map?.entry?.ordinal == nil)
        try press("k", &model)
        #expect(model.hex.map?.entry?.ordinal == 1)
    }

    @Test func damageIsTold() throws {
        var model = try model(120, 40, keys: "5 x")
        #expect(text(model).contains("damaged"))
        try press("g", &model)
        // From finding to finding and back.
        try press("e", &model)
        let first = try #require(model.hex.map?.range)
        #expect(
            model.hex.map?.fields.contains { $0.name == "payload" && $0.problem != nil } == true)
        try press("e", &model)
        #expect(model.hex.place?.offset ?? 0 > 2 * Layout.unit)
        #expect(model.hex.map?.fields.contains { $0.name == "header" && $0.problem != nil } == true)
        try press("E", &model)
        #expect(model.hex.map?.range == first)
        #expect(text(model).contains("74b42") == false)
    }

    // MARK: - One cursor

    @Test func oneCursorEverywhere() throws {
        // Entries to bytes: the selected entry.
        var model = try model(keys: "/orders<Enter> <Esc> <Enter> g j j j j j x")
        let row = try #require(model.entries?.selected)
        #expect(model.hex.map?.entry?.ordinal == row.ordinal && row.ordinal == 5)
        // A few entries on, and to the list: the entry that holds the byte.
        try press("] ] j j <Enter>", &model)
        #expect(model.screen == .entries && model.entries?.selected?.ordinal == 7)
        // Over to a block of another topic on the map, and its bytes.
        try press("3 l l x", &model)
        #expect(model.hex.place?.offset == 2 * Layout.unit)
        #expect(model.hex.map?.topic == "audit")
        // The map follows the bytes; the entries do.
        try press("{ :1:1+600 <Enter> 3", &model)
        #expect(model.selectedBlock?.topic == "a longer name")
        try press("2", &model)
        #expect(model.entries?.topic == "a longer name" && model.entries?.selected?.ordinal == 3)
        // Home shows whose bytes they were.
        try press("1", &model)
        #expect(model.home.selected == "a longer name")
        // A finding's bytes.
        try press("5 g 6", &model)
        #expect(model.hex.map?.fields.contains { $0.problem != nil } == true)
    }

    // MARK: - What goes wrong

    @Test func placesThatAreNotThere() throws {
        var model = try model(keys: "6 :file <Space> nothing <Enter>")
        #expect(model.notice?.kind == .problem)
        #expect(!text(model).contains("000000"))
        try press(":1:0 <Enter>", &model)
        #expect(model.hex.map?.entry?.ordinal == 1)
        for command in ["1:-1", "1:1+x", "0x", "1:", "x:1"] {
            try press(": \(command) <Enter>", &model)
            #expect(model.hex.place?.offset == 0, "\(command)")
        }
        // To the nearest, which is said.
        for (command, slot) in [("9:1", 1), ("1:100", 99)] {
            try press(": \(command) <Enter>", &model)
            #expect(model.hex.place?.offset == slot * Layout.unit, "\(command)")
            #expect(model.notice?.kind == .problem)
        }
        try press(": 99999999999 <Enter>", &model)
        #expect(model.hex.place?.offset == Layout.fileSize - 1)
        var empty = Sample.model()
        _ = empty.start(at: Sample.time)
        _ = empty.update(.scanned(DirectoryState()))
        try press("6 j l ] } e <Tab> <Enter> G", &empty)
        #expect(text(empty).contains("nothing to look at"))
    }

    /// A file that grows shows its new bytes; one that is gone leaves no trap.
    @Test func theFileChanges() throws {
        var model = try model(keys: ":1:3 <Enter> 6")
        #expect(model.hex.map?.entry == nil)
        try log.entries([Array("new".utf8)], "late", slot: 3)
        try settle(&model, model.update(.key(.control("r"))))
        #expect(model.hex.map?.entry?.ordinal == 1 && text(model).contains("late"))
        _ = model.update(.scanned(DirectoryState()))
        _ = text(model)
    }
}
