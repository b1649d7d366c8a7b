#include "fnv1a.h"

struct wchecksum_tables wchecksum_tables;

typedef uint64_t stream_kernel(uint64_t state, const void *bytes, size_t count);

/// Fewer bytes than this are not worth more than the plain loop. Measured, as are the other bounds:
/// `make bench-checksum`.
static size_t plain_below = SIZE_MAX;
static stream_kernel *one_stream;
static bool has_avx2, has_avx512;

static uint64_t plain(uint64_t state, const void *bytes, size_t count) {
    return wchecksum_plain(state, bytes, count);
}

#if defined(__x86_64__)

static void fill_tables(void) {
    struct wchecksum_tables *t = &wchecksum_tables;
    t->powers[0] = 1;
    for (int n = 0; n < WCHECKSUM_SPAN; n++)
        t->powers[n + 1] = t->powers[n] * WCHECKSUM_FNV1A_PRIME;
    for (int at = 0; at < WCHECKSUM_SPAN; at++) {
        uint64_t rest = t->powers[WCHECKSUM_SPAN - at];
        int column = (at % 64) / 16 * 8 + at % 8;
        for (int limb = 0; limb < 4; limb++) {
            int16_t digit = (int16_t)rest;
            t->weights[at / 64][at / 8 % 2][limb][column] = digit;
            rest = (rest - (uint64_t)(int64_t)digit) >> 16;
        }
    }
    // Newton: each step doubles the bits that are right, beginning with three.
    uint64_t inverse = WCHECKSUM_FNV1A_PRIME;
    for (int step = 0; step < 5; step++) inverse *= 2 - WCHECKSUM_FNV1A_PRIME * inverse;
    t->bases[0] = WCHECKSUM_FNV1A_BASIS;
    for (int n = 1; n < 64; n++) t->bases[n] = t->bases[n - 1] * inverse;
    for (int a = 0; a < 8; a++) {
        for (int b = 0; b < 8; b++) {
            t->to_planes[8 * a + 7 - b] = (uint8_t)(8 * b + a);
            t->from_planes[8 * a + 7 - b] = (uint8_t)(8 * b + 7 - a);
            t->to_lanes[8 * a + 7 - b] = (uint8_t)(8 * b);
            t->earlier_lanes[8 * a + b] = (uint8_t)((1 << a) - 1);
        }
    }
    for (int parities = 0; parities < 32; parities++) {
        int carry = parities >> 4;
        for (int block = 0; block < 4; block++) {
            t->carries[parities][block] = carry ? UINT64_MAX : 0;
            carry ^= parities >> block & 1;
        }
    }
}

static uint64_t avx512(uint64_t state, const void *bytes, size_t count) {
    return count <= 192 ? wchecksum_avx512_short(state, bytes, count)
                        : wchecksum_avx512_long(state, bytes, count);
}

/// Before anything else runs, so that no call has to ask.
__attribute__((constructor)) static void choose(void) {
    __builtin_cpu_init();
    has_avx2 = __builtin_cpu_supports("avx2");
    has_avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vnni")
        && __builtin_cpu_supports("gfni") && __builtin_cpu_supports("pclmul");
    fill_tables();
    if (has_avx512) {
        one_stream = avx512;
        plain_below = 56;
    } else if (has_avx2) {
        one_stream = wchecksum_avx2;
        plain_below = 192;
    }
}

#endif

uint64_t wchecksum_fnv1a(uint64_t state, const void *bytes, size_t count) {
    return count < plain_below ? wchecksum_plain(state, bytes, count)
                               : one_stream(state, bytes, count);
}

void wchecksum_fnv1a_many(const struct wchecksum_piece *pieces, size_t count, uint64_t *sums) {
#if defined(__x86_64__)
    if (has_avx512 && count >= 16) return wchecksum_avx512_many(pieces, count, sums);
    if (has_avx512) {
        // A few: one long piece alone is as fast as six of them.
        size_t total = 0;
        for (size_t i = 0; i < count; i++) total += pieces[i].count;
        if (total >= count * 400) {
            for (size_t i = 0; i < count; i++)
                sums[i] = wchecksum_fnv1a(
                    WCHECKSUM_FNV1A_BASIS, pieces[i].bytes, pieces[i].count);
            return;
        }
    }
#endif
    wchecksum_six(pieces, count, sums);
}

bool wchecksum_has(enum wchecksum_kernel kernel) {
    switch (kernel) {
    case WCHECKSUM_PLAIN:
    case WCHECKSUM_SIX:
        return true;
    case WCHECKSUM_AVX2:
        return has_avx2;
    case WCHECKSUM_AVX512_SHORT:
    case WCHECKSUM_AVX512_LONG:
    case WCHECKSUM_AVX512_MANY:
        return has_avx512;
    case WCHECKSUM_KERNELS:
        break;
    }
    return false;
}

enum wchecksum_kernel wchecksum_chosen(void) {
    if (has_avx512) return WCHECKSUM_AVX512_LONG;
    return has_avx2 ? WCHECKSUM_AVX2 : WCHECKSUM_PLAIN;
}

const char *wchecksum_name(enum wchecksum_kernel kernel) {
    switch (kernel) {
    case WCHECKSUM_PLAIN:
        return "plain loop";
    case WCHECKSUM_SIX:
        return "six streams";
    case WCHECKSUM_AVX2:
        return "AVX2, one stream";
    case WCHECKSUM_AVX512_SHORT:
        return "AVX-512, one short stream";
    case WCHECKSUM_AVX512_LONG:
        return "AVX-512, one stream";
    case WCHECKSUM_AVX512_MANY:
        return "AVX-512, 32 streams";
    case WCHECKSUM_KERNELS:
        break;
    }
    return "?";
}

static stream_kernel *stream(enum wchecksum_kernel kernel, size_t count) {
    if (count == 0) return plain;
#if defined(__x86_64__)
    if (kernel == WCHECKSUM_AVX2) return wchecksum_avx2;
    if (kernel == WCHECKSUM_AVX512_SHORT && count <= WCHECKSUM_SPAN) return wchecksum_avx512_short;
    if (kernel == WCHECKSUM_AVX512_SHORT || kernel == WCHECKSUM_AVX512_LONG)
        return wchecksum_avx512_long;
#endif
    return plain;
}

uint64_t wchecksum_fnv1a_by(
    enum wchecksum_kernel kernel, uint64_t state, const void *bytes, size_t count) {
    return stream(kernel, count)(state, bytes, count);
}

void wchecksum_fnv1a_many_by(
    enum wchecksum_kernel kernel, const struct wchecksum_piece *pieces, size_t count,
    uint64_t *sums) {
    if (kernel == WCHECKSUM_SIX) return wchecksum_six(pieces, count, sums);
#if defined(__x86_64__)
    if (kernel == WCHECKSUM_AVX512_MANY) return wchecksum_avx512_many(pieces, count, sums);
#endif
    for (size_t i = 0; i < count; i++)
        sums[i] = wchecksum_fnv1a_by(
            kernel, WCHECKSUM_FNV1A_BASIS, pieces[i].bytes, pieces[i].count);
}

void wchecksum_fnv1a_states(uint64_t state, const void *bytes, size_t count, uint64_t *states) {
    const unsigned char *at = bytes;
    for (size_t i = 0; i < count; i++)
        states[i] = state = (state ^ at[i]) * WCHECKSUM_FNV1A_PRIME;
}
