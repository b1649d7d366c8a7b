import Testing

@testable import Inspect

@Suite struct EntryLineTests {
    private func payload(_ line: String) throws(EntryLine.Refusal) -> String {
        String(decoding: try EntryLine.payload(Array(line.utf8)), as: UTF8.self)
    }

    /// Half of a surrogate pair is no character, and another one in its place would be a change.
    @Test(
        arguments: [
            (#"{"payload":"\ud800"}"#, 13), (#"{"payload":"ab\udc00\ud800"}"#, 15),
            (#"{"payload":"\ud83d\ud83d\ude00"}"#, 13), (#"{"payload":"\ud83dx\ude00"}"#, 13),
            (#"{"a":"\ud800","payload":"\\\ud83d\ude00\uDFFF"}"#, 40),
            (#"{"p\u0061yload":"\ud800"}"#, 18),
        ])
    func halfPairsAreRefused(line: String, byte: Int) {
        let refusal = #expect(throws: EntryLine.Refusal.self) { try payload(line) }
        #expect(refusal?.description.contains("at byte \(byte) ") == true, "\(refusal as Any)")
    }

    @Test(
        arguments: [
            (#"{"payload":"\ud83d\ude00"}"#, "\u{1f600}"), (#"{"payload":"\\ud800"}"#, #"\ud800"#),
            (#"{"topic":"\ud800","payload":"a","x":["\ud800",{"payload":"\ud800"}]}"#, "a"),
            (#"{"payload":"\u00e9\"\\"}"#, "\u{e9}\"\\"), (#"{"payload":"\ufffd"}"#, "\u{fffd}"),
        ])
    func wholeTextIsTaken(line: String, text: String) throws {
        #expect(try payload(line) == text)
    }

    /// Which of two payloads is meant nobody knows.
    @Test(arguments: [
        #"{"payload":"a","payload":"b"}"#, #"{"payload_base64":"","p\u0061yload_base64":""}"#,
    ])
    func payloadsThatStandTwiceAreRefused(line: String) {
        let refusal = #expect(throws: EntryLine.Refusal.self) { try payload(line) }
        #expect(refusal?.description.hasSuffix("twice: nothing tells which one counts") == true)
    }
}
