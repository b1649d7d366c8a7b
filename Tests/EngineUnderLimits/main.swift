// Runs an engine in a process whose limits or environment are not those of the test that looks on.
// Prints what happened, a line each.
//
// usage: EngineUnderLimits size|descriptors|opens|ring DIRECTORY fd|mmap
//        EngineUnderLimits moves DIRECTORY fd|mmap ELSEWHERE
//        EngineUnderLimits environment

import Glibc
import SystemPackage
import WalrusEngine
import WalrusFormat
import WalrusIO

let arguments = CommandLine.arguments
var configuration = Configuration()
configuration.fsyncSchedule = .milliseconds(3_600_000)
if arguments[1] != "environment" {
    configuration.directory = FilePath(arguments[2])
    configuration.key = nil
    configuration.backend = arguments[3] == "mmap" ? .memoryMap : .fileDescriptor
}
configuration.looksForStrangers = false
configuration.servesControl = false
// A write beyond the limit is to be an error.
signal(SIGXFSZ, SIG_IGN)

func limit(_ resource: __rlimit_resource, _ value: rlim_t) {
    var limits = rlimit()
    let resource = __rlimit_resource_t(resource.rawValue)
    unsafe getrlimit(resource, &limits)
    limits.rlim_cur = min(value, limits.rlim_max)
    unsafe setrlimit(resource, &limits)
}

func append(_ walrus: Walrus, _ text: String, _ topic: TopicName = "t") {
    do throws(EngineError) {
        try walrus.append(Array(text.utf8), to: topic)
        print("\(text) written")
    } catch { print("\(text) \(error.errno.map { "\($0)" } ?? error.reason)") }
}

func show(_ walrus: Walrus) throws {
    var texts: [String] = []
    while let entry = try walrus.readNext("t", checkpoint: true) {
        texts.append(String(decoding: entry.payload.prefix(8), as: UTF8.self))
    }
    print("read \(texts.joined(separator: " "))")
}

switch arguments[1] {
case "environment":
    // Too late to matter.
    for name in ["WALRUS_DATA_DIR", "WALRUS_INSTANCE_KEY"] { unsafe setenv(name, "other", 1) }
    var code = EngineError.Code.locked
    while code == .locked {
        do throws(EngineError) {
            let walrus = try Walrus(configuration)
            print("\(walrus.directory) \(try walrus.append([1], to: "t").ordinal)")
            try walrus.close()
            break
        } catch { code = error.code }
        usleep(2_000)
    }
    if code != .locked { print(code) }

case "size":
    limit(RLIMIT_FSIZE, 1 << 20)
    let walrus = try Walrus(configuration)
    append(walrus, "one")
    limit(RLIMIT_FSIZE, .max)
    append(walrus, "two")
    // The second of these crosses the limit.
    limit(RLIMIT_FSIZE, 1_000)
    append(walrus, "three")
    append(walrus, "four" + String(repeating: " ", count: 400))
    append(walrus, "five")
    limit(RLIMIT_FSIZE, .max)
    append(walrus, "six")
    try show(walrus)
    // A block of its own, whose batch crosses the limit.
    append(walrus, "first", "u")
    limit(RLIMIT_FSIZE, rlim_t(Layout.unit) + 1_000)
    do throws(EngineError) {
        try walrus.append(
            batch: Array(repeating: [UInt8](repeating: 1, count: 300), count: 3), to: "u")
        print("batch written")
    } catch { print("batch \(error.errno.map { "\($0)" } ?? error.reason)") }
    limit(RLIMIT_FSIZE, .max)
    append(walrus, "last", "u")
    print("unread \(walrus.unreadCount(of: "u"))")
    try walrus.close()
    let again = try Walrus(configuration)
    print("clean \(again.recoveryReport.isClean)")
    print("unread \(again.unreadCount(of: "u"))")
    try again.close()

case "moves":
    let walrus = try Walrus(configuration)
    append(walrus, "one")
    guard unsafe chdir(arguments[4]) == 0 else { exit(1) }
    append(walrus, "two")
    // A block of its own, and all that closing writes.
    append(walrus, "three", "u")
    try walrus.close()

case "descriptors":
    let walrus = try Walrus(configuration)
    var taken: [CInt] = []
    limit(RLIMIT_NOFILE, 64)
    while case let descriptor = dup(0), descriptor >= 0 { taken.append(descriptor) }
    append(walrus, "one")
    for descriptor in taken.prefix(5) { close(descriptor) }
    append(walrus, "two")
    try show(walrus)
    try walrus.close()
    for descriptor in taken.dropFirst(5) { close(descriptor) }
    print("unread \(try Walrus(configuration).unreadCount(of: "t"))")

case "opens":
    configuration.reclamation = .off
    limit(RLIMIT_NOFILE, 64)
    for left in 0..<30 {
        var taken: [CInt] = []
        while case let descriptor = dup(0), descriptor >= 0 { taken.append(descriptor) }
        for descriptor in taken.prefix(left) { close(descriptor) }
        do throws(EngineError) {
            let walrus = try Walrus(configuration)
            let files = Set(
                try walrus.readBatch("t", maxBytes: .max, checkpoint: false).map(\.file))
            print("\(walrus.unreadCount(of: "t")) unread, \(files.count) files")
            // It may not have the descriptor for a snapshot.
            try? walrus.close()
        } catch { print(error.errno.map { "\($0)" } ?? error.reason) }
        for descriptor in taken.dropFirst(left) { close(descriptor) }
    }

default:
    // The directory has a topic in the last slot of its file: a new one goes into another file.
    let walrus = try Walrus(configuration)
    append(walrus, "one", "last")
    append(walrus, "two")
    try walrus.close()
    print("ring \(walrus.metrics.ring)")
    print("operations \(walrus.metrics.counters.ringOperations)")
    print("syncs \(walrus.metrics.counters.syncs)")
}
