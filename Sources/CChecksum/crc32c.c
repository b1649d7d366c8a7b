#include "CChecksum.h"

#include <string.h>

#if defined(__x86_64__)

#include <nmmintrin.h>
#include <wmmintrin.h>

bool wchecksum_has_crc32c(void) { return __builtin_cpu_supports("sse4.2"); }

// An instruction waits three cycles for the one before it, and one can begin in each: so three
// stretches are summed side by side. A sum goes past n bytes that follow by a multiplication with
// x^(8n - 33), of which the instruction itself takes the remainder.
enum { LANE = 80, LANES = 3 * LANE };
#define PAST_ONE_LANE 0x39d3b296
#define PAST_TWO_LANES 0x878a92a7

__attribute__((target("sse4.2,pclmul")))
static uint64_t three_lanes(uint64_t state, const unsigned char *p) {
    uint64_t first = state, second = 0, third = 0;
    for (int at = 0; at < LANE; at += 8) {
        uint64_t words[3];
        memcpy(&words[0], p + at, 8);
        memcpy(&words[1], p + at + LANE, 8);
        memcpy(&words[2], p + at + 2 * LANE, 8);
        first = _mm_crc32_u64(first, words[0]);
        second = _mm_crc32_u64(second, words[1]);
        third = _mm_crc32_u64(third, words[2]);
    }
    __m128i factors = _mm_set_epi64x(PAST_ONE_LANE, PAST_TWO_LANES);
    __m128i a = _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)first), factors, 0x00);
    __m128i b = _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)second), factors, 0x10);
    uint64_t both = (uint64_t)_mm_cvtsi128_si64(_mm_xor_si128(a, b));
    return _mm_crc32_u64(0, both) ^ third;
}

__attribute__((target("sse4.2")))
uint32_t wchecksum_crc32c(uint32_t crc, const void *bytes, size_t count) {
    const unsigned char *p = bytes;
    uint64_t state = (uint32_t)~crc;
    if (count >= LANES && __builtin_cpu_supports("pclmul")) {
        for (; count >= LANES; p += LANES, count -= LANES) state = three_lanes(state, p);
    }
    for (; count >= 8; p += 8, count -= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        state = _mm_crc32_u64(state, word);
    }
    for (; count > 0; p++, count--) state = _mm_crc32_u8((uint32_t)state, *p);
    return ~(uint32_t)state;
}

#elif defined(__aarch64__)

#include <arm_acle.h>
#include <sys/auxv.h>

bool wchecksum_has_crc32c(void) { return (getauxval(AT_HWCAP) & (1UL << 7)) != 0; }

__attribute__((target("+crc")))
uint32_t wchecksum_crc32c(uint32_t crc, const void *bytes, size_t count) {
    const unsigned char *p = bytes;
    uint32_t state = ~crc;
    for (; count >= 8; p += 8, count -= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        state = __crc32cd(state, word);
    }
    for (; count > 0; p++, count--) state = __crc32cb(state, *p);
    return ~state;
}

#else

bool wchecksum_has_crc32c(void) { return false; }
uint32_t wchecksum_crc32c(uint32_t crc, const void *bytes, size_t count) {
    (void)bytes;
    (void)count;
    return crc;
}

#endif
