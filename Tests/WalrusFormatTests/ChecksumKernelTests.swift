import CChecksum
import Glibc
import TestSupport
import Testing
import WalrusIO

/// Every kernel of FNV-1a gives what the plain loop gives, bit by bit.
///
/// `WALRUS_CHECKSUMS=n` hashes n random inputs with each kernel.
@Suite struct ChecksumKernelTests {
    private static let basis: UInt64 = 0xcbf2_9ce4_8422_2325
    private static let longest = 6_000

    /// The kernels that this processor has; tells those that it lacks.
    private static func kernels(_ test: String) -> [wchecksum_kernel] {
        (0..<WCHECKSUM_KERNELS.rawValue).compactMap { number in
            let kernel = wchecksum_kernel(number)
            guard wchecksum_has(kernel) else {
                print("\(test): not tested, this processor lacks it: \(name(kernel))")
                return nil
            }
            return kernel
        }
    }

    private static func name(_ kernel: wchecksum_kernel) -> String {
        unsafe String(cString: wchecksum_name(kernel))
    }

    /// Random bytes with runs of 0x00 and 0xff among them, which carry differently.
    private struct Sample {
        var bytes: [UInt8]

        init(_ random: inout SeededRandom) {
            bytes = random.bytes(longest + 128)
            plant(&random)
        }

        mutating func plant(_ random: inout SeededRandom) {
            for _ in 0..<6 {
                let start = Int.random(in: bytes.indices, using: &random)
                let end = min(bytes.count, start + Int.random(in: 1...700, using: &random))
                let fresh: [UInt8]
                switch random.next() % 4 {
                case 0: fresh = [UInt8](repeating: 0x00, count: end - start)
                case 1: fresh = [UInt8](repeating: 0xff, count: end - start)
                default: fresh = random.bytes(end - start)
                }
                bytes.replaceSubrange(start..<end, with: fresh)
            }
        }
    }

    @Test func portableKernelsAreAlwaysTested() {
        #expect(wchecksum_has(WCHECKSUM_PLAIN) && wchecksum_has(WCHECKSUM_SIX))
        #expect(!wchecksum_has(WCHECKSUM_KERNELS))
    }

    /// The vectors of FNV's authors.
    @Test func knownAnswers() {
        let answers: [(String, UInt64)] = [
            ("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c),
            ("b", 0xaf63_df4c_8601_f1a5), ("foobar", 0x8594_4171_f739_67e8),
            ("chongo was here!\n", 0x4681_0940_eff5_f915),
        ]
        for kernel in Self.kernels("knownAnswers") {
            for (text, sum) in answers {
                unsafe Array(text.utf8).withUnsafeBytes { bytes in
                    var piece = unsafe wchecksum_piece(
                        bytes: bytes.baseAddress, count: bytes.count)
                    var many: UInt64 = 0
                    unsafe wchecksum_fnv1a_many_by(kernel, &piece, 1, &many)
                    let one = unsafe wchecksum_fnv1a_by(
                        kernel, Self.basis, bytes.baseAddress, bytes.count)
                    #expect(one == sum && many == sum, "\(Self.name(kernel)): \(text)")
                }
            }
        }
    }

    /// Each length once, from a state that is not the first one.
    @Test func everyLength() {
        var random = SeededRandom.fromEnvironment("ChecksumKernelTests.everyLength")
        let sample = Sample(&random)
        let start = random.next()
        unsafe sample.bytes.withUnsafeBytes { bytes in
            let base = unsafe bytes.baseAddress! + Int(random.next() % 128)
            var states = [UInt64](repeating: 0, count: Self.longest)
            unsafe wchecksum_fnv1a_states(start, base, Self.longest, &states)
            states.insert(start, at: 0)
            for kernel in Self.kernels("everyLength") {
                let wrong = (0...Self.longest).first { count in
                    unsafe wchecksum_fnv1a_by(kernel, start, base, count) != states[count]
                }
                #expect(wrong == nil, "\(Self.name(kernel))")
            }
            let chosen = (0...Self.longest).first { count in
                unsafe wchecksum_fnv1a(start, base, count) != states[count]
            }
            #expect(chosen == nil)
        }
    }

    /// Random bytes, places and lengths, in batches of any number.
    @Test func randomInputs() {
        var random = SeededRandom.fromEnvironment("ChecksumKernelTests.randomInputs")
        let wanted = Host.environment("WALRUS_CHECKSUMS").flatMap { Int($0) } ?? 100_000
        let kernels = Self.kernels("randomInputs")
        var sample = Sample(&random)
        var done = 0
        while done < wanted {
            sample.plant(&random)
            unsafe sample.bytes.withUnsafeBytes { bytes in
                let count = Int(random.next() % 1_000)
                // Mostly short ones, and in some batches all of one length.
                let limit = [20, 130, 130, 300, 1_000, Self.longest][Int(random.next() % 6)]
                let isEven = random.next() % 8 == 0
                let even = Int(random.next() % UInt64(limit + 1))
                let longest = limit == Self.longest ? 20 : count
                let pieces = unsafe (0..<min(count, longest)).map { _ in
                    let length = isEven ? even : Int(random.next() % UInt64(limit + 1))
                    let from = Int(random.next() % UInt64(bytes.count - length + 1))
                    return unsafe wchecksum_piece(bytes: bytes.baseAddress! + from, count: length)
                }
                unsafe check(pieces, kernels)
                done += unsafe max(1, pieces.count)
            }
        }
    }

    private func check(_ pieces: [wchecksum_piece], _ kernels: [wchecksum_kernel]) {
        var expected = unsafe [UInt64](repeating: 0, count: pieces.count)
        unsafe wchecksum_fnv1a_many_by(WCHECKSUM_PLAIN, pieces, pieces.count, &expected)
        for kernel in kernels where kernel != WCHECKSUM_PLAIN {
            var sums = unsafe [UInt64](repeating: 0, count: pieces.count)
            unsafe wchecksum_fnv1a_many_by(kernel, pieces, pieces.count, &sums)
            if sums != expected {
                let at = expected.indices.first { sums[$0] != expected[$0] } ?? 0
                Issue.record(
                    "\(Self.name(kernel)): \(at) of \(sums.count), \(unsafe pieces[at].count) bytes"
                )
            }
        }
        var sums = unsafe [UInt64](repeating: 0, count: pieces.count)
        unsafe wchecksum_fnv1a_many(pieces, pieces.count, &sums)
        #expect(sums == expected)
    }

    /// Some of many at once are much longer than others: they are hashed alone.
    @Test func oneLongAmongMany() {
        var random = SeededRandom.fromEnvironment("ChecksumKernelTests.oneLongAmongMany")
        let bytes = random.bytes(200_000)
        unsafe bytes.withUnsafeBytes { bytes in
            for place in [0, 17, 39] {
                var pieces = unsafe (0..<40).map { index in
                    unsafe wchecksum_piece(bytes: bytes.baseAddress! + index, count: 100 + index)
                }
                unsafe pieces[place].count = 190_000
                unsafe pieces[3].count = 0
                unsafe pieces[3].bytes = nil
                unsafe check(pieces, Self.kernels("oneLongAmongMany"))
            }
        }
    }

    /// Nothing is read outside the input, though kernels take whole blocks: before it and behind it
    /// are pages that nobody may read.
    @Test func inputsBetweenForbiddenPages() throws {
        let page = 4_096
        let map = unsafe mmap(nil, 4 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        let base = try unsafe #require(map)
        defer { unsafe munmap(base, 4 * page) }
        let open = unsafe UnsafeMutableRawBufferPointer(start: base + page, count: 2 * page)
        try #require(
            unsafe mprotect(open.baseAddress, open.count, PROT_READ | PROT_WRITE) == 0)
        var random = SeededRandom.fromEnvironment("ChecksumKernelTests.forbiddenPages")
        unsafe open.copyBytes(from: random.bytes(open.count))
        let kernels = Self.kernels("forbiddenPages")
        for first in stride(from: 1, through: 4_500, by: 50) {
            var pieces = unsafe [wchecksum_piece]()
            for length in first..<first + 50 {
                unsafe pieces.append(wchecksum_piece(bytes: base + page, count: length))
                unsafe pieces.append(
                    wchecksum_piece(bytes: base + 3 * page - length, count: length))
            }
            unsafe check(pieces, kernels)
        }
    }
}
