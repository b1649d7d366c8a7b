import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

/// Cursors that are moved to a time or a place, and files that go by name.
extension Model {
    /// A time, and the entries that count as consumed when a reader is moved there.
    mutating func time(_ walrus: Walrus, _ name: TopicName) throws -> (SeekTarget, Int) {
        let times = try all(walrus, name).map(\.timestamp)
        guard let time = choose([0, UInt64.max] + times) else { return (.time(0), 0) }
        // Entries without a stamp tell no time: none of them is skipped.
        let consumed = times.lastIndex { $0.map { $0 < time } ?? false }
        return (.time(time), consumed.map { $0 + 1 } ?? 0)
    }

    /// The place of an entry, and the entries before it. There must be one.
    mutating func place(_ walrus: Walrus, _ name: TopicName) throws -> (SeekTarget, Int) {
        let entries = try all(walrus, name)
        let index = number(0...entries.count - 1)
        return (.place(entries[index].place), index)
    }

    /// Moves the cursor from where it stands, and not from anywhere else.
    mutating func moveCursor(_ walrus: Walrus, _ name: TopicName) throws {
        let entries = try all(walrus, name)
        guard !entries.isEmpty else {
            #expect { try walrus.moveCursor(of: name, from: nil, to: .end) } throws: {
                .noSuchPlace ~= $0
            }
            return
        }
        let consumed = topics[name]?.consumed ?? 0
        let (target, due) = try choose([false, true]) ? time(walrus, name) : place(walrus, name)
        let from = number(0...entries.count - 1)
        guard from == consumed || choose([false, true]) else {
            #expect {
                try walrus.moveCursor(of: name, from: entries[from].place, to: target)
            } throws: { .cursorMoved ~= $0 }
            return
        }
        let place = consumed < entries.count ? entries[consumed].place : entries[consumed - 1].end
        let move = try walrus.moveCursor(of: name, from: place, to: target)
        #expect(move.before == consumed && move.after == due)
        #expect(move.skipped - move.repeated == due - consumed)
        topics[name]?.consumed = due
    }

    /// Lets some of the files go, for good or into a folder. What goes was consumed: `settle` looks.
    mutating func reclaim(_ place: Workplace, _ walrus: Walrus) throws {
        let files = try place.dataFiles.compactMap { DataFileName($0) }
        let chosen = Set(files.filter { _ in number(0...2) > 0 })
        let folder = place.path.appending(DirectoryNames.trash)
        try Directory.create(folder)
        let isMoved = choose([false, true])
        let report = try walrus.reclaim(
            chosen, disposal: isMoved ? .move(to: DirectoryNames.trash) : .delete)
        #expect(report.failures.isEmpty && chosen.isSuperset(of: report.files))
        #expect(try Set(place.dataFiles).isDisjoint(with: report.files.map(\.text)))
        let moved = try Directory.list(folder).map(\.name)
        for file in report.files { #expect(moved.contains(file.text) == isMoved) }
    }
}

extension Entry {
    fileprivate var place: EntryPlace { EntryPlace(file: file, slot: slot, offset: offset) }

    /// Where the next one would stand.
    fileprivate var end: EntryPlace {
        EntryPlace(file: file, slot: slot, offset: offset + Layout.headerSize + payloadLength)
    }
}
