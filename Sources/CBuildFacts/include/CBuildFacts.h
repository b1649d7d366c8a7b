// What the build was told of itself: `scripts/build` tells it, a plain `swift build` does not.
#ifndef WALRUS_CBUILDFACTS_H
#define WALRUS_CBUILDFACTS_H

/// The commit of the source, with "-dirty" behind it where files differ from it; or "unknown".
const char *wbuild_commit(void);

/// The version of the Swift compiler: "6.3.1"; or "unknown".
const char *wbuild_compiler(void);

#endif
