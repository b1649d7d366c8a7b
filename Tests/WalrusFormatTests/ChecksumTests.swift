import TestSupport
import Testing

@testable import WalrusFormat

@Suite struct ChecksumTests {
    @Test func fnvKnownAnswers() {
        let answers: [(String, UInt64)] = [
            ("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c),
            ("b", 0xaf63_df4c_8601_f1a5), ("foobar", 0x8594_4171_f739_67e8),
            ("chongo was here!\n", 0x4681_0940_eff5_f915),
        ]
        for (text, sum) in answers { #expect(FNV1a.hash(Array(text.utf8)) == sum) }
    }

    @Test func fnvInPieces() {
        var random = SeededRandom(seed: 1)
        let bytes = random.bytes(1_000)
        for cut in [0, 1, 7, 500, 999, 1_000] {
            var state = FNV1a()
            unsafe Array(bytes[..<cut]).withUnsafeBytes { unsafe state.add($0) }
            unsafe Array(bytes[cut...]).withUnsafeBytes { unsafe state.add($0) }
            #expect(state.value == FNV1a.hash(bytes))
        }
    }

    /// Many payloads at once give what each gives alone, whatever their number and lengths.
    @Test func streamsAgreeWithThePlainLoop() {
        var random = SeededRandom.fromEnvironment("ChecksumTests.streamsAgreeWithThePlainLoop")
        let bytes = random.bytes(5_000)
        var streams = FNV1aStreams()
        for round in 0..<400 {
            let count = round < 20 ? round : Int.random(in: 0...80, using: &random)
            let limit = [5_000, 300, 8, 1][round % 4]
            unsafe bytes.withUnsafeBytes { buffer in
                var expected: [UInt64] = []
                for _ in 0..<count {
                    let length = Int.random(in: 0...limit, using: &random)
                    let start = Int.random(in: 0...5_000 - length, using: &random)
                    let payload = unsafe UnsafeRawBufferPointer(
                        rebasing: buffer[start..<start + length])
                    unsafe streams.append(payload)
                    expected.append(plain(Array(bytes[start..<start + length])))
                }
                #expect(streams.count == count)
                #expect(streams.hashAll { $0 } == expected)
                #expect(streams.count == 0)
            }
        }
        unsafe streams.append(UnsafeRawBufferPointer(start: nil, count: 0))
        #expect(streams.hashAll { $0 } == [0xcbf2_9ce4_8422_2325])
    }

    private func plain(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    /// RFC 3720, B.4, and the usual check value.
    @Test func crcKnownAnswers() {
        #expect(CRC32C.hash(Array("123456789".utf8)) == 0xe306_9283)
        #expect(CRC32C.hash([]) == 0)
        #expect(CRC32C.hash([UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
        #expect(CRC32C.hash([UInt8](repeating: 0xff, count: 32)) == 0x62a8_ab43)
        #expect(CRC32C.hash((0..<32).map { UInt8($0) }) == 0x46dd_794e)
        #expect(CRC32C.hash((0..<32).reversed().map { UInt8($0) }) == 0x113f_db5c)
    }

    @Test func crcInstructionAgreesWithTheTable() {
        var random = SeededRandom.fromEnvironment("ChecksumTests.crcInstruction")
        let bytes = random.bytes(600)
        // Past two times 240 bytes, which are summed in three stretches.
        for length in 0...560 {
            let start = length % 17
            unsafe bytes.withUnsafeBytes { buffer in
                let piece = unsafe UnsafeRawBufferPointer(rebasing: buffer[start..<start + length])
                let before = UInt32(truncatingIfNeeded: random.next())
                #expect(
                    unsafe CRC32C.hash(piece, continuing: before)
                        == CRC32C.portable(piece, continuing: before))
            }
        }
    }

    /// Made by the seahash crate.
    @Test func seaHashVectors() {
        let vectors: [(String, UInt64, UInt64)] = [
            ("", 0x0ed0_92ea_c84d_0ee3, 0xd7ad_9f6a_a2fc_555f),
            ("t", 0x69d3_b420_625c_adbc, 0x3779_b03e_42a9_f8db),
            ("topic12", 0xc4ae_253e_a7ff_a0d0, 0xa75d_fa61_6131_0ffe),
            ("a_longer_topic_name", 0x928f_3160_78e8_dfac, 0x7965_100c_aa75_ecec),
            (
                "0123456789abcdef0123456789abcdef0123456789", 0x9214_6220_be2e_fe73,
                0x5b32_308f_874c_691c
            ),
        ]
        for (key, plain, seeded) in vectors {
            #expect(SeaHash.hash(Array(key.utf8)) == plain)
            #expect(SeaHash.hash(Array(key.utf8), seed: 0x8000_0001) == seeded)
        }
    }
}
