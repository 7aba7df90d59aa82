/* The screens above each other, the question that is open, the message of the moment, and the rows
 * at the bottom: all of the composer that needs neither terminal nor engine. */
#pragma once

#include "tui/desk.h"

typedef struct Board Board;

/* The rows at the bottom that aren't the screens'. */
#define BOARD_ROWS 2

/* DESK is what the board's own screens (help, files) ask. Both outlive it. */
Board  *board_new (const Keymap *keymap, Desk *desk);
void    board_free (Board *board);

/* As of a Desk. */
void    board_open (Board *board, Screen *screen);
void    board_close (Board *board, Screen *screen);
void    board_say (Board *board, Style style, const char *text);
void    board_ask (Board *board, const char *question, const char *initial, DeskAnswer done, gpointer data);
/* Where a question is open already, this one is left without an answer. */
void    board_choose (Board *board, const char *question, const DeskOption *options, gsize n,
                      DeskChoice done, gpointer data);
void    board_offer (Board *board, const char *question, const DeskOption *options, gsize n,
                     DeskChoice done, gpointer data);
void    board_ask_file (Board *board, const char *question, DeskAnswer done, gpointer data);

/* Puts SCREEN, which is open, on top. */
void    board_raise (Board *board, Screen *screen);

/* The one on top; NULL: none. */
Screen *board_top (const Board *board);
gboolean board_is_asking (const Board *board);

/* Returns what the composer as a whole has to do (COMMAND_REDRAW, _SUSPEND, _QUIT, _OUTBOX, _NEW),
 * else COMMAND_NONE. */
KeyCommand board_press (Board *board, const Press *press, Ticks now);

void    board_draw (Board *board, Surface *surface, Ticks now);

/* When it looks different by itself; TICKS_NEVER. */
Ticks   board_changes_at (const Board *board, Ticks now);

/* Frees what was closed. Not inside a screen's functions. */
void    board_sweep (Board *board);
