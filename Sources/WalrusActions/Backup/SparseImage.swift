internal import SystemPackage
internal import WalrusIO

/// A file with holes, as it stands in an archive.
struct SparseImage: Hashable, Sendable {
    /// Bytes that are in the archive.
    struct Segment: Hashable, Sendable {
        /// From the start of the file.
        let offset: Int
        let length: Int
        /// From the start of the archive.
        let at: Int
        var end: Int { offset + length }
    }

    let name: String
    /// Holes included.
    let size: Int
    /// In order, apart from one another.
    var segments: [Segment] = []

    /// Bytes that are no hole.
    var stored: Int { segments.reduce(0) { $0 + $1.length } }

    /// Reads from the file through `archive`; holes are zero.
    func read(
        at offset: Int, into buffer: UnsafeMutableRawBufferPointer,
        _ archive: (Int, UnsafeMutableRawBufferPointer) throws(IOError) -> Int
    ) throws(IOError) -> Int {
        let count = max(0, min(buffer.count, size - offset))
        guard count > 0 else { return 0 }
        let target = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
        unsafe target.initializeMemory(as: UInt8.self, repeating: 0)
        var index = firstIndex(endingAfter: offset)
        while index < segments.count, segments[index].offset < offset + count {
            let segment = segments[index]
            let range = max(offset, segment.offset)..<min(offset + count, segment.end)
            let piece = unsafe UnsafeMutableRawBufferPointer(
                rebasing: target[range.lowerBound - offset..<range.upperBound - offset])
            let got = try unsafe archive(segment.at + range.lowerBound - segment.offset, piece)
            guard got == range.count else { throw IOError("read", "the archive", .ioError) }
            index += 1
        }
        return count
    }

    private func firstIndex(endingAfter offset: Int) -> Int {
        var range = segments.indices
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range =
                segments[middle].end > offset
                ? range.lowerBound..<middle : middle + 1..<range.upperBound
        }
        return range.lowerBound
    }
}
