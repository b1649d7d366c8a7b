import SystemPackage
import WalrusEngine

/// Runs every example on a directory: `swift run Examples [DIRECTORY]`, in `./walrus-examples` else.
@main struct Examples {
    static func main() throws {
        let directory = FilePath(CommandLine.arguments.dropFirst().first ?? "walrus-examples")
        try produceAndConsume(in: directory.appending("producer-consumer"))
        try importInBatches(in: directory.appending("batch-import"))
        try workSafely(in: directory.appending("crash-safe-worker"))
    }
}
