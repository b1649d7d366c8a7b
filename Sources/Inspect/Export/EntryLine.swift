internal import WalrusJSON

/// The payload in a line of JSON, as `walrus export` and `walrus entries` write it.
package enum EntryLine {
    package struct Refusal: Error, Hashable, CustomStringConvertible {
        package let description: String
    }

    /// The bytes of `payload`, or of `payload_base64`; one of them must be there, and once. All else
    /// is ignored.
    package static func payload(_ line: [UInt8]) throws(Refusal) -> [UInt8] {
        let found: Members
        do throws(JSONError) {
            found = try unsafe Members(line.span.bytes)
        } catch {
            throw Refusal(
                description: error.problem == .tooDeep
                    ? "it is nested too deeply" : "it is not JSON")
        }
        if let key = found.twice {
            throw Refusal(
                description: "it has the key "
                    + String(decoding: key.prefix(80), as: UTF8.self).debugDescription
                    + " twice: nothing tells which one counts")
        }
        if let name = found.noString { throw Refusal(description: "\(name) is not a string") }
        switch (found.text, found.encoded) {
        case (let text?, nil):
            if let at = text.halfPair {
                throw Refusal(
                    description: "at byte \(at + 1) payload has half of a surrogate pair, which is "
                        + "no character: payload_base64 holds any bytes")
            }
            return text.bytes
        case (nil, let encoded?):
            guard let bytes = Base64.decode(encoded.bytes) else {
                throw Refusal(description: "payload_base64 is not base 64")
            }
            return bytes
        case (nil, nil):
            throw Refusal(
                description: "it has neither payload nor payload_base64: was it exported with them?"
            )
        default: throw Refusal(description: "it has both payload and payload_base64")
        }
    }

    /// What a line says of its payload, read in one pass.
    private struct Members {
        private(set) var text: JSONString?
        private(set) var encoded: JSONString?
        /// The first name that stands there a second time: RFC 8259 leaves it open which of them counts, so
        /// that two programs read two things.
        private(set) var twice: [UInt8]?
        /// The member that is no string.
        private(set) var noString: String?

        init(_ line: RawSpan) throws(JSONError) {
            let names = ["payload", "payload_base64"]
            let wanted = names.map { Array($0.utf8) }
            var seen: Set<[UInt8]> = []
            var current: Int?
            var tokens = JSONTokens()
            while let token = try tokens.next(in: line) {
                if token.kind == .key, tokens.depth == 1 {
                    let name = JSONString(token, in: line).bytes
                    current = wanted.firstIndex(of: name)
                    if !seen.insert(name).inserted, twice == nil { twice = name }
                } else if let member = current {
                    current = nil
                    guard token.kind == .string else {
                        noString = names[member]
                        continue
                    }
                    let string = JSONString(token, in: line)
                    if member == 0 { text = string } else { encoded = string }
                }
            }
        }
    }
}

extension Base64 {
    /// Nil unless `text` is whole groups of four digits, padded at the end alone.
    package static func decode(_ text: [UInt8]) -> [UInt8]? {
        guard text.count.isMultiple(of: 4) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        for at in stride(from: 0, to: text.count, by: 4) {
            let isLast = at + 4 == text.count
            let group = text[at..<at + 4]
            let padding = isLast ? group.reversed().prefix { $0 == UInt8(ascii: "=") }.count : 0
            guard padding <= 2 else { return nil }
            var bits = 0
            for byte in group.dropLast(padding) {
                guard let value = value(byte) else { return nil }
                bits = bits << 6 | value
            }
            bits <<= 6 * padding
            // What no encoder writes is not taken either.
            guard bits & (1 << (8 * padding) - 1) == 0 else { return nil }
            for place in 0..<3 - padding {
                bytes.append(UInt8(truncatingIfNeeded: bits >> (16 - 8 * place)))
            }
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> Int? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(digit) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(digit) - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(digit) + 4
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
