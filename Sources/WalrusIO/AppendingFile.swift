internal import CLinuxShim
public import SystemPackage

/// A file of records that several processes add to, a line at a time. For its owner's eyes alone.
public final class AppendingFile: Sendable {
    public let path: FilePath
    private let file: DiskFile

    /// Made when missing. What is no regular file, or a link to one, is refused: the error is
    /// `notSupported`.
    public init(_ path: FilePath) throws(IOError) {
        self.path = path
        file = try DiskFile(path, .appendPrivate)
        guard try file.isRegular else { throw IOError("append to", path, .notSupported) }
    }

    /// Keeps room on disk for `count` more bytes, where the file system can.
    public func reserve(_ count: Int) throws(IOError) {
        let end = try file.size()
        do throws(Errno) {
            _ = try retrying { wlinux_reserve(file.descriptor, Int64(end), Int64(count)) }
        } catch {
            guard error != .notSupported else { return }
            throw IOError("make room in", path, error)
        }
    }

    /// Appends the line with a single write, so that lines of others stay apart, and syncs it.
    public func append(_ line: [UInt8]) throws(IOError) {
        // What a process that was killed left of a line must not become a part of this one.
        let end = try file.size()
        let last = try file.read(at: max(0, end - 1), count: min(1, end))
        let isTorn = end > 0 && last != [UInt8(ascii: "\n")]
        let bytes = (isTorn ? [UInt8(ascii: "\n")] : []) + line
        let failure: IOError? = unsafe bytes.withUnsafeBytes { buffer in
            do throws(IOError) {
                // The offset is not asked for in a file that is opened for appending.
                try unsafe file.write(at: end, buffer, UnsafeRawBufferPointer(start: nil, count: 0))
                return nil
            } catch { return error }
        }
        if let failure { throw failure }
        try file.sync()
    }
}
