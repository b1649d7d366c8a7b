internal import SystemPackage
internal import WalrusIO

/// Writes an archive in the POSIX pax format, files with holes in GNU's version 1.0 of it: `tar` makes
/// them sparse again.
///
/// Source: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Extended Header"; GNU tar's manual,
/// "Storing Sparse Files".
struct TarWriter {
    static let block = 512
    private static let chunk = 1 << 18

    private let output: OutputFile
    private let prefix: String
    private let time: Int

    /// - Parameters:
    ///   - prefix: the folder that all files are in, short and of plain characters.
    ///   - time: of all files, in seconds since 1970 UTC.
    init(_ output: OutputFile, prefix: String, time: Int) throws(IOError) {
        self.output = output
        self.prefix = prefix
        self.time = time
        try output.write(header("\(prefix)/", size: 0, type: "5", mode: 0o755))
    }

    /// Adds a small file.
    @discardableResult
    func add(_ name: String, _ bytes: [UInt8]) throws(IOError) -> SparseImage {
        try output.write(header("\(prefix)/\(name)", size: bytes.count, type: "0", mode: 0o644))
        let at = output.written
        try output.write(bytes)
        try pad(bytes.count)
        return SparseImage(
            name: name, size: bytes.count,
            segments: bytes.isEmpty ? [] : [.init(offset: 0, length: bytes.count, at: at)])
    }

    /// Adds what stands in `ranges` of a file; all else in it is a hole.
    ///
    /// - Parameter progress: hears of the bytes that were copied; returning false stops.
    func add(
        _ name: String, of file: DiskFile, size: Int, ranges: [Range<Int>],
        progress: (Int) throws -> Void
    ) throws -> SparseImage {
        var map = "\(ranges.count + 1)\n"
        for range in ranges { map += "\(range.lowerBound)\n\(range.count)\n" }
        // The last one tells where the file ends.
        map += "\(size)\n0\n"
        var mapBytes = Array(map.utf8)
        mapBytes += [UInt8](repeating: 0, count: Self.padding(mapBytes.count))
        let stored = ranges.reduce(0) { $0 + $1.count }
        let records =
            Self.record("GNU.sparse.major", "1") + Self.record("GNU.sparse.minor", "0")
            + Self.record("GNU.sparse.name", "\(prefix)/\(name)")
            + Self.record("GNU.sparse.realsize", "\(size)")
        try output.write(
            header("\(prefix)/PaxHeaders/\(name)", size: records.count, type: "x", mode: 0o644))
        try output.write(records)
        try pad(records.count)
        try output.write(
            header(
                "\(prefix)/GNUSparseFile.0/\(name)", size: mapBytes.count + stored, type: "0",
                mode: 0o644))
        try output.write(mapBytes)
        var image = SparseImage(name: name, size: size)
        for range in ranges {
            image.segments.append(
                .init(offset: range.lowerBound, length: range.count, at: output.written))
            for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.chunk) {
                let count = min(Self.chunk, range.upperBound - start)
                let bytes = try file.read(at: start, count: count)
                // Somebody cut the file off.
                guard bytes.count == count else {
                    throw IOError("read", file.path, at: start + bytes.count, .ioError)
                }
                try output.write(bytes)
                try progress(count)
            }
        }
        try pad(stored)
        return image
    }

    /// Ends the archive, as the format has it.
    func end() throws(IOError) {
        try output.write([UInt8](repeating: 0, count: 2 * Self.block))
    }

    private func pad(_ count: Int) throws(IOError) {
        try output.write([UInt8](repeating: 0, count: Self.padding(count)))
    }

    static func padding(_ count: Int) -> Int { (block - count % block) % block }

    /// "LENGTH KEY=VALUE\n", the length being that of all of it.
    private static func record(_ key: String, _ value: String) -> [UInt8] {
        let rest = key.utf8.count + value.utf8.count + 3
        var length = rest + String(rest).utf8.count
        length = rest + String(length).utf8.count
        return Array("\(length) \(key)=\(value)\n".utf8)
    }

    private func header(_ name: String, size: Int, type: Character, mode: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.block)
        func put(_ text: String, at offset: Int) {
            for (index, byte) in text.utf8.enumerated() { bytes[offset + index] = byte }
        }
        func octal(_ value: Int, _ digits: Int) -> String {
            let text = String(value, radix: 8)
            return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
        }
        put(String(decoding: name.utf8.prefix(100), as: UTF8.self), at: 0)
        put(octal(mode, 7), at: 100)
        put(octal(0, 7), at: 108)
        put(octal(0, 7), at: 116)
        put(octal(size, 11), at: 124)
        put(octal(time, 11), at: 136)
        put("        ", at: 148)
        put(String(type), at: 156)
        put("ustar\u{0}00", at: 257)
        let sum = bytes.reduce(0) { $0 + Int($1) }
        put(octal(sum, 6) + "\u{0} ", at: 148)
        return bytes
    }
}
