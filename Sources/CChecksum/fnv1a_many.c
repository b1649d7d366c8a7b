// FNV-1a of many pieces, six side by side, in portable C.
//
// One stream waits for its multiplication, byte after byte; six keep the multiplier busy. A stream
// that ends is replaced by the next piece at once.

#include "fnv1a.h"

enum { LANES = 6 };

/// Hashes `count` bytes in each lane. Every state is kept in a register by the empty assembler
/// statement: compilers would make vectors of them, which is slower than one by one.
static void six_at_once(uint64_t states[LANES], const unsigned char *at[LANES], size_t count) {
    const uint64_t p = WCHECKSUM_FNV1A_PRIME;
    uint64_t h0 = states[0], h1 = states[1], h2 = states[2];
    uint64_t h3 = states[3], h4 = states[4], h5 = states[5];
    const unsigned char *p0 = at[0] + count, *p1 = at[1] + count, *p2 = at[2] + count;
    const unsigned char *p3 = at[3] + count, *p4 = at[4] + count, *p5 = at[5] + count;
    for (ptrdiff_t i = -(ptrdiff_t)count; i != 0; i++) {
        h0 = (h0 ^ p0[i]) * p;
        h1 = (h1 ^ p1[i]) * p;
        h2 = (h2 ^ p2[i]) * p;
        h3 = (h3 ^ p3[i]) * p;
        h4 = (h4 ^ p4[i]) * p;
        h5 = (h5 ^ p5[i]) * p;
        __asm__ volatile("" : "+r"(h0), "+r"(h1), "+r"(h2), "+r"(h3), "+r"(h4), "+r"(h5));
    }
    states[0] = h0, states[1] = h1, states[2] = h2;
    states[3] = h3, states[4] = h4, states[5] = h5;
    at[0] = p0, at[1] = p1, at[2] = p2;
    at[3] = p3, at[4] = p4, at[5] = p5;
}

void wchecksum_six(const struct wchecksum_piece *pieces, size_t count, uint64_t *sums) {
    const unsigned char *at[LANES] = {0};
    uint64_t states[LANES] = {0};
    size_t left[LANES] = {0}, item[LANES] = {0};
    size_t next = 0;
    for (;;) {
        size_t step = SIZE_MAX;
        for (int lane = 0; lane < LANES; lane++) {
            if (left[lane] == 0) {
                while (next < count && pieces[next].count == 0)
                    sums[next++] = WCHECKSUM_FNV1A_BASIS;
                if (next == count) goto drain;
                at[lane] = pieces[next].bytes;
                left[lane] = pieces[next].count;
                states[lane] = WCHECKSUM_FNV1A_BASIS;
                item[lane] = next++;
            }
            if (left[lane] < step) step = left[lane];
        }
        six_at_once(states, at, step);
        for (int lane = 0; lane < LANES; lane++)
            if ((left[lane] -= step) == 0) sums[item[lane]] = states[lane];
    }
drain:
    // Fewer than six are left: the idle lanes hash along with a busy one, for nothing.
    for (;;) {
        size_t step = SIZE_MAX;
        int busy = 0, some = 0;
        for (int lane = 0; lane < LANES; lane++) {
            if (left[lane] == 0) continue;
            busy++;
            some = lane;
            if (left[lane] < step) step = left[lane];
        }
        if (busy == 0) return;
        if (busy == 1) {
            sums[item[some]] = wchecksum_fnv1a(states[some], at[some], left[some]);
            return;
        }
        const unsigned char *from = at[some];
        for (int lane = 0; lane < LANES; lane++)
            if (left[lane] == 0) at[lane] = from;
        six_at_once(states, at, step);
        for (int lane = 0; lane < LANES; lane++)
            if (left[lane] > 0 && (left[lane] -= step) == 0) sums[item[lane]] = states[lane];
    }
}
