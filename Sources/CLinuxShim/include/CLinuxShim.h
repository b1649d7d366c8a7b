#ifndef CLINUXSHIM_H
#define CLINUXSHIM_H

// Calls and macros of Linux that Swift's Glibc module does not have.

#include <stdint.h>

/// Gives the range of a file space on disk without changing its size or its bytes
/// (`fallocate`, FALLOC_FL_KEEP_SIZE). -1 with errno.
int wlinux_reserve(int descriptor, int64_t offset, int64_t size);

/// Whether a page that is on disk is overwritten where it is, so that storing to it again never
/// takes more space: not so on file systems that copy on write, or share blocks between files.
/// 1 or 0; -1 with errno.
int wlinux_overwrites_in_place(int descriptor);

/// How many names an open file has (`statx`, STATX_NLINK alone). `fstat` would ask for the times too;
/// since Linux 6.13 the next write after that gives the file a new time, which has to be stored: an
/// append with a sync takes a third longer then. -1 with errno.
int64_t wlinux_link_count(int descriptor);

/// Whether anybody has the file open or mapped for writing, this process included. Asks the kernel
/// for a read lease (`F_SETLEASE`), which it grants only where nobody has, and gives it back.
/// 1 or 0; -1 with errno where the file system or the caller's rights leave it open.
int wlinux_is_open_for_writing(const char *path);

/// The numbers that a device (`st_dev`) goes by in `/proc`.
unsigned wlinux_device_major(uint64_t device);
unsigned wlinux_device_minor(uint64_t device);

/// Takes a connection from a listening socket (`accept4`), with SOCK_CLOEXEC and SOCK_NONBLOCK: a
/// child that is started meanwhile must not get it. The descriptor; -1 with errno.
int wlinux_accept(int descriptor);

/// Who made the other end of a connected Unix socket, as the kernel noted it then (SO_PEERCRED).
/// 0; -1 with errno.
int wlinux_peer(int descriptor, int32_t *process, uint32_t *user);

/// Sleeps as long as `*word` is `value`, until somebody wakes it, or for no reason at all.
void wlinux_futex_wait(const uint32_t *word, uint32_t value);

/// Wakes all who sleep on `word`.
void wlinux_futex_wake_all(const uint32_t *word);

#endif
