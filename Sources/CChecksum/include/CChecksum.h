// Checksum kernels that need instructions Swift cannot name, each chosen where the processor has
// them. What is portable among them is the oracle of the others in the tests.
#ifndef WALRUS_CCHECKSUM_H
#define WALRUS_CCHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Whether this processor has CRC-32C instructions (SSE 4.2 or the ARMv8 CRC extension).
bool wchecksum_has_crc32c(void);

/// CRC-32C (Castagnoli) of `count` bytes, continuing from `crc` (0 to start).
/// Only to be called where `wchecksum_has_crc32c()` is true.
uint32_t wchecksum_crc32c(uint32_t crc, const void *bytes, size_t count);

/// What FNV-1a 64 begins with, and what it multiplies by.
#define WCHECKSUM_FNV1A_BASIS 0xcbf29ce484222325ULL
#define WCHECKSUM_FNV1A_PRIME 0x100000001b3ULL

/// Bytes to be hashed: where they stand and how many there are.
struct wchecksum_piece {
    const void *bytes;
    size_t count;
};

/// FNV-1a 64 of `count` bytes, continuing from `state` (the basis to start), by the fastest means
/// that this processor has for so many.
uint64_t wchecksum_fnv1a(uint64_t state, const void *bytes, size_t count);

/// FNV-1a 64 of each of `count` pieces, by the fastest means that this processor has for so many.
void wchecksum_fnv1a_many(const struct wchecksum_piece *pieces, size_t count, uint64_t *sums);

// MARK: - One means or another, for tests and benchmarks

enum wchecksum_kernel {
    /// Byte after byte.
    WCHECKSUM_PLAIN,
    /// Six pieces side by side, byte after byte.
    WCHECKSUM_SIX,
    /// One stream, 256 bytes at once.
    WCHECKSUM_AVX2,
    /// One stream, 64 bytes at once.
    WCHECKSUM_AVX512_SHORT,
    /// One stream, 512 or 1024 bytes at once.
    WCHECKSUM_AVX512_LONG,
    /// 32 pieces side by side.
    WCHECKSUM_AVX512_MANY,
    WCHECKSUM_KERNELS,
};

/// Whether this processor, and this program, has the kernel.
bool wchecksum_has(enum wchecksum_kernel kernel);

/// The kernel that long payloads go to.
enum wchecksum_kernel wchecksum_chosen(void);

/// Its name, for people.
const char *wchecksum_name(enum wchecksum_kernel kernel);

/// The same as `wchecksum_fnv1a`, by one kernel. Only to be called where the processor has it.
uint64_t wchecksum_fnv1a_by(
    enum wchecksum_kernel kernel, uint64_t state, const void *bytes, size_t count);

/// The same as `wchecksum_fnv1a_many`, by one kernel. Only to be called where the processor has it.
void wchecksum_fnv1a_many_by(
    enum wchecksum_kernel kernel, const struct wchecksum_piece *pieces, size_t count,
    uint64_t *sums);

/// The state after each of `count` bytes, one after another: `states[n]` is that of `n + 1` bytes.
void wchecksum_fnv1a_states(uint64_t state, const void *bytes, size_t count, uint64_t *states);

#endif
