/* Which keys a person is told of first. Those that aren't named here follow in the table's order. */
#include "tui/key-line.h"

#include "base/i18n.h"

#define GAP 2

static const KeyCommand first[] = {
  COMMAND_HELP,   COMMAND_SEND,         COMMAND_SEND_LATER,     COMMAND_UNDO_SEND, COMMAND_CANCEL,
  COMMAND_SHOW,   COMMAND_RETRY,        COMMAND_HOLD,           COMMAND_RELEASE,   COMMAND_EDIT,
  COMMAND_DROP,   COMMAND_RESOLVE_SENT, COMMAND_RESOLVE_RESEND, COMMAND_BROWSE,    COMMAND_SAVE,
  COMMAND_ATTACH, COMMAND_NEW,          COMMAND_OUTBOX,         COMMAND_QUIT,      COMMAND_SEARCH,
  COMMAND_CUT,    COMMAND_PASTE,
};

static gboolean
is_first (KeyCommand command)
{
  for (gsize i = 0; i < G_N_ELEMENTS (first); i++)
    if (first[i] == command)
      return TRUE;
  return FALSE;
}

/* FALSE: the row is full. */
static gboolean
draw_key (const Keymap *keymap, const KeyRow *row, KeyPlace place, Surface *surface, guint y, guint *x)
{
  g_autofree char *key = keymap_key (keymap, row->command);

  if (!row->label || *key == '\0' || (row->places & (1U << place)) == 0)
    return TRUE;
  const char *label = _ (row->label);
  const guint gap = *x > 0 ? GAP : 0;
  if (*x + gap + surface_columns (key, -1) + 1 + surface_columns (label, -1) > surface->width)
    return FALSE;
  *x += gap;
  *x += surface_put (surface, *x, y, surface->width, STYLE_KEY, key, -1);
  *x += surface_put (surface, *x, y, 1, STYLE_PLAIN, " ", 1);
  *x += surface_put (surface, *x, y, surface->width, STYLE_PLAIN, label, -1);
  return TRUE;
}

void
key_line_draw (const Keymap *keymap, KeyPlace place, Surface *surface, guint y)
{
  guint x = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (first); i++)
    if (!draw_key (keymap, key_row_of (first[i]), place, surface, y, &x))
      return;
  for (gsize i = 0; i < key_row_count (); i++)
    if (!is_first (key_row_at (i)->command) && !draw_key (keymap, key_row_at (i), place, surface, y, &x))
      return;
}
