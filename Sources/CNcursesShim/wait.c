/* Signals, wake-ups and waiting. */
#define _GNU_SOURCE
#include "CNcursesShim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

static const int watched[] = {SIGTERM, SIGHUP, SIGINT, SIGCONT, SIGTSTP, SIGWINCH};
enum { WATCHED_COUNT = sizeof watched / sizeof watched[0] };

static struct sigaction previous[WATCHED_COUNT];
static struct sigaction previous_winch;
static sigset_t previous_mask;
static int pipe_ends[2] = {-1, -1};

static void on_signal(int number) {
    int error = errno;
    unsigned char byte = (unsigned char)number;
    /* A full pipe loses nothing: the loop is awake then, and one of each kind is enough. */
    ssize_t ignored = write(pipe_ends[1], &byte, 1);
    (void)ignored;
    /* ncurses' own handler sets the flag that makes the next read give KEY_RESIZE. */
    if (number == SIGWINCH && previous_winch.sa_handler != SIG_DFL
        && previous_winch.sa_handler != SIG_IGN && !(previous_winch.sa_flags & SA_SIGINFO)) {
        previous_winch.sa_handler(number);
    }
    errno = error;
}

int wcurses_signals_open(void) {
    if (pipe_ends[0] != -1 || pipe2(pipe_ends, O_NONBLOCK | O_CLOEXEC) != 0) {
        return -1;
    }
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGWINCH, NULL, &previous_winch);
    sigset_t watched_set;
    sigemptyset(&watched_set);
    for (size_t i = 0; i < WATCHED_COUNT; i++) {
        sigaction(watched[i], &action, &previous[i]);
        sigaddset(&watched_set, watched[i]);
    }
    /* A parent may have left some blocked. */
    pthread_sigmask(SIG_UNBLOCK, &watched_set, &previous_mask);
    return pipe_ends[0];
}

int wcurses_signals_next(void) {
    unsigned char byte = 0;
    return read(pipe_ends[0], &byte, 1) == 1 ? byte : 0;
}

void wcurses_signals_close(void) {
    if (pipe_ends[0] == -1) {
        return;
    }
    pthread_sigmask(SIG_SETMASK, &previous_mask, NULL);
    for (size_t i = 0; i < WATCHED_COUNT; i++) {
        sigaction(watched[i], &previous[i], NULL);
    }
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    pipe_ends[0] = pipe_ends[1] = -1;
}

int wcurses_wake_open(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }
void wcurses_wake_post(int fd) { (void)eventfd_write(fd, 1); }

void wcurses_wake_drain(int fd) {
    eventfd_t count;
    (void)eventfd_read(fd, &count);
}

void wcurses_wake_close(int fd) { close(fd); }

unsigned wcurses_wait(int terminal, int wake, int signals, int timeout_ms) {
    struct pollfd fds[] = {
        {.fd = terminal, .events = POLLIN},
        {.fd = wake, .events = POLLIN},
        {.fd = signals, .events = POLLIN},
    };
    int count = poll(fds, 3, timeout_ms);
    if (count == 0) {
        return 0;
    }
    if (count < 0) {
        return errno == EINTR ? WCURSES_READY_INPUT | WCURSES_READY_SIGNAL : WCURSES_READY_HANGUP;
    }
    unsigned ready = 0;
    if (fds[0].revents & POLLIN) ready |= WCURSES_READY_INPUT;
    if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) ready |= WCURSES_READY_HANGUP;
    if (fds[1].revents != 0) ready |= WCURSES_READY_WAKE;
    if (fds[2].revents != 0) ready |= WCURSES_READY_SIGNAL;
    return ready;
}
