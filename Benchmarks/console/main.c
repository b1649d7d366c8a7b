// How long the console takes to answer keys, in a terminal of its own.
//
// usage: console WALRUS DIR [SITUATION] [ROUNDS]
//
// Each line is a situation, a screen and a kind of key: how often it was pressed, how many milliseconds
// went by until the terminal was sent the answer (the median, the 95th percentile, the most), and for how
// many of them the thread that takes keys and draws was running (the median, the most): on a machine that
// others use too, that is what can be compared. "help" opens the help, "move" is j, and any output
// counts as the answer; "type" is a tilde in a prompt, and only the tilde itself counts, so that a
// screen that is drawn for another reason is no answer.

#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { roundsMax = 1000, columns = 120, rows = 40 };

static int terminal = -1;
static pid_t program;
static char output[1 << 16];

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void fail(const char *what) {
    fprintf(stderr, "console: %s\n", what);
    if (program > 0) kill(program, SIGKILL);
    exit(1);
}

// Reads what there is within so many milliseconds. Returns how much; 0 when nothing came.
static size_t take(double milliseconds) {
    struct pollfd descriptor = {.fd = terminal, .events = POLLIN};
    int ready = poll(&descriptor, 1, milliseconds < 0 ? 0 : (int)(milliseconds + 0.999));
    if (ready == 0 || (ready < 0 && errno == EINTR)) return 0;
    ssize_t count = ready < 0 ? -1 : read(terminal, output, sizeof output);
    if (count <= 0) fail("the program has ended");
    return (size_t)count;
}

static void rest(double milliseconds) {
    for (double end = now() + milliseconds; now() < end;) take(end - now());
}

static void type(const char *keys) {
    for (size_t length = strlen(keys); length > 0;) {
        ssize_t count = write(terminal, keys, length);
        if (count < 0) fail("the terminal takes no keys");
        keys += count;
        length -= (size_t)count;
    }
}

// Milliseconds for which the thread that takes keys and draws has been running.
static double running(void) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", program, program);
    FILE *file = fopen(path, "r");
    double nanoseconds = 0;
    if (file == NULL || fscanf(file, "%lf", &nanoseconds) != 1) nanoseconds = 0;
    if (file != NULL) fclose(file);
    return nanoseconds / 1e6;
}

struct series {
    int count;
    double wall[roundsMax], busy[roundsMax];
};

// Milliseconds until the output has `text`, or anything where that is null.
static double answer(const char *keys, const char *text) {
    static char seen[sizeof output + 64];
    size_t kept = 0;
    double start = now();
    type(keys);
    while (now() - start < 30000) {
        size_t count = take(30000);
        if (text == NULL && count > 0) return now() - start;
        memcpy(seen + kept, output, count);
        kept += count;
        if (text != NULL && memmem(seen, kept, text, strlen(text)) != NULL) return now() - start;
        size_t tail = kept < 63 ? kept : 63;
        memmove(seen, seen + kept - tail, tail);
        kept = tail;
    }
    fail("no answer in 30 s");
    return 0;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void add(struct series *series, const char *keys, const char *text) {
    double before = running();
    series->wall[series->count] = answer(keys, text);
    series->busy[series->count++] = running() - before;
}

static void report(const char *situation, const char *screen, const char *kind, struct series *series) {
    int count = series->count;
    qsort(series->wall, (size_t)count, sizeof *series->wall, compare);
    qsort(series->busy, (size_t)count, sizeof *series->busy, compare);
    printf("%-8s %-8s %-5s %4d %8.1f %8.1f %8.1f %8.1f %8.1f\n", situation, screen, kind, count,
           series->wall[count / 2], series->wall[(count * 95 + 99) / 100 - 1], series->wall[count - 1],
           series->busy[count / 2], series->busy[count - 1]);
    fflush(stdout);
}

static void start(const char *path, const char *directory) {
    struct winsize size = {.ws_row = rows, .ws_col = columns};
    program = forkpty(&terminal, NULL, NULL, &size);
    if (program < 0) fail("no terminal is to be had");
    if (program == 0) {
        setenv("TERM", "xterm-256color", 1);
        setenv("LC_ALL", "C.UTF-8", 1);
        setenv("COLORFGBG", "15;0", 1);
        execl(path, path, directory, (char *)NULL);
        _exit(127);
    }
}

// A number of /proc/PID/status, in kB.
static long memory(const char *name) {
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", program);
    FILE *file = fopen(path, "r");
    long value = -1;
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, name, strlen(name)) == 0) value = strtol(line + strlen(name) + 1, NULL, 10);
    if (file != NULL) fclose(file);
    return value;
}

struct screen {
    const char *key, *name;
    // Whether there is a long list in which j goes on.
    bool isLong;
};

static const struct screen screens[] = {
    {"1", "Home", true}, {"2", "Entries", true}, {"3", "Blocks", false},
    {"4", "Live", true}, {"5", "Check", false},  {"6", "Hex", true},
};

// Before each round: `again`, so that what disturbs goes on.
static void measure(const char *situation, const struct screen *screen, const char *again, int count) {
    struct series helps = {0}, moves = {0}, types = {0};
    type(screen->key);
    rest(500);
    for (int round = 0; round < count; round++) {
        if (again != NULL) type(again);
        // At any moment of what goes on.
        rest(20 + random() % 700);
        add(&helps, "?", NULL);
        rest(20 + random() % 100);
        type("q");
        rest(20 + random() % 300);
        if (screen->isLong) add(&moves, "j", NULL);
        rest(20 + random() % 100);
        type(":");
        rest(30 + random() % 100);
        add(&types, "~", "~");
        // A key right after Escape would be one with Alt.
        type("\x15\x1b");
        rest(120);
    }
    report(situation, screen->name, "help", &helps);
    if (screen->isLong) report(situation, screen->name, "move", &moves);
    report(situation, screen->name, "type", &types);
}

// Back through what was recorded. A key is answered by the name of the moment, and "shown" is when the
// last of what was seen then was drawn. "held" are other keys while a moment is being fetched.
static void scrub(const struct screen *screen, int count) {
    struct series keys = {0}, shown = {0}, held = {0};
    type(screen->key);
    rest(500);
    type("p");
    rest(500);
    for (int round = 0; round < count; round++) {
        double begin = now(), before = running();
        add(&keys, round % 8 == 7 ? ">" : "<", NULL);
        double last = now();
        for (double quiet = now() + 1500; now() < quiet;)
            if (take(quiet - now()) > 0) last = now();
        shown.wall[shown.count] = last - begin;
        shown.busy[shown.count++] = running() - before;
    }
    for (int round = 0; round < count; round++) {
        type("<");
        rest(random() % 100);
        add(&held, "?", NULL);
        rest(50);
        type("q");
        rest(400);
    }
    report("scrub", screen->name, "key", &keys);
    report("scrub", screen->name, "shown", &shown);
    report("scrub", screen->name, "held", &held);
    type("`");
    rest(500);
}

int main(int count, char **words) {
    if (count < 3) {
        fprintf(stderr, "usage: %s WALRUS DIR [all|rest|scan|search|scrub] [ROUNDS]\n", words[0]);
        return 2;
    }
    const char *wanted = count > 3 ? words[3] : "all";
    int rounds = count > 4 ? atoi(words[4]) : 20;
    if (rounds < 1 || rounds > roundsMax) rounds = 20;
    bool all = strcmp(wanted, "all") == 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    start(words[1], words[2]);
    double first = answer("", "Topics");
    printf("the first frame with topics: %.0f ms, %ld MB\n", first, memory("VmRSS:") / 1024);
    printf("%-8s %-8s %-5s %4s %8s %8s %8s %8s %8s\n", "", "screen", "key", "n", "median", "p95", "most",
           "running", "most");
    rest(3000);
    for (size_t index = 0; index < sizeof screens / sizeof *screens; index++) {
        const struct screen *screen = &screens[index];
        if (all || strcmp(wanted, "rest") == 0) measure("rest", screen, NULL, rounds);
        // Ctrl-R reads everything again.
        if (all || strcmp(wanted, "scan") == 0) measure("scan", screen, "\x12", rounds);
        bool canSearch = strcmp(screen->name, "Entries") == 0;
        if (canSearch && (all || strcmp(wanted, "search") == 0)) {
            type("2");
            rest(500);
            // Nothing is found, and so there is nothing to move in.
            struct screen searched = {screen->key, screen->name, false};
            measure("search", &searched, "/zzqqzz\r", rounds);
            type("\x1b");
            rest(200);
        }
        if (all || strcmp(wanted, "scrub") == 0) scrub(screen, rounds);
    }
    printf("memory: %ld MB, at most %ld MB\n", memory("VmRSS:") / 1024, memory("VmHWM:") / 1024);
    type("\x03");
    close(terminal);
    int status = 0;
    waitpid(program, &status, 0);
    return 0;
}
