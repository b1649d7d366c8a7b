internal import CUringShim
internal import SystemPackage

/// A ring of the kernel (io_uring): operations are pushed, started together, and popped as they
/// end. For one thread at a time; what is under way must end before the ring does.
@safe struct Ring: ~Copyable, @unchecked Sendable {
    // Unchecked: it has one owner, and every method that touches the handle needs it exclusively.
    /// Operations that may be under way at once.
    let depth: Int
    /// Pushed and not yet started.
    private(set) var queued = 0
    /// Started and not yet popped.
    private(set) var underWay = 0
    private let handle: OpaquePointer

    /// - Throws: what the kernel says where it grants no ring: `EPERM`, `ENOSYS`, `ENOMEM`.
    init(depth: Int) throws(Errno) {
        var made: OpaquePointer?
        let code = unsafe wuring_create(UInt32(depth), &made)
        guard code == 0, let made = unsafe made else { throw Errno(rawValue: -code) }
        self.depth = depth
        unsafe handle = made
    }

    deinit {
        precondition(underWay == 0, "the kernel may still use the memory of these operations")
        unsafe wuring_destroy(handle)
    }

    var isFull: Bool { queued + underWay == depth }

    /// Queues a read of up to 1,024 pieces, or a sync (of data, `fdatasync`). Not to be
    /// called when the ring is full. The pieces and their memory must stay until `tag` is popped.
    mutating func push(
        _ work: FileWork, _ descriptor: CInt, _ pieces: UnsafeBufferPointer<wuring_piece>,
        at offset: Int, tag: Int
    ) {
        precondition(!isFull)
        let (count, offset, tag) = (UInt32(pieces.count), UInt64(offset), UInt64(tag))
        let pieces = pieces.baseAddress
        let code =
            switch work {
            case .read:
                unsafe wuring_push_read(handle, descriptor, pieces, count, offset, tag)
            case .sync: unsafe wuring_push_datasync(handle, descriptor, tag)
            }
        precondition(code == 0, "there is an entry for each of `depth` operations")
        queued += 1
    }

    /// Starts what is queued and waits until `count` operations can be popped, or fewer where a
    /// signal or a lack of memory comes in between.
    mutating func submit(waitingFor count: Int) throws(Errno) {
        let code = unsafe wuring_submit_and_wait(handle, UInt32(count))
        guard code >= 0 else { throw Errno(rawValue: -code) }
        queued -= Int(code)
        underWay += Int(code)
    }

    /// An operation that has ended, and what the plain call would have returned or a negative errno.
    mutating func pop() -> (tag: Int, result: Int)? {
        var tag: UInt64 = 0
        var result: Int32 = 0
        guard unsafe wuring_pop(handle, &tag, &result) == 1 else { return nil }
        underWay -= 1
        return (Int(tag), Int(result))
    }
}
