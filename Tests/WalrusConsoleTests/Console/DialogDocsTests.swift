import SystemPackage
import Testing
import WalrusIO

@testable import WalrusConsole

/// The dialogs in docs/acting.md are those that the console draws.
@Suite struct DialogDocsTests {
    private func lines(_ path: FilePath) throws -> [String] {
        let bytes = try Directory.contents(of: path) ?? []
        return String(decoding: bytes, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false
        ).map(String.init)
    }

    /// The boxes in the manual, each as its lines.
    private func boxes(_ lines: [String]) -> [[String]] {
        var boxes: [[String]] = []
        for line in lines where line.hasPrefix("    ") {
            let text = String(line.dropFirst(4))
            if text.hasPrefix("╭─ ") { boxes.append([]) }
            guard ["╭", "│", "╰"].contains(text.prefix(1)), !boxes.isEmpty else { continue }
            boxes[boxes.count - 1].append(text)
        }
        return boxes
    }

    /// Whether a frame has the lines one below the other.
    private func has(_ frame: [String], _ box: [String]) -> Bool {
        frame.indices.contains { row in
            row + box.count <= frame.count
                && box.indices.allSatisfy { frame[row + $0].contains(box[$0]) }
        }
    }

    @Test func everyActionHasItsDialog() throws {
        var root = FilePath(#filePath)
        for _ in 0..<4 { root.removeLastComponent() }
        let golden = root.appending("Tests/WalrusConsoleTests/Golden")
        let frames = try Directory.list(golden).map(\.name).filter {
            $0.hasPrefix("plan-") && $0.hasSuffix("-80x24.txt")
        }.sorted().map { name in (name: name, lines: try lines(golden.appending(name))) }
        var shown: Set<String> = []
        for box in boxes(try lines(root.appending("docs/acting.md"))) {
            let frame = frames.first { has($0.lines, box) }
            #expect(frame != nil, "no frame has this dialog: \(box.first ?? "")")
            if let frame { shown.insert(frame.name) }
        }
        let missing = frames.map(\.name).filter { !shown.contains($0) && !$0.contains("-on-") }
        #expect(missing.isEmpty, "docs/acting.md shows no dialog of \(missing)")
    }
}
