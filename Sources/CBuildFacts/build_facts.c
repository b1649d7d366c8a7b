#include "CBuildFacts.h"

#ifndef WALRUS_COMMIT
#define WALRUS_COMMIT "unknown"
#endif
#ifndef WALRUS_COMPILER
#define WALRUS_COMPILER "unknown"
#endif

const char *wbuild_commit(void) { return WALRUS_COMMIT; }

const char *wbuild_compiler(void) { return WALRUS_COMPILER; }
