internal import Inspect
internal import WalrusFormat
internal import WalrusJSON

extension RepairPlan {
    /// What is changed in each file, a line a change.
    package var changeLines: [String] {
        changes.map { change in
            switch change {
            case .erase(let file, let range):
                return "\(file): bytes \(range.lowerBound) to \(range.upperBound) become zero"
            case .replace(let file, let old, let new):
                switch (old?.count, new?.count) {
                case (let old?, let new?): return "\(file): \(old) bytes are replaced by \(new)"
                case (nil, let new?): return "\(file): is made, \(new) bytes"
                default: return "\(file): is removed, \(old?.count ?? 0) bytes"
                }
            }
        }
    }

    /// The plan as it is shown before anybody agrees to it.
    package func action(on words: [String], only ids: [String]?) -> ActionPlan {
        var lines: [String] = []
        for repair in chosen {
            lines.append("\(repair.id) (\(repair.certainty.rawValue)): \(repair.deed)")
            lines += repair.effects.map { "  " + $0 }
        }
        for repair in repairs where !chosen.contains(repair) {
            lines.append("not now: \(repair.id) (\(repair.certainty.rawValue)): \(repair.deed)")
            lines += repair.effects.map { "  " + $0 }
        }
        lines += changeLines
        if !changes.isEmpty {
            lines.append("what is overwritten is kept: walrus repair --undo puts it back")
        }
        if !left.isEmpty {
            lines.append(
                "\(left.count) \(left.count == 1 ? "finding has" : "findings have") no repair: walrus check tells them, walrus salvage keeps what is sound"
            )
        }
        return ActionPlan(
            title:
                "make \(chosen.count) of \(repairs.count) \(repairs.count == 1 ? "repair" : "repairs") in \(words.first ?? "")",
            command: ["walrus", "repair"] + words
                + (ids.map { ["--only", $0.joined(separator: ",")] } ?? []) + ["--yes"],
            lines: lines, confirmation: chosen.isEmpty ? .none : .yes, figures: members)
    }

    /// What it came to when it was done.
    ///
    /// - Parameter number: of the record that puts the bytes back.
    package func outcome(undo number: Int) -> ActionOutcome {
        ActionOutcome(
            "made \(counted(chosen.count, "repair", "repairs")); walrus repair --undo \(number) puts the bytes back",
            figures: [
                ("repairs", .array(chosen.map { .string($0.id) })), ("undo", .int(number)),
                ("findings_left", .int(left.count)),
            ], undo: number)
    }

    /// Why nothing is to be done, where nothing is chosen.
    package var idleReason: String? {
        guard chosen.isEmpty else { return nil }
        guard repairs.isEmpty else {
            return "only doubtful repairs are left: --dry-run tells them, --only makes one"
        }
        guard left.isEmpty else {
            return
                "of \(counted(left.count, "finding", "findings")) none can be mended: see walrus check, and walrus salvage"
        }
        return "nothing is wrong"
    }

    /// The same for scripts.
    private var members: [(String, JSON)] {
        [
            (
                "repairs",
                .array(
                    repairs.map { repair in
                        .object([
                            ("id", .string(repair.id)), ("kind", .string(repair.kind.rawValue)),
                            ("certainty", .string(repair.certainty.rawValue)),
                            ("chosen", .bool(chosen.contains(repair))),
                            ("deed", .string(repair.deed)),
                            ("effects", .array(repair.effects.map(JSON.string))),
                        ])
                    })
            ),
            ("changes", .array(changes.map(\.json))),
            ("findings_left", .int(left.count)),
        ]
    }
}

extension PlannedChange {
    fileprivate var json: JSON {
        switch self {
        case .erase(let file, let range):
            .object([
                ("file", .string(file)), ("offset", .int(range.lowerBound)),
                ("length", .int(range.count)),
            ])
        case .replace(let file, let old, let new):
            .object([
                ("file", .string(file)), ("length", .optional(old?.count)),
                ("new_length", .optional(new?.count)),
            ])
        }
    }
}
