#define _GNU_SOURCE
#include "CLinuxShim.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <linux/magic.h>
#include <signal.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

int wlinux_reserve(int descriptor, int64_t offset, int64_t size) {
    return fallocate(descriptor, FALLOC_FL_KEEP_SIZE, offset, size);
}

int wlinux_overwrites_in_place(int descriptor) {
    struct statfs found;
    if (fstatfs(descriptor, &found) != 0) return -1;
    switch (found.f_type) {
    case EXT4_SUPER_MAGIC: // ext2 and ext3 too
    case TMPFS_MAGIC: return 1;
    default: return 0;
    }
}

int64_t wlinux_link_count(int descriptor) {
    struct statx found;
    if (statx(descriptor, "", AT_EMPTY_PATH, STATX_NLINK, &found) != 0) return -1;
    return found.stx_nlink;
}

unsigned wlinux_device_major(uint64_t device) { return major(device); }

unsigned wlinux_device_minor(uint64_t device) { return minor(device); }

int wlinux_is_open_for_writing(const char *path) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return -1;
    // Who opens the file for writing in this very moment makes the kernel signal us: by SIGIO,
    // which ends a process that does not expect it, unless it is told of one that is ignored.
    int result = fcntl(descriptor, F_SETSIG, SIGURG);
    if (result == 0) result = fcntl(descriptor, F_SETLEASE, F_RDLCK);
    if (result != 0 && errno == EAGAIN) {
        result = 1;
    } else if (result == 0) {
        (void)fcntl(descriptor, F_SETLEASE, F_UNLCK);
    }
    int code = errno;
    (void)close(descriptor);
    errno = code;
    return result;
}

int wlinux_accept(int descriptor) {
    return accept4(descriptor, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

int wlinux_peer(int descriptor, int32_t *process, uint32_t *user) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return -1;
    *process = peer.pid;
    *user = peer.uid;
    return 0;
}

void wlinux_futex_wait(const uint32_t *word, uint32_t value) {
    (void)syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

void wlinux_futex_wake_all(const uint32_t *word) {
    (void)syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}
