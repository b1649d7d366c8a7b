internal import WalrusFormat

/// What was received is none of what can be sent.
public struct MalformedMessage: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
}

/// Puts a message together. Numbers are little endian; `docs/engine.md` has the forms.
struct WireWriter {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int = 64) { bytes.reserveCapacity(capacity) }

    mutating func byte(_ value: UInt8) { bytes.append(value) }
    mutating func flag(_ value: Bool) { bytes.append(value ? 1 : 0) }

    mutating func number<T: FixedWidthInteger>(_ value: T) {
        for place in 0..<T.bitWidth / 8 {
            bytes.append(UInt8(truncatingIfNeeded: value >> (8 * place)))
        }
    }

    /// A count or an offset, which is never below zero.
    mutating func int(_ value: Int) { number(UInt64(max(0, value))) }

    mutating func rest(_ value: some Collection<UInt8>) { bytes += value }

    /// With its length before it.
    mutating func block(_ value: some Collection<UInt8>) {
        number(UInt32(value.count))
        bytes += value
    }

    /// As much of it as `limit` bytes hold, in whole scalars.
    mutating func text(_ value: String, limit: Int) {
        var cut: [UInt8] = []
        for scalar in value.unicodeScalars {
            let next = UTF8.encode(scalar).map(Array.init) ?? []
            if cut.count + next.count > limit { break }
            cut += next
        }
        block(cut)
    }

    mutating func optional<T>(_ value: T?, _ write: (inout WireWriter, T) -> Void) {
        flag(value != nil)
        if let value { write(&self, value) }
    }

    mutating func list<T>(_ values: [T], _ write: (inout WireWriter, T) -> Void) {
        number(UInt32(values.count))
        for value in values { write(&self, value) }
    }
}

/// Takes a message apart, from front to back. Nothing is reserved that has not arrived.
struct WireReader {
    private let bytes: [UInt8]
    private var at = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private mutating func take(_ count: Int, _ what: String) throws(MalformedMessage)
        -> ArraySlice<UInt8>
    {
        guard count <= bytes.count - at else {
            throw MalformedMessage("\(what) ends behind the end of the message")
        }
        defer { at += count }
        return bytes[at..<at + count]
    }

    mutating func byte(_ what: String) throws(MalformedMessage) -> UInt8 {
        try number(UInt8.self, what)
    }

    mutating func flag(_ what: String) throws(MalformedMessage) -> Bool {
        switch try byte(what) {
        case 0: return false
        case 1: return true
        default: throw MalformedMessage("\(what) is neither yes nor no")
        }
    }

    mutating func number<T: FixedWidthInteger>(_ type: T.Type, _ what: String)
        throws(MalformedMessage) -> T
    {
        var value: T = 0
        for (place, byte) in try take(T.bitWidth / 8, what).enumerated() {
            value |= T(truncatingIfNeeded: byte) << (8 * place)
        }
        return value
    }

    mutating func int(_ what: String) throws(MalformedMessage) -> Int {
        guard let value = Int(exactly: try number(UInt64.self, what)) else {
            throw MalformedMessage("\(what) is too great a number")
        }
        return value
    }

    mutating func block(_ what: String, limit: Int) throws(MalformedMessage) -> [UInt8] {
        let count = Int(try number(UInt32.self, what))
        guard count <= limit else {
            throw MalformedMessage("\(what) has \(count) bytes, of \(limit) at most")
        }
        return Array(try take(count, what))
    }

    mutating func text(_ what: String, limit: Int) throws(MalformedMessage) -> String {
        let block = try block(what, limit: limit)
        guard let text = String(validating: block, as: UTF8.self) else {
            throw MalformedMessage("\(what) is not UTF-8")
        }
        return text
    }

    mutating func topic(_ what: String = "the topic") throws(MalformedMessage) -> TopicName {
        TopicName(bytes: try block(what, limit: ControlLimits.topicLengthMax))
    }

    mutating func optional<T>(
        _ what: String, _ read: (inout WireReader) throws(MalformedMessage) -> T
    ) throws(MalformedMessage) -> T? {
        try flag(what) ? try read(&self) : nil
    }

    mutating func list<T>(
        _ what: String, limit: Int, _ read: (inout WireReader) throws(MalformedMessage) -> T
    ) throws(MalformedMessage) -> [T] {
        let count = Int(try number(UInt32.self, what))
        guard count <= limit else {
            throw MalformedMessage("\(what) are \(count), of \(limit) at most")
        }
        var values: [T] = []
        for _ in 0..<count { values.append(try read(&self)) }
        return values
    }

    mutating func rest() -> [UInt8] {
        defer { at = bytes.count }
        return Array(bytes[at...])
    }

    /// Every message is read whole.
    func end() throws(MalformedMessage) {
        guard at == bytes.count else {
            throw MalformedMessage("\(bytes.count - at) bytes follow the message")
        }
    }
}
