internal import SystemPackage
internal import WalrusIO

/// A change of a file in a log's directory, before anything is written.
package enum PlannedChange: Hashable, Sendable {
    /// The bytes of a data file become zeros.
    case erase(file: String, range: Range<Int>)
    /// A small file becomes another one; nil: there was none, or there is to be none.
    case replace(file: String, old: [UInt8]?, new: [UInt8]?)

    package var file: String {
        switch self {
        case .erase(let file, _), .replace(let file, _, _): file
        }
    }
}

/// The same as it stands in an undo record, whose bytes hold what was there.
struct FileChange: Hashable, Sendable {
    /// Where bytes stand in the record.
    struct Stored: Hashable, Sendable {
        let at: Int
        let length: Int
    }

    /// A part of an erased range in which something stood; all else in the range was zero.
    struct Piece: Hashable, Sendable {
        /// Bytes from the start of the file.
        let offset: Int
        let stored: Stored
        var range: Range<Int> { offset..<offset + stored.length }
    }

    enum Kind: Hashable, Sendable {
        case erase(range: Range<Int>, pieces: [Piece])
        case replace(old: Stored?, new: Stored?)
    }

    let file: String
    var kind: Kind
}

/// Which of its two forms a file has.
enum Side: Sendable { case old, new }

/// How a file stands to a change.
struct Standing: Hashable, Sendable {
    var isOld = true
    var isNew = true
    /// The first byte that is neither what it was nor what it was to become.
    var stranger: Int?

    /// Every byte is of one side or the other, as a process leaves them that was killed between.
    var isBetween: Bool { stranger == nil }
    func isWhole(_ side: Side) -> Bool { side == .old ? isOld : isNew }

    /// Takes in bytes that stand at `offset`, where `old` or `new` are expected.
    mutating func compare(_ found: [UInt8], _ old: [UInt8], _ new: [UInt8], at offset: Int) {
        if found.count != old.count {
            self = Standing(isOld: false, isNew: false, stranger: stranger ?? offset)
            return
        }
        guard found != old || found != new else { return }
        for index in found.indices {
            let byte = found[index]
            if byte != old[index] { isOld = false }
            if byte != new[index] { isNew = false }
            if byte != old[index], byte != new[index] { stranger = stranger ?? offset + index }
        }
    }
}

/// Reads and writes the files of a change.
struct ChangeFiles {
    /// Read and written at once.
    static let chunk = 1 << 16

    let storage: DiskStorage
    /// What the undo record holds.
    let bytes: DiskFile
    /// Called before every write: where tests let a process end.
    let beforeWriting: () throws -> Void

    func standing(_ change: FileChange) throws(IOError) -> Standing {
        switch change.kind {
        case .erase(let range, let pieces): try standing(change.file, range, pieces)
        case .replace(let old, let new): try standing(change.file, old, new)
        }
    }

    private func standing(_ name: String, _ range: Range<Int>, _ pieces: [FileChange.Piece])
        throws(IOError) -> Standing
    {
        var standing = Standing()
        let file = try DiskFile(storage.path.appending(name), .readOnly)
        guard try file.size() >= range.upperBound else {
            return Standing(isOld: false, isNew: false, stranger: try file.size())
        }
        var at = range.lowerBound
        for piece in pieces {
            try compareZeros(file, at..<piece.offset, &standing)
            for offset in stride(from: piece.offset, to: piece.range.upperBound, by: Self.chunk) {
                let count = min(Self.chunk, piece.range.upperBound - offset)
                standing.compare(
                    try file.read(at: offset, count: count),
                    try bytes.read(at: piece.stored.at + offset - piece.offset, count: count),
                    [UInt8](repeating: 0, count: count), at: offset)
            }
            at = piece.range.upperBound
        }
        try compareZeros(file, at..<range.upperBound, &standing)
        return standing
    }

    private func compareZeros(_ file: DiskFile, _ range: Range<Int>, _ standing: inout Standing)
        throws(IOError)
    {
        guard !range.isEmpty, let found = try file.firstNonZero(in: range) else { return }
        standing = Standing(isOld: false, isNew: false, stranger: standing.stranger ?? found)
    }

    private func standing(_ name: String, _ old: FileChange.Stored?, _ new: FileChange.Stored?)
        throws(IOError) -> Standing
    {
        let found = try storage.contents(of: name)
        let isOld = try found == stored(old)
        let isNew = try found == stored(new)
        return Standing(isOld: isOld, isNew: isNew, stranger: isOld || isNew ? nil : 0)
    }

    func stored(_ place: FileChange.Stored?) throws(IOError) -> [UInt8]? {
        guard let place else { return nil }
        return try bytes.read(at: place.at, count: place.length)
    }

    /// Gives the file the form of one side, durably. What is that way already is written again.
    func bring(_ change: FileChange, to side: Side) throws {
        try beforeWriting()
        switch change.kind {
        case .replace(let old, let new):
            if let image = try stored(side == .old ? old : new) {
                try storage.replace(
                    change.file, with: image, temporary: "new_" + change.file)
            } else {
                // What was to be made anew may have got no further than its temporary name.
                for name in ["new_" + change.file, change.file]
                where try storage.status(of: name) != nil { try storage.remove(name) }
                try storage.syncDirectory()
            }
        case .erase(_, let pieces):
            let file = try DiskFile(storage.path.appending(change.file), .readWrite)
            // From the end when erasing, so that what is there of a batch stays one that is not whole.
            for piece in side == .new ? pieces.reversed() : pieces {
                for start in stride(from: 0, to: piece.stored.length, by: Self.chunk) {
                    let count = min(Self.chunk, piece.stored.length - start)
                    let image =
                        side == .new
                        ? [UInt8](repeating: 0, count: count)
                        : try bytes.read(at: piece.stored.at + start, count: count)
                    try beforeWriting()
                    try image.write(to: file, at: piece.offset + start)
                }
            }
            try file.sync()
        }
    }
}

extension [UInt8] {
    func write(to file: DiskFile, at offset: Int) throws(IOError) {
        unsafe try span.bytes.withUnsafeBytes { (bytes) throws(IOError) in
            unsafe try file.write(at: offset, bytes, UnsafeRawBufferPointer(start: nil, count: 0))
        }
    }
}
