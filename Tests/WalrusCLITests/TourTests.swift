import SystemPackage
import TestSupport
import Testing
import WalrusIO

/// Operators' tasks, from the keys to the answer on the screen. `docs/tour.md` is made of them, so
/// that it never shows what the program does not: UPDATE_GOLDEN=1 writes it anew.
@Suite struct TourTests {
    struct Task: Sendable {
        let title: String
        let text: String
        /// From Home on; or a command, whose output is shown.
        var keys: String?
        var command: String?
        /// What the answer is.
        let shows: [String]
    }

    private static let orders = ":topic<Space>orders<Enter> "
    private static let failed = ".status<Space>==<Space>\"err\""

    static let tasks = [
        Task(
            title: "Which topic holds the disk?",
            text: "`s` sorts by the next column, here by size; `g` goes to the first.",
            keys: "s g", shows: ["▌ snapshots", "39M"]),
        Task(
            title: "Which entry is damaged?",
            text: "`5` lists what is wrong, Enter goes to the entry.",
            keys: "5 <Enter>", shows: ["▌  damaged", "BAD", "its header says 74b42ace817c1dac"]),
        Task(
            title: "Follow a topic, but only what failed",
            text: "A query keeps the entries that it asks for; `F` stays at the newest of them.",
            keys: orders + "/" + failed + "<Enter> F",
            shows: ["FOLLOW", "347 of 3,120", "\"status\": \"err\""]),
        Task(
            title: "What is unread, and since when?",
            text: "Home sorts by unread. Enter opens the topic at its reader's cursor: below the "
                + "line is what nobody has read, and the payload says when it was appended.",
            keys: "j <Enter>",
            shows: ["cursor: unread from here on", "unread 904", "appended 2025-11-20 12:00:21"]),
        Task(
            title: "Export the failed orders of a while",
            text: "In the console the same query and `E`; `time > -1h` asks for the last hour.",
            command: "walrus export log orders "
                + "--where '.status == \"err\" and time >= 2025-11-20T12:00:20' "
                + "--out failed.jsonl; wc -l <failed.jsonl",
            shows: ["exported 128 entries", "failed.jsonl\n128\n"]),
        Task(
            title: "Find an entry by a field of its JSON",
            text: "`.id == 90217` compares a field; `docs/query.md` has the language.",
            keys: orders + "/.id<Space>==<Space>90217<Enter>",
            shows: ["1 of 3,120", "\"id\": 90217"]),
        Task(
            title: "Why is a file still there?",
            text:
                "`3` is the map. The panels say who or what holds the file, and `Tab` what would free it.",
            keys: "3 <Tab>",
            shows: [
                "kept: damage", "which readers pass by: no engine", "What frees space",
            ]),
        Task(
            title: "A frame for a colleague",
            text: "`:snapshot FILE.svg` keeps what is on the screen. Without a terminal:",
            command: "walrus frame log --screen check --size 80x24 -o svg >check.svg; "
                + "walrus frame log --screen check --size 80x24 -o svg | cmp - check.svg && "
                + "echo the same bytes each time",
            shows: ["the same bytes each time"]),
        Task(
            title: "From a finding to its bytes",
            text: "`x` shows the bytes of whatever is pointed at, with the fields that they are.",
            keys: "5 x", shows: ["checksum ✖", "damaged-payload: payload has"]),
        Task(
            title: "What was appended at twenty past?",
            text: "`:@` and a time goes to the first entry that is not older.",
            keys: orders + ":@2025-11-20T12:00:20<Enter>",
            shows: ["appended 2025-11-20 12:00:20", "▌    2,041"]),
        Task(
            title: "What would a restart deliver, and what would it hide?",
            text: "For this engine and for the reference, which stops at damage. `5` and `Tab` "
                + "show the same in the console.",
            command: "walrus recover-preview log",
            shows: ["THIS ENGINE", "audit        1763640000003:2+0", "1195", "699", "496"]),
        Task(
            title: "Which of two benchmark runs was faster?",
            text: "`walrus bench ... --save runs.jsonl` keeps results; the console's `7` does by "
                + "itself.",
            command: "walrus bench compare runs.jsonl", shows: ["x1.07", "x0.93"]),
    ]

    @Test func theTour() throws {
        let log = try Log()
        #expect(try log.bash("\"$walrus\" demo log").status == 0)
        let runs = FilePath(#filePath).removingLastComponent().appending("Data/runs.jsonl")
        #expect(try log.bash("cp \(runs) runs.jsonl").status == 0)
        var page = """
            # A tour: twelve questions

            Each is answered on the demonstration log: `walrus demo log`, then `walrus log`. The keys are typed on
            Home; `walrus frame log --keys '...'` draws the same frame. This page is made by `TourTests`, which
            fails when an answer is another.

            """
        for (index, task) in Self.tasks.enumerated() {
            let answer = try answer(task, log)
            for word in task.shows { #expect(answer.contains(word), "\(task.title): \(word)") }
            page += "\n## \(index + 1). \(task.title)\n\n\(task.text)\n\n"
            page += "    \(task.keys ?? task.command ?? "")\n\n```text\n\(answer)```\n"
        }
        let path = FilePath(#filePath).removingLastComponent().removingLastComponent()
            .removingLastComponent().appending("docs")
        if Host.environment("UPDATE_GOLDEN") == "1" {
            try DiskStorage(path).replace("tour.md", with: Array(page.utf8), temporary: "tour.new")
        }
        let told = try Directory.contents(of: path.appending("tour.md")) ?? []
        #expect(
            Self.comparable(String(decoding: told, as: UTF8.self)) == Self.comparable(page),
            "docs/tour.md is not what is shown")
    }

    /// What files take on disk is the file system's own business.
    private static func comparable(_ page: String) -> [Substring] {
        page.split(separator: "\n").filter { !$0.contains("disk") && !$0.contains("M held") }
    }

    private func answer(_ task: Task, _ log: Log) throws -> String {
        guard let keys = task.keys else {
            let result = try log.bash(
                "walrus() { command \"$walrus\" \"$@\"; }; exec 2>&1; \(task.command ?? "")")
            #expect(result.status == 0)
            return result.text
        }
        let frame = try log.bash("\"$walrus\" frame log --size 80x24 --keys '\(keys)'")
        #expect(frame.status == 0, "\(frame.errors)")
        return frame.text.split(separator: "\n").map { line in
            String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
        }.joined()
    }
}
