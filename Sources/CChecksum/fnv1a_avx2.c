// FNV-1a of one stream with AVX2. The maths is in fnv1a.h.
//
// Four blocks of 64 bytes stand side by side, a plane of each in a word of 64 bits, the first
// position in bit 0.
#if defined(__x86_64__)

#include "fnv1a.h"

#include <immintrin.h>
#include <string.h>

#define INLINE_TARGET __attribute__((target("avx2"), always_inline))
#define XOR3(a, b, c) _mm256_xor_si256(a, _mm256_xor_si256(b, c))
#define MAJORITY(a, b, c) (((a) & (b)) | (((a) | (b)) & (c)))
WCHECKSUM_LOGIC(logic256, __m256i, INLINE_TARGET, XOR3, MAJORITY)

enum { GROUP = 256 };

/// The planes of 256 bytes: word j of out[k] is plane k of block j.
INLINE_TARGET static inline void planes_of(const unsigned char *data, __m256i out[8]) {
    uint64_t words[4][8];
    WCHECKSUM_UNROLL
    for (int j = 0; j < 4; j++) {
        __m256i lower = _mm256_loadu_si256((const void *)(data + 64 * j));
        __m256i upper = _mm256_loadu_si256((const void *)(data + 64 * j + 32));
        WCHECKSUM_UNROLL
        for (int k = 7; k >= 0; k--) {
            words[j][k] = (uint32_t)_mm256_movemask_epi8(lower)
                | (uint64_t)(uint32_t)_mm256_movemask_epi8(upper) << 32;
            lower = _mm256_add_epi8(lower, lower);
            upper = _mm256_add_epi8(upper, upper);
        }
    }
    WCHECKSUM_UNROLL
    for (int k = 0; k < 8; k++)
        out[k] = _mm256_set_epi64x(
            (long long)words[3][k], (long long)words[2][k], (long long)words[1][k],
            (long long)words[0][k]);
}

/// Transposes 8 x 8 bits in every word.
INLINE_TARGET static inline __m256i transpose_bits(__m256i v) {
    __m256i t = (v ^ _mm256_srli_epi64(v, 7)) & _mm256_set1_epi64x(0x00aa00aa00aa00aa);
    v = XOR3(v, t, _mm256_slli_epi64(t, 7));
    t = (v ^ _mm256_srli_epi64(v, 14)) & _mm256_set1_epi64x(0x0000cccc0000cccc);
    v = XOR3(v, t, _mm256_slli_epi64(t, 14));
    t = (v ^ _mm256_srli_epi64(v, 28)) & _mm256_set1_epi64x(0x00000000f0f0f0f0);
    return XOR3(v, t, _mm256_slli_epi64(t, 28));
}

/// The other way round: 256 bytes, 32 a register, in order.
INLINE_TARGET static inline void bytes_of(const __m256i x[8], __m256i out[8]) {
    WCHECKSUM_UNROLL
    for (int odd = 0; odd < 2; odd++) {
        __m256i two[4], four[2][2];
        WCHECKSUM_UNROLL
        for (int i = 0; i < 4; i++)
            two[i] = odd ? _mm256_unpackhi_epi8(x[2 * i], x[2 * i + 1])
                         : _mm256_unpacklo_epi8(x[2 * i], x[2 * i + 1]);
        WCHECKSUM_UNROLL
        for (int i = 0; i < 2; i++) {
            four[0][i] = _mm256_unpacklo_epi16(two[2 * i], two[2 * i + 1]);
            four[1][i] = _mm256_unpackhi_epi16(two[2 * i], two[2 * i + 1]);
        }
        WCHECKSUM_UNROLL
        for (int half = 0; half < 2; half++) {
            // Each with 16 bytes of block `odd` and 16 of block `2 + odd`.
            __m256i a = transpose_bits(_mm256_unpacklo_epi32(four[half][0], four[half][1]));
            __m256i b = transpose_bits(_mm256_unpackhi_epi32(four[half][0], four[half][1]));
            out[2 * odd + half] = _mm256_permute2x128_si256(a, b, 0x20);
            out[4 + 2 * odd + half] = _mm256_permute2x128_si256(a, b, 0x31);
        }
    }
}

/// The product of 64-bit words with one number.
INLINE_TARGET static inline __m256i times(__m256i v, uint64_t factor) {
    __m256i f = _mm256_set1_epi64x((long long)factor);
    __m256i f_upper = _mm256_set1_epi64x((long long)(factor >> 32));
    __m256i cross = _mm256_add_epi64(
        _mm256_mul_epu32(_mm256_srli_epi64(v, 32), f), _mm256_mul_epu32(v, f_upper));
    return _mm256_add_epi64(_mm256_mul_epu32(v, f), _mm256_slli_epi64(cross, 32));
}

/// The four limbs' sums as one sum of 64 bits a lane. Of limbs 2 and 3 only 32 bits matter.
INLINE_TARGET static inline __m256i collapse(const __m256i sums[4]) {
    __m256i one = _mm256_set1_epi64x(1), shift16 = _mm256_set1_epi64x(1 << 16);
    __m256i sum = _mm256_mul_epi32(sums[0], one);
    sum = _mm256_add_epi64(sum, _mm256_mul_epi32(_mm256_srli_epi64(sums[0], 32), one));
    sum = _mm256_add_epi64(sum, _mm256_mul_epi32(sums[1], shift16));
    sum = _mm256_add_epi64(sum, _mm256_mul_epi32(_mm256_srli_epi64(sums[1], 32), shift16));
    __m256i two = _mm256_add_epi32(sums[2], _mm256_srli_epi64(sums[2], 32));
    __m256i three = _mm256_add_epi32(sums[3], _mm256_srli_epi64(sums[3], 32));
    sum = _mm256_add_epi64(sum, _mm256_slli_epi64(two, 32));
    return _mm256_add_epi64(sum, _mm256_slli_epi64(three, 48));
}

/// d times the weights, for 256 bytes: x and l side by side times 1 and -1, times each limb.
INLINE_TARGET static inline __m256i products(const unsigned char *data, const __m256i x[8]) {
    __m256i sums[4] = {0};
    __m256i signs = _mm256_set1_epi16((short)0xff01);
    WCHECKSUM_UNROLL
    for (int r = 0; r < 8; r++) {
        __m256i l = x[r] ^ _mm256_loadu_si256((const void *)(data + 32 * r));
        __m256i d0 = _mm256_maddubs_epi16(_mm256_unpacklo_epi8(x[r], l), signs);
        __m256i d1 = _mm256_maddubs_epi16(_mm256_unpackhi_epi8(x[r], l), signs);
        const int16_t(*weights)[4][32] =
            wchecksum_tables.weights[(WCHECKSUM_SPAN - GROUP) / 64 + r / 2];
        WCHECKSUM_UNROLL
        for (int limb = 0; limb < 4; limb++) {
            __m256i w0 = _mm256_load_si256((const void *)&weights[0][limb][r % 2 * 16]);
            __m256i w1 = _mm256_load_si256((const void *)&weights[1][limb][r % 2 * 16]);
            sums[limb] = _mm256_add_epi32(
                sums[limb],
                _mm256_add_epi32(_mm256_madd_epi16(d0, w0), _mm256_madd_epi16(d1, w1)));
        }
    }
    return collapse(sums);
}

/// x of 256 bytes, whose carries in are the bits of `carry`.
INLINE_TARGET static inline void solve(
    const unsigned char *data, unsigned carry[8], __m256i out[8]) {
    __m256i b[8];
    planes_of(data, b);
    struct logic256 s;
    WCHECKSUM_UNROLL
    for (int k = 0; k < 8; k++) {
        __m256i t = logic256_target(&s, k, b[k]);
        // The parity up to and with each position; without it, that is E(t).
        __m256i sum = t;
        WCHECKSUM_UNROLL
        for (int shift = 1; shift < 64; shift *= 2) sum ^= _mm256_slli_epi64(sum, shift);
        unsigned parities =
            (unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(sum)) | carry[k] << 4;
        carry[k] = 0x96696996u >> parities & 1;
        s.x[k] = XOR3(sum, t ^ b[k],
            _mm256_load_si256((const void *)wchecksum_tables.carries[parities]));
    }
    bytes_of(s.x, out);
}

__attribute__((target("avx2"))) uint64_t wchecksum_avx2(
    uint64_t state, const void *bytes, size_t count) {
    size_t groups = (count + GROUP - 1) / GROUP;
    size_t head = count - (groups - 1) * GROUP;
    uint8_t low = (uint8_t)state;
    // The first group, with zeros before the message.
    _Alignas(32) unsigned char start[GROUP] = {0};
    memcpy(start + GROUP - head, bytes, head);
    start[GROUP - head] ^= low;
    unsigned carry[8] = {0};
    __m256i x[8];
    solve(start, carry, x);
    __m256i sum = products(start, x);
    uint64_t first = (state - low) * wchecksum_tables.powers[head];
    sum = _mm256_add_epi64(sum, _mm256_set_epi64x(0, 0, 0, (long long)first));
    const unsigned char *at = (const unsigned char *)bytes + head;
    for (size_t group = 1; group < groups; group++, at += GROUP) {
        solve(at, carry, x);
        sum = _mm256_add_epi64(times(sum, wchecksum_tables.powers[GROUP]), products(at, x));
    }
    uint64_t words[4];
    _mm256_storeu_si256((void *)words, sum);
    return words[0] + words[1] + words[2] + words[3];
}

#endif
