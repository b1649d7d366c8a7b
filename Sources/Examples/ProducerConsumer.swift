import SystemPackage
import WalrusEngine
import WalrusFormat

extension Examples {
    /// One topic, written by one side and consumed by the other, across a restart.
    static func produceAndConsume(in directory: FilePath) throws {
        let orders: TopicName = "orders"
        var configuration = Configuration(directory: directory, key: nil)
        // An order counts once it is on disk; it is handed out once, whatever happens after that.
        configuration.fsyncSchedule = .each
        configuration.readConsistency = .strictlyAtOnce

        var walrus = try Walrus(configuration)
        for number in 1...3 {
            let receipt = try walrus.append(Array("order \(number)".utf8), to: orders)
            print("stored as number \(receipt.sequence)")
        }
        // What is left in a log is known without reading it.
        print("waiting: \(walrus.unreadCount(of: orders))")
        if let first = try walrus.readNext(orders, checkpoint: true) {
            print("took", String(decoding: first.payload, as: UTF8.self))
        }
        // Closing tells whether everything reached the disk; letting go of it would not.
        try walrus.close()

        walrus = try Walrus(configuration)
        print(walrus.recoveryReport.isClean ? "found it in order" : "\(walrus.recoveryReport)")
        while let entry = try walrus.readNext(orders, checkpoint: true) {
            print("took", String(decoding: entry.payload, as: UTF8.self))
        }
        try walrus.close()
    }
}
