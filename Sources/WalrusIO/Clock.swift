internal import Glibc

/// The two clocks of the system, in nanoseconds.
public enum Clock {
    /// Since 1970 UTC. May jump.
    public static func wall() -> UInt64 { read(CLOCK_REALTIME) }
    /// Since 1970 UTC as file systems see it: it stands still within a tick of the system.
    public static func fileTime() -> UInt64 { read(CLOCK_REALTIME_COARSE) }
    /// Since some moment before this process. Never goes back.
    public static func monotonic() -> UInt64 { read(CLOCK_MONOTONIC) }

    /// Nanoseconds since the system began, sleep included.
    public static func sinceBoot() -> UInt64 { read(CLOCK_BOOTTIME) }

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

extension Clock {
    /// Seconds that the local time is ahead of UTC now (`TZ`, `/etc/localtime`).
    public static func zoneOffset() -> Int {
        var now = time(nil)
        var local = unsafe tm()
        guard unsafe localtime_r(&now, &local) != nil else { return 0 }
        return unsafe local.tm_gmtoff
    }
}
