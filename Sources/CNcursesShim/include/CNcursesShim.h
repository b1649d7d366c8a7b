/*
 * What Swift needs of ncursesw and of the few system calls around a terminal.
 *
 * ncurses' own header stays in the .c files: much of it is macros and variadic functions that Swift
 * cannot see, and its globals are not safe there. Nothing here takes or returns memory, except for
 * wcurses_write. All of it belongs to the main thread, apart from wcurses_wake_post.
 */
#ifndef WALRUS_CNCURSES_SHIM_H
#define WALRUS_CNCURSES_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- opening and closing ---- */

enum {
    WCURSES_OPEN_OK = 0,
    WCURSES_OPEN_NOT_A_TERMINAL,
    WCURSES_OPEN_UNKNOWN_TERM,
    WCURSES_OPEN_NO_CURSOR,
    WCURSES_OPEN_FAILED,
};

/* Takes the character type from the environment. True when the terminal speaks UTF-8. */
bool wcurses_locale_is_utf8(void);

/* Opens standard input and output as a curses screen in raw mode, without echo, with keypad keys,
 * non-blocking reads and a hidden cursor. Never exits the process. From then on a fatal signal, or
 * exit(), puts the terminal back first. */
int wcurses_open(bool use_colors);

/* Puts the terminal back. Does nothing when it is not open. */
void wcurses_close(void);

/* The number of colours, 0 without; 1 << 24 when colours are RGB values. */
int wcurses_colors(void);
int wcurses_color_pairs(void);

/* Defines a pair; -1 is the terminal's own colour. False when the terminal refuses. */
bool wcurses_define_pair(int pair, int foreground, int background);

/* ---- drawing ---- */

int wcurses_columns(void);
int wcurses_rows(void);

/* Emphasis: 1 bold, 2 dim, 4 underline, 8 reverse. */
/* Puts one glyph of one or two columns: a base and up to four marks, 0 for none. A scalar whose
 * width the C library sees otherwise becomes question marks, since curses would lose its place. */
void wcurses_put(int row, int column, int width, uint32_t base, uint32_t mark1, uint32_t mark2,
                 uint32_t mark3, uint32_t mark4, unsigned emphasis, int pair);
void wcurses_erase(void);
/* The next flush repaints everything, whatever curses believes to be on the screen. */
void wcurses_forget(void);
/* The next flush sends the whole row, whatever the terminal is thought to show there. */
void wcurses_resend_row(int row);
void wcurses_flush(void);
void wcurses_bell(void);
/* Writes past curses, after what it has to say. False when not all of it was written. */
bool wcurses_write(const uint8_t *bytes, size_t count);

/* ---- keys ---- */

enum {
    WCURSES_INPUT_NONE = 0,
    WCURSES_INPUT_CHARACTER,
    WCURSES_INPUT_KEY,
    WCURSES_INPUT_HANGUP,
    WCURSES_INPUT_MOUSE,
};

enum {
    WCURSES_MOUSE_PRESS = 1,
    WCURSES_MOUSE_WHEEL_UP,
    WCURSES_MOUSE_WHEEL_DOWN,
    /* A release, or another button. */
    WCURSES_MOUSE_OTHER,
};

enum {
    WCURSES_KEY_OTHER = 0,
    WCURSES_KEY_UP,
    WCURSES_KEY_DOWN,
    WCURSES_KEY_LEFT,
    WCURSES_KEY_RIGHT,
    WCURSES_KEY_HOME,
    WCURSES_KEY_END,
    WCURSES_KEY_PAGE_UP,
    WCURSES_KEY_PAGE_DOWN,
    WCURSES_KEY_INSERT,
    WCURSES_KEY_DELETE,
    WCURSES_KEY_BACKSPACE,
    WCURSES_KEY_ENTER,
    WCURSES_KEY_BACK_TAB,
    WCURSES_KEY_RESIZE,
    /* F1 is this plus 1. */
    WCURSES_KEY_FUNCTION = 100,
};

struct wcurses_input {
    /* One of WCURSES_INPUT_. */
    int kind;
    /* A Unicode scalar, or one of WCURSES_KEY_ or WCURSES_MOUSE_. */
    uint32_t code;
    /* Where the mouse was. */
    int column, row;
};

/* The next key, without waiting (but for the rest of an escape sequence, 25 ms). */
struct wcurses_input wcurses_read(void);

/* Whether the terminal tells of clicks and of the wheel. While it does, it selects no text by
 * itself. False for a terminal that cannot. */
bool wcurses_mouse(bool on);

/* ---- stopping ---- */

/* Puts the terminal back, stops the process group as Ctrl-Z does, and returns once continued. */
void wcurses_suspend(void);
/* Puts the terminal back for another program, until wcurses_resume. */
void wcurses_leave(void);
/* After that, or a stop that came from outside: takes the terminal again, with its present size. */
void wcurses_resume(void);

/* ---- waiting ---- */

/* Signals that end or stop the program arrive as bytes of a pipe. SIGWINCH also goes to ncurses.
 * The descriptor to poll, or -1. Call it after wcurses_open. */
int wcurses_signals_open(void);
/* The number of the next signal, 0 when there is none. */
int wcurses_signals_next(void);
void wcurses_signals_close(void);

/* A descriptor that any thread can make readable; -1 on failure. */
int wcurses_wake_open(void);
void wcurses_wake_post(int fd);
void wcurses_wake_drain(int fd);
void wcurses_wake_close(int fd);

enum {
    WCURSES_READY_INPUT = 1,
    WCURSES_READY_WAKE = 2,
    WCURSES_READY_SIGNAL = 4,
    WCURSES_READY_HANGUP = 8,
};

/* Waits for input on a terminal, a wake-up or a signal; -1 leaves a descriptor out, a negative
 * timeout waits for ever. An interrupted wait reports input and signals, so that both are read. */
unsigned wcurses_wait(int terminal, int wake, int signals, int timeout_ms);

#endif
