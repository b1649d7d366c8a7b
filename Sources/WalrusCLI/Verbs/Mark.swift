import ArgumentParser
import WalrusEngine
import WalrusIO

struct Mark: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Mark a topic clean or dirty, as the application would. Writes.")

    enum Flag: String, ExpressibleByArgument, CaseIterable {
        case clean, dirty
    }

    @OptionGroup var log: LogArguments
    @OptionGroup var topic: TopicArguments

    @Argument(
        help: ArgumentHelp("clean: the topic needs no work; dirty: it does.", valueName: "FLAG"))
    var flag: Flag

    func perform() throws {
        _ = try log.existing()
        try withEngine(log) { engine in
            try topic.check(in: engine)
            switch flag {
            case .clean: try engine.markClean(topic.name)
            case .dirty: try engine.markDirty(topic.name)
            }
        }
    }
}
