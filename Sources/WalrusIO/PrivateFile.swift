internal import Glibc
public import SystemPackage

/// A file of a user's own, which nobody else may read.
public enum PrivateFile {
    /// Puts `bytes` in the place of the file at once: whoever reads it has the old or the new one.
    public static func replace(_ path: FilePath, with bytes: [UInt8]) throws(IOError) {
        let name = "\(path.lastComponent?.string ?? "file").\(Host.processID).new"
        let storage = DiskStorage(path.removingLastComponent())
        let temporary = storage.path.appending(name)
        // One that is there was left by a process of the same number that was killed.
        if try FileStatus.of(temporary) != nil { try storage.remove(name) }
        do throws(IOError) {
            try write(bytes, to: DiskFile(temporary, .createPrivate))
            try storage.rename(name, to: path.lastComponent?.string ?? "file")
        } catch {
            try? storage.remove(name)
            throw error
        }
    }

    /// Writes a new file. An existing one is an error, and stays as it is.
    public static func create(_ path: FilePath, with bytes: [UInt8]) throws(IOError) {
        try write(bytes, to: DiskFile(path, .create))
    }

    private static func write(_ bytes: [UInt8], to file: DiskFile) throws(IOError) {
        // `withUnsafeBytes` rethrows untyped: carry the error out by hand.
        let failure: IOError? = unsafe bytes.withUnsafeBytes { buffer in
            do throws(IOError) {
                try unsafe file.write(at: 0, buffer, UnsafeRawBufferPointer(start: nil, count: 0))
                return nil
            } catch { return error }
        }
        if let failure { throw failure }
    }
}
