internal import CUringShim
internal import SystemPackage

/// A piece of work on its way through a ring: what of it is left to do.
@safe struct RingJob {
    enum Outcome: Hashable {
        /// With so many bytes moved.
        case ended(Int)
        case failed(Errno)
        /// The kernel does not do this through a ring: a plain call is to do all of it.
        case plain
    }

    let work: FileWork
    let file: any StorageFile
    let descriptor: CInt
    /// Nil while there is something left to do.
    private(set) var outcome: Outcome?
    /// Bytes from the start of the file to what is left.
    private(set) var offset: Int
    /// The memory that belongs to what is left, from `first` on.
    private let pieces: UnsafeMutableBufferPointer<wuring_piece>
    private var first = 0
    private var done = 0
    private var left: Int
    /// Where the operation under way ends, and the bytes of its last piece that it leaves out.
    private var end = 0
    private var cut = 0

    /// The kernel's limit (`UIO_MAXIOV`).
    private static let pieceCountMax = 1_024

    init(
        _ work: FileWork, _ file: any StorageFile, _ offset: Int,
        _ buffers: [UnsafeRawBufferPointer]
    ) {
        self.work = work
        self.file = file
        self.offset = offset
        let filled = unsafe buffers.filter { unsafe !$0.isEmpty }
        unsafe pieces = .allocate(capacity: filled.count)
        for index in unsafe filled.indices {
            let buffer = unsafe filled[index]
            unsafe pieces.initializeElement(
                at: index,
                to: wuring_piece(
                    base: UnsafeMutableRawPointer(mutating: buffer.baseAddress),
                    size: buffer.count))
        }
        left = unsafe filled.reduce(0) { $0 + $1.count }
        let descriptor = file.descriptor(for: work)
        self.descriptor = descriptor ?? -1
        if descriptor == nil {
            outcome = .plain
        } else if work != .sync, left == 0 {
            outcome = .ended(0)
        }
    }

    func deallocate() { unsafe pieces.deallocate() }

    /// The memory for the next operation, which moves at most `limit` bytes.
    mutating func next(limit: Int) -> UnsafeBufferPointer<wuring_piece> {
        end = first
        var bytes = 0
        while unsafe end < pieces.count, end - first < Self.pieceCountMax, bytes < limit {
            let size = unsafe pieces[end].size
            cut = max(0, size - (limit - bytes))
            unsafe pieces[end].size -= cut
            bytes += size - cut
            end += 1
        }
        return unsafe UnsafeBufferPointer(rebasing: pieces[first..<end])
    }

    /// Takes the result of the operation under way: bytes, or a negative errno. It may have moved
    /// less than it was asked to; then `outcome` stays nil.
    mutating func finish(_ result: Int) {
        if cut > 0 { unsafe pieces[end - 1].size += cut }
        cut = 0
        guard result >= 0 else {
            switch Errno(rawValue: CInt(-result)) {
            case .interrupted: break
            case .resourceTemporarilyUnavailable, .invalidArgument, .notSupported:
                outcome = .plain
            case let code: outcome = .failed(code)
            }
            return
        }
        advance(result)
        // Nothing more comes behind the end of the file.
        if work == .sync || left == 0 || result == 0 { outcome = .ended(done) }
    }

    private mutating func advance(_ count: Int) {
        done += count
        left -= count
        offset += count
        var rest = count
        while rest > 0 {
            let size = unsafe pieces[first].size
            guard rest < size else {
                rest -= size
                first += 1
                continue
            }
            unsafe pieces[first].base += rest
            unsafe pieces[first].size -= rest
            rest = 0
        }
    }
}
