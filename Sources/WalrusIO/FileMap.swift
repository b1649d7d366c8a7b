internal import Glibc
internal import Synchronization
internal import SystemPackage

/// A file's bytes in memory, shared with every other user of the file. Unmapped with its owner.
@safe struct FileMap: ~Copyable {
    let bytes: UnsafeMutableRawBufferPointer

    /// Maps the first `size` bytes of the file. Nothing is read.
    init(_ descriptor: CInt, size: Int) throws(Errno) {
        // MAP_FAILED is the address -1.
        let address = unsafe mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard let address = unsafe address, Int(bitPattern: address) != -1 else {
            throw Errno(rawValue: errno)
        }
        unsafe bytes = UnsafeMutableRawBufferPointer(start: address, count: size)
    }

    deinit { _ = unsafe munmap(bytes.baseAddress!, bytes.count) }
}

/// A set of granules of a file: a bit each, set and cleared by any thread.
final class GranuleSet: Sendable {
    private let words: [Word]

    init(granules: Int) {
        words = (0..<(granules + 63) / 64).map { _ in Word() }
    }

    func containsAll(_ granules: Range<Int>) -> Bool {
        granules.allSatisfy { words[$0 / 64].bits.load(ordering: .acquiring) & Self.bit($0) != 0 }
    }

    func insert(_ granules: Range<Int>) {
        for granule in granules {
            words[granule / 64].bits.bitwiseOr(Self.bit(granule), ordering: .releasing)
        }
    }

    func remove(_ granules: Range<Int>) {
        for granule in granules {
            words[granule / 64].bits.bitwiseAnd(~Self.bit(granule), ordering: .releasing)
        }
    }

    private static func bit(_ granule: Int) -> UInt64 { 1 << UInt64(granule % 64) }

    private final class Word: Sendable {
        let bits = Atomic<UInt64>(0)
    }
}
