/* A screen of the composer: a value that draws itself and takes keys. It knows neither
 * terminal nor engine nor file: what it wants done it asks of its Desk (tui/desk.h). */
#pragma once

#include "base/ticks.h"
#include "config/keymap.h"
#include "tui/surface.h"

typedef struct Screen Screen;

struct Screen {
  const char *name;      /* of its help, and for tests */
  /* Where a key is pressed now. */
  KeyPlace (*place) (const Screen *screen);
  /* The whole surface but its last two rows, which are the bottom lines (app). */
  void     (*draw)  (Screen *screen, Surface *surface, Ticks now);
  /* COMMAND as the keymap has it for place(), or COMMAND_NONE and PRESS is typed. */
  void     (*press) (Screen *screen, KeyCommand command, const Press *press, Ticks now);
  /* When it looks different by itself (a bar that grows); TICKS_NEVER. */
  Ticks    (*changes_at) (const Screen *screen, Ticks now);
  void     (*free)  (Screen *screen);
  /* Whether COMMAND, of place(), would do something now: what wouldn't isn't offered. NULL: all. */
  gboolean (*applies) (const Screen *screen, KeyCommand command);
};
