/* The one terminal, by way of ncurses: shows a Surface, hands over what is pressed, steps aside
 * for other programs. Nobody else calls curses. */
#pragma once

#include "config/keymap.h"
#include "tui/surface.h"

typedef struct Terminal Terminal;

/* PRESS lives during the call. From the main context. */
typedef void (*TerminalPressed) (const Press *press, gpointer data);
typedef void (*TerminalResized) (guint width, guint height, gpointer data);
/* The terminal is gone (hang-up, or nothing can be read): save, and end. */
typedef void (*TerminalGone) (gpointer data);

typedef struct {
  TerminalPressed pressed;
  TerminalResized resized;
  TerminalGone    gone;
  gpointer        data;
} TerminalWatch;

/* NULL with TOUKAN_ERROR_UNAVAILABLE where standard input or output is no terminal, or TERM is
 * one that isn't known. The screen is as it was after terminal_close(). */
Terminal *terminal_open (const TerminalWatch *watch, GError **error);
void      terminal_close (Terminal *terminal);

guint     terminal_width (const Terminal *terminal);
guint     terminal_height (const Terminal *terminal);

void      terminal_show (Terminal *terminal, const Surface *surface);

/* The next terminal_show() draws everything. */
void      terminal_redraw (Terminal *terminal);

/* Gives the screen to others (an editor, a password's question) as it was before the composer,
 * and takes it back whole. */
void      terminal_leave (Terminal *terminal);
void      terminal_return (Terminal *terminal);

/* The same for a program that has begun to ask something on the screen as it is; what it has set of
 * the terminal stays so. */
void      terminal_lend (Terminal *terminal);
void      terminal_reclaim (Terminal *terminal);

/* Stops this process as ^Z does; returns when it goes on. */
void      terminal_suspend (Terminal *terminal);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Terminal, terminal_close)
