import SystemPackage
import WalrusEngine
import WalrusFormat

extension Examples {
    /// A worker that may be killed at any moment: it looks at an entry, does the work, and only then
    /// says that the entry is consumed. Killed in between, it finds the entry again; so work that
    /// was done twice must come to the same, for which the entry's number is a good key.
    static func workSafely(in directory: FilePath) throws {
        let jobs: TopicName = "jobs"
        let walrus = try Walrus(Configuration(directory: directory, key: nil))
        for name in ["sweep", "dust", "polish"] {
            try walrus.append(Array(name.utf8), to: jobs)
        }

        var results: [UInt64: String] = [:]
        // A peek moves nothing, and the payload is looked at where it was read.
        while let number = try walrus.withNextEntry(
            jobs, checkpoint: false,
            { payload, info in
                let name = unsafe payload.withUnsafeBytes {
                    unsafe String(decoding: $0, as: UTF8.self)
                }
                let number = info.sequence ?? UInt64(info.ordinal)
                results[number] = "\(name): done"
                return number
            })
        {
            // The checkpoint takes the same entry: there is one worker. Several would share the
            // entries, and would have to take them before the work.
            let taken = try walrus.readNext(jobs, checkpoint: true)
            precondition(taken.map { $0.sequence == nil || $0.sequence == number } ?? false)
        }
        for (number, result) in results.sorted(by: { $0.key < $1.key }) { print(number, result) }
        if walrus.unreadCount(of: jobs) == 0 { try walrus.markClean(jobs) }
        try walrus.close()
    }
}
