internal import WalrusFormat

extension ReclaimForecast {
    /// Which engine goes on with a log: the one that wrote the last entries in it.
    public enum Owner: Hashable, Sendable {
        case thisEngine
        /// - Parameter runBegan: since when a process of it has been at work, in nanoseconds since 1970 UTC;
        ///   0 where that is not known, nil where none is.
        case reference(runBegan: UInt64?)
    }

    /// Who deletes a file once nothing in it is unread.
    public enum Deleter: Hashable, Sendable {
        case thisEngine
        /// The process of the reference that is at work now, which has made the file.
        case reference
        /// A process of the reference that is at work, if it has made the file: since when it has been
        /// at work is not known.
        case perhapsReference
        /// The reference goes on with the log, and has forgotten about files of earlier runs: what it
        /// knows of files is in its memory, and recovery does not mark one as filled.
        case nobody
    }
}

extension ReclaimForecast.Owner {
    init(of state: DirectoryState, runBegan: UInt64?) {
        self = Self.isOfReference(state) ? .reference(runBegan: runBegan) : .thisEngine
    }

    /// Whether the last entries have no stamp where they have room for one.
    private static func isOfReference(_ state: DirectoryState) -> Bool {
        // An engine of ours is at work there.
        guard state.metrics == nil else { return false }
        // Each run of the reference begins a new file and this engine goes on with the newest one:
        // who wrote last shows in the newest file that says anything.
        for file in state.files.reversed() {
            let telling = file.blocks.filter {
                $0.entries > 0 && EntryStamp.fits(topicLength: $0.topic.bytes.count)
            }
            guard telling.isEmpty else { return telling.allSatisfy { $0.stamps == nil } }
        }
        // Files without a block are what opens of the reference leave.
        return !state.files.isEmpty && state.files.allSatisfy(\.blocks.isEmpty)
            && state.files.allSatisfy(\.unreadableSlots.isEmpty)
    }

    func deleter(of file: FileState) -> ReclaimForecast.Deleter {
        guard case .reference(let began) = self else { return .thisEngine }
        // It counts the blocks that it has handed out: of none of them, none is finished.
        guard let began, !file.blocks.isEmpty else { return .nobody }
        guard began > 0 else { return .perhapsReference }
        // A file is named after the millisecond in which it was made.
        let made = (file.name.milliseconds ?? .max).multipliedReportingOverflow(by: 1_000_000)
        let isOfRun = made.overflow || made.partialValue >= began - min(began, Self.clockSlack)
        return isOfRun ? .reference : .nobody
    }

    /// The start of a process is known to a hundredth of a second, and clocks are set.
    private static let clockSlack: UInt64 = 1_000_000_000
}

extension ReclaimForecast.File {
    /// Why it is there, as a sentence without a name in it.
    public var reason: String {
        switch (fate, obstacle) {
        case (.goes, _) where deleter == .perhapsReference:
            "Nothing in it is unread. The process of the reference that is at work deletes it if it has "
                + "made it; no later one does, but walrus reclaim."
        case (.goes, _) where deleter == .reference:
            "Nothing in it is unread, and it is of the run that goes on: the reference deletes it at its "
                + "next cleaning, every 1,000 rounds of syncs, 200 s if it syncs five times a second."
        case (.goes, _):
            "Nothing in it is unread. This engine deletes it when it next opens the directory or a "
                + "reader ends a block; the reference only files of its own run."
        case (.stranded, _):
            (hasBlocks
                ? "Stranded: nothing in it is unread, but the reference never deletes a file of an "
                    + "earlier run. "
                : "Stranded: it is empty, as opens of the reference leave it, which never deletes it. ")
                + "walrus reclaim frees it, or this engine when it opens the directory."
        case (.filling, _) where freeSlots == 0:
            "Everything in it is read, but it has the last block of a topic: the reference keeps it "
                + "until each topic has gone on to another."
        case (.filling, _) where deleter == .nobody:
            "Everything in it is read, but the reference never deletes it: its next run begins a new "
                + "file. After that walrus reclaim frees this one; before, this engine goes on with its "
                + "\(slots)."
        case (.filling, _):
            "Everything in it is read, but it is the newest file: \(slots) "
                + (freeSlots == 1 ? "is" : "are") + " still to be filled."
        case (.held, _) where deleter == .nobody && freeSlots > 0:
            "Unread entries hold it. When they are read it stays: the reference never deletes a file of "
                + "an earlier run, and this engine goes on with its \(slots)."
        case (.held, _) where deleter == .nobody:
            "When these are read the reference still keeps it, as every file of an earlier run; "
                + "walrus reclaim or this engine then frees it:"
        case (.held, _) where freeSlots > 0:
            "Unread entries hold it, and as the newest file it still gets blocks."
        case (.held, _) where deleter == .reference || deleter == .perhapsReference:
            "The reference deletes it once these are read and its topics have gone on to other blocks, "
                + "if the process that has made it lives to see it:"
        case (.held, _): "It goes as soon as these are read:"
        case (.kept, .unreadable): "It could not be read: no engine deletes it."
        case (.kept, .unreadableSlot(let slot)):
            "What stands in slot \(slot) cannot be read: no engine deletes the file. \(Self.wayOut)"
        case (.kept, .damage(let slot)):
            "Something in slot \(slot) is damaged, which readers pass by: no engine deletes the file. "
                + Self.wayOut
        case (.kept, .size(let size)):
            "It has \(size) bytes, not those of a data file: no engine deletes it."
        case (.kept, nil): "No engine deletes it."
        }
    }

    /// What frees a file that is kept for its damage.
    public static let wayOut =
        "walrus salvage keeps what is sound, walrus backup every byte; then remove the file by hand."

    private var slots: String { freeSlots == 1 ? "1 free slot" : "\(freeSlots) free slots" }
}
