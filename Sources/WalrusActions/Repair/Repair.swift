package import Inspect
package import SystemPackage
package import WalrusFormat

/// One thing that can be mended, and what comes of it.
package struct Repair: Hashable, Sendable {
    /// How sure it is that nothing which was ever acknowledged goes.
    package enum Certainty: String, Hashable, Sendable {
        /// An engine would do the same when it opens the directory, or it says the same in other bytes.
        case certain
        /// What goes is what an unfinished write leaves.
        case likely
        /// What goes may have been an entry once, though nobody can read it: only when it is named.
        case doubtful
    }

    package enum Kind: String, Hashable, Sendable {
        case cursorIndex = "cursor-index"
        case cleanIndex = "clean-index"
        case indexTable = "index-table"
        case journal = "journal"
        case journalTail = "journal-tail"
        case intents = "batch-intents"
        case cursors = "cursors"
        case batch = "batch"
        case tail = "tail"
        case leftover = "leftover"

        /// Whether a repair can have that name, in whatever directory.
        static func isName(_ id: String) -> Bool {
            Self(rawValue: String(id.prefix { $0 != ":" })) != nil
        }
    }

    /// A range of a block that becomes zero.
    package struct Cut: Hashable, Sendable {
        package let topic: TopicName
        package let file: DataFileName
        package let slot: Int
        package let units: Int
        /// From the block's start to its end.
        package let offset: Int

        package var range: Range<Int> {
            slot * Layout.unit + offset..<(slot + units) * Layout.unit
        }
    }

    /// What `--only` takes: the same as long as the directory is.
    package let id: String
    package let kind: Kind
    package let certainty: Certainty
    /// The findings that it takes away.
    package let findings: [Finding]
    /// What is done, a sentence.
    package let deed: String
    /// What becomes readable, comes again or is given up, a sentence each.
    package let effects: [String]
    /// What is erased, in the order of places.
    package let cuts: [Cut]
}

/// What is going to be mended in a directory, made without writing anything.
package struct RepairPlan: Hashable, Sendable {
    /// Everything that could be mended.
    package let repairs: [Repair]
    /// The repairs that will be made.
    package let chosen: [Repair]
    /// What is written, in this order.
    package let changes: [PlannedChange]
    /// Findings of severity error or warning for which there is no repair.
    package let left: [Finding]
    let expectation: RepairExpectation

    /// No repair has ever such a name.
    package struct Unknown: Error, Hashable, CustomStringConvertible {
        package let name: String
        package var description: String {
            "no repair is called \(name): --dry-run lists those that can be made"
        }
    }

    /// That repair is not to be made here, or not any more.
    package struct Gone: Error, Hashable, CustomStringConvertible {
        package let name: String
        package let directory: FilePath
        package var description: String {
            "there is no repair \(name) to make in \(directory); walrus repair \(directory) "
                + "--dry-run lists those that are"
        }
    }
}

/// What the directory must be like afterwards.
struct RepairExpectation: Hashable, Sendable {
    struct Topic: Hashable, Sendable {
        let name: TopicName
        let entries: Int
        /// Where the cursor stands; nil at the topic's beginning.
        var cursor: RepairPlace?
        var isClean: Bool
    }

    var topics: [Topic]
    /// Findings that must be gone.
    var gone: [Finding]
    /// Where something was found before: nothing may come elsewhere. A damaged entry is called another
    /// thing once it is the last one.
    var known: Set<String>
}

/// A place in a log.
package struct RepairPlace: Hashable, Sendable {
    package let file: DataFileName
    package let slot: Int
    /// Bytes from the block's start.
    package let offset: Int
}

extension Finding {
    /// What it is and where, but for the words.
    var identity: String { "\(kind.rawValue) \(place)" }
    var place: String { "\(file ?? kind.rawValue) \(block ?? -1) \(offset ?? -1)" }
}
