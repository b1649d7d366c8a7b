#define _GNU_SOURCE
#include "CFloorShim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static const int64_t FILE_SIZE = 1048576000;
static const int64_t RECORDS_SIZE = 100000000;
enum { HEADER = 256, RECORD = 64, LONG_READ = 1 << 20, LONG_COPY = 100000, STRIDE = 64 };

struct wfloor {
    struct wfloor_plan plan;
    char *prefix;
    size_t *sizes;
    /// Of a whole batch or of the largest entry.
    size_t chunk;
    /// Bytes of a long read, and the entries in them.
    size_t long_size;
    uint64_t in_long_read;
    char *source;
    char *target;
    char *map;
    int descriptor;
    int records;
    unsigned files;
    int64_t at;
    int64_t written;
    atomic_bool stop;
    atomic_ullong done;
    uint64_t began;
    uint64_t ended;
};

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static bool reads(const struct wfloor *floor) {
    return floor->plan.kind == WFLOOR_READ || floor->plan.kind == WFLOOR_READ_BATCH;
}

static void name(const struct wfloor *floor, unsigned number, char *path, size_t size) {
    snprintf(path, size, "%s-%u", floor->prefix, number);
}

static int make_file(struct wfloor *floor, int *descriptor) {
    char path[4096];
    name(floor, floor->files, path, sizeof path);
    *descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (*descriptor < 0) return errno;
    floor->files++;
    return ftruncate(*descriptor, FILE_SIZE) == 0 ? 0 : errno;
}

static int close_file(struct wfloor *floor) {
    if (floor->map != NULL && munmap(floor->map, (size_t)FILE_SIZE) != 0) return errno;
    floor->map = NULL;
    int descriptor = floor->descriptor;
    floor->descriptor = -1;
    return descriptor < 0 || close(descriptor) == 0 ? 0 : errno;
}

static int next_file(struct wfloor *floor) {
    int code = close_file(floor);
    if (code == 0) code = make_file(floor, &floor->descriptor);
    if (code != 0 || !floor->plan.maps) return code;
    floor->at = 0;
    void *map = mmap(NULL, (size_t)FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
                     floor->descriptor, 0);
    if (map == MAP_FAILED) return errno;
    floor->map = map;
    return 0;
}

// A call that did less than asked: the disk is full, or the device is at fault.
static int shortfall(ssize_t result) { return result < 0 ? errno : ENOSPC; }

// Entry by entry, as a log grows: pages written at once are faster to read, because the system
// keeps them in larger pieces.
static int fill(struct wfloor *floor) {
    int64_t end = floor->plan.limit;
    for (int64_t at = 0; at < end;) {
        size_t count = (size_t)(end - at < (int64_t)floor->chunk ? end - at : (int64_t)floor->chunk);
        ssize_t result = pwrite(floor->descriptor, floor->target, count, at);
        if (result <= 0) return shortfall(result);
        at += result;
    }
    return fdatasync(floor->descriptor) == 0 ? 0 : errno;
}

static size_t whole(const struct wfloor_plan *plan) {
    size_t size = 0;
    if (plan->kind == WFLOOR_BATCH) {
        for (size_t i = 0; i < plan->batch; i++)
            size += HEADER + plan->sizes[i & (plan->size_count - 1)];
        return size;
    }
    for (size_t i = 0; i < plan->size_count; i++)
        if (HEADER + plan->sizes[i] > size) size = HEADER + plan->sizes[i];
    return size;
}

static size_t mean(const struct wfloor_plan *plan) {
    size_t sum = 0;
    for (size_t i = 0; i < plan->size_count; i++) sum += HEADER + plan->sizes[i];
    return sum / plan->size_count;
}

int wfloor_create(const struct wfloor_plan *plan, struct wfloor **made) {
    struct wfloor *floor = calloc(1, sizeof *floor);
    if (floor == NULL) return ENOMEM;
    floor->plan = *plan;
    floor->descriptor = -1;
    floor->records = -1;
    floor->chunk = whole(plan);
    size_t room = floor->chunk > LONG_READ ? floor->chunk : LONG_READ;
    size_t entry = mean(plan);
    floor->long_size = entry > LONG_READ ? entry : LONG_READ;
    floor->in_long_read = floor->long_size / entry;
    floor->prefix = strdup(plan->prefix);
    floor->sizes = malloc(plan->size_count * sizeof *plan->sizes);
    floor->source = malloc(room);
    floor->target = malloc(room);
    int code = 0;
    if (!floor->prefix || !floor->sizes || !floor->source || !floor->target) code = ENOMEM;
    if (code == 0 && (int64_t)floor->chunk > FILE_SIZE) code = EFBIG;
    if (code == 0) {
        memcpy(floor->sizes, plan->sizes, plan->size_count * sizeof *plan->sizes);
        memset(floor->source, 7, room);
        memset(floor->target, 0, room);
        code = next_file(floor);
    }
    if (code == 0 && reads(floor)) code = fill(floor);
    if (code == 0 && reads(floor) && plan->syncs) code = make_file(floor, &floor->records);
    if (code != 0) {
        wfloor_destroy(floor);
        return code;
    }
    *made = floor;
    return 0;
}

static int append_one(struct wfloor *floor, size_t size) {
    if (floor->map != NULL) {
        memcpy(floor->map + floor->at, floor->source, HEADER);
        memcpy(floor->map + floor->at + HEADER, floor->source + HEADER, size);
        return 0;
    }
    struct iovec parts[2] = {{floor->source, HEADER}, {floor->source + HEADER, size}};
    ssize_t result = pwritev(floor->descriptor, parts, 2, floor->at);
    return result == (ssize_t)(HEADER + size) ? 0 : shortfall(result);
}

static int append_batch(struct wfloor *floor) {
    if (floor->map != NULL) {
        memcpy(floor->map + floor->at, floor->source, floor->chunk);
        return 0;
    }
    ssize_t result = pwrite(floor->descriptor, floor->source, floor->chunk, floor->at);
    return result == (ssize_t)floor->chunk ? 0 : shortfall(result);
}

static int write_step(struct wfloor *floor, uint64_t done) {
    bool is_batch = floor->plan.kind == WFLOOR_BATCH;
    size_t size = floor->sizes[done & (floor->plan.size_count - 1)];
    size_t count = is_batch ? floor->chunk : HEADER + size;
    int code = 0;
    if (floor->at + (int64_t)count > FILE_SIZE) {
        floor->at = 0;
        if ((code = next_file(floor)) != 0) return code;
    }
    code = is_batch ? append_batch(floor) : append_one(floor, size);
    if (code != 0) return code;
    if (floor->plan.syncs && fdatasync(floor->descriptor) != 0) return errno;
    floor->at += (int64_t)count;
    floor->written += (int64_t)count;
    return 0;
}

static int read_step(struct wfloor *floor, uint64_t done) {
    bool is_long = floor->plan.kind == WFLOOR_READ_BATCH;
    size_t count =
        is_long ? floor->long_size : HEADER + floor->sizes[done & (floor->plan.size_count - 1)];
    if (floor->at + (int64_t)count > floor->plan.limit) floor->at = 0;
    if (floor->map != NULL && !is_long) {
        memcpy(floor->target, floor->map + floor->at, count);
    } else {
        ssize_t result = pread(floor->descriptor, floor->target, count, floor->at);
        if (result != (ssize_t)count) return result < 0 ? errno : EIO;
        if (!is_long) memcpy(floor->source, floor->target, count);
    }
    floor->at += (int64_t)count;
    if (!floor->plan.syncs) return 0;
    int64_t place = (int64_t)(done * RECORD) % RECORDS_SIZE;
    ssize_t result = pwrite(floor->records, floor->source, RECORD, place);
    if (result != RECORD) return shortfall(result);
    return fdatasync(floor->records) == 0 ? 0 : errno;
}

int wfloor_work(struct wfloor *floor) {
    bool is_read = reads(floor);
    uint64_t entries = 1;
    if (floor->plan.kind == WFLOOR_BATCH) entries = floor->plan.batch;
    if (floor->plan.kind == WFLOOR_READ_BATCH) entries = floor->in_long_read;
    // A look at the flag for each call is nothing beside a sync or a long copy.
    int stride = floor->plan.syncs || entries > 1 || floor->chunk > LONG_COPY ? 1 : STRIDE;
    uint64_t done = 0;
    int code = 0;
    floor->began = now();
    // One call at least, as the engine's threads make.
    do {
        for (int i = 0; i < stride && code == 0; i++) {
            code = is_read ? read_step(floor, done) : write_step(floor, done);
            if (code == 0) done += entries;
        }
        atomic_store_explicit(&floor->done, done, memory_order_relaxed);
    } while (code == 0 && !atomic_load_explicit(&floor->stop, memory_order_relaxed)
             && (is_read || floor->written < floor->plan.limit));
    floor->ended = now();
    return code;
}

void wfloor_stop(struct wfloor *floor) {
    atomic_store_explicit(&floor->stop, true, memory_order_relaxed);
}

uint64_t wfloor_done(const struct wfloor *floor) {
    return atomic_load_explicit(&floor->done, memory_order_relaxed);
}

uint64_t wfloor_began(const struct wfloor *floor) { return floor->began; }
uint64_t wfloor_ended(const struct wfloor *floor) { return floor->ended; }

static void delete_files(struct wfloor *floor) {
    char path[4096];
    for (unsigned i = 0; i < floor->files; i++) {
        name(floor, i, path, sizeof path);
        unlink(path);
    }
    floor->files = 0;
}

int wfloor_rewind(struct wfloor *floor) {
    atomic_store(&floor->stop, false);
    atomic_store(&floor->done, 0);
    floor->at = 0;
    floor->written = 0;
    if (reads(floor)) return 0;
    int code = close_file(floor);
    delete_files(floor);
    return code != 0 ? code : next_file(floor);
}

void wfloor_destroy(struct wfloor *floor) {
    // They are deleted: whether they could be closed well does not matter any more.
    (void)close_file(floor);
    if (floor->records >= 0) close(floor->records);
    delete_files(floor);
    free(floor->prefix);
    free(floor->sizes);
    free(floor->source);
    free(floor->target);
    free(floor);
}
