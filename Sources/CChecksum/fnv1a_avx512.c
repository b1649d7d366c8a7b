// FNV-1a of one stream with AVX-512, GFNI, VBMI, VNNI and PCLMULQDQ. The maths is in fnv1a.h.
//
// A plane of 64 positions is a word of 64 bits, the first position in the highest bit: so the
// transposition of bit matrices with vgf2p8affineqb leaves it. That instruction computes, for every
// byte v of its first operand and the 8 bytes A of the word at the same place in its second one,
// bit j = parity(A[7 - j] & v).
#if defined(__x86_64__)

#include "fnv1a.h"
#include "fnv1a_avx512.h"

#define XOR3_512(a, b, c) _mm512_ternarylogic_epi64(a, b, c, 0x96)
#define MAJORITY_512(a, b, c) _mm512_ternarylogic_epi64(a, b, c, 0xe8)
#define XOR3_128(a, b, c) _mm_ternarylogic_epi64(a, b, c, 0x96)
#define MAJORITY_128(a, b, c) _mm_ternarylogic_epi64(a, b, c, 0xe8)
#define INLINE_TARGET WCHECKSUM_AVX512 __attribute__((always_inline))
WCHECKSUM_LOGIC(logic512, __m512i, INLINE_TARGET, XOR3_512, MAJORITY_512)
WCHECKSUM_LOGIC(logic128, __m128i, INLINE_TARGET, XOR3_128, MAJORITY_128)

/// 64 bytes as bit matrices, then word k of the result = plane k.
INLINE_TARGET static inline __m512i planes_of(__m512i bytes) {
    __m512i unit = _mm512_set1_epi64((long long)0x8040201008040201);
    __m512i order = _mm512_load_si512(wchecksum_tables.to_planes);
    return _mm512_permutexvar_epi8(order, _mm512_gf2p8affine_epi64_epi8(unit, bytes, 0));
}

/// The other way round.
INLINE_TARGET static inline __m512i bytes_of(__m512i planes) {
    __m512i unit = _mm512_set1_epi64(0x0102040810204080);
    __m512i order = _mm512_load_si512(wchecksum_tables.from_planes);
    return _mm512_gf2p8affine_epi64_epi8(unit, _mm512_permutexvar_epi8(order, planes), 0);
}

/// Adds d times the weights of the 64-byte block `block`, limb by limb. d = x - l comes out of
/// bytes x and l side by side times 1 and -1; a sum of two products is below 2^24.5, and a span of
/// 512 bytes adds 16 of them to each lane.
INLINE_TARGET static inline void add_products(
    __m512i sums[4], __m512i x, __m512i data, size_t block) {
    __m512i l = _mm512_xor_si512(x, data);
    __m512i signs = _mm512_set1_epi16((short)0xff01);
    __m512i d0 = _mm512_maddubs_epi16(_mm512_unpacklo_epi8(x, l), signs);
    __m512i d1 = _mm512_maddubs_epi16(_mm512_unpackhi_epi8(x, l), signs);
    const int16_t(*weights)[4][32] = wchecksum_tables.weights[block];
    WCHECKSUM_UNROLL
    for (int limb = 0; limb < 4; limb++) {
        sums[limb] = _mm512_dpwssd_epi32(sums[limb], d0, _mm512_load_si512(weights[0][limb]));
        sums[limb] = _mm512_dpwssd_epi32(sums[limb], d1, _mm512_load_si512(weights[1][limb]));
    }
}

/// The four limbs' sums as one sum of 64 bits a lane. Of limbs 2 and 3 only 32 bits matter.
INLINE_TARGET static inline __m512i collapse(const __m512i sums[4]) {
    __m512i one = _mm512_set1_epi64(1), shift16 = _mm512_set1_epi64(1 << 16);
    __m512i sum = _mm512_mul_epi32(sums[0], one);
    sum = _mm512_add_epi64(sum, _mm512_mul_epi32(_mm512_srli_epi64(sums[0], 32), one));
    sum = _mm512_add_epi64(sum, _mm512_mul_epi32(sums[1], shift16));
    sum = _mm512_add_epi64(sum, _mm512_mul_epi32(_mm512_srli_epi64(sums[1], 32), shift16));
    // Modulo 2^32, the limbs' even and odd lanes add up before they are shifted.
    __m512i two = _mm512_add_epi32(sums[2], _mm512_srli_epi64(sums[2], 32));
    __m512i three = _mm512_add_epi32(sums[3], _mm512_srli_epi64(sums[3], 32));
    sum = _mm512_add_epi64(sum, _mm512_slli_epi64(two, 32));
    return _mm512_add_epi64(sum, _mm512_slli_epi64(three, 48));
}

// MARK: - 64 bytes at once

WCHECKSUM_AVX512 uint64_t wchecksum_avx512_short(
    uint64_t state, const void *bytes, size_t count) {
    size_t blocks = (count + 63) / 64;
    size_t pad = 64 * blocks - count;
    // Bytes outside the message are masked: they are not read.
    const char *at = (const char *)((uintptr_t)bytes - pad);
    uint8_t low = (uint8_t)state;
    __m512i data = _mm512_maskz_loadu_epi8(~0ULL << pad, at);
    data = _mm512_xor_si512(data, _mm512_maskz_set1_epi8(1ULL << pad, (char)low));
    __m512i sums[4] = {0};
    __m128i carry[8] = {0};
    __m128i ones = _mm_set1_epi64x(-1);
    for (size_t block = WCHECKSUM_SPAN / 64 - blocks;;) {
        __m512i all = planes_of(data);
        __m128i pairs[4] = {
            _mm512_castsi512_si128(all), _mm512_extracti64x2_epi64(all, 1),
            _mm512_extracti64x2_epi64(all, 2), _mm512_extracti64x2_epi64(all, 3)};
        struct logic128 s;
        WCHECKSUM_UNROLL
        for (int k = 0; k < 8; k++) {
            __m128i b = k % 2 ? _mm_unpackhi_epi64(pairs[k / 2], pairs[k / 2]) : pairs[k / 2];
            __m128i t = logic128_target(&s, k, b);
            // Times all ones without carries: the upper half is E(t), bit 63 the parity of t.
            __m128i product = _mm_clmulepi64_si128(t, ones, 0);
            s.x[k] = _mm_xor_si128(
                _mm_unpackhi_epi64(product, product), _mm_xor_si128(b, carry[k]));
            carry[k] = _mm_xor_si128(carry[k], _mm_srai_epi64(product, 63));
        }
        all = _mm512_castsi128_si512(_mm_unpacklo_epi64(s.x[0], s.x[1]));
        all = _mm512_inserti64x2(all, _mm_unpacklo_epi64(s.x[2], s.x[3]), 1);
        all = _mm512_inserti64x2(all, _mm_unpacklo_epi64(s.x[4], s.x[5]), 2);
        all = _mm512_inserti64x2(all, _mm_unpacklo_epi64(s.x[6], s.x[7]), 3);
        add_products(sums, bytes_of(all), data, block);
        if (++block == WCHECKSUM_SPAN / 64) break;
        at += 64;
        data = _mm512_loadu_si512(at);
    }
    uint64_t sum = (uint64_t)_mm512_reduce_add_epi64(collapse(sums));
    return sum + (state - low) * wchecksum_tables.powers[count];
}

// MARK: - 512 bytes at once

/// E of 512 positions, and the parity of all of them as a mask.
INLINE_TARGET static inline __m512i prefix(__m512i t, __m512i *parity) {
    __m512i ones = _mm512_set1_epi8(-1);
    // Inside a byte: the rows are the bits before.
    __m512i bits = _mm512_gf2p8affine_epi64_epi8(
        t, _mm512_set1_epi64((long long)0xfefcf8f0e0c08000), 0);
    // Every byte = the parities of its word's bytes, the first in bit 0.
    __m512i bytes = _mm512_gf2p8affine_epi64_epi8(ones, t, 0);
    __m512i earlier_bytes =
        _mm512_gf2p8affine_epi64_epi8(_mm512_set1_epi64(0x000103070f1f3f7f), bytes, 0);
    // Every byte = the parities of the lanes, the first in bit 0.
    __m512i order = _mm512_load_si512(wchecksum_tables.to_lanes);
    __m512i lanes =
        _mm512_gf2p8affine_epi64_epi8(ones, _mm512_permutexvar_epi8(order, bytes), 0);
    __m512i earlier_lanes = _mm512_gf2p8affine_epi64_epi8(
        lanes, _mm512_load_si512(wchecksum_tables.earlier_lanes), 0);
    *parity = _mm512_gf2p8affine_epi64_epi8(lanes, ones, 0);
    return XOR3_512(bits, earlier_bytes, earlier_lanes);
}

/// Hashes `spans` (1 or 2) spans of 512 bytes in lock-step, plane by plane: one alone leaves the
/// processor waiting for its chain of planes.
///
/// - first: what is added behind the first span.
INLINE_TARGET static inline __m512i add_spans(
    __m512i sum, const int spans, const void *const data[2], __m512i carry[8], uint64_t first) {
    __m512i b[2][8];
    WCHECKSUM_UNROLL
    for (int j = 0; j < spans; j++) {
        __m512i rows[8];
        WCHECKSUM_UNROLL
        for (int r = 0; r < 8; r++)
            rows[r] = planes_of(_mm512_loadu_si512((const char *)data[j] + 64 * r));
        wchecksum_transpose(rows, b[j]);
    }
    struct logic512 s[2];
    WCHECKSUM_UNROLL
    for (int k = 0; k < 8; k++) {
        WCHECKSUM_UNROLL
        for (int j = 0; j < spans; j++) {
            __m512i parity;
            __m512i e = prefix(logic512_target(&s[j], k, b[j][k]), &parity);
            s[j].x[k] = XOR3_512(e, carry[k], b[j][k]);
            carry[k] = _mm512_xor_si512(carry[k], parity);
        }
    }
    WCHECKSUM_UNROLL
    for (int j = 0; j < spans; j++) {
        __m512i rows[8], sums[4] = {0};
        wchecksum_transpose(s[j].x, rows);
        WCHECKSUM_UNROLL
        for (int r = 0; r < 8; r++)
            add_products(
                sums, bytes_of(rows[r]), _mm512_loadu_si512((const char *)data[j] + 64 * r),
                (size_t)r);
        __m512i power = _mm512_set1_epi64((long long)wchecksum_tables.powers[WCHECKSUM_SPAN]);
        sum = _mm512_add_epi64(_mm512_mullo_epi64(sum, power), collapse(sums));
        if (j == 0)
            sum = _mm512_add_epi64(
                sum, _mm512_zextsi128_si512(_mm_cvtsi64_si128((long long)first)));
    }
    return sum;
}

WCHECKSUM_AVX512 uint64_t wchecksum_avx512_long(uint64_t state, const void *bytes, size_t count) {
    size_t spans = (count + WCHECKSUM_SPAN - 1) / WCHECKSUM_SPAN;
    size_t head = count - (spans - 1) * WCHECKSUM_SPAN;
    size_t pad = WCHECKSUM_SPAN - head;
    uint8_t low = (uint8_t)state;
    // The first span, with zeros before the message.
    _Alignas(64) unsigned char start[WCHECKSUM_SPAN];
    const char *from = (const char *)((uintptr_t)bytes - pad);
    for (size_t r = 0; r < WCHECKSUM_SPAN; r += 64) {
        __mmask64 mask = pad <= r ? ~0ULL : pad >= r + 64 ? 0 : ~0ULL << (pad - r);
        __mmask64 begin = pad - r < 64 ? 1ULL << (pad - r) : 0;
        __m512i row = _mm512_maskz_loadu_epi8(mask, from + r);
        row = _mm512_xor_si512(row, _mm512_maskz_set1_epi8(begin, (char)low));
        _mm512_store_si512(start + r, row);
    }
    const char *at = (const char *)bytes + head;
    __m512i carry[8] = {0};
    __m512i sum = _mm512_setzero_si512();
    uint64_t first = (state - low) * wchecksum_tables.powers[head];
    if (spans % 2 == 1) {
        sum = add_spans(sum, 1, (const void *[2]){start, start}, carry, first);
        spans -= 1;
    } else {
        sum = add_spans(sum, 2, (const void *[2]){start, at}, carry, first);
        at += WCHECKSUM_SPAN;
        spans -= 2;
    }
    for (; spans > 0; spans -= 2, at += 2 * WCHECKSUM_SPAN)
        sum = add_spans(sum, 2, (const void *[2]){at, at + WCHECKSUM_SPAN}, carry, 0);
    return (uint64_t)_mm512_reduce_add_epi64(sum);
}

#endif
