/* A screen as a value: cells with characters and styles. Screens draw here without a
 * terminal; terminal.c shows it. */
#pragma once

#include <glib.h>

/* What a piece of the screen means; terminal.c knows the colours. */
typedef enum {
  STYLE_PLAIN,
  STYLE_DIM,
  STYLE_STRONG,
  STYLE_BAR,      /* title and status bars */
  STYLE_KEY,      /* a key in the line at the bottom */
  STYLE_LABEL,    /* "To:" */
  STYLE_SELECTED,
  STYLE_MARKED,   /* text between mark and cursor, what a search found */
  STYLE_QUOTE,
  STYLE_GOOD,
  STYLE_WARNING,
  STYLE_BAD,
  STYLE_WAITING,
} Style;

/* As many combining characters as ncurses can add to one cell. */
#define CELL_CHARACTERS 5

typedef struct {
  gunichar text[CELL_CHARACTERS]; /* 0 behind the last; all 0: the right half of a wide one */
  guint8   style;
} Cell;

typedef struct {
  guint width, height;
  Cell *cells;
  int   cursor_x, cursor_y; /* -1: not shown */
} Surface;

Surface *surface_new (guint width, guint height);
void     surface_free (Surface *surface);

/* Blanks everywhere, no cursor. */
void     surface_clear (Surface *surface);

/* Draws LENGTH octets (-1: up to NUL) of UTF-8 from column X of row Y on, in at most ROOM
 * columns; what is outside is left out, a wide character that would be cut becomes a blank,
 * and what can't be drawn is made visible. Returns the columns used. */
guint    surface_put (Surface *surface, guint x, guint y, guint room, Style style, const char *text,
                      gssize length);

/* Blanks of STYLE over ROOM columns. */
void     surface_fill (Surface *surface, guint x, guint y, guint room, Style style);

/* TEXT and blanks up to ROOM columns; cut with "…" where it is longer. */
void     surface_put_padded (Surface *surface, guint x, guint y, guint room, Style style, const char *text);

/* Gives ROOM cells another style. */
void     surface_restyle (Surface *surface, guint x, guint y, guint room, Style style);

/* Rows FIRST… of FROM, N of them, on rows Y… of SURFACE, which is as wide. */
void     surface_copy_rows (Surface *surface, guint y, const Surface *from, guint first, guint n);

/* Not shown, where that is outside. */
void     surface_set_cursor (Surface *surface, int x, int y);

const Cell *surface_cell (const Surface *surface, guint x, guint y);

/* The characters of row Y, without blanks at its end. Free with g_free(). */
char    *surface_row (const Surface *surface, guint y);

/* Columns that TEXT takes. */
guint    surface_columns (const char *text, gssize length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Surface, surface_free)
