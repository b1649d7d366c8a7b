#define _GNU_SOURCE
#include "peer.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { THREADS_MAX = 64, SAMPLES_MAX = 1 << 20 };

static const struct peer *peer;
static size_t size, per_call;
static bool syncs;
static const char *directory;
static atomic_bool stop;

struct worker {
    pthread_t thread;
    int number;
    uint64_t entries, calls, began, ended;
    /// Of the first calls, in nanoseconds.
    uint32_t *samples;
};

_Noreturn void peer_fail(const char *what, const char *why) {
    fprintf(stderr, "%s: %s: %s\n", peer->name, what, why);
    exit(3);
}

static uint64_t now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static long setting(const char *name, long value, long least, long most) {
    const char *text = getenv(name);
    if (text == NULL || *text == 0) return value;
    char *end;
    value = strtol(text, &end, 10);
    if (*end != 0 || value < least || value > most) {
        fprintf(stderr, "%s: %s must be a number from %ld to %ld\n", peer->name, name, least, most);
        exit(2);
    }
    return value;
}

static void place(int number, char *path, size_t room) {
    snprintf(path, room, "%s/%s-%d", directory, peer->name, number);
}

static void *work(void *argument) {
    struct worker *worker = argument;
    char path[4096];
    place(worker->number, path, sizeof path);
    peer->destroy(path);
    void *store = peer->open(path, syncs);
    unsigned char *payload = malloc(size + 1);
    if (payload == NULL) peer_fail("memory", strerror(ENOMEM));
    // Without a pattern: some stores compress.
    uint64_t state = 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < size; i++) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        payload[i] = (unsigned char)(state >> 32);
    }
    worker->began = now(CLOCK_MONOTONIC);
    uint64_t last = worker->began;
    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        peer->append(store, worker->entries, per_call, payload, size);
        uint64_t time = now(CLOCK_MONOTONIC), taken = time - last;
        last = time;
        if (worker->calls < SAMPLES_MAX)
            worker->samples[worker->calls] = taken < UINT32_MAX ? (uint32_t)taken : UINT32_MAX;
        worker->calls++;
        worker->entries += per_call;
    }
    worker->ended = now(CLOCK_MONOTONIC);
    peer->close(store);
    peer->destroy(path);
    free(payload);
    return NULL;
}

static int ascending(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void print(const char *mode, uint64_t started, struct worker *workers, int threads) {
    uint64_t entries = 0, calls = 0, began = UINT64_MAX, ended = 0;
    size_t count = 0;
    uint32_t *samples = malloc((size_t)threads * SAMPLES_MAX * sizeof *samples);
    if (samples == NULL) peer_fail("memory", strerror(ENOMEM));
    for (int i = 0; i < threads; i++) {
        size_t kept = workers[i].calls < SAMPLES_MAX ? workers[i].calls : SAMPLES_MAX;
        memcpy(samples + count, workers[i].samples, kept * sizeof *samples);
        count += kept;
        entries += workers[i].entries;
        calls += workers[i].calls;
        if (workers[i].began < began) began = workers[i].began;
        if (workers[i].ended > ended) ended = workers[i].ended;
    }
    qsort(samples, count, sizeof *samples, ascending);
#define AT(share) (count == 0 ? 0u : samples[(size_t)((double)(count - 1) * (share))])
    double rate = (double)entries * 1e9 / (double)(ended - began);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"schema\":1,\"engine\":\"%s\",\"mode\":\"%s\",\"started\":%llu,\"size_min\":%zu,"
           "\"size_max\":%zu,\"threads\":%d,\"topics\":%d,\"fsync\":\"%s\",\"batch\":%zu,"
           "\"entries\":%llu,\"bytes\":%llu,\"calls\":%llu,\"elapsed_ns\":%llu,"
           "\"entries_per_s\":%.0f,\"bytes_per_s\":%.0f,\"errors\":0,\"peak_memory_bytes\":%ld,"
           "\"latency_ns\":{\"count\":%zu,\"p50\":%u,\"p90\":%u,\"p99\":%u,\"p99.9\":%u,"
           "\"max\":%u}}\n",
           peer->name, mode, (unsigned long long)started, size, size, threads, threads,
           syncs ? "each" : "none", per_call, (unsigned long long)entries,
           (unsigned long long)(entries * size), (unsigned long long)calls,
           (unsigned long long)(ended - began), rate, rate * (double)size,
           usage.ru_maxrss * 1024, count, AT(0.5), AT(0.9), AT(0.99), AT(0.999), AT(1.0));
    free(samples);
}

int peer_main(const struct peer *chosen, int argc, char **argv) {
    peer = chosen;
    const char *fsync = getenv("FSYNC");
    bool is_batch = argc == 2 && strcmp(argv[1], "batch") == 0;
    if (argc != 2 || (!is_batch && strcmp(argv[1], "append") != 0)) {
        fprintf(stderr, "usage: %s append|batch\n", peer->name);
        return 2;
    }
    if (fsync != NULL && strcmp(fsync, "none") != 0 && strcmp(fsync, "each") != 0) {
        fprintf(stderr, "%s: FSYNC must be none or each\n", peer->name);
        return 2;
    }
    syncs = fsync != NULL && strcmp(fsync, "each") == 0;
    size = (size_t)setting("SIZE", 1024, 0, 1 << 26);
    per_call = is_batch ? (size_t)setting("WALRUS_BATCH_SIZE", 1000, 1, 2000) : 1;
    int threads = (int)setting("THREADS", 1, 1, THREADS_MAX);
    long seconds = setting("WALRUS_DURATION", 10, 1, 3600);
    directory = getenv("DIR");
    if (directory == NULL || *directory == 0) directory = ".";
    bool made = mkdir(directory, 0755) == 0;
    if (!made && errno != EEXIST) peer_fail(directory, strerror(errno));

    struct worker *workers = calloc((size_t)threads, sizeof *workers);
    if (workers == NULL) peer_fail("memory", strerror(ENOMEM));
    uint64_t started = now(CLOCK_REALTIME);
    for (int i = 0; i < threads; i++) {
        workers[i].number = i;
        workers[i].samples = malloc(SAMPLES_MAX * sizeof *workers[i].samples);
        if (workers[i].samples == NULL) peer_fail("memory", strerror(ENOMEM));
        int code = pthread_create(&workers[i].thread, NULL, work, &workers[i]);
        if (code != 0) peer_fail("thread", strerror(code));
    }
    struct timespec time = {.tv_sec = seconds};
    nanosleep(&time, NULL);
    atomic_store(&stop, true);
    for (int i = 0; i < threads; i++) pthread_join(workers[i].thread, NULL);
    print(argv[1], started, workers, threads);
    for (int i = 0; i < threads; i++) free(workers[i].samples);
    free(workers);
    if (made) rmdir(directory);
    return 0;
}
