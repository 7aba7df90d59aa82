/* A Desk for tests of screens: questions and screens are a real board's, all else is written down. */
#pragma once

#include "tui/board.h"

typedef struct {
  Desk     desk; /* the first */
  Keymap  *keymap;
  Board   *board;
  Surface *surface;
  GString *log;   /* what was asked for, one word or more a line */
  gint64   wall;
  Ticks    now;
  CancelResult cancel;
  const char *edited; /* what $EDITOR makes of any text; NULL: "edited" */
  gboolean edits_headers;
} FakeDesk;

FakeDesk *fake_desk_new (guint width, guint height);
void      fake_desk_free (FakeDesk *fake);

/* Presses KEY ("^X", "Enter", "y"); types TEXT. */
void fake_desk_press (FakeDesk *fake, const char *key);
void fake_desk_type (FakeDesk *fake, const char *text);

/* What the screen shows: rows joined by LF, until the next call. */
const char *fake_desk_draw (FakeDesk *fake);

/* TRUE: TEXT is to be seen on one row. */
gboolean fake_desk_shows (FakeDesk *fake, const char *text);

/* TRUE: the last thing asked for was ENTRY; and forgets all. */
gboolean fake_desk_was_asked (FakeDesk *fake, const char *entry);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FakeDesk, fake_desk_free)
