package import SystemPackage
package import WalrusIO

/// The lines of a file, one at a time.
package struct FileLines {
    private let file: DiskFile
    private let limit: Int
    private var at = 0
    private var held: [UInt8] = []
    private var start = 0

    /// - Parameter limit: bytes that a line may have.
    package init(_ path: FilePath, limit: Int) throws(IOError) {
        file = try DiskFile(path, .readOnly)
        self.limit = limit
    }

    /// The next line without its line end; nil at the end of the file.
    ///
    /// Throws `EntryInput.Malformed` where it is too long, and `IOError`.
    package mutating func next() throws -> [UInt8]? {
        var searched = start
        while true {
            if let end = held[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                return Array(held[start..<end])
            }
            guard held.count - start <= limit else {
                throw EntryInput.Malformed(
                    description: "\(file.path): a line is longer than any entry is in JSON")
            }
            held.removeFirst(start)
            start = 0
            searched = held.count
            let more = try file.read(at: at, count: 1 << 18)
            at += more.count
            guard more.isEmpty else {
                held += more
                continue
            }
            guard !held.isEmpty else { return nil }
            defer { held = [] }
            return held
        }
    }
}
