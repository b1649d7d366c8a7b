internal import Glibc
internal import SystemPackage

/// Calls `body` until it is not interrupted by a signal. Returns its result, which is never -1.
@inline(__always)
func retrying<R: FixedWidthInteger & SignedInteger>(_ body: () -> R) throws(Errno) -> R {
    while true {
        let result = body()
        guard result == -1 else { return result }
        let code = Errno(rawValue: errno)
        guard code == .interrupted else { throw code }
    }
}

// Linux constants that the Glibc module hides behind _GNU_SOURCE; the kernel's numbers, the same on
// x86-64 and arm64.
let noAccessTime: CInt = 0o1000000
let seekData: CInt = 3
let seekHole: CInt = 4
