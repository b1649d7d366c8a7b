// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let arguments: Target.Dependency = .product(
    name: "ArgumentParser", package: "swift-argument-parser")
let histogram: Target.Dependency = .product(name: "Histogram", package: "hdrhistogram-swift")

/// What the environment says of the build, for C. Only the file that tells it is compiled anew.
func fact(_ name: String) -> [CSetting] {
    Context.environment[name].map { [.define(name, to: "\"\($0)\"")] } ?? []
}

func test(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["TestSupport"], exclude: exclude,
        swiftSettings: strict)
}

let package = Package(
    name: "walrus",
    products: [
        .executable(name: "walrus", targets: ["WalrusCLI"]),
        .library(name: "WalrusEngine", targets: ["WalrusEngine"]),
        .library(name: "Inspect", targets: ["Inspect"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        // C: what Swift cannot say. Each header is plain C with prefixed names.
        .target(
            name: "CNcursesShim",
            linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]),
        .target(
            name: "CBuildFacts", cSettings: fact("WALRUS_COMMIT") + fact("WALRUS_COMPILER")),
        .target(name: "CChecksum"),
        .target(name: "CLinuxShim"),
        .target(name: "CFloorShim"),
        .target(name: "CUringShim", linkerSettings: [.linkedLibrary(":liburing.a")]),

        // JSON, written and read.
        .target(name: "WalrusJSON", swiftSettings: strict),

        // The language on disk, and the machine under it.
        .target(name: "WalrusFormat", dependencies: ["CChecksum"], swiftSettings: strict),
        .target(
            name: "WalrusIO", dependencies: ["CLinuxShim", "CUringShim", system],
            swiftSettings: strict),

        // What is said to an engine in another process, and how.
        .target(
            name: "WalrusControl", dependencies: ["WalrusFormat", "WalrusIO", system],
            swiftSettings: strict),

        // The writer and the reader. They do not know each other.
        .target(
            name: "WalrusEngine",
            dependencies: ["WalrusControl", "WalrusFormat", "WalrusIO", system, histogram],
            swiftSettings: strict),
        .target(
            name: "Inspect", dependencies: ["WalrusFormat", "WalrusIO", "WalrusJSON", system],
            swiftSettings: strict),

        // What is done to a log by hand: plans, their doing, and the note that it was done.
        .target(
            name: "WalrusActions",
            dependencies: [
                "Inspect", "WalrusControl", "WalrusEngine", "WalrusFormat", "WalrusIO",
                "WalrusJSON", system,
            ],
            swiftSettings: strict),

        // The console: values and frames, then the terminal, then the program.
        .target(
            name: "WalrusConsole", dependencies: ["Inspect", "WalrusFormat", "WalrusJSON"],
            swiftSettings: strict),
        .target(
            name: "WalrusTUI",
            dependencies: [
                "WalrusActions", "WalrusConsole", "WalrusBench", "Inspect", "WalrusEngine",
                "WalrusFormat", "WalrusIO", "CNcursesShim", system,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "WalrusCLI",
            dependencies: [
                "WalrusTUI", "WalrusActions", "WalrusBench", "WalrusConsole", "Inspect",
                "WalrusEngine", "WalrusFormat", "WalrusIO", "WalrusJSON", "CBuildFacts", system,
                arguments,
            ],
            swiftSettings: strict),

        // Workloads and the floor that they are compared with.
        .target(
            name: "WalrusBench",
            dependencies: [
                "WalrusEngine", "WalrusFormat", "WalrusIO", "WalrusJSON", "CFloorShim", system,
                histogram,
            ],
            swiftSettings: strict),

        // What an application does with the engine: its public calls alone.
        .executableTarget(
            name: "Examples", dependencies: ["WalrusEngine", "WalrusFormat", system],
            swiftSettings: strict),

        .target(
            name: "TestSupport",
            dependencies: ["WalrusFormat", "WalrusIO", system],
            path: "Tests/TestSupport", swiftSettings: strict),
        // Run by a test with limits of its own.
        .executableTarget(
            name: "EngineUnderLimits",
            dependencies: ["WalrusEngine", "WalrusFormat", "WalrusIO", system],
            path: "Tests/EngineUnderLimits", swiftSettings: strict),
        // Killed by a test at any moment.
        .executableTarget(
            name: "EngineToBeKilled",
            dependencies: ["WalrusEngine", "WalrusFormat", "WalrusIO", "TestSupport", system],
            path: "Tests/EngineToBeKilled", swiftSettings: strict),
        // The other process of tests of the control socket.
        .executableTarget(
            name: "EngineThatServes",
            dependencies: [
                "WalrusActions", "WalrusControl", "WalrusEngine", "WalrusFormat", "WalrusIO",
                system,
            ],
            path: "Tests/EngineThatServes", swiftSettings: strict),
        // What fuzzing feeds with bytes; a test does so with the corpus.
        .target(
            name: "FuzzTargets",
            dependencies: [
                "WalrusActions", "WalrusControl", "WalrusEngine", "Inspect", "WalrusFormat",
                "WalrusIO", "WalrusJSON",
                "TestSupport", system,
            ],
            path: "Tests/FuzzTargets", swiftSettings: strict),
        test(
            "FuzzTests", ["FuzzTargets", "WalrusEngine", "WalrusFormat", "WalrusIO", system],
            exclude: ["Corpus"]),
        test("WalrusJSONTests", ["WalrusJSON"]),
        test("WalrusFormatTests", ["WalrusFormat", "WalrusIO", "CChecksum"]),
        test("WalrusIOTests", ["WalrusIO", system]),
        test("WalrusControlTests", ["WalrusControl", "WalrusFormat", "WalrusIO", system]),
        test(
            "WalrusEngineTests",
            [
                "WalrusEngine", "WalrusControl", "WalrusFormat", "WalrusIO", "Inspect",
                "EngineUnderLimits", "EngineToBeKilled", "EngineThatServes", system,
            ]),
        test("InspectTests", ["Inspect", "WalrusFormat", "WalrusIO", "WalrusJSON", system]),
        test(
            "WalrusActionsTests",
            [
                "WalrusActions", "WalrusControl", "Inspect", "WalrusEngine", "WalrusFormat",
                "WalrusIO", "WalrusJSON", "WalrusCLI", "EngineThatServes", system,
            ]),
        test(
            "WalrusConsoleTests", ["WalrusConsole", "Inspect", "WalrusFormat", "WalrusJSON"],
            exclude: ["Golden"]),
        test(
            "WalrusBenchTests",
            [
                "WalrusBench", "WalrusEngine", "Inspect", "WalrusFormat", "WalrusIO", "WalrusJSON",
                system,
            ],
            exclude: ["Golden"]),
        // These run the program itself, so it is to be built before them.
        test(
            "WalrusTUITests",
            ["WalrusTUI", "WalrusConsole", "Inspect", "WalrusFormat", "WalrusIO", "WalrusCLI"]),
        test(
            "WalrusCLITests",
            [
                "WalrusFormat", "WalrusIO", "WalrusConsole", "WalrusBench", "WalrusCLI",
                "EngineThatServes", system,
            ],
            exclude: ["Data"]),
    ],
    swiftLanguageModes: [.v6]
)

// The fuzzer itself, which links with libFuzzer only: `make fuzz` says so.
if Context.environment["WALRUS_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "Fuzz", dependencies: ["FuzzTargets", "WalrusIO"], path: "Tests/Fuzz",
            swiftSettings: strict))
}
