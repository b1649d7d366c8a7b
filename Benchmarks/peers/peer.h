#ifndef PEER_H
#define PEER_H

// What the programs have in common: threads, time, and a result as walrus bench prints it.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A store as a thread uses it. Functions end the program with a message when they fail.
struct peer {
    const char *name;
    /// Opens a new store in `path`, a file or directory that does not exist.
    void *(*open)(const char *path, bool syncs);
    /// Appends `count` payloads, all or none, the first with the number `first`.
    void (*append)(void *store, uint64_t first, size_t count, const void *payload, size_t size);
    void (*close)(void *store);
    /// Deletes what is left of it.
    void (*destroy)(const char *path);
};

/// Measures; the mode is the first argument, the rest is in the environment (see Makefile).
int peer_main(const struct peer *peer, int argc, char **argv);

_Noreturn void peer_fail(const char *what, const char *why);

#endif
