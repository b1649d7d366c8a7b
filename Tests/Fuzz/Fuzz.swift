import FuzzTargets
import Glibc
import WalrusIO

// Built by `make fuzz` alone: libFuzzer brings `main`.

/// The target that `WALRUS_FUZZ_TARGET` names.
private let target = FuzzTarget(rawValue: Host.environment("WALRUS_FUZZ_TARGET") ?? "")

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let target else {
        fail("WALRUS_FUZZ_TARGET must name one of \(FuzzTarget.allCases.map(\.rawValue))")
    }
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    do { try target.run(bytes) } catch {
        fail("the property does not hold: \(error)")
    }
    return 0
}

/// Tells libFuzzer, which keeps the input. Not by `print`, whose buffer goes with the process.
private func fail(_ text: String) -> Never {
    let line = text + "\n"
    _ = unsafe line.withCString { unsafe write(STDERR_FILENO, $0, strlen($0)) }
    abort()
}
