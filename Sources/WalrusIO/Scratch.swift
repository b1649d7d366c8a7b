internal import Glibc
internal import Synchronization
public import SystemPackage

/// What a directory that is made for a while needs: room, and an end.
extension Directory {
    /// Bytes that an unprivileged process may still write to the directory's file system.
    public static func freeSpace(_ path: FilePath) throws(IOError) -> Int {
        var raw = statvfs()
        do throws(Errno) {
            _ = try retrying { unsafe path.withPlatformString { unsafe statvfs($0, &raw) } }
        } catch { throw IOError("look at the file system of", path, error) }
        let (bytes, overflow) = Int(clamping: raw.f_bavail)
            .multipliedReportingOverflow(by: Int(clamping: raw.f_frsize))
        return overflow ? .max : bytes
    }

    /// Deletes an empty directory.
    public static func remove(_ path: FilePath) throws(IOError) {
        do throws(Errno) {
            _ = try retrying { unsafe path.withPlatformString { unsafe rmdir($0) } }
        } catch { throw IOError("delete the directory", path, error) }
    }

    /// Gives the file `path` a second name in the same file system.
    public static func link(_ path: FilePath, as newPath: FilePath) throws(IOError) {
        do throws(Errno) {
            _ = try retrying {
                unsafe path.withPlatformString { old in
                    unsafe newPath.withPlatformString { new in unsafe Glibc.link(old, new) }
                }
            }
        } catch { throw IOError("link to \(newPath)", path, error) }
    }
}

/// Whether somebody asked this process to end, for work that ends well when it is asked to.
public enum Interruption {
    private static let flag = Atomic(false)

    /// From now on SIGINT, SIGTERM and SIGHUP end nothing, but are noticed.
    public static func watch() {
        // Made before the handler may ask for it.
        flag.store(false, ordering: .relaxed)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            let before = signal(number) { _ in
                Interruption.flag.store(true, ordering: .relaxed)
            }
            // One that the caller ignores, as `nohup` does, stays ignored. SIG_IGN is 1.
            if unsafe unsafeBitCast(before, to: Int.self) == 1 { signal(number, SIG_IGN) }
        }
    }

    public static var isRequested: Bool { flag.load(ordering: .relaxed) }
}
