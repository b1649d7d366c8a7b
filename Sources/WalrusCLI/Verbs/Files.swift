import ArgumentParser
import Inspect
import WalrusActions
import WalrusConsole
import WalrusFormat
import WalrusIO
import WalrusJSON

struct Files: Verb {
    static let configuration = CommandConfiguration(
        abstract: "List the data files: size, space on disk, blocks, what is consumed.",
        discussion: "Exits with 1 when there is none.")

    @OptionGroup var log: LogArguments
    @OptionGroup var form: OutputArguments

    func perform() throws {
        let (_, state) = try log.scan()
        try Report(form.output).print(
            "files", state.files,
            [
                .init("FILE"), .init("SIZE", number: true), .init("ON DISK", number: true),
                .init("SLOTS", number: true), .init("BLOCKS", number: true),
                .init("CONSUMED", number: true), .init("ENTRIES", number: true),
            ], members: members
        ) { file in
            [
                file.name.text, String(file.size), String(file.allocated), String(file.usedSlots),
                String(file.blocks.count), String(consumedBlocks(file)), String(entries(file)),
            ]
        }
        if form.output == .text { state.noteTrash() }
        try state.admitGaps()
        if state.files.isEmpty { throw Failure(.nothing, "\(log.path): no data files there") }
    }

    private func consumedBlocks(_ file: FileState) -> Int {
        file.blocks.count { $0.reading == .consumed }
    }

    private func entries(_ file: FileState) -> Int { file.blocks.reduce(0) { $0 + $1.entries } }

    private func members(_ file: FileState) -> JSON {
        .object([
            ("file", .string(file.name.text)), ("size", .int(file.size)),
            ("allocated", .int(file.allocated)), ("modified", .int(file.modified)),
            ("slots_used", .int(file.usedSlots)), ("blocks", .int(file.blocks.count)),
            ("blocks_consumed", .int(consumedBlocks(file))), ("entries", .int(entries(file))),
            ("consumed", .bool(file.isConsumed)),
        ])
    }
}

extension DirectoryState {
    /// Says what the trash holds: no file of the log does.
    func noteTrash() {
        guard let trash else { return }
        StandardStreams.complain(
            "walrus: note: the trash holds \(counted(trash.files, "more file", "more files")), "
                + "\(trash.allocated) bytes on disk; see walrus reclaim")
    }
}
