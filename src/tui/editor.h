/* The editor of a letter's body: commands and characters in, cells out. Lines are wrapped
 * softly at the width of its window. Pure: it knows neither keys nor terminals. */
#pragma once

#include "tui/surface.h"
#include "tui/text.h"

typedef struct Editor Editor;

typedef enum {
  EDITOR_LEFT, EDITOR_RIGHT, EDITOR_UP, EDITOR_DOWN,
  EDITOR_WORD_LEFT, EDITOR_WORD_RIGHT,
  EDITOR_ROW_BEGIN, EDITOR_ROW_END,     /* once more: of the line */
  EDITOR_PAGE_UP, EDITOR_PAGE_DOWN,
  EDITOR_TEXT_BEGIN, EDITOR_TEXT_END,
  EDITOR_NEW_LINE,
  EDITOR_BACKSPACE, EDITOR_DELETE,
  EDITOR_WORD_BACKSPACE, EDITOR_WORD_DELETE,
  EDITOR_MARK,                          /* sets the mark, or takes it away */
  EDITOR_CUT,                           /* what is marked, else the line; lines in a row add up */
  EDITOR_COPY,
  EDITOR_PASTE,                         /* what was cut or copied */
  EDITOR_JUSTIFY,                       /* the paragraph, or each one that is marked */
  EDITOR_QUOTE, EDITOR_UNQUOTE,         /* the line, or what is marked: "> " */
  EDITOR_UNDO, EDITOR_REDO,
} EditorCommand;

/* Columns that EDITOR_JUSTIFY fills (RFC 3676, 4.2: under 79). */
#define EDITOR_FILL 72

Editor *editor_new (void);
void    editor_free (Editor *editor);

/* The text itself, for reading; whoever replaces it all uses editor_load(). */
Text   *editor_text (Editor *editor);
void    editor_load (Editor *editor, const char *octets, gsize length);

TextPlace editor_cursor (const Editor *editor);
void      editor_set_cursor (Editor *editor, TextPlace place);

/* In columns and rows; at least 2 by 1. */
void editor_resize (Editor *editor, guint width, guint height);

/* FALSE: there was nothing to do (at the edge of the text, nothing to undo). */
gboolean editor_do (Editor *editor, EditorCommand command);

/* What was typed: one undo for a word. */
void editor_type (Editor *editor, const char *octets, gsize length);

/* What was pasted, exactly: one undo. */
void editor_paste (Editor *editor, const char *octets, gsize length);

/* Puts TEXT in place of what is between FROM and TO: one undo. */
void editor_replace (Editor *editor, TextPlace from, TextPlace to, const char *text);

/* Rows that the text takes in this width; LIMIT at most. */
guint editor_row_count (const Editor *editor, guint limit);

/* Puts the cursor on the next NEEDLE behind it (BACKWARDS: before it), without regard to case
 * where NEEDLE has no capitals, and shows it as found until something else is done. FALSE:
 * there is none. *RET_WRAPPED: the search went past the text's end. */
gboolean editor_search (Editor *editor, const char *needle, gboolean backwards, gboolean *ret_wrapped);

/* Puts REPLACEMENT in place of what the last search found. FALSE: nothing is found. */
gboolean editor_replace_found (Editor *editor, const char *replacement);

/* Every NEEDLE, in one undo. Returns how many. */
guint editor_replace_all (Editor *editor, const char *needle, const char *replacement);

/* Draws the window with its left upper corner at X, Y; where FOCUSED, with the cursor. */
void editor_draw (Editor *editor, Surface *surface, guint x, guint y, gboolean focused);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Editor, editor_free)
