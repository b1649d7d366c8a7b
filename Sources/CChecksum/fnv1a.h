// What the kernels of FNV-1a share: the maths, its tables, and each kernel's name.
//
// A step is h' = (h ^ b) * p mod 2^64 with p = 2^40 + 0x1b3. Let l be the low byte of h, x = l ^ b
// and d = x - l, which is -255...255. Then h ^ b = h + d, so that
//
//     h_n = h_0 p^n + SUM d_i p^(n-i)
//
// is a dot product with constants, once every x and l is known. Only the low byte is serial:
//
//     l' = 0xB3 * x mod 256
//
// and that is solved in bit planes, for 64 or 512 positions at once. Bit k of 0xB3 * x is x_k ^ g_k,
// where g_k depends on lower bits of x alone, because 0xB3 is odd. With b_k, l_k, x_k the planes
// and t_k = b_k ^ g_k that makes l_k' = l_k ^ t_k: a prefix sum without carries.
//
//     l_k = E(t_k) ^ c_k,   x_k = l_k ^ b_k,   c_k of what follows = c_k ^ parity(t_k)
//
// where E(t) at a position is the parity of t at the positions before it, and c_k the carry in.
//
// A message is made as long as whole blocks by zeros before it: with l = 0 they give x = d = 0 and
// do not count. To have l = 0 where the message begins, the low byte of the state goes into the
// message's first byte, and the rest of the state is what the sum begins with.
#ifndef WALRUS_FNV1A_H
#define WALRUS_FNV1A_H

#include "CChecksum.h"

/// Bytes that the weights reach over.
enum { WCHECKSUM_SPAN = 512 };

struct wchecksum_tables {
    /// The weight of each of 512 positions, p^(512 - position), as four signed limbs of 16 bits,
    /// lowest first. By 64-byte blocks; in each, first the bytes 0-7 of every 16, then the bytes
    /// 8-15, in the order in which the unpack instructions leave them.
    _Alignas(64) int16_t weights[WCHECKSUM_SPAN / 64][2][4][32];
    /// p^0 ... p^512
    uint64_t powers[WCHECKSUM_SPAN + 1];
    /// The basis times p^-n: what becomes the basis after n zeros.
    uint64_t bases[64];
    /// For vpermb, planes of 8 x 8 bits: from bit matrices, back to them, and the lanes' parities.
    _Alignas(64) uint8_t to_planes[64];
    _Alignas(64) uint8_t from_planes[64];
    _Alignas(64) uint8_t to_lanes[64];
    /// Byte i of it is (1 << (i / 8)) - 1: the lanes before lane i / 8.
    _Alignas(64) uint8_t earlier_lanes[64];
    /// What four blocks have carried in, by the parities of those before (bit 4: the carry into the
    /// first of them).
    _Alignas(32) uint64_t carries[32][4];
};

extern struct wchecksum_tables wchecksum_tables;

static inline uint64_t wchecksum_plain(uint64_t state, const void *bytes, size_t count) {
    const unsigned char *at = bytes;
    for (size_t i = 0; i < count; i++) state = (state ^ at[i]) * WCHECKSUM_FNV1A_PRIME;
    return state;
}

// No kernel of one stream takes a count of 0.
uint64_t wchecksum_avx2(uint64_t state, const void *bytes, size_t count);
/// For at most 512 bytes.
uint64_t wchecksum_avx512_short(uint64_t state, const void *bytes, size_t count);
uint64_t wchecksum_avx512_long(uint64_t state, const void *bytes, size_t count);
void wchecksum_six(const struct wchecksum_piece *pieces, size_t count, uint64_t *sums);
void wchecksum_avx512_many(const struct wchecksum_piece *pieces, size_t count, uint64_t *sums);

/// Defines what solves the planes in order, for vectors of type V.
///
/// 0xB3 * x = y + 16 y + 128 x with y = 3 x = x + 2 x. c are the carries of the sum x + 2 x, d those
/// of y + 16 y. `NAME_target(s, k, b)` is t_k = b ^ g_k, to be called with k = 0...7 in order, each
/// time after s->x[k - 1] is known; what is known before is put together first, so that t_k comes
/// two operations after x_(k-1).
#define WCHECKSUM_LOGIC(NAME, V, TARGET, XOR3, MAJORITY)                                           \
    struct NAME {                                                                                  \
        V x[8], c, d, y1, y2, y3;                                                                  \
    };                                                                                             \
    TARGET static inline V NAME##_target(struct NAME *s, int k, V b) {                             \
        const V *x = s->x;                                                                         \
        V before, rest;                                                                            \
        switch (k) {                                                                               \
        case 0:                                                                                    \
            return b;                                                                              \
        case 1:                                                                                    \
            return b ^ x[0];                                                                       \
        case 2:                                                                                    \
            s->y1 = x[1] ^ x[0];                                                                   \
            return b ^ (x[1] & ~x[0]);                                                             \
        case 3:                                                                                    \
            s->y2 = x[2] ^ (x[1] & ~x[0]);                                                         \
            s->c = x[1] & (x[2] | x[0]);                                                           \
            return XOR3(b, x[2], s->c);                                                            \
        case 4:                                                                                    \
            s->y3 = XOR3(x[3], x[2], s->c);                                                        \
            before = b ^ x[0];                                                                     \
            s->c = MAJORITY(x[3], x[2], s->c);                                                     \
            return XOR3(before, x[3], s->c);                                                       \
        case 5:                                                                                    \
            before = b ^ s->y1;                                                                    \
            rest = x[3] ^ s->c;                                                                    \
            s->d = (x[4] ^ rest) & x[0];                                                           \
            s->c = MAJORITY(x[4], x[3], s->c);                                                     \
            return XOR3(before ^ x[4], s->c, s->d);                                                \
        case 6:                                                                                    \
            /* d = MAJORITY(x5 ^ x4 ^ c, y1, d) */                                                 \
            before = XOR3(b, s->y1, s->y2);                                                        \
            rest = XOR3(x[4], s->c, s->y1);                                                        \
            rest = (s->y1 ^ s->d) & (x[5] ^ rest);                                                 \
            s->d = s->y1 ^ rest;                                                                   \
            s->c = MAJORITY(x[5], x[4], s->c);                                                     \
            return XOR3(before ^ x[5], s->c, rest);                                                \
        default:                                                                                   \
            /* d = MAJORITY(x6 ^ x5 ^ c, y2, d) */                                                 \
            before = XOR3(b, s->y2, s->y3) ^ x[0];                                                 \
            rest = XOR3(x[5], s->c, s->y2);                                                        \
            rest = (s->y2 ^ s->d) & (x[6] ^ rest);                                                 \
            s->c = MAJORITY(x[6], x[5], s->c);                                                     \
            return XOR3(before ^ x[6], s->c, rest);                                                \
        }                                                                                          \
    }

/// Unrolls the loop that follows: its variable becomes a constant, and arrays become registers.
#define WCHECKSUM_UNROLL _Pragma("clang loop unroll(full)")

#endif
