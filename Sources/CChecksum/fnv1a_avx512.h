// What the two files of AVX-512 kernels share.
#ifndef WALRUS_FNV1A_AVX512_H
#define WALRUS_FNV1A_AVX512_H

#include <immintrin.h>

#define WCHECKSUM_AVX512 \
    __attribute__((target( \
        "avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vnni,gfni,pclmul,bmi,bmi2,lzcnt")))
#define WCHECKSUM_INLINE __attribute__((always_inline)) static inline

/// Makes rows columns: 8 x 8 words of 64 bits.
WCHECKSUM_AVX512 WCHECKSUM_INLINE void wchecksum_transpose(const __m512i a[8], __m512i out[8]) {
    for (int odd = 0; odd < 2; odd++) {
        __m512i t[4];
        for (int i = 0; i < 4; i++)
            t[i] = odd ? _mm512_unpackhi_epi64(a[2 * i], a[2 * i + 1])
                       : _mm512_unpacklo_epi64(a[2 * i], a[2 * i + 1]);
        __m512i lower0 = _mm512_shuffle_i64x2(t[0], t[1], 0x88);
        __m512i lower1 = _mm512_shuffle_i64x2(t[0], t[1], 0xdd);
        __m512i upper0 = _mm512_shuffle_i64x2(t[2], t[3], 0x88);
        __m512i upper1 = _mm512_shuffle_i64x2(t[2], t[3], 0xdd);
        out[0 + odd] = _mm512_shuffle_i64x2(lower0, upper0, 0x88);
        out[2 + odd] = _mm512_shuffle_i64x2(lower1, upper1, 0x88);
        out[4 + odd] = _mm512_shuffle_i64x2(lower0, upper0, 0xdd);
        out[6 + odd] = _mm512_shuffle_i64x2(lower1, upper1, 0xdd);
    }
}

#endif
