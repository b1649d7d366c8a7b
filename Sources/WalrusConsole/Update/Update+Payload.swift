internal import Inspect
internal import WalrusFormat

/// How the payload is shown, and where it goes: the clipboard, a file.
extension ConsoleModel {
    mutating func runPayload(_ command: Command) -> [Effect] {
        guard let model = entries else { return [] }
        switch command {
        case .payloadMode:
            var all = EntriesModel.PayloadMode.allCases
            if !setup.hasDecoder { all.removeAll { $0 == .decoded } }
            let index = all.firstIndex(of: model.mode) ?? 0
            entries?.mode = all[(index + 1) % all.count]
            entries?.payloadTop = 0
            return decode()
        case .switchPane where model.isPayloadAlone: showPayloadAlone(false)
        case .switchPane: entries?.isPayloadFocused.toggle()
        case .wrap:
            entries?.isWrapped.toggle()
            entries?.payloadLeft = 0
        case .left: entries?.payloadLeft = max(0, model.payloadLeft - 16)
        case .right:
            guard !model.isWrapped else {
                notice = Notice(
                    kind: .done, text: "lines are broken at the edge; w lets them run on")
                return []
            }
            entries?.payloadLeft = min(model.payloadLeft + 16, EntriesModel.payloadMax)
        case .fold, .unfold: fold(command == .fold)
        case .export: return askForFile()
        case .copy: return copyPayload()
        case .copyPlace: return copyPlace()
        default: break
        }
        return []
    }

    private mutating func fold(_ isMore: Bool) {
        guard let bytes = entries?.payload?.bytes, let json = JSONText.pretty(bytes) else {
            notice = Notice(
                kind: .problem, text: "this payload is not JSON: there is nothing to fold")
            return
        }
        let depth = entries?.foldDepth ?? json.depth + 1
        let next = isMore ? max(1, depth - 1) : depth + 1
        entries?.foldDepth = next > json.depth ? nil : next
        entries?.payloadTop = 0
    }

    /// Asks the decoder about the payload that is shown, if that is wanted and it was not asked yet.
    mutating func decode() -> [Effect] {
        guard setup.hasDecoder, let model = entries, let payload = model.payload,
            payload.row == model.selected, payload.decoded == nil,
            model.mode == .auto || model.mode == .decoded
        else { return [] }
        guard payload.isWhole else {
            let limit = Figures.bytes(EntriesModel.payloadMax)
            entries?.payload?.decoded = .failure(
                DecoderFailure("longer than \(limit): not given to the decoder"))
            return []
        }
        return [.decode(payload.row, payload.bytes)]
    }

    // MARK: - Clipboard

    private mutating func copyPayload() -> [Effect] {
        guard let payload = entries?.payload, payload.row == entries?.selected else {
            return complain("the payload is not there yet")
        }
        guard payload.isWhole else {
            return complain(
                "too long for a clipboard (\(plural(payload.row.length, "byte"))): E exports it")
        }
        return [.copy(payload.bytes, plural(payload.bytes.count, "byte") + " of payload")]
    }

    private mutating func copyPlace() -> [Effect] {
        guard let row = entries?.selected else { return [.bell] }
        let place = "\(row.file):\(row.slot)+\(row.offset)"
        return [.copy(Array(place.utf8), place)]
    }

    // MARK: - Export

    /// What would be exported: what is marked, else the matches, else the selected entry.
    private var exportSelection: ExportOrder.Selection? {
        guard let model = entries else { return nil }
        let marked = marks[model.topic]
        if !marked.isEmpty { return .rows(marked) }
        if model.contents == .matches, let query = model.query { return .matches(query) }
        return model.selected.map { .rows([$0]) }
    }

    private mutating func askForFile() -> [Effect] {
        guard exporting == nil else { return complain("an export is under way: Esc stops it") }
        guard let selection = exportSelection else { return complain("there is nothing to export") }
        overlay = .prompt(Prompt(purpose: .exportFile(selection), text: ""))
        return []
    }

    mutating func export(_ selection: ExportOrder.Selection, to file: String) -> [Effect] {
        guard let topic = entriesTopic else { return complain("the topic is gone") }
        guard !file.isEmpty else { return complain("nothing was exported: no file was named") }
        exporting = "exporting"
        return [.export(ExportOrder(topic: topic, selection: selection, file: file))]
    }

    mutating func takeExport(_ message: Message) -> [Effect] {
        switch message {
        case .exportProgress(let text): if exporting != nil { exporting = text }
        case .exported(let result):
            exporting = nil
            switch result {
            case .success(let text): notice = Notice(kind: .done, text: text)
            case .failure(let failure): return complain(failure.message)
            }
        case .copied(let isSent, let what):
            // A terminal says nothing: that it was sent is all that is known.
            notice =
                isSent
                ? Notice(kind: .done, text: "sent to the terminal's clipboard: \(what)")
                : Notice(
                    kind: .problem,
                    text: "not copied: too long, or this terminal has no clipboard; E exports")
        default: break
        }
        return []
    }
}
