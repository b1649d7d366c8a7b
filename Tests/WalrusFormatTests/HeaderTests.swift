import TestSupport
import Testing

@testable import WalrusFormat

@Suite struct HeaderTests {
    /// Headers that the reference wrote, without the zeros at their end.
    static let vectors: [(EntryHeader, String)] = [
        (
            EntryHeader(
                topic: "alpha", blockEnd: 0xa0_0000, checksum: 0x11e0_c392_381f_6c25,
                payloadLength: 945, stamp: nil),
            "2000616c7068610000050000a00000000000256c1f3892c3e011b103000000000000"
        ),
        (
            EntryHeader(
                topic: "1234567", blockEnd: 0x1e0_0000, checksum: 0x0449_e5bf_f28d_ce11,
                payloadLength: 0x229, stamp: nil),
            "200031323334353637070000e0010000000011ce8df2bfe549042902000000000000"
        ),
        (
            EntryHeader(
                topic: "12345678", blockEnd: 0x1360_0000, checksum: 0xac25_cc89_d4a8_0c42,
                payloadLength: 0x15b, stamp: nil),
            """
            2800313233343536373808000000f8ffffff0000601300000000420ca8d489cc25ac5b01000000000000
            """
        ),
        (
            EntryHeader(
                topic: "123456789", blockEnd: 0x280_0000, checksum: 0x886a_bb33_3085_8c52,
                payloadLength: 0x257, stamp: nil),
            """
            3000313233343536373839000000000000000900\
            0000f0ffffff0000800200000000528c853033bb6a885702000000000000
            """
        ),
        (
            EntryHeader(
                topic: "beta_topic_longer", blockEnd: 0x140_0000, checksum: 0x3fb5_e7af_7862_8163,
                payloadLength: 0x47b, stamp: nil),
            """
            3800626574615f746f7069635f6c6f6e6765720000000000000011000000e8ffffff0000400100000000\
            63816278afe7b53f7b04000000000000
            """
        ),
    ]

    @Test(arguments: vectors.indices)
    func vectorsOfTheReference(index: Int) throws {
        let (header, hex) = Self.vectors[index]
        var bytes = try #require(Hex.decode(hex))
        bytes += [UInt8](repeating: 0, count: 256 - bytes.count)
        #expect(header.encoded() == bytes)
        #expect(try EntryHeader.decode(bytes) == header)
    }

    @Test func everyLengthOfNameRoundTrips() throws {
        for length in 0...Layout.topicLengthMax {
            let topic = TopicName(bytes: (0..<length).map { UInt8(ascii: "a") + UInt8($0 % 26) })
            for stamped in [false, true] where !stamped || EntryStamp.fits(topicLength: length) {
                let header = EntryHeader(
                    topic: topic, blockEnd: Layout.unit * 7, checksum: .max,
                    payloadLength: Layout.payloadLengthMax,
                    stamp: stamped
                        ? EntryStamp(
                            batchIndex: 1_999, batchCount: 2_000,
                            sequence: EntryStamp.sequenceMax, timestamp: .max)
                        : nil)
                #expect(try EntryHeader.decode(header.encoded()) == header)
            }
        }
        #expect(EntryStamp.fits(topicLength: 176) && !EntryStamp.fits(topicLength: 177))
        #expect(TopicName(bytes: [UInt8](repeating: 97, count: 217)).refusal != nil)
    }

    /// `docs/format.md`, section 4, field by field.
    @Test func stampStandsWhereTheFormatSays() {
        let header = EntryHeader(
            topic: "t", blockEnd: Layout.unit, checksum: 1, payloadLength: 2,
            stamp: EntryStamp(
                batchIndex: 3, batchCount: 500, sequence: 0x0102_0304_0506_0708,
                timestamp: 0x1112_1314_1516_1718))
        let bytes = header.encoded()
        #expect(Array(bytes[216..<220]) == Array("WSX1".utf8))
        #expect(Array(bytes[220..<224]) == [3, 0, 0, 0])
        #expect(Array(bytes[224..<228]) == [0xf4, 1, 0, 0])
        #expect(Array(bytes[228..<232]) == [0, 0, 0, 0])
        #expect(Array(bytes[232..<240]) == [8, 7, 6, 5, 4, 3, 2, 1])
        #expect(
            Array(bytes[240..<248]) == [0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11])
        #expect(Array(bytes[248..<252]) == [0, 0, 0, 0])
        let crc = CRC32C.hash(Array(bytes[..<252]))
        #expect(
            (0..<4).allSatisfy { bytes[252 + $0] == UInt8(truncatingIfNeeded: crc >> (8 * $0)) })
    }

    static let lengths = [0, 1, 5, 7, 8, 9, 17, 100, 176]

    @Test(arguments: lengths)
    func everyFlippedBitOfAStampedHeaderIsAnError(length: Int) {
        let sound = header(length, stamped: true).encoded()
        for bit in 0..<256 * 8 {
            var bytes = sound
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            let error = #expect(throws: FormatError.self, "bit \(bit)") {
                try EntryHeader.decode(bytes)
            }
            guard let error else { continue }
            #expect(!error.field.isEmpty && !error.range.isEmpty)
            #expect(error.range.lowerBound >= 0 && error.range.upperBound <= 256)
        }
    }

    @Test(arguments: lengths + [177, 216])
    func everyFlippedBitOfAnUnstampedHeaderIsAnErrorOrShows(length: Int) {
        let header = header(length, stamped: false)
        let sound = header.encoded()
        for bit in 0..<256 * 8 {
            var bytes = sound
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            do throws(FormatError) {
                let found = try EntryHeader.decode(bytes)
                #expect(found != header, "bit \(bit)")
            } catch {
                #expect(error.range.lowerBound >= 0 && error.range.upperBound <= 256)
            }
        }
    }

    @Test func everyTruncationIsAnError() {
        let sound = header(9, stamped: true).encoded()
        for count in 0..<256 {
            let error = #expect(throws: FormatError.self) {
                try EntryHeader.decode(Array(sound[..<count]))
            }
            #expect(error?.field == "header")
        }
        #expect(throws: Never.self) { try EntryHeader.decode(sound + [1, 2, 3]) }
    }

    @Test func whatNoWriterWritesIsRefused() {
        func refused(_ field: String, _ change: (inout [UInt8]) -> Void) {
            var bytes = header(9, stamped: false).encoded()
            change(&bytes)
            let error = #expect(throws: FormatError.self) { try EntryHeader.decode(bytes) }
            #expect(error?.field == field)
        }
        refused("meta_len") { $0[0] = 33 }
        refused("meta_len") { $0[1] = 1 }
        refused("next_block_start") {
            $0.replaceSubrange(26..<34, with: repeatElement(0, count: 8))
        }
        refused("next_block_start") { $0[33] = 0x80 }
        refused("read_size") { $0[45] = 0x80 }
        refused("topic") { $0[2] = 0xff }
        refused("topic padding") { $0[12] = 1 }
        refused("padding") { $0[46] = 1 }
        refused("reserved") { $0[60] = 1 }
        refused("reserved") { $0[255] = 1 }
        refused("owned_by") { $0[22] = 0xf4 }
        refused("string") { $0[18] = 17 }
    }

    /// Checksums right, contents not: a writer's fault, or a forger's.
    @Test func aStampWithTheRightChecksumIsStillChecked() {
        func refused(_ field: String, _ change: (inout [UInt8]) -> Void) {
            var bytes = header(5, stamped: true).encoded()
            change(&bytes)
            let crc = CRC32C.hash(Array(bytes[..<252]))
            for at in 0..<4 { bytes[252 + at] = UInt8(truncatingIfNeeded: crc >> (8 * UInt32(at))) }
            let error = #expect(throws: FormatError.self) { try EntryHeader.decode(bytes) }
            #expect(error?.field == field)
        }
        refused("flags") { $0[228] = 1 }
        refused("flags") { $0[248] = 1 }
        refused("batch_index") { $0[220] = 1 }
        refused("batch_index") { $0[224] = 0 }
        refused("batch_index") { $0.replaceSubrange(224..<226, with: [0xd1, 7]) }
        refused("sequence") { $0.replaceSubrange(232..<240, with: repeatElement(0, count: 8)) }
    }

    @Test func randomBytesNeverTrap() {
        var random = SeededRandom.fromEnvironment("HeaderTests.randomBytesNeverTrap")
        let sound = Self.lengths.map { header($0, stamped: $0.isMultiple(of: 2)).encoded() }
        for round in 0..<20_000 {
            var bytes: [UInt8]
            if round.isMultiple(of: 4) {
                bytes = random.bytes(256)
                bytes[0] = UInt8(truncatingIfNeeded: 32 + 8 * (round / 4 % 29))
                bytes[1] = 0
            } else {
                bytes = sound[round % sound.count]
                for _ in 0..<Int.random(in: 1...6, using: &random) {
                    let at = Int.random(
                        in: 0..<(round.isMultiple(of: 2) ? 60 : 256), using: &random)
                    bytes[at] = UInt8(truncatingIfNeeded: random.next())
                }
            }
            do throws(FormatError) {
                let header = try EntryHeader.decode(bytes)
                // What is accepted is what would be written.
                #expect(header.encoded() == bytes)
            } catch {
                #expect(error.range.lowerBound >= 0 && error.range.upperBound <= 256)
            }
        }
    }

    private func header(_ length: Int, stamped: Bool) -> EntryHeader {
        EntryHeader(
            topic: TopicName(bytes: [UInt8](repeating: 0x61, count: length)),
            blockEnd: Layout.unit * 3, checksum: 0x0123_4567_89ab_cdef, payloadLength: 1_234,
            stamp: stamped ? EntryStamp(sequence: 77, timestamp: 1_763_670_155_020_000_000) : nil)
    }
}
