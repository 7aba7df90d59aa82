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

typedef struct {
  const Keymap *keymap;
  KeyPlace place;
  KeyApplies applies;
  gconstpointer data;
  Surface *surface;
  guint y, x;
} Line;

static gboolean
is_offered (const Line *line, const KeyRow *row)
{
  return row->label && (row->places & (1U << line->place)) != 0
         && (!line->applies || line->applies (line->data, row->command));
}

/* FALSE: the row is full. */
static gboolean
draw_key (Line *line, const KeyRow *row)
{
  Surface *surface = line->surface;
  g_autofree char *key = keymap_key (line->keymap, row->command);

  if (*key == '\0' || !is_offered (line, row))
    return TRUE;
  const char *label = _ (row->label);
  const guint gap = line->x > 0 ? GAP : 0;
  if (line->x + gap + surface_columns (key, -1) + 1 + surface_columns (label, -1) > surface->width)
    return FALSE;
  line->x += gap;
  line->x += surface_put (surface, line->x, line->y, surface->width, STYLE_KEY, key, -1);
  line->x += surface_put (surface, line->x, line->y, 1, STYLE_PLAIN, " ", 1);
  line->x += surface_put (surface, line->x, line->y, surface->width, STYLE_PLAIN, label, -1);
  return TRUE;
}

void
key_line_draw (const Keymap *keymap, KeyPlace place, KeyApplies applies, gconstpointer data, Surface *surface,
               guint y)
{
  Line line
      = { .keymap = keymap, .place = place, .applies = applies, .data = data, .surface = surface, .y = y };

  for (gsize i = 0; i < G_N_ELEMENTS (first); i++)
    if (!draw_key (&line, key_row_of (first[i])))
      return;
  for (gsize i = 0; i < key_row_count (); i++)
    if (!is_first (key_row_at (i)->command) && !draw_key (&line, key_row_at (i)))
      return;
}
