/* Puts the terminal back when the process dies: by a trap, a crash, or exit(). */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const int fatal_signals[] = {
    SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGQUIT,
};
enum { FATAL_COUNT = sizeof fatal_signals / sizeof fatal_signals[0] };

static struct sigaction previous[FATAL_COUNT];
static volatile sig_atomic_t armed;
static int terminal_fd = -1;
static struct termios saved_modes;
static char sequence[512];
static size_t sequence_length;
/* Big enough for the handler; a stack overflow leaves none of the thread's own. */
static char handler_stack[32768];

bool wcurses_write_all(int fd, const void *bytes, size_t count) {
    const char *at = bytes;
    while (count > 0) {
        ssize_t n = write(fd, at, count);
        if (n >= 0) {
            at += n;
            count -= (size_t)n;
        } else if (errno == EAGAIN) {
            struct pollfd wait = {.fd = fd, .events = POLLOUT};
            if (poll(&wait, 1, 1000) == 0) {
                return false;
            }
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

/* While curses owns the terminal, standard error goes to memory: a message in the middle of a
 * frame would spoil it, and one before a crash would vanish with the screen. */
static int real_errors = -1;
static int kept_errors = -1;
enum { KEPT_MAXIMUM = 65536 };

static void keep_errors(void) {
    if (kept_errors != -1 || !isatty(STDERR_FILENO)) {
        return;
    }
    kept_errors = memfd_create("standard error", MFD_CLOEXEC);
    real_errors = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (kept_errors == -1 || real_errors == -1 || dup2(kept_errors, STDERR_FILENO) == -1) {
        close(kept_errors);
        close(real_errors);
        kept_errors = real_errors = -1;
    }
}

/* Async-signal-safe, as put_back. The last 64 KiB are shown. */
static void release_errors(void) {
    if (kept_errors == -1) {
        return;
    }
    dup2(real_errors, STDERR_FILENO);
    off_t end = lseek(kept_errors, 0, SEEK_END);
    off_t at = end > KEPT_MAXIMUM ? end - KEPT_MAXIMUM : 0;
    char part[1024];
    ssize_t n;
    while (at < end && (n = pread(kept_errors, part, sizeof part, at)) > 0) {
        (void)wcurses_write_all(STDERR_FILENO, part, (size_t)n);
        at += n;
    }
    close(kept_errors);
    close(real_errors);
    kept_errors = real_errors = -1;
}

/* Async-signal-safe: write, poll, tcsetattr and sigaction are. */
static void put_back(void) {
    if (!armed) {
        return;
    }
    armed = 0;
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction before;
    /* A background process would be stopped for touching the terminal. */
    sigaction(SIGTTOU, &ignore, &before);
    (void)wcurses_write_all(terminal_fd, sequence, sequence_length);
    tcsetattr(terminal_fd, TCSANOW, &saved_modes);
    release_errors();
    sigaction(SIGTTOU, &before, NULL);
}

/* Whoever was there before is told first, so that a backtrace is not lost. It may return, and a
 * signal that somebody sent does not come again by itself: then the default action ends the
 * process as soon as this returns. */
static void on_fatal(int number, siginfo_t *info, void *context) {
    put_back();
    for (size_t i = 0; i < FATAL_COUNT; i++) {
        if (fatal_signals[i] != number) {
            continue;
        }
        sigaction(number, &previous[i], NULL);
        if (previous[i].sa_flags & SA_SIGINFO) {
            previous[i].sa_sigaction(number, info, context);
        } else if (previous[i].sa_handler != SIG_DFL) {
            previous[i].sa_handler(number);
        }
    }
    signal(number, SIG_DFL);
    raise(number);
}

/* Terminfo strings may hold delays such as "$<5>", which only tputs understands. */
static void append_without_delays(const char *text) {
    while (*text != '\0' && sequence_length < sizeof sequence) {
        const char *end = text[0] == '$' && text[1] == '<' ? strchr(text, '>') : NULL;
        if (end != NULL) {
            text = end + 1;
        } else {
            sequence[sequence_length++] = *text++;
        }
    }
}

static void install_handlers(void) {
    stack_t stack = {.ss_sp = handler_stack, .ss_size = sizeof handler_stack};
    stack_t present;
    if (sigaltstack(NULL, &present) == 0 && (present.ss_flags & SS_DISABLE)) {
        sigaltstack(&stack, NULL);
    }
    struct sigaction action = {.sa_sigaction = on_fatal, .sa_flags = SA_ONSTACK | SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < FATAL_COUNT; i++) {
        sigaction(fatal_signals[i], &action, &previous[i]);
        /* What is to be ignored, as by nohup, ends nothing. */
        if (!(previous[i].sa_flags & SA_SIGINFO) && previous[i].sa_handler == SIG_IGN) {
            sigaction(fatal_signals[i], &previous[i], NULL);
        }
    }
    atexit(put_back);
}

void wcurses_rescue_prepare(int fd, const struct termios *saved, const char *const *strings,
                            size_t count) {
    static bool installed;
    terminal_fd = fd;
    saved_modes = *saved;
    sequence_length = 0;
    for (size_t i = 0; i < count; i++) {
        if (strings[i] != NULL) {
            append_without_delays(strings[i]);
        }
    }
    if (!installed) {
        installed = true;
        install_handlers();
    }
}

void wcurses_rescue_arm(bool on) {
    armed = on;
    if (on) {
        keep_errors();
    } else {
        release_errors();
    }
}
