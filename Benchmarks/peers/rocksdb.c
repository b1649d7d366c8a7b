#include "peer.h"

#include <rocksdb/c.h>
#include <stdlib.h>

struct store {
    rocksdb_t *database;
    rocksdb_options_t *options;
    rocksdb_writeoptions_t *writing;
    rocksdb_writebatch_t *batch;
};

static void check(char *error, const char *what) {
    if (error != NULL) peer_fail(what, error);
}

static void *open_store(const char *path, bool syncs) {
    struct store *store = calloc(1, sizeof *store);
    if (store == NULL) peer_fail("open", "no memory");
    char *error = NULL;
    store->options = rocksdb_options_create();
    rocksdb_options_set_create_if_missing(store->options, 1);
    store->database = rocksdb_open(store->options, path, &error);
    check(error, "open");
    store->writing = rocksdb_writeoptions_create();
    rocksdb_writeoptions_set_sync(store->writing, syncs);
    store->batch = rocksdb_writebatch_create();
    return store;
}

static void append(void *opaque, uint64_t first, size_t count, const void *payload, size_t size) {
    struct store *store = opaque;
    char *error = NULL;
    if (count > 1) rocksdb_writebatch_clear(store->batch);
    for (size_t i = 0; i < count; i++) {
        // Keys grow byte by byte, so the greatest byte comes first.
        uint64_t number = __builtin_bswap64(first + i);
        const char *key = (const char *)&number;
        if (count > 1) {
            rocksdb_writebatch_put(store->batch, key, sizeof number, payload, size);
        } else {
            rocksdb_put(store->database, store->writing, key, sizeof number, payload, size, &error);
        }
    }
    if (count > 1) rocksdb_write(store->database, store->writing, store->batch, &error);
    check(error, "write");
}

static void close_store(void *opaque) {
    struct store *store = opaque;
    rocksdb_writebatch_destroy(store->batch);
    rocksdb_writeoptions_destroy(store->writing);
    rocksdb_close(store->database);
    rocksdb_options_destroy(store->options);
    free(store);
}

static void destroy(const char *path) {
    rocksdb_options_t *options = rocksdb_options_create();
    char *error = NULL;
    rocksdb_destroy_db(options, path, &error);
    // There is nothing to be deleted before the first run.
    free(error);
    rocksdb_options_destroy(options);
}

int main(int argc, char **argv) {
    const struct peer peer = {"rocksdb", open_store, append, close_store, destroy};
    return peer_main(&peer, argc, argv);
}
