#define _GNU_SOURCE
#define NCURSES_WIDECHAR 1
#include "CNcursesShim.h"

#include <curses.h>
#include <term.h>

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "internal.h"

static SCREEN *screen;
static bool direct_color;

/* ---- opening and closing ---- */

static bool environment_names_utf8(void) {
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && *value != '\0') {
            return strcasestr(value, "utf-8") != NULL || strcasestr(value, "utf8") != NULL;
        }
    }
    return false;
}

bool wcurses_locale_is_utf8(void) {
    /* A server often lacks the locale that ssh passed on; its encoding is meant all the same. */
    if (setlocale(LC_CTYPE, "") == NULL && environment_names_utf8()) {
        setlocale(LC_CTYPE, "C.UTF-8");
    }
    bool is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    if (!is_utf8) {
        /* Frames are ASCII then, and the same bytes in both. But only in a Unicode locale does
         * curses do without REP, which many emulators that call themselves xterm do not know. */
        setlocale(LC_CTYPE, "C.UTF-8");
    }
    return is_utf8;
}

static const char *capability(const char *name) {
    const char *value = tigetstr((char *)name);
    return value == (const char *)-1 ? NULL : value;
}

static int check_terminal(void) {
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        return WCURSES_OPEN_NOT_A_TERMINAL;
    }
    int found = 0;
    if (setupterm(NULL, STDOUT_FILENO, &found) != OK || found != 1) {
        return WCURSES_OPEN_UNKNOWN_TERM;
    }
    bool addressable = capability("cup") != NULL;
    del_curterm(cur_term);
    return addressable ? WCURSES_OPEN_OK : WCURSES_OPEN_NO_CURSOR;
}

static void prepare_rescue(const struct termios *saved) {
    const char *strings[] = {
        /* endwin ends mouse reports; a crash calls none. Terminals without them pass over it. */
        capability("kmous") != NULL ? "\033[?1000l\033[?1006l" : NULL,
        capability("sgr0"), capability("op"),    capability("rmkx"),
        capability("cnorm"), capability("rmcup"),
    };
    wcurses_rescue_prepare(STDOUT_FILENO, saved, strings, sizeof strings / sizeof strings[0]);
}

int wcurses_open(bool use_colors) {
    if (screen != NULL) {
        return WCURSES_OPEN_FAILED;
    }
    int check = check_terminal();
    if (check != WCURSES_OPEN_OK) {
        return check;
    }
    struct termios saved;
    if (tcgetattr(STDOUT_FILENO, &saved) != 0) {
        return WCURSES_OPEN_NOT_A_TERMINAL;
    }
    screen = newterm(NULL, stdout, stdin);
    if (screen == NULL) {
        return WCURSES_OPEN_FAILED;
    }
    prepare_rescue(&saved);
    wcurses_rescue_arm(true);
    raw();
    noecho();
    nonl();
    intrflush(stdscr, FALSE);
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    leaveok(stdscr, TRUE);
    set_escdelay(25);
    curs_set(0);
    direct_color = false;
    if (use_colors && has_colors()) {
        start_color();
        use_default_colors();
        direct_color = tigetflag("RGB") > 0 && COLORS >= 1 << 24;
    }
    return WCURSES_OPEN_OK;
}

void wcurses_close(void) {
    if (screen == NULL) {
        return;
    }
    if (!isendwin()) {
        endwin();
    }
    wcurses_rescue_arm(false);
    delscreen(screen);
    screen = NULL;
}

int wcurses_colors(void) {
    if (screen == NULL || !has_colors()) {
        return 0;
    }
    return direct_color ? 1 << 24 : COLORS;
}

int wcurses_color_pairs(void) { return screen == NULL ? 0 : COLOR_PAIRS; }

bool wcurses_define_pair(int pair, int foreground, int background) {
    return init_extended_pair(pair, foreground, background) == OK;
}

/* ---- drawing ---- */

int wcurses_columns(void) { return screen == NULL ? 0 : getmaxx(stdscr); }
int wcurses_rows(void) { return screen == NULL ? 0 : getmaxy(stdscr); }

static attr_t attributes(unsigned emphasis) {
    attr_t result = A_NORMAL;
    if (emphasis & 1) result |= A_BOLD;
    if (emphasis & 2) result |= A_DIM;
    if (emphasis & 4) result |= A_UNDERLINE;
    if (emphasis & 8) result |= A_REVERSE;
    return result;
}

static void put_wide(int row, int column, const wchar_t *text, attr_t attrs, int pair) {
    cchar_t cell;
    /* The last cell of the screen is drawn although ERR comes back: the cursor cannot go on. */
    if (setcchar(&cell, text, attrs, 0, &pair) == OK) {
        (void)mvadd_wch(row, column, &cell);
    }
}

void wcurses_put(int row, int column, int width, uint32_t base, uint32_t mark1, uint32_t mark2,
                 uint32_t mark3, uint32_t mark4, unsigned emphasis, int pair) {
    attr_t attrs = attributes(emphasis);
    if (wcwidth((wchar_t)base) != width) {
        for (int i = 0; i < width; i++) {
            put_wide(row, column + i, L"?", attrs, pair);
        }
        return;
    }
    const uint32_t marks[] = {mark1, mark2, mark3, mark4};
    wchar_t text[6] = {(wchar_t)base};
    size_t used = 1;
    for (size_t i = 0; i < 4 && marks[i] != 0; i++) {
        if (wcwidth((wchar_t)marks[i]) == 0) {
            text[used++] = (wchar_t)marks[i];
        }
    }
    put_wide(row, column, text, attrs, pair);
}

void wcurses_erase(void) { erase(); }
void wcurses_forget(void) { clearok(curscr, TRUE); }
void wcurses_resend_row(int row) { wredrawln(stdscr, row, 1); }
void wcurses_flush(void) { refresh(); }
void wcurses_bell(void) { beep(); }

bool wcurses_write(const uint8_t *bytes, size_t count) {
    return wcurses_write_all(STDOUT_FILENO, bytes, count);
}

/* ---- keys ---- */

static uint32_t translated(wint_t code) {
    if (code > KEY_F0 && code <= KEY_F(63)) {
        return WCURSES_KEY_FUNCTION + (code - KEY_F0);
    }
    switch (code) {
    case KEY_UP: return WCURSES_KEY_UP;
    case KEY_DOWN: return WCURSES_KEY_DOWN;
    case KEY_LEFT: return WCURSES_KEY_LEFT;
    case KEY_RIGHT: return WCURSES_KEY_RIGHT;
    case KEY_HOME: return WCURSES_KEY_HOME;
    case KEY_END: return WCURSES_KEY_END;
    case KEY_PPAGE: return WCURSES_KEY_PAGE_UP;
    case KEY_NPAGE: return WCURSES_KEY_PAGE_DOWN;
    case KEY_IC: return WCURSES_KEY_INSERT;
    case KEY_DC: return WCURSES_KEY_DELETE;
    case KEY_BACKSPACE: return WCURSES_KEY_BACKSPACE;
    case KEY_ENTER: return WCURSES_KEY_ENTER;
    case KEY_BTAB: return WCURSES_KEY_BACK_TAB;
    case KEY_RESIZE: return WCURSES_KEY_RESIZE;
    default: return WCURSES_KEY_OTHER;
    }
}

/* After a read that gave nothing: is there nothing yet, or never again? */
static bool input_is_gone(int error) {
    if (error == EIO) {
        return true;
    }
    struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};
    if (poll(&fd, 1, 0) <= 0) {
        return false;
    }
    if (fd.revents & (POLLHUP | POLLERR | POLLNVAL)) {
        return true;
    }
    int waiting = 0;
    return ioctl(STDIN_FILENO, FIONREAD, &waiting) == 0 && waiting == 0;
}

static struct wcurses_input mouse(void) {
    struct wcurses_input input = {.kind = WCURSES_INPUT_MOUSE, .code = WCURSES_MOUSE_OTHER};
    MEVENT event;
    if (getmouse(&event) != OK) {
        return input;
    }
    input.column = event.x;
    input.row = event.y;
    if (event.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED)) {
        input.code = WCURSES_MOUSE_PRESS;
    } else if (event.bstate & BUTTON4_PRESSED) {
        input.code = WCURSES_MOUSE_WHEEL_UP;
    } else if (event.bstate & BUTTON5_PRESSED) {
        input.code = WCURSES_MOUSE_WHEEL_DOWN;
    }
    return input;
}

struct wcurses_input wcurses_read(void) {
    wint_t code = 0;
    errno = 0;
    switch (screen == NULL ? ERR : get_wch(&code)) {
    case OK: return (struct wcurses_input){.kind = WCURSES_INPUT_CHARACTER, .code = code};
    case KEY_CODE_YES:
        if (code == KEY_MOUSE) {
            return mouse();
        }
        return (struct wcurses_input){.kind = WCURSES_INPUT_KEY, .code = translated(code)};
    default: break;
    }
    bool gone = screen == NULL || input_is_gone(errno);
    return (struct wcurses_input){.kind = gone ? WCURSES_INPUT_HANGUP : WCURSES_INPUT_NONE};
}

bool wcurses_mouse(bool on) {
    if (screen == NULL) {
        return false;
    }
    /* A click is told when the button goes down: waiting for more would delay every click. */
    mouseinterval(0);
    mmask_t mask = on ? BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0;
    return mousemask(mask, NULL) != 0;
}

/* ---- stopping ---- */

void wcurses_resume(void) {
    if (screen == NULL) {
        return;
    }
    if (!isendwin()) {
        endwin();
    }
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0
        && is_term_resized(size.ws_row, size.ws_col)) {
        resizeterm(size.ws_row, size.ws_col);
    }
    wcurses_rescue_arm(true);
    clearok(curscr, TRUE);
    refresh();
    curs_set(0);
}

void wcurses_leave(void) {
    if (screen == NULL) {
        return;
    }
    endwin();
    wcurses_rescue_arm(false);
}

void wcurses_suspend(void) {
    if (screen == NULL) {
        return;
    }
    wcurses_leave();

    /* First the rest of the group, such as a make that waits for us. Then this thread, by a signal
     * that is delivered before raise returns; one sent to the process may come late. */
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction standard = {.sa_handler = SIG_DFL};
    struct sigaction before;
    sigaction(SIGTSTP, &ignore, &before);
    kill(0, SIGTSTP);
    sigaction(SIGTSTP, &standard, NULL);
    sigset_t stop, mask;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    pthread_sigmask(SIG_UNBLOCK, &stop, &mask);
    raise(SIGTSTP);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    sigaction(SIGTSTP, &before, NULL);
    wcurses_resume();
}
