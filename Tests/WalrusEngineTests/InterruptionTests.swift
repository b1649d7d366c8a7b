import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

/// System calls between the engine and the kernel: interrupted by signals, and looked at.
///
/// A library that is loaded before the C library takes the calls' places in another process, so that
/// this is the real engine on the real disk.
@Suite struct InterruptionTests {
    /// Every second call of each kind ends with EINTR, and nobody notices.
    @Test(arguments: StorageBackend.allCases)
    func everyCallIsInterrupted(backend: StorageBackend) throws {
        let place = try Workplace(backend)
        let interposed = try Interposed(interrupts: true)
        _ = try interposed.run(place.path, backend)
        // Now there is a snapshot to be taken away, too.
        let calls = try interposed.run(place.path, backend)
        for name in [
            "open", "flock", "pread", "ftruncate", "fdatasync", "fsync", "rename", "unlink",
        ] {
            #expect(calls.contains { $0.hasPrefix("EINTR \(name) ") }, "\(name)")
        }
        // Data files are mapped, and the small ones written, or both are written.
        #expect(calls.contains { $0.hasPrefix("EINTR pwrite") })
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isClean)
            #expect(walrus.unreadCounts() == ["t": 4, "u": 2])
        }
    }

    /// A process may have died between making the directory and making its name durable: whoever
    /// comes next does that, as long as there is no data in it.
    @Test func theDirectorysNameIsMadeDurable() throws {
        let place = try Workplace()
        let parent = place.path.appending("a")
        let directory = parent.appending("wal")
        try Directory.create(directory)
        let interposed = try Interposed(interrupts: false)
        for isNew in [true, false] {
            let calls = try interposed.run(directory, place.backend)
            #expect(calls.contains("fsync \(directory)"))
            #expect(calls.contains("fsync \(parent)") == isNew)
        }
    }
}

/// The library, built for one test.
private struct Interposed {
    private let temp: TempDirectory
    private let library: FilePath
    private let interrupts: Bool

    init(interrupts: Bool) throws {
        temp = try TempDirectory()
        library = temp.path.appending("interposed.so")
        self.interrupts = interrupts
        let source = temp.path.appending("interposed.c")
        try Array(Self.source.utf8).write(to: DiskFile(source, .create))
        try shell("clang -shared -fPIC -O1 -Wall -Werror -o \(library) \(source)")
    }

    /// Lets an engine append three entries in `directory`. Returns the calls that concern the folder
    /// above it and what is in that: "EINTR", where it was interrupted, its name, and the path.
    func run(_ directory: FilePath, _ backend: StorageBackend) throws -> [String] {
        let program = FilePath(CommandLine.arguments[0]).removingLastComponent()
            .appending("EngineUnderLimits")
        let log = temp.path.appending("calls-\(Clock.monotonic())")
        let output = temp.path.appending("output")
        let arguments = "moves \(directory) \(backend == .memoryMap ? "mmap" : "fd") \(directory)"
        try shell(
            """
            env LD_PRELOAD=\(library) ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0 \
            WALRUS_DISABLE_IO_URING=1 WALRUS_CALLS=\(log) \
            WALRUS_FOLDER=\(directory.removingLastComponent()) \
            WALRUS_INTERRUPTS=\(interrupts ? 1 : 0) \(program) \(arguments) > \(output)
            """)
        #expect(try lines(output) == ["one written", "two written", "three written"])
        return try lines(log)
    }

    private func lines(_ path: FilePath) throws -> [String] {
        String(decoding: try Directory.contents(of: path) ?? [], as: UTF8.self)
            .split(separator: "\n").map(String.init)
    }

    private static let source = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <errno.h>
        #include <fcntl.h>
        #include <stdarg.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/syscall.h>
        #include <sys/uio.h>
        #include <unistd.h>

        static int calls = -1, interrupts;
        static const char *folder;

        __attribute__((constructor)) static void begin(void) {
            folder = getenv("WALRUS_FOLDER");
            interrupts = atoi(getenv("WALRUS_INTERRUPTS"));
            calls = syscall(SYS_openat, AT_FDCWD, getenv("WALRUS_CALLS"),
                            O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        }

        // Notes the call. 1: it is to be interrupted, as the first, third, ... of its kind is.
        static int interrupted(const char *name, const char *path, int fd, _Atomic unsigned *count) {
            char found[4096], line[4200];
            if (calls < 0) return 0;
            if (!path) {
                char link[64];
                snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
                ssize_t length = readlink(link, found, sizeof found - 1);
                if (length < 0) return 0;
                found[length] = 0;
                path = found;
            }
            if (strncmp(path, folder, strlen(folder)) != 0) return 0;
            int result = interrupts && (*count)++ % 2 == 0;
            int size = snprintf(line, sizeof line, "%s%s %s\\n", result ? "EINTR " : "", name, path);
            if (syscall(SYS_write, calls, line, size) != size) abort();
            if (result) errno = EINTR;
            return result;
        }

        #define CALL(result, name, parameters, arguments, path, fd)                  \\
            result name parameters {                                                 \\
                static _Atomic unsigned count;                                       \\
                static result(*real) parameters;                                     \\
                if (!real) real = (result(*) parameters)dlsym(RTLD_NEXT, #name);     \\
                if (interrupted(#name, path, fd, &count)) return -1;                 \\
                return real arguments;                                               \\
            }

        CALL(ssize_t, pread, (int fd, void *to, size_t size, off_t at), (fd, to, size, at), NULL, fd)
        CALL(ssize_t, pwrite, (int fd, const void *from, size_t size, off_t at),
             (fd, from, size, at), NULL, fd)
        CALL(ssize_t, pwritev, (int fd, const struct iovec *from, int size, off_t at),
             (fd, from, size, at), NULL, fd)
        CALL(int, ftruncate, (int fd, off_t size), (fd, size), NULL, fd)
        CALL(int, fdatasync, (int fd), (fd), NULL, fd)
        CALL(int, fsync, (int fd), (fd), NULL, fd)
        CALL(int, flock, (int fd, int what), (fd, what), NULL, fd)
        CALL(int, rename, (const char *from, const char *to), (from, to), from, -1)
        CALL(int, unlink, (const char *path), (path), path, -1)

        int open(const char *path, int flags, ...) {
            static _Atomic unsigned count;
            va_list more;
            va_start(more, flags);
            int mode = flags & O_CREAT ? va_arg(more, int) : 0;
            va_end(more);
            if (interrupted("open", path, -1, &count)) return -1;
            return syscall(SYS_openat, AT_FDCWD, path, flags, mode);
        }

        """
}
