#include "CUringShim.h"

#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <sys/uio.h>

_Static_assert(sizeof(struct wuring_piece) == sizeof(struct iovec), "a piece is an iovec");
_Static_assert(
    offsetof(struct wuring_piece, base) == offsetof(struct iovec, iov_base)
        && offsetof(struct wuring_piece, size) == offsetof(struct iovec, iov_len),
    "a piece is an iovec");

struct wuring {
    struct io_uring ring;
};

int wuring_create(unsigned depth, struct wuring **result) {
    struct wuring *made = malloc(sizeof *made);
    if (made == NULL) return -ENOMEM;
    int code = io_uring_queue_init(depth, &made->ring, 0);
    if (code < 0) {
        free(made);
        return code;
    }
    // A child that was forked must not find the rings: it would share their state, not a copy.
    // Where that cannot be had, the ring works all the same.
    (void)io_uring_ring_dontfork(&made->ring);
    *result = made;
    return 0;
}

void wuring_destroy(struct wuring *ring) {
    io_uring_queue_exit(&ring->ring);
    free(ring);
}

int wuring_push_read(
    struct wuring *ring, int descriptor, const struct wuring_piece *pieces, unsigned count,
    uint64_t offset, uint64_t tag) {
    struct io_uring_sqe *entry = io_uring_get_sqe(&ring->ring);
    if (entry == NULL) return -EBUSY;
    io_uring_prep_readv(entry, descriptor, (const struct iovec *)pieces, count, offset);
    io_uring_sqe_set_data64(entry, tag);
    return 0;
}

int wuring_push_datasync(struct wuring *ring, int descriptor, uint64_t tag) {
    struct io_uring_sqe *entry = io_uring_get_sqe(&ring->ring);
    if (entry == NULL) return -EBUSY;
    io_uring_prep_fsync(entry, descriptor, IORING_FSYNC_DATASYNC);
    io_uring_sqe_set_data64(entry, tag);
    return 0;
}

int wuring_submit_and_wait(struct wuring *ring, unsigned count) {
    return io_uring_submit_and_wait(&ring->ring, count);
}

int wuring_pop(struct wuring *ring, uint64_t *tag, int32_t *result) {
    struct io_uring_cqe *entry = NULL;
    if (io_uring_peek_cqe(&ring->ring, &entry) != 0 || entry == NULL) return 0;
    *tag = io_uring_cqe_get_data64(entry);
    *result = entry->res;
    io_uring_cqe_seen(&ring->ring, entry);
    return 1;
}
