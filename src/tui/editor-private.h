/* What the files of the editor share. */
#pragma once

#include "tui/editor.h"

/* What the step of undo under way consists of: another kind begins another step. */
typedef enum { STEP_NONE, STEP_TYPING, STEP_BLANK, STEP_ERASING, STEP_CUTTING } StepKind;

struct Editor {
  Text *text;
  TextPlace cursor;
  guint goal;        /* column that going up and down aims at, */
  gboolean has_goal; /*   while that goes on */
  TextPlace mark;
  gboolean marked;
  TextPlace found_from, found_to;
  gboolean found;
  char *cut; /* what was cut or copied */
  gsize cut_length;
  StepKind step;
  guint width, height;
  TextPlace top; /* the first row of the window: at the beginning of a row */
};

/* The two ends of what is marked, in order; where nothing is, both are the cursor. */
void editor_region (const Editor *editor, TextPlace *ret_from, TextPlace *ret_to);

/* The change of step KIND between FROM and TO; the cursor goes to its end. */
void editor_change (Editor *editor, StepKind kind, TextPlace from, TextPlace to, const char *octets,
                    gsize length);

/* The rows of LINE in this window; the caller's. */
GArray *editor_rows (const Editor *editor, guint line);

/* The neighbouring cluster or word; FALSE at the edge of the text. */
gboolean editor_step_left (const Editor *editor, TextPlace *place);
gboolean editor_step_right (const Editor *editor, TextPlace *place);
gboolean editor_word_left (const Editor *editor, TextPlace *place);
gboolean editor_word_right (const Editor *editor, TextPlace *place);

/* Another row, ROWS down (negative: up), at the goal column. */
gboolean editor_move_rows (Editor *editor, int rows);

/* editor-change.c */
gboolean editor_do_change (Editor *editor, EditorCommand command);

/* editor-paragraph.c */
gboolean editor_justify (Editor *editor);
gboolean editor_quote (Editor *editor, gboolean deeper);
