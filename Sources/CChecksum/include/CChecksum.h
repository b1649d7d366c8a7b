// Checksum kernels that need instructions Swift cannot name. Each has a portable twin in
// WalrusFormat, which is its oracle in the tests.
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

#endif
