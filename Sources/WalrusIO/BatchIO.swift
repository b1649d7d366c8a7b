public import SystemPackage

/// Many reads or syncs at once, of one file or of several.
///
/// Not writes: of a file's buffered writes the kernel does one after another in a thread of its own, so
/// that plain calls are faster, and they keep the order that recovery relies on.
///
/// Every call waits until all its work has ended, and says of each piece what became of it: one
/// that fails stops no other, so after an error anything else may have reached the disk. Nothing is
/// ordered within a call. The memory that is read into stays the caller's and must stay in place until
/// the call returns.
public protocol BatchIO: Sendable {
    /// Fills the buffers of every piece, as far as the file goes. One result each, in their order:
    /// the number of bytes.
    func submit(reads: [FileRead]) -> [Result<Int, IOError>]
    /// Makes durable what was written to each file before the call. One result each.
    func syncAll(_ files: [any StorageFile]) -> [IOError?]
    var ring: RingUse { get }
    /// Operations that went through the ring so far.
    var ringOperations: Int { get }
}

/// Bytes from one place in a file, spread over several buffers.
@safe public struct FileRead {
    let file: any StorageFile
    let offset: Int
    let buffers: [UnsafeMutableRawBufferPointer]

    /// - Parameter offset: bytes from the start of the file.
    public init(
        _ file: any StorageFile, at offset: Int, _ buffers: [UnsafeMutableRawBufferPointer]
    ) {
        self.file = file
        self.offset = offset
        unsafe self.buffers = buffers
    }
}

/// What a ring can do with a file.
public enum FileWork: Hashable, Sendable { case read, sync }

/// Whether work goes through a ring of the kernel.
public enum RingUse: Hashable, Sendable {
    /// There was no work yet for which one is worth having.
    case idle
    case used
    /// The kernel refused it: plain calls do the work.
    case unavailable(Errno)
    /// `WALRUS_DISABLE_IO_URING` is set to 1: plain calls do the work.
    case disabled
}

/// One plain call after another.
public struct PlainBatchIO: BatchIO {
    public let ring: RingUse

    public var ringOperations: Int { 0 }

    public init(ring: RingUse = .disabled) { self.ring = ring }

    public func submit(reads: [FileRead]) -> [Result<Int, IOError>] {
        reads.map { Self.read($0) }
    }

    public func syncAll(_ files: [any StorageFile]) -> [IOError?] { files.map { Self.sync($0) } }

    static func read(_ piece: FileRead) -> Result<Int, IOError> {
        do throws(IOError) {
            var done = 0
            for index in unsafe piece.buffers.indices {
                let buffer = unsafe piece.buffers[index]
                let count = unsafe try piece.file.read(at: piece.offset + done, into: buffer)
                done += count
                if count < buffer.count { break }
            }
            return .success(done)
        } catch { return .failure(error) }
    }

    static func sync(_ file: any StorageFile) -> IOError? {
        do throws(IOError) {
            try file.sync()
            return nil
        } catch { return error }
    }
}
