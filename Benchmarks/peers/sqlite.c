#include "peer.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct store {
    sqlite3 *database;
    sqlite3_stmt *begin, *insert, *commit;
};

static void check(struct store *store, int code, const char *what) {
    if (code != SQLITE_OK && code != SQLITE_DONE) peer_fail(what, sqlite3_errmsg(store->database));
}

static void run(struct store *store, const char *text) {
    check(store, sqlite3_exec(store->database, text, NULL, NULL, NULL), text);
}

static void step(struct store *store, sqlite3_stmt *statement, const char *what) {
    check(store, sqlite3_step(statement), what);
    check(store, sqlite3_reset(statement), what);
}

static void *open_store(const char *path, bool syncs) {
    struct store *store = calloc(1, sizeof *store);
    if (store == NULL) peer_fail("open", "no memory");
    check(store, sqlite3_open(path, &store->database), "open");
    run(store, "PRAGMA journal_mode=WAL");
    run(store, syncs ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=OFF");
    run(store, "CREATE TABLE entries(number INTEGER PRIMARY KEY, payload BLOB)");
    sqlite3 *database = store->database;
    check(store, sqlite3_prepare_v2(database, "BEGIN", -1, &store->begin, NULL), "prepare");
    check(store, sqlite3_prepare_v2(database, "COMMIT", -1, &store->commit, NULL), "prepare");
    check(store,
          sqlite3_prepare_v2(database, "INSERT INTO entries VALUES(?,?)", -1, &store->insert, NULL),
          "prepare");
    return store;
}

static void append(void *opaque, uint64_t first, size_t count, const void *payload, size_t size) {
    struct store *store = opaque;
    // One statement outside of a transaction is one of its own.
    if (count > 1) step(store, store->begin, "begin");
    for (size_t i = 0; i < count; i++) {
        check(store, sqlite3_bind_int64(store->insert, 1, (sqlite3_int64)(first + i)), "bind");
        check(store, sqlite3_bind_blob(store->insert, 2, payload, (int)size, SQLITE_STATIC), "bind");
        step(store, store->insert, "insert");
    }
    if (count > 1) step(store, store->commit, "commit");
}

static void close_store(void *opaque) {
    struct store *store = opaque;
    sqlite3_finalize(store->begin);
    sqlite3_finalize(store->insert);
    sqlite3_finalize(store->commit);
    check(store, sqlite3_close(store->database), "close");
    free(store);
}

static void destroy(const char *path) {
    char name[4200];
    const char *ends[] = {"", "-wal", "-shm", "-journal"};
    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

int main(int argc, char **argv) {
    const struct peer peer = {"sqlite", open_store, append, close_store, destroy};
    return peer_main(&peer, argc, argv);
}
