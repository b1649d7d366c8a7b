#ifndef CURINGSHIM_H
#define CURINGSHIM_H

// A ring of the kernel (io_uring) as Swift sees it: opaque. liburing's own header defines feature
// macros that change types of the C library, and two modules that disagree about these do not
// build; so it is included by uring_shim.c alone.

#include <stddef.h>
#include <stdint.h>

struct wuring;

/// A piece of memory; laid out as the kernel's `struct iovec`.
struct wuring_piece {
    void *base;
    size_t size;
};

/// Makes a ring with room for `depth` operations under way. 0, or a negative errno.
int wuring_create(unsigned depth, struct wuring **ring);
/// Nothing may be under way.
void wuring_destroy(struct wuring *ring);

// Each puts one operation into the queue, for `wuring_submit_and_wait` to start; -EBUSY when it is
// full. `tag` comes back with the result. Pieces, and the memory they name, must stay until then.
int wuring_push_read(
    struct wuring *ring, int descriptor, const struct wuring_piece *pieces, unsigned count,
    uint64_t offset, uint64_t tag);
int wuring_push_datasync(struct wuring *ring, int descriptor, uint64_t tag);

/// Starts what is in the queue and waits until `count` operations have ended since the last pop.
/// How many were started, or a negative errno.
int wuring_submit_and_wait(struct wuring *ring, unsigned count);

/// Takes one operation that has ended. Its result is what the plain call returns, or a negative
/// errno. 1, or 0 when there is none.
int wuring_pop(struct wuring *ring, uint64_t *tag, int32_t *result);

#endif
