import Testing
import WalrusFormat

@testable import Inspect
@testable import WalrusConsole

/// `/`, `n` and `N` in lists that show all their rows.
@Suite struct SearchTests {
    /// The rows that are gone to, one key after another, from wherever the cursor is.
    private func places<T>(
        _ keys: String, in model: inout ConsoleModel, _ place: (ConsoleModel) -> T
    ) throws -> [T] {
        try Key.script(keys).map { key in
            _ = Sample.settle(&model, model.update(.key(key)))
            return place(model)
        }
    }

    @Test func logs() throws {
        var model = Sample.model()
        model.now = Sample.time
        _ = model.choose(in: "/data/wal")
        _ = model.update(.logs(in: "/data/wal", .success(Sample.logs)))
        func selected(_ model: ConsoleModel) -> Int { model.chooser?.position.selected ?? -1 }
        _ = try Sample.session(&model, "/i<Enter>")
        #expect(selected(model) == 0)
        #expect(try places("n n n N N", in: &model, selected) == [1, 0, 1, 0, 1])
        _ = try Sample.session(&model, "/billing<Enter>")
        #expect(model.notice?.text.hasPrefix("1 of 1 match for billing") == true)
        #expect(try places("! n n", in: &model, selected) == [2, 3, 0])
        _ = try Sample.session(&model, "/nowhere<Enter>")
        #expect(model.notice?.kind == .problem && selected(model) == 0)
        // Nothing is left out.
        #expect(model.chooser?.logs?.count == 4)
    }

    @Test func blocks() throws {
        var model = Sample.model(120, 40)
        _ = try Sample.session(&model, "3 g /orders<Enter>")
        let state = try #require(model.state)
        let wanted = state.files.enumerated().flatMap { index, file in
            file.blocks.filter { $0.topic == "orders" }.map { index * 100 + $0.slot }
        }
        #expect(wanted.count == 2 && model.blockCursor == wanted[0])
        #expect(
            try places("n n N N", in: &model, \.blockCursor) == [1, 0, 1, 0].map { wanted[$0] })
        _ = try Sample.session(&model, "/2:5<Enter>")
        #expect(model.blockCursor == 105)
        // The cursor is the one of all screens.
        #expect(model.focus == BytePlace(file: Sample.newer, slot: 5, offset: 0))
    }

    @Test func fields() throws {
        var model = Sample.model(120, 40)
        _ = try Sample.session(&model, "/orders<Enter> <Enter> x g")
        let fields = try #require(model.hex.map?.fields)
        _ = try Sample.session(&model, "/payload<Enter>")
        let payload = try #require(fields.firstIndex { $0.name == "payload" })
        #expect(model.hex.place?.offset == fields[payload].range.lowerBound)
        #expect(model.hex.isTreeFocused)
        _ = try Sample.session(&model, "/stamp<Enter>")
        #expect(model.hex.place?.offset == 8)
    }

    @Test func results() throws {
        var model = Sample.model(120, 40)
        _ = try Sample.session(&model, "7")
        let labels = Array(model.bench.rows.reversed()).map(\.label)
        let word = try #require(labels.last?.split(separator: " ").first)
        let wanted = labels.indices.filter { labels[$0].contains(word) }
        _ = try Sample.session(&model, "/\(word)<Enter>")
        #expect(model.bench.areResultsFocused && model.bench.position.selected == wanted[0])
        let next = try places("n", in: &model, \.bench.position.selected)
        #expect(next == [wanted[1 % wanted.count]])
    }

    /// The list that has the keys is searched; that of the findings beside it is filtered.
    @Test func whatARestartDoes() throws {
        var model = Sample.model(120, 40)
        _ = try Sample.session(&model, "5 <Tab> /metrics<Enter>")
        #expect(model.restart.isFocused && model.findingsFilter.isEmpty)
        #expect(model.selectedRestart?.name == "metrics")
        _ = try Sample.session(&model, "<Tab> /stray<Enter>")
        #expect(model.findingsFilter == "stray" && model.shownFindings.count == 1)
        _ = try Sample.session(&model, "<Tab> n")
        #expect(model.selectedRestart?.name == "metrics" && model.findingsFilter == "stray")
    }

    @Test func nothingIsLookedForYet() throws {
        for keys in ["3 n", "6 N", "7 !", "5 <Tab> n"] {
            var model = Sample.model(120, 40)
            _ = try Sample.session(&model, keys)
            #expect(model.notice?.text.contains("/ asks") == true, "\(keys)")
        }
    }
}
