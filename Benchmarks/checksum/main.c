// Times the checksum kernels: checksum [ROUNDS]
//
// For each kernel and size: nanoseconds a hash, gigabytes a second, and how many times as fast as
// the plain loop. Kernels take turns in every round, and the median round counts, so that what else
// the machine does falls on all of them. Everything is in the processor's caches.
#include "CChecksum.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SIZES = 9, ROUNDS_MAX = 1001, PIECES = 320, WORK = 1 << 17 };
static const size_t sizes[SIZES] = {16, 40, 64, 100, 256, 512, 1024, 4096, 65536};

/// What is timed besides the kernels: the choice that the library makes.
enum { ONE_CHOICE = WCHECKSUM_KERNELS, MANY_CHOICE, METHODS };

static unsigned char bytes[1 << 20];
static double times[METHODS][SIZES + 1][ROUNDS_MAX];
static volatile uint64_t sink;

static const char *name(int method) {
    if (method == ONE_CHOICE) return "the choice, one by one";
    if (method == MANY_CHOICE) return "the choice, many at once";
    return wchecksum_name((enum wchecksum_kernel)method);
}

static bool has(int method) {
    return method >= WCHECKSUM_KERNELS || wchecksum_has((enum wchecksum_kernel)method);
}

static void hash(int method, const struct wchecksum_piece *pieces, size_t count, uint64_t *sums) {
    if (method == MANY_CHOICE) {
        wchecksum_fnv1a_many(pieces, count, sums);
    } else if (method == ONE_CHOICE) {
        for (size_t i = 0; i < count; i++)
            sums[i] = wchecksum_fnv1a(WCHECKSUM_FNV1A_BASIS, pieces[i].bytes, pieces[i].count);
    } else {
        wchecksum_fnv1a_many_by((enum wchecksum_kernel)method, pieces, count, sums);
    }
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/// Nanoseconds that all pieces take together.
static double measure(int method, const struct wchecksum_piece *pieces, size_t count) {
    static uint64_t sums[PIECES];
    size_t total = 0;
    for (size_t i = 0; i < count; i++) total += pieces[i].count;
    int repeats = (int)(WORK / total) + 1;
    double began = now();
    for (int i = 0; i < repeats; i++) hash(method, pieces, count, sums);
    double took = now() - began;
    for (size_t i = 0; i < count; i++) sink = sink ^ sums[i];
    return took / repeats;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 51;
    if (rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: checksum [ROUNDS]: 1 to %d rounds\n", ROUNDS_MAX);
        return 2;
    }
    uint64_t random = 1;
    for (size_t i = 0; i < sizeof bytes; i++) {
        random = random * 6364136223846793005ULL + 1442695040888963407ULL;
        bytes[i] = (unsigned char)(random >> 56);
    }
    // The last column: lengths of 16 to 1,039 bytes, mixed.
    static struct wchecksum_piece pieces[SIZES + 1][PIECES];
    size_t counts[SIZES + 1], totals[SIZES + 1];
    for (int column = 0; column <= SIZES; column++) {
        size_t at = 0;
        totals[column] = 0;
        counts[column] = column < SIZES && sizes[column] > 4096 ? 16
            : column < SIZES && sizes[column] > 256             ? 64
                                                                : PIECES;
        for (size_t i = 0; i < counts[column]; i++) {
            random = random * 6364136223846793005ULL + 1442695040888963407ULL;
            size_t length = column < SIZES ? sizes[column] : 16 + (random >> 54);
            if (at + length > sizeof bytes) at = 0;
            pieces[column][i] = (struct wchecksum_piece){bytes + at, length};
            totals[column] += length;
            at += length;
        }
    }
    for (int round = 0; round < rounds; round++)
        for (int column = 0; column <= SIZES; column++)
            for (int method = 0; method < METHODS; method++)
                if (has(method))
                    times[method][column][round] =
                        measure(method, pieces[column], counts[column]);
    printf("%-28s", "bytes");
    for (int column = 0; column < SIZES; column++) printf("%20zu", sizes[column]);
    printf("%20s\n%-28s", "16 to 1039", "");
    for (int column = 0; column <= SIZES; column++) printf("%20s", "ns   GB/s  ratio");
    printf("\n");
    for (int method = 0; method < METHODS; method++) {
        if (!has(method)) {
            printf("%-28s this processor has it not\n", name(method));
            continue;
        }
        printf("%-28s", name(method));
        for (int column = 0; column <= SIZES; column++) {
            double *taken = times[method][column], *plain = times[WCHECKSUM_PLAIN][column];
            qsort(taken, (size_t)rounds, sizeof *taken, by_value);
            double median = taken[rounds / 2];
            printf(
                "%8.1f%6.2f%6.2f", median / (double)counts[column],
                (double)totals[column] / median, plain[rounds / 2] / median);
        }
        printf("\n");
    }
    return 0;
}
