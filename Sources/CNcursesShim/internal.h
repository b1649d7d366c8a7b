/* Shared by the files of the shim. */
#ifndef WALRUS_CNCURSES_INTERNAL_H
#define WALRUS_CNCURSES_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

/* Remembers how to put the terminal back from a signal handler, and arms the handlers. */
void wcurses_rescue_prepare(int fd, const struct termios *saved, const char *const *strings,
                            size_t count);
/* Armed while curses owns the terminal. */
void wcurses_rescue_arm(bool armed);

/* As write(2), but all of it. */
bool wcurses_write_all(int fd, const void *bytes, size_t count);

#endif
