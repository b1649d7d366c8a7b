import TestSupport
import Testing

@testable import WalrusJSON

/// What the one reader makes of any bytes.
@Suite struct TokenTests {
    private func tokens(
        _ bytes: [UInt8], depth: Int = JSONTokens.depthMax
    ) throws(JSONError) -> [JSONToken] {
        let document = unsafe bytes.span.bytes
        var tokens = JSONTokens(depth: depth)
        var list: [JSONToken] = []
        while let token = try tokens.next(in: document) { list.append(token) }
        return list
    }

    @Test func kindsAndPlaces() throws {
        let list = try tokens(Array(#" {"a\n":[1,"x"],"b":{}, "c":null}"#.utf8))
        #expect(
            list.map(\.kind) == [
                .beginObject, .key, .beginArray, .number, .string, .endArray, .key, .beginObject,
                .endObject, .key, .null, .endObject,
            ])
        #expect(list[1].range == 3..<6 && list[1].hasEscapes)
        #expect(list[3].range == 9..<10 && list[4].range == 12..<13 && !list[4].hasEscapes)
    }

    @Test func halvesOfPairsAreNamed() {
        for (text, offset) in [
            (#""\ud800""#, 1), (#""ab\udc00\ud800""#, 3), (#""\ud83d\ud83d\ude00""#, 1),
            (#""\ud83dx\ude00""#, 1), (#""\\\ud83d\ude00\uDFFF""#, 15),
        ] {
            let bytes = Array(text.utf8)
            let document = unsafe bytes.span.bytes
            let token = JSONToken(kind: .string, range: 1..<bytes.count - 1, hasEscapes: true)
            let string = JSONString(token, in: document)
            #expect(string.halfPair == offset, "\(text)")
            #expect(String(decoding: string.bytes, as: UTF8.self).contains("\u{fffd}"))
        }
    }

    @Test func depthIsBounded() throws {
        func nested(_ count: Int) -> [UInt8] {
            [UInt8](repeating: UInt8(ascii: "["), count: count)
                + [UInt8](repeating: UInt8(ascii: "]"), count: count)
        }
        #expect(try tokens(nested(512)).count == 1_024)
        #expect(try tokens(nested(3), depth: 3).count == 6)
        for (depth, limit) in [(513, 1_000), (4, 3), (1, 0)] {
            let error = #expect(throws: JSONError.self) { try tokens(nested(depth), depth: limit) }
            #expect(error?.problem == .tooDeep)
        }
        // Objects and arrays in one another are not taken for each other, however deep.
        var mixed = ""
        for level in 0..<200 { mixed += level.isMultiple(of: 3) ? "{\"k\":" : "[" }
        mixed += "1"
        for level in (0..<200).reversed() { mixed += level.isMultiple(of: 3) ? "}" : "]" }
        #expect(try tokens(Array(mixed.utf8)).count == 401 + 67)
        let wrong = Array(mixed.dropLast(5).utf8) + Array("}}}}}".utf8)
        #expect(throws: JSONError.self) { try tokens(wrong) }
    }

    /// Any bytes are read to their end or refused; what is taken is taken by the whole reader too, and
    /// what that wrote is taken again.
    @Test func randomBytes() throws {
        var random = SeededRandom.fromEnvironment("TokenTests.randomBytes")
        let alphabet = Array(#"{}[]",:\u0d8e1-.+tfn xé"#.utf8) + Array("true null false".utf8)
        var taken = 0
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...24, using: &random)
            let bytes = (0..<count).map { _ in alphabet.randomElement(using: &random) ?? 0 }
            guard let list = try? tokens(bytes) else {
                #expect(throws: JSONError.self) { try JSON(reading: bytes) }
                continue
            }
            taken += 1
            #expect(list.allSatisfy { $0.range.upperBound <= bytes.count })
            guard let value = try? JSON(reading: bytes) else { continue }
            #expect((try? JSON(reading: value.text.utf8)) != nil)
        }
        #expect(taken > 20)
    }
}
