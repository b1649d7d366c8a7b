#ifndef CFLOORSHIM_H
#define CFLOORSHIM_H

// The floor under a workload: the bare loop of its system calls and copies, which an engine's
// figure is compared with. In C, so that nothing but these is in it.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wfloor_kind {
    /// A header and a payload after one another: one pwritev, or two copies into a map.
    WFLOOR_APPEND,
    /// As many of them as a batch has in one pwrite, or one copy into a map.
    WFLOOR_BATCH,
    /// A header with its payload, by pread or from a map, then copied out.
    WFLOOR_READ,
    /// 1 MiB at a time by pread.
    WFLOOR_READ_BATCH,
};

struct wfloor_plan {
    enum wfloor_kind kind;
    /// Files are made under this name with a number behind it: fresh, sparse, of 1000 MiB.
    const char *prefix;
    /// Sizes of payloads, taken in turn. A power of two of them.
    const size_t *sizes;
    size_t size_count;
    /// Entries of a batch.
    size_t batch;
    /// Work ends when so many bytes were written. For reads: the bytes to be read over and over.
    int64_t limit;
    bool maps;
    /// fdatasync after each write; for reads, a record of 64 bytes and an fdatasync for each entry.
    bool syncs;
};

struct wfloor;

/// Makes the first file, and for reads fills it. 0, or an errno; then there is nothing to destroy.
int wfloor_create(const struct wfloor_plan *plan, struct wfloor **made);
/// Works until it is stopped or has written enough. 0, or an errno. For one thread.
int wfloor_work(struct wfloor *floor);
/// Ends `wfloor_work` soon. For any thread, as is `wfloor_done`.
void wfloor_stop(struct wfloor *floor);
/// Entries so far.
uint64_t wfloor_done(const struct wfloor *floor);
/// When the last work began and ended, in nanoseconds of CLOCK_MONOTONIC.
uint64_t wfloor_began(const struct wfloor *floor);
uint64_t wfloor_ended(const struct wfloor *floor);
/// Makes it ready to work again: what was written is deleted, what is to be read stays.
int wfloor_rewind(struct wfloor *floor);
/// Closes and deletes the files.
void wfloor_destroy(struct wfloor *floor);

#endif
