internal import Inspect
internal import WalrusFormat

// What is done to a topic: entries in, entries out, its reader, its mark.
extension ActionDefinition {
    static let append = ActionDefinition(
        key: "1", title: "append entries: typed, from an editor, a file, or marked ones",
        needsTopic: true,
        heading: { "append to \($0.name)" },
        fields: { context in
            let marked = context.model.marks.counts.map { topic, count in
                FormOption(
                    .topic(topic),
                    "\(plural(count, "marked entry", "marked entries")) of "
                        + topic.shown(ascii: context.ascii))
            }
            let forms = ActionOrder.Form.allCases.map { FormOption(.form($0), $0.rawValue) }
            return [
                .choice(
                    .source, "from",
                    [
                        FormOption(.typed, "typed here"), FormOption(.editor, "$EDITOR"),
                        FormOption(.file, "a file"),
                    ] + marked),
                .text(.text, "text").when(.source, .typed),
                .line(.file, "file", hint: "a file to read; Tab goes on").when(.source, .file),
                .choice(.form, "an entry is", forms.filter { $0.value != .form(.lengthPrefixed) })
                    .when(.source, .typed, .editor),
                .choice(.fileForm, "an entry is", forms).when(.source, .file),
                .choice(
                    .together, "appended",
                    [
                        FormOption(.apart, "one by one"),
                        FormOption(.together, "all at once, or none"),
                    ]
                ),
            ]
        },
        work: { form, context throws(FormProblem) in
            .append(
                try source(form, context), isBatch: form.isChosen(.together, .together))
        })

    private static func source(_ form: ActionForm, _ context: ActionContext) throws(FormProblem)
        -> ActionOrder.Source
    {
        switch form.chosen(.source) {
        case .word(.editor): return .editor(textForm(form))
        case .word(.file):
            let file = form.typed(.file)
            guard !file.isEmpty else { throw FormProblem("which file?") }
            guard case .form(let kind) = form.chosen(.fileForm) else { return .file(file, .whole) }
            return .file(file, kind)
        case .topic(let name):
            guard let topic = context.model.state?.topic(name), !context.model.marks[name].isEmpty
            else { throw FormProblem("the marked entries are gone") }
            return .marked(topic, context.model.marks[name])
        default:
            let entries = textForm(form).entries(Array(form.typed(.text).utf8))
            guard !entries.isEmpty else { throw FormProblem("nothing is typed") }
            return .typed(entries)
        }
    }

    private static func textForm(_ form: ActionForm) -> ActionOrder.Form {
        form.isChosen(.form, as: .lines) ? .lines : .whole
    }

    static let `import` = ActionDefinition(
        key: "i", title: "import: append what export wrote as lines of JSON", needsTopic: true,
        heading: { "import into \($0.name)" },
        fields: { _ in [.line(.file, "file", hint: "of export: unread.jsonl")] },
        work: { form, _ throws(FormProblem) in
            guard !form.typed(.file).isEmpty else { throw FormProblem("which file?") }
            return .importLines(form.typed(.file))
        })

    static let consume = ActionDefinition(
        key: "2", title: "consume entries (moves the cursor, for good)", needsTopic: true,
        heading: { "consume from \($0.name)" },
        fields: { context in
            var extents = [FormOption(.count, "a number of entries")]
            if let ordinal = context.entry?.ordinal {
                extents.append(
                    FormOption(.entry, "up to entry #\(Figures.grouped(ordinal)), with it"))
            }
            let marks = context.markOptions
            if !marks.isEmpty { extents.append(FormOption(.mark, "up to a marked entry, with it")) }
            extents.append(FormOption(.now, "all that is unread now"))
            return [
                .choice(.extent, "how far", extents),
                .list(.mark, "mark", marks).when(.extent, .mark),
                .proposal(.count, "entries", "1", hint: "how many; Tab goes on")
                    .when(.extent, .count),
                .line(
                    .out, "write to",
                    hint: "a new file (.jsonl .raw .lp .hex), written first; empty: none"),
            ]
        },
        work: { form, context throws(FormProblem) in
            let out = form.typed(.out).isEmpty ? nil : form.typed(.out)
            switch form.chosen(.extent) {
            case .word(.entry):
                guard let ordinal = context.entry?.ordinal else {
                    throw FormProblem("the entry is not pointed at any more")
                }
                return .consume(limit: nil, end: .ordinal(ordinal + 1), out: out)
            case .word(.mark):
                guard case .place(let place) = form.chosen(.mark),
                    let row = context.marks.first(where: { $0.place == place })
                else { throw FormProblem("the mark is gone") }
                let behind = EntryPlace(file: row.file, slot: row.slot, offset: row.end)
                return .consume(limit: nil, end: .place(behind), out: out)
            case .word(.now): return .consume(limit: nil, end: .end, out: out)
            default:
                guard let count = Int(form.typed(.count)), count > 0 else {
                    throw FormProblem("how many entries? a number above 0")
                }
                return .consume(limit: count, end: .end, out: out)
            }
        })

    static let seek = ActionDefinition(
        key: "3", title: "move the cursor to a place, back or forward", needsTopic: true,
        heading: { "move the cursor of \($0.name)" },
        fields: { context in
            var targets: [FormOption] = []
            if let entry = context.entry {
                targets.append(
                    FormOption(
                        .entry,
                        entry.ordinal.map { "entry #\(Figures.grouped($0)), under the cursor" }
                            ?? "the place \(entry.place)"))
            }
            targets.append(FormOption(.place, "an entry, a number, a time or a place"))
            let marks = context.markOptions
            if !marks.isEmpty { targets.append(FormOption(.mark, "a marked entry")) }
            targets += [FormOption(.begin, "begin"), FormOption(.end, "end")]
            return [
                .choice(.target, "to", targets),
                .list(.mark, "mark", marks).when(.target, .mark),
                .line(
                    .place, "place",
                    hint: "2000  -100  #411127  @-1h  @2026-11-20T12:00  FILE:BLOCK+OFFSET"
                ).when(.target, .place),
            ]
        },
        work: { form, context throws(FormProblem) in
            switch form.chosen(.target) {
            case .word(.begin): return .seek(.begin)
            case .word(.end): return .seek(.end)
            case .word(.entry):
                guard let entry = context.entry else {
                    throw FormProblem("the entry is not pointed at any more")
                }
                return .seek(.place(entry.place))
            case .word(.mark):
                guard case .place(let place) = form.chosen(.mark) else {
                    throw FormProblem("the mark is gone")
                }
                return .seek(.place(place))
            default:
                guard let point = EntryPoint(form.typed(.place), now: context.model.now) else {
                    throw FormProblem(
                        "no such place: 2000, -100, #411127, @-1h, @2026-11-20T12:00 or "
                            + "FILE:BLOCK+OFFSET")
                }
                return .seek(point)
            }
        })

    static let markClean = ActionDefinition(
        key: "4", title: "mark the topic clean", needsTopic: true,
        work: { _, _ in .mark(clean: true) })

    static let markDirty = ActionDefinition(
        key: "5", title: "mark the topic dirty", needsTopic: true,
        work: { _, _ in .mark(clean: false) })

    static let replay = ActionDefinition(
        key: "6", title: "replay entries into another topic or log", needsTopic: true,
        heading: { "replay entries of \($0.name)" },
        fields: { context in
            let marks = context.marks.count
            let all = FormOption(.all, "all of them")
            let unread = FormOption(.unread, "those that are unread")
            var entries = [FormOption(.query, "those that a query asks for")]
            // What one has before one's eyes comes first.
            if marks > 0 {
                entries.insert(
                    FormOption(.marked, plural(marks, "marked entry", "marked entries")), at: 0)
            }
            entries =
                entries.count == 1 && context.query == nil
                ? [all] + entries + [unread] : entries + [unread, all]
            return [
                .choice(.entries, "entries", entries),
                .line(
                    .query, "query", context.query?.text ?? "",
                    hint: "text, .status == \"err\", time > -1h, with and, or, not"
                ).when(.entries, .query),
                .line(.into, "into topic", hint: "the topic's name; a new one is made"),
                .choice(
                    .log, "of",
                    [FormOption(.here, "this log"), FormOption(.elsewhere, "another log")]),
                .line(.directory, "directory", hint: "of the other log; a new one is made")
                    .when(.log, .elsewhere),
                .line(.rate, "a second", hint: "500: so many at most; empty: as fast as it goes"),
                .choice(
                    .again, "if done before",
                    [
                        FormOption(.once, "go on, or nothing"),
                        FormOption(.again, "begin anew: all come again"),
                    ]),
            ]
        },
        work: { form, context throws(FormProblem) in .replay(try order(form, context)) })

    private static func order(_ form: ActionForm, _ context: ActionContext) throws(FormProblem)
        -> ReplayOrder
    {
        let entries: ReplayOrder.Entries
        switch form.chosen(.entries) {
        case .word(.query):
            do throws(QueryError) { entries = .query(try Query(form.typed(.query))) } catch {
                throw FormProblem("the query, \(error)")
            }
        case .word(.marked): entries = .marked(context.marks)
        case .word(.unread): entries = .unread
        default: entries = .all
        }
        let into = form.typed(.into)
        guard !into.isEmpty else { throw FormProblem("into which topic?") }
        if form.isChosen(.elsewhere, .log), form.typed(.directory).isEmpty {
            throw FormProblem("into which directory?")
        }
        return ReplayOrder(
            entries, into: TopicName(into),
            directory: form.isChosen(.elsewhere, .log) ? form.typed(.directory) : nil,
            rate: form.typed(.rate).isEmpty ? nil : form.typed(.rate),
            restarts: form.isChosen(.again, .again))
    }
}
