// The other process of a test of the control socket. Prints what happened, a line each.
//
// usage: EngineThatServes works DIRECTORY [MS]
//                                             appends to "orders", and consumes an entry of it every
//                                             so many ms, until it gets SIGTERM
//        EngineThatServes acts DIRECTORY      appends through whoever serves, until it is killed
//        EngineThatServes leaks DIRECTORY     opens and closes, talked to
//        EngineThatServes memory DIRECTORY    is told of more bytes than ever come
//        EngineThatServes knocks SOCKET       connects as another user

import Glibc
import SystemPackage
import WalrusActions
import WalrusControl
import WalrusEngine
import WalrusFormat
import WalrusIO

let arguments = CommandLine.arguments
let directory = FilePath(arguments[2])

func say(_ line: String) {
    // A line, in one call of the system.
    do {
        let output = StandardOutput()
        try output.write(line + "\n")
        try output.flush()
    } catch { exit(1) }
}

func open() throws -> Walrus {
    var configuration = Configuration(directory: directory, key: nil, fsyncSchedule: .never)
    configuration.looksForStrangers = false
    configuration.writesMetrics = false
    let walrus = try Walrus(configuration)
    while walrus.metrics.control.state == .starting { Clock.sleep(nanoseconds: 100_000) }
    guard case .serving = walrus.metrics.control.state else {
        say("\(walrus.metrics.control.state)")
        exit(1)
    }
    return walrus
}

/// Connects as any client does, and sends `bytes` behind the hello.
func client(_ bytes: [UInt8]) throws -> LocalConnection? {
    guard let identity = try FileStatus.of(directory)?.identity else { return nil }
    for folder in ControlPlace.existing(of: [Host.userID]) {
        let name = ControlPlace.name(of: identity)
        guard let connection = try? LocalConnection.connect(name, in: folder) else { continue }
        let hello = ControlRequest.hello(
            ControlClient(
                processID: Host.processID, program: "test", version: "1", directory: identity))
        try connection.send(hello.encoded() + bytes, until: .max)
        return connection
    }
    return nil
}

/// Opens, is talked to, and closes while the others are still there.
func talk() throws {
    let walrus = try open()
    let clients = try (0..<4).compactMap { _ in
        try client(ControlRequest.append("t", [1]).encoded())
    }
    while walrus.metrics.control.accepted < 4 || walrus.unreadCount(of: "t") == 0 {
        Clock.sleep(nanoseconds: 100_000)
    }
    try walrus.close()
    withExtendedLifetime(clients) {}
}

func count(_ path: FilePath) throws -> Int { try Directory.list(path).count }

switch arguments[1] {
case "works":
    StopSignals.watch()
    let pause = arguments.count > 3 ? UInt64(arguments[3]) ?? 1 : 1
    let walrus = try open()
    say("serving")
    let appender = Thread {
        var number = 0
        while !StopSignals.isRequested {
            do { try walrus.append(Array("service \(number)".utf8), to: "orders") } catch {
                say("error \(error)")
            }
            number += 1
            if number.isMultiple(of: 20) { Clock.sleep(nanoseconds: 2_000_000) }
        }
        say("appended \(number)")
    }
    while !StopSignals.isRequested {
        if let entry = try walrus.readNext("orders", checkpoint: true) {
            say("read \(String(decoding: entry.payload, as: UTF8.self))")
        }
        Clock.sleep(nanoseconds: pause * 1_000_000)
    }
    appender.join()
    try walrus.close()

case "acts":
    let log = try LogAccess(directory).open()
    say(log.name)
    var number = 0
    while true {
        say("try \(number)")
        _ = try log.append(
            batch: [Array("\(number)".utf8), Array("\(number + 1)".utf8)], to: "t")
        say("did \(number)")
        number += 2
    }

case "leaks":
    for _ in 0..<10 { try talk() }
    // The first ones make what stays for good.
    let before = try count("/proc/self/fd")
    for _ in 0..<30 { try talk() }
    say("descriptors \(try count("/proc/self/fd") - before)")
    // A thread that has been waited for may be listed a moment longer.
    while try count("/proc/self/task") > 1 { Clock.sleep(nanoseconds: 1_000_000) }
    say("threads \(try count("/proc/self/task"))")

case "memory":
    let walrus = try open()
    let announcement = ControlRequest.append("t", [UInt8](repeating: 1, count: 1 << 20)).encoded()
    Host.forgetPeakMemory()
    let before = Host.peakMemory ?? 0
    // The header says 64 MiB, and some of them come.
    var header = Array(announcement.prefix(1 << 16))
    for place in 0..<4 { header[8 + place] = UInt8(truncatingIfNeeded: (64 << 20) >> (8 * place)) }
    let clients = try (0..<8).compactMap { _ in try client(header) }
    while walrus.metrics.control.clients < 8 { Clock.sleep(nanoseconds: 100_000) }
    Clock.sleep(nanoseconds: 200_000_000)
    say("clients \(clients.count)")
    say("MiB \(((Host.peakMemory ?? 0) - before) >> 20)")
    try walrus.close()

default:
    guard setuid(65_534) == 0 else { exit(1) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) {
        unsafe $0.copyBytes(from: arguments[2].utf8)
    }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    let result = unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
    guard result == 0 else {
        say("\(Errno(rawValue: errno))")
        exit(0)
    }
    let hello = ControlRequest.reclaim.encoded()
    _ = unsafe send(descriptor, hello, hello.count, Int32(MSG_NOSIGNAL))
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4_096)
    while case let count = unsafe recv(descriptor, &chunk, chunk.count, 0), count > 0 {
        bytes += chunk[..<count]
    }
    let answer = try ControlAnswer.decode(
        .failure, Array(bytes.dropFirst(ControlFrame.headerSize)))
    if case .failure(let failure) = answer { say(failure.code) }
}
