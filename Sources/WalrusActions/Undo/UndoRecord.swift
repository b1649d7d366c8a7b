package import SystemPackage
internal import WalrusFormat
internal import WalrusIO

/// Bytes of a log as they were before something was mended, and what became of them.
///
/// Durable before the first of them is changed. Bringing the log to either side may be cut off at any
/// moment and done again: it writes whole ranges, and checks before that every byte is one of the two.
package struct UndoRecord: Sendable {
    package enum State: String, Hashable, Sendable {
        /// The change was begun: any part of it may be there.
        case applying
        case applied
        /// Putting the bytes back was begun: any part of them may be there.
        case undoing
        case undone

        var isSettled: Bool { self == .applied || self == .undone }
    }

    /// Why a record cannot be used, or a directory does not go with it.
    package struct Refusal: Error, Hashable, CustomStringConvertible {
        package let description: String
    }

    static let manifestName = "manifest"
    static let bytesName = "bytes"
    static let stateName = "state"

    package let number: Int
    /// Where the record itself is.
    package let folder: FilePath
    package let state: State
    let manifest: UndoManifest

    package var directory: FilePath { FilePath(manifest.directory) }
    package var command: String { manifest.command }
    /// Nanoseconds since 1970 UTC.
    package var time: UInt64 { manifest.time }
    package var files: [String] {
        manifest.changes.reduce(into: []) { if !$0.contains($1.file) { $0.append($1.file) } }
    }
    /// Bytes that the record keeps.
    package var size: Int { manifest.bytesLength }

    init(number: Int, folder: FilePath) throws {
        self.number = number
        self.folder = folder
        let storage = DiskStorage(folder)
        func refusal(_ why: String) -> Refusal {
            Refusal(description: "undo \(number) in \(folder) cannot be used: \(why)")
        }
        guard
            let image = try Directory.contents(
                of: folder.appending(Self.manifestName), limit: UndoManifest.sizeMax)
        else { throw refusal("it has no manifest") }
        do throws(UndoManifest.Unusable) { manifest = try UndoManifest(image) } catch {
            throw refusal("\(error)")
        }
        let word = try storage.contents(of: Self.stateName).map {
            String(decoding: $0.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        }
        guard let state = State(rawValue: word ?? State.applying.rawValue) else {
            throw refusal("its state is none that is known here")
        }
        self.state = state
    }

    // MARK: - Doing and undoing

    /// Makes every change, or puts every byte back. Whether anything was different.
    ///
    /// The caller holds the directory's lock. Refuses, before anything is written, where a byte is
    /// neither what it was nor what it was to become.
    @discardableResult
    func bring(to side: Side, beforeWriting: @escaping () throws -> Void = {}) throws -> Bool {
        let files = ChangeFiles(
            storage: DiskStorage(directory),
            bytes: try DiskFile(folder.appending(Self.bytesName), .readOnly),
            beforeWriting: beforeWriting)
        let goal: State = side == .new ? .applied : .undone
        let standings = try admitted(files)
        let differs = standings.contains { !$0.isWhole(side) }
        // Where work was cut off it is done again whole: a file under its temporary name may be left.
        guard differs || !state.isSettled else {
            if state != goal { try write(goal) }
            return false
        }
        try write(side == .new ? .applying : .undoing)
        // Cursors first when changing, last when putting back: they never point behind what is there.
        for change in side == .new ? manifest.changes : manifest.changes.reversed() {
            try files.bring(change, to: side)
        }
        try beforeWriting()
        for change in manifest.changes where try !files.standing(change).isWhole(side) {
            throw Refusal(
                description: "\(change.file) was written and does not read back as it should; "
                    + "look at the kernel's log")
        }
        try write(goal)
        return differs
    }

    /// How the files stand to what was kept. Throws `Refusal` where a byte is neither what it was nor what
    /// it was to become; writes nothing.
    private func admitted(_ files: ChangeFiles) throws -> [Standing] {
        try checkBytes(files.bytes)
        let standings = try manifest.changes.map { try files.standing($0) }
        for (change, standing) in zip(manifest.changes, standings) {
            guard let stranger = standing.stranger ?? (mayBeBetween(standing) ? nil : 0) else {
                continue
            }
            throw Refusal(
                description: "\(change.file) is not what undo \(number) left: byte \(stranger) was "
                    + "changed since; nothing was written")
        }
        return standings
    }

    /// The same look, for a plan.
    func admit() throws {
        guard Directory.exists(directory) else { throw gone }
        _ = try admitted(
            ChangeFiles(
                storage: DiskStorage(directory),
                bytes: try DiskFile(folder.appending(Self.bytesName), .readOnly),
                beforeWriting: {}))
    }

    var gone: Refusal {
        Refusal(description: "undo \(number) is of \(directory), which is not there any more")
    }

    /// A file of which each byte is one of the two counts as it is while work was cut off; else it
    /// must be wholly one or the other.
    private func mayBeBetween(_ standing: Standing) -> Bool {
        !state.isSettled || standing.isOld || standing.isNew
    }

    private func checkBytes(_ file: DiskFile) throws {
        var sum = FNV1a()
        var at = 0
        while at < manifest.bytesLength {
            let piece = try file.read(
                at: at, count: min(manifest.bytesLength - at, ChangeFiles.chunk))
            guard !piece.isEmpty else { break }
            unsafe piece.withUnsafeBytes { unsafe sum.add($0) }
            at += piece.count
        }
        guard at == manifest.bytesLength, sum.value == manifest.bytesChecksum else {
            throw Refusal(
                description: "undo \(number) in \(folder) is damaged; nothing was written")
        }
    }

    private func write(_ state: State) throws(IOError) {
        try DiskStorage(folder).replace(
            Self.stateName, with: Array((state.rawValue + "\n").utf8),
            temporary: Self.stateName + ".new")
    }
}
