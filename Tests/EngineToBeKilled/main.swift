// Works with an engine until it is killed, and says on standard output what it is about to do and
// what was acknowledged. Each line is written at once: what is not there was not acknowledged to
// anybody.
//
// usage: EngineToBeKilled DIRECTORY each|MILLISECONDS|never fd|mmap strict|PERSIST-EVERY
//            immediate|off LIFE SEED
//
//     open, opened, close, closed
//     try append|batch TOPIC ENTRY      did append|batch TOPIC FIRST-SEQUENCE
//     try read TOPIC MOST               did read TOPIC ENTRY:SEQUENCE ...
//     try clean TOPIC                   did clean TOPIC
//     error TEXT

import Glibc
import SystemPackage
import TestSupport
import WalrusEngine
import WalrusFormat
import WalrusIO

let arguments = CommandLine.arguments
let life = Int(arguments[6]) ?? 0
let seed = UInt64(arguments[7]) ?? 0
var configuration = Configuration(directory: FilePath(arguments[1]), key: nil)
configuration.fsyncSchedule =
    switch arguments[2] {
    case "each": .each
    case "never": .never
    default: .milliseconds(Int(arguments[2]) ?? 200)
    }
configuration.backend = arguments[3] == "mmap" ? .memoryMap : .fileDescriptor
configuration.readConsistency =
    Int(arguments[4]).map { .atLeastOnce(persistEvery: $0) } ?? .strictlyAtOnce
configuration.reclamation = arguments[5] == "off" ? .off : .immediate
configuration.looksForStrangers = false
configuration.servesControl = false
// Small, so that the indexes are rewritten while it runs.
configuration.journalSizeMax = 4_000

var random = SeededRandom(seed: seed)
let workers = (0..<2).map { Worker($0, random.next()) }
let output = StandardOutput()
do {
    while true {
        try output.say("open")
        let walrus = try Walrus(configuration)
        try output.say("opened")
        let calls = Int.random(in: 50...1_500, using: &random)
        let threads = workers.map { worker in
            Thread { worker.work(walrus, calls) }
        }
        for thread in threads { thread.join() }
        try output.say("close")
        try walrus.close()
        try output.say("closed")
    }
} catch {
    try output.say("error \(error)")
    exit(1)
}
