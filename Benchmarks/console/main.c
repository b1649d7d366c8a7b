// How long the console takes to answer keys, in a terminal of its own.
//
// usage: console WALRUS DIR [SITUATION] [ROUNDS]
//
// Each line is a situation, a screen and a kind of key: how often it was pressed, and how many
// milliseconds went by until the terminal was sent the answer: the median, the 95th percentile, the most.
// "move" is j or k, and any output counts as the answer; "type" is a tilde in a prompt, and only the
// tilde itself counts, so that a screen that is drawn for another reason is no answer.

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

static void report(const char *situation, const char *screen, const char *kind, double *times, int count) {
    qsort(times, (size_t)count, sizeof *times, compare);
    printf("%-8s %-8s %-5s %4d %8.1f %8.1f %8.1f\n", situation, screen, kind, count, times[count / 2],
           times[(count * 95 + 99) / 100 - 1], times[count - 1]);
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
};

static const struct screen screens[] = {
    {"1", "Home"}, {"2", "Entries"}, {"3", "Blocks"}, {"4", "Live"}, {"5", "Check"}, {"6", "Hex"},
};

// Before each key: `again`, so that what disturbs goes on.
static void measure(const char *situation, const struct screen *screen, const char *again, int count) {
    double moves[roundsMax], types[roundsMax];
    type(screen->key);
    rest(500);
    for (int round = 0; round < count; round++) {
        if (again != NULL) type(again);
        // At any moment of what goes on.
        rest(20 + random() % 700);
        moves[round] = answer(round % 2 == 0 ? "j" : "k", NULL);
        rest(20 + random() % 300);
        type(":");
        rest(30 + random() % 100);
        types[round] = answer("~", "~");
        // A key right after Escape would be one with Alt.
        type("\x15\x1b");
        rest(120);
    }
    report(situation, screen->name, "move", moves, count);
    report(situation, screen->name, "type", types, count);
}

// Back through what was recorded: the answer is the name of the moment, the rest is what was seen then.
static void scrub(const struct screen *screen, int count) {
    double keys[roundsMax], shown[roundsMax];
    type(screen->key);
    rest(500);
    type("p");
    rest(500);
    for (int round = 0; round < count; round++) {
        double begin = now();
        keys[round] = answer(round % 8 == 7 ? ">" : "<", NULL);
        double last = now();
        for (double quiet = now() + 1000; now() < quiet;)
            if (take(quiet - now()) > 0) last = now();
        shown[round] = last - begin;
    }
    report("scrub", screen->name, "key", keys, count);
    report("scrub", screen->name, "shown", shown, count);
    double move[roundsMax];
    for (int round = 0; round < count; round++) {
        type("<");
        move[round] = answer(round % 2 == 0 ? "j" : "k", NULL);
        rest(300);
    }
    report("scrub", screen->name, "move", move, count);
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
    printf("%-8s %-8s %-5s %4s %8s %8s %8s\n", "", "screen", "key", "n", "median", "p95", "most");
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
            measure("search", screen, "/nothing has this\r", rounds);
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
