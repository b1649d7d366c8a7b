internal import WalrusFormat
public import WalrusJSON

/// The preview in words and as JSON: one wording for the verb and the screen.
extension RecoveryPreview {
    /// What this engine would do beside reading, as sentences; one says so when it is nothing.
    public var linesHere: [String] {
        var lines = refusals.map { "does not open the directory: \($0.file): \($0.reason)" }
        lines += dropped.map {
            "erases \($0.found) of \($0.count) entries of a batch of \($0.topic.quoted) that is not whole, "
                + "from \($0.file):\($0.slot)+\($0.offset) on"
        }
        lines += setAside.map { "renames \($0.name) to \($0.newName): \($0.reason)" }
        lines += torn.map { finding in
            let block = finding.block.map { ":\($0)" } ?? ""
            let offset = finding.offset.map { "+\($0)" } ?? ""
            return "passes over \(finding.file ?? "")\(block)\(offset): \(finding.message)"
        }
        if let journalTail {
            lines.append("ignores the torn end of \(DirectoryNames.cursorJournal): \(journalTail)")
        }
        lines += reclaimed.map { "deletes \($0): nothing in it is left to be read" }
        return lines.isEmpty ? ["opens the directory as it is, and makes no file"] : lines
    }

    /// What comes of the reference, as sentences.
    public var linesOfReference: [String] {
        var lines = hazards.map { hazard in
            "\(hazard.mayCrash ? "may crash at" : "stops at") \(hazard.place): \(hazard.message)"
        }
        if hazardCount > hazards.count {
            lines.append("and \(hazardCount - hazards.count) places more")
        }
        lines.append("makes a new data file of 1000 MiB, and deletes none of those that are there")
        return lines
    }

    public var json: JSON {
        .object([
            ("schema", .int(1)),
            (
                "engine",
                .object([
                    ("clean", .bool(isCleanHere)), ("unclear_cursors", .int(unclearCursors)),
                    (
                        "refusals",
                        .array(
                            refusals.map {
                                .object([
                                    ("file", .string($0.file)), ("reason", .string($0.reason)),
                                ])
                            })
                    ),
                    ("dropped", .array(dropped.map(\.json))),
                    (
                        "set_aside",
                        .array(
                            setAside.map {
                                .object([
                                    ("file", .string($0.name)), ("new_name", .string($0.newName)),
                                    ("reason", .string($0.reason)),
                                ])
                            })
                    ),
                    (
                        "torn",
                        .array(
                            torn.map {
                                .object([
                                    ("file", .optional($0.file)), ("block", .optional($0.block)),
                                    ("offset", .optional($0.offset)),
                                    ("message", .string($0.message)),
                                ])
                            })
                    ),
                    ("journal_tail", .optional(journalTail)),
                    ("deletes", .array(reclaimed.map { .string($0.text) })),
                    ("deletes_bytes", .int(reclaimedBytes)),
                ])
            ),
            (
                "reference",
                .object([
                    ("exact", .bool(isCleanInReference)), ("may_crash", .bool(mayCrash)),
                    ("hazard_count", .int(hazardCount)),
                    (
                        "hazards",
                        .array(
                            hazards.map {
                                .object([
                                    ("file", .string($0.file)), ("block", .optional($0.slot)),
                                    ("may_crash", .bool($0.mayCrash)),
                                    ("message", .string($0.message)),
                                ])
                            })
                    ),
                ])
            ),
            ("topics", .array(topics.map(\.json))),
        ])
    }
}

extension RecoveryPreview.Topic {
    public var json: JSON {
        .object([
            ("topic", .string(name.text)), ("topic_hex", .string(name.hex)),
            ("entries", .int(entries)), ("next", .int(next)), ("engine", here.json),
            ("reference", reference.json),
        ])
    }
}

extension RecoveryPreview.Restart {
    /// Where its reader goes on: "1763670155020:3+4112", or a dash where it sees no entry.
    public var placeText: String {
        cursor.map { "\($0.file):\($0.slot)+\($0.offset)" } ?? "-"
    }

    var json: JSON {
        let place = cursor.map {
            JSON.object([
                ("file", .string($0.file.text)), ("block", .int($0.slot)),
                ("offset", .int($0.offset)),
            ])
        }
        return .object([
            ("entries", .int(entries)), ("delivers", .int(unread)), ("cursor", place ?? .null),
            ("again", .optional(again)), ("skipped", .int(skipped)), ("hidden", .int(hidden)),
            ("extra", .int(extra)), ("stuck", .bool(isStuck)), ("clean", .bool(isClean)),
            ("exact", .bool(isExact)), ("reason", .optional(reason)),
        ])
    }
}

extension RecoveryPreview.DroppedBatch {
    var json: JSON {
        .object([
            ("topic", .string(topic.text)), ("topic_hex", .string(topic.hex)),
            ("file", .string(file.text)), ("block", .int(slot)), ("offset", .int(offset)),
            ("found", .int(found)), ("sound", .int(sound)), ("count", .int(count)),
        ])
    }
}

extension RecoveryPreview.Hazard {
    /// "1763670155020:3", or the file alone.
    public var place: String { slot.map { "\(file):\($0)" } ?? file }
}
