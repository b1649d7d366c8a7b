// FNV-1a of many pieces with AVX-512: 32 side by side, a word of 64 bits for the state of each.
//
// Lanes take 64 bytes at a time. A piece is made as long as whole blocks by zeros before it: its
// state begins with what becomes the basis after so many zeros (`bases`), and the bytes before the
// piece are masked, which means that they are not read. A lane whose piece ends gets the next one.
#if defined(__x86_64__)

#include "fnv1a.h"
#include "fnv1a_avx512.h"

enum { GROUPS = 4, LANES = 8 * GROUPS };

/// Blocks beyond which a piece is hashed alone: others would wait for it.
enum { LONG = 2048 };
static const uint32_t IDLE = UINT32_MAX;

struct lanes {
    _Alignas(64) uint64_t state[LANES];
    /// Where the next block begins; its first bytes may stand before the piece.
    _Alignas(64) uintptr_t at[LANES];
    /// Which bytes of the next block are the piece's.
    _Alignas(64) uint64_t mask[LANES];
    /// Blocks to go.
    _Alignas(64) uint32_t left[LANES];
    size_t item[LANES];
};

/// One block of every lane.
WCHECKSUM_AVX512 WCHECKSUM_INLINE void add_block(struct lanes *lanes) {
    const __m512i prime = _mm512_set1_epi64((long long)WCHECKSUM_FNV1A_PRIME);
    const __m512i low = _mm512_set1_epi64(0xff);
    __m512i words[GROUPS][8], state[GROUPS];
    for (int g = 0; g < GROUPS; g++) {
        __m512i rows[8];
        for (int i = 0; i < 8; i++)
            rows[i] = _mm512_maskz_loadu_epi8(
                lanes->mask[8 * g + i], (const void *)lanes->at[8 * g + i]);
        wchecksum_transpose(rows, words[g]);
        state[g] = _mm512_load_si512(&lanes->state[8 * g]);
        __m512i *at = (__m512i *)&lanes->at[8 * g];
        *at = _mm512_add_epi64(*at, _mm512_set1_epi64(64));
    }
    for (int word = 0; word < 8; word++) {
        __m512i w[GROUPS];
        for (int g = 0; g < GROUPS; g++) w[g] = words[g][word];
        WCHECKSUM_UNROLL
        for (int byte = 0; byte < 8; byte++) {
            WCHECKSUM_UNROLL
            for (int g = 0; g < GROUPS; g++) {
                // h ^ (w & 0xff)
                __m512i h = _mm512_ternarylogic_epi64(state[g], w[g], low, 0x78);
                state[g] = _mm512_mullo_epi64(h, prime);
                w[g] = _mm512_srli_epi64(w[g], 8);
            }
        }
    }
    for (int g = 0; g < GROUPS; g++) _mm512_store_si512(&lanes->state[8 * g], state[g]);
}

/// Every lane takes `blocks` blocks. Returns a bit for each lane that has none left.
WCHECKSUM_AVX512 static uint32_t run(struct lanes *lanes, uint32_t blocks) {
    add_block(lanes);
    __m512i all = _mm512_set1_epi64(-1), zero = _mm512_setzero_si512();
    for (int g = 0; g < GROUPS; g++) {
        // Idle lanes have no bytes; in the others only the first block has bytes of others.
        __m512i *mask = (__m512i *)&lanes->mask[8 * g];
        *mask = _mm512_maskz_mov_epi64(_mm512_cmpneq_epi64_mask(*mask, zero), all);
    }
    for (uint32_t block = 1; block < blocks; block++) add_block(lanes);
    __m512i *left = (__m512i *)lanes->left;
    __m512i step = _mm512_set1_epi32((int)blocks);
    __mmask16 lower = _mm512_cmpneq_epi32_mask(left[0], _mm512_set1_epi32(-1));
    __mmask16 upper = _mm512_cmpneq_epi32_mask(left[1], _mm512_set1_epi32(-1));
    left[0] = _mm512_mask_sub_epi32(left[0], lower, left[0], step);
    left[1] = _mm512_mask_sub_epi32(left[1], upper, left[1], step);
    return (uint32_t)_mm512_cmpeq_epi32_mask(left[0], zero)
        | (uint32_t)_mm512_cmpeq_epi32_mask(left[1], zero) << 16;
}

WCHECKSUM_AVX512 static uint32_t least(const struct lanes *lanes) {
    const __m512i *left = (const __m512i *)lanes->left;
    return _mm512_reduce_min_epu32(_mm512_min_epu32(left[0], left[1]));
}

/// Goes on with a lane's piece alone.
static uint64_t finish(const struct lanes *lanes, int lane) {
    unsigned pad = (unsigned)__builtin_ctzll(lanes->mask[lane]);
    uint64_t state = pad > 0 ? WCHECKSUM_FNV1A_BASIS : lanes->state[lane];
    size_t count = (size_t)lanes->left[lane] * 64 - pad;
    return wchecksum_fnv1a(state, (const void *)(lanes->at[lane] + pad), count);
}

WCHECKSUM_AVX512 void wchecksum_avx512_many(
    const struct wchecksum_piece *pieces, size_t count, uint64_t *sums) {
    struct lanes lanes;
    size_t next = 0;
    int busy = LANES;
    uint32_t free = UINT32_MAX;
    while (busy > 0) {
        for (; free != 0; free &= free - 1) {
            int lane = __builtin_ctz(free);
            // A look ahead: what comes from memory is on its way when a lane gets it.
            for (; next < count; next++) {
                if (next + LANES < count) __builtin_prefetch(pieces[next + LANES].bytes);
                if (pieces[next].count > 0 && pieces[next].count <= 64 * LONG) break;
                sums[next] =
                    wchecksum_fnv1a(WCHECKSUM_FNV1A_BASIS, pieces[next].bytes, pieces[next].count);
            }
            if (next == count) {
                lanes.mask[lane] = 0;
                lanes.at[lane] = 0;
                lanes.state[lane] = 0;
                lanes.left[lane] = IDLE;
                busy--;
                continue;
            }
            size_t blocks = (pieces[next].count + 63) / 64;
            size_t pad = 64 * blocks - pieces[next].count;
            lanes.state[lane] = wchecksum_tables.bases[pad];
            lanes.at[lane] = (uintptr_t)pieces[next].bytes - pad;
            lanes.mask[lane] = ~0ULL << pad;
            lanes.left[lane] = (uint32_t)blocks;
            lanes.item[lane] = next++;
        }
        if (busy == 0) break;
        uint32_t step = least(&lanes);
        // A block of all lanes costs what a short piece alone does, or 20 blocks of a long one.
        if (busy < LANES && busy < (step > 4 ? 20 : 7)) {
            for (int lane = 0; lane < LANES; lane++)
                if (lanes.left[lane] != IDLE) sums[lanes.item[lane]] = finish(&lanes, lane);
            return;
        }
        free = run(&lanes, step);
        for (uint32_t done = free; done != 0; done &= done - 1) {
            int lane = __builtin_ctz(done);
            sums[lanes.item[lane]] = lanes.state[lane];
        }
    }
}

#endif
