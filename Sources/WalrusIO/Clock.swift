internal import Glibc

/// The two clocks of the system, in nanoseconds.
public enum Clock {
    /// Since 1970 UTC. May jump.
    public static func wall() -> UInt64 { read(CLOCK_REALTIME) }
    /// Since some moment before this process. Never goes back.
    public static func monotonic() -> UInt64 { read(CLOCK_MONOTONIC) }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    public static func sleep(nanoseconds: UInt64) {
        var left = timespec(
            tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        var rest = timespec()
        while unsafe nanosleep(&left, &rest) == -1, errno == EINTR { left = rest }
    }
}
