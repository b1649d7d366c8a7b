import FuzzTargets
import SystemPackage
import Testing
import WalrusIO

/// Every input that fuzzing has found worth keeping, without a fuzzer.
@Suite struct CorpusTests {
    private static let corpus = FilePath(#filePath).removingLastComponent().appending("Corpus")

    @Test(arguments: FuzzTarget.allCases) func everyInputKeepsItsProperties(target: FuzzTarget)
        throws
    {
        let folder = Self.corpus.appending(target.rawValue)
        let names = try Directory.list(folder).map(\.name).sorted()
        #expect(!names.isEmpty)
        for name in names {
            let bytes = try #require(try Directory.contents(of: folder.appending(name)))
            #expect(throws: Never.self, "\(target.rawValue)/\(name)") { try target.run(bytes) }
        }
    }
}
