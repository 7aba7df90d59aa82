/* A row for each message; below, what there is to say of the one that is chosen. */
#include "tui/outbox-screen.h"

#include "base/i18n.h"
#include "engine/outbox-words.h"
#include "tui/board.h"
#include "tui/paint.h"

#define BELOW 3 /* rows for the words on the chosen one */
#define WIDE 60

/* One message. */
typedef struct {
  guint place;
  const OutboxItem *item;
} Row;

typedef struct {
  Screen screen;
  Desk *desk;
  GPtrArray *places; /* of GPtrArray of OutboxItem; what isn't told yet is empty */
  GArray *rows;      /* of Row: all of them */
  gboolean told;
  guint chosen, top, window;
} OutboxScreen;

static OutboxScreen *
outbox_of (const Screen *screen)
{
  return (OutboxScreen *)screen;
}

static const Row *
row_at (const OutboxScreen *outbox, guint index)
{
  return index < outbox->rows->len ? &g_array_index (outbox->rows, Row, index) : NULL;
}

static const OutboxItem *
item_at (const OutboxScreen *outbox, guint index)
{
  const Row *row = row_at (outbox, index);

  return row ? row->item : NULL;
}

static void
gather_rows (OutboxScreen *outbox)
{
  g_array_set_size (outbox->rows, 0);
  for (guint place = 0; place < outbox->places->len; place++) {
    const GPtrArray *items = g_ptr_array_index (outbox->places, place);
    for (guint i = 0; i < items->len; i++) {
      const Row row = { place, g_ptr_array_index (items, i) };
      g_array_append_val (outbox->rows, row);
    }
  }
}

void
outbox_screen_set (Screen *screen, guint place, GPtrArray *items)
{
  OutboxScreen *outbox = outbox_of (screen);
  const Row *chosen = row_at (outbox, outbox->chosen);
  const guint place_before = chosen ? chosen->place : 0;
  const gint64 id = chosen ? chosen->item->id : 0;

  while (outbox->places->len <= place)
    g_ptr_array_add (outbox->places, g_ptr_array_new ());
  g_ptr_array_unref (g_ptr_array_index (outbox->places, place));
  g_ptr_array_index (outbox->places, place) = items;
  outbox->told = TRUE;
  gather_rows (outbox);
  for (guint i = 0; i < outbox->rows->len; i++)
    if (row_at (outbox, i)->place == place_before && item_at (outbox, i)->id == id)
      outbox->chosen = i;
  outbox->chosen = MIN (outbox->chosen, outbox->rows->len > 0 ? outbox->rows->len - 1 : 0);
}

/* --- drawing ------------------------------------------------------------------------ */

static Style
style_of (OutboxStanding standing)
{
  switch (standing) {
  case STANDING_IN_DOUBT:
    return STYLE_BAD;
  case STANDING_HELD:
  case STANDING_DEFERRED:
    return STYLE_WARNING;
  case STANDING_SENDING:
    return STYLE_GOOD;
  default:
    return STYLE_PLAIN;
  }
}

/* Who gets it; of a draft that isn't known yet. */
static char *
recipient_of (const OutboxItem *item)
{
  return item->envelope->recipients->len > 0 ? outbox_recipient_words (item) : g_strdup ("-");
}

/* Of a row, each with the blank behind it; the subject has what is left. */
typedef struct {
  guint standing, when, recipient;
} Columns;

/* Translations are as long as they are: what is shown is never cut for it, where there is room. */
static Columns
measure (const OutboxScreen *outbox, guint width, gint64 wall)
{
  Columns columns = { 13, 17, 0 };

  for (guint i = outbox->top; i < outbox->top + outbox->window && item_at (outbox, i); i++) {
    const OutboxItem *item = item_at (outbox, i);
    g_autofree char *when = outbox_when_words (item, wall);
    const char *standing = outbox_standing_words (outbox_item_standing (item, wall));
    columns.standing = MAX (columns.standing, surface_columns (standing, -1) + 1);
    columns.when = MAX (columns.when, surface_columns (when, -1) + 1);
  }
  columns.standing = MIN (columns.standing, width / 2);
  columns.when = width >= WIDE ? MIN (columns.when, width / 3) : 0;
  columns.recipient = width >= WIDE ? (width - columns.standing - columns.when) / 2 : 0;
  return columns;
}

static void
draw_item (const OutboxItem *item, Surface *surface, guint y, const Columns *columns, gboolean chosen,
           gint64 wall)
{
  const OutboxStanding standing = outbox_item_standing (item, wall);
  const Style style = chosen ? STYLE_SELECTED : STYLE_PLAIN;
  const guint first = columns->standing, second = columns->when, third = columns->recipient;
  g_autofree char *subject = outbox_subject_words (item);
  g_autofree char *when = outbox_when_words (item, wall);
  g_autofree char *recipient = recipient_of (item);

  surface_fill (surface, 0, y, surface->width, style);
  surface_put_padded (surface, 0, y, first - 1, chosen ? style : style_of (standing),
                      outbox_standing_words (standing));
  if (second > 0) {
    surface_put_padded (surface, first, y, second - 1, style, when);
    surface_put_padded (surface, first + second, y, third - 1, style, recipient);
  }
  surface_put_padded (surface, first + second + third, y, surface->width - first - second - third, style,
                      subject);
}

/* Why it waits, and until when. Free with g_free(). */
static char *
words_of (const OutboxItem *item, gint64 wall)
{
  g_autofree char *why = outbox_reason_words (item);
  g_autofree char *when = outbox_when_words (item, wall);
  g_autofree char *recipient = recipient_of (item);
  const char *reason = why                             ? why
                       : item->state == OUTBOX_DRAFT   ? _ ("an unfinished letter; Edit goes on with it")
                       : item->state == OUTBOX_SENDING ? _ ("it is on its way")
                                                       : "";

  return g_strdup_printf ("%s, %s%s%s", recipient, when, *reason != '\0' ? ": " : "", reason);
}

static void
draw_list (OutboxScreen *outbox, Surface *surface, guint bottom)
{
  const gint64 wall = outbox->desk->wall (outbox->desk);
  const OutboxItem *chosen = item_at (outbox, outbox->chosen);
  const guint below = bottom > 6 ? BELOW : 0;
  const guint end = bottom - below;

  outbox->window = end > 1 ? end - 1 : 1;
  outbox->top = MIN (outbox->top, outbox->chosen);
  if (outbox->chosen >= outbox->top + outbox->window)
    outbox->top = outbox->chosen - outbox->window + 1;
  const Columns columns = measure (outbox, surface->width, wall);
  for (guint i = 0; i < outbox->window && item_at (outbox, outbox->top + i); i++)
    draw_item (item_at (outbox, outbox->top + i), surface, 1 + i, &columns, outbox->top + i == outbox->chosen,
               wall);
  if (!chosen || below == 0)
    return;
  g_autofree char *words = words_of (chosen, wall);
  paint_rule (surface, end);
  paint_text (surface, 0, end + 1, surface->width, below - 1, STYLE_PLAIN, words);
}

static void
draw (Screen *screen, Surface *surface, Ticks now)
{
  OutboxScreen *outbox = outbox_of (screen);
  const guint n = outbox->rows->len;
  g_autofree char *count = g_strdup_printf (ngettext ("%u message", "%u messages", n), n);

  paint_title (surface, _ ("Outbox"), outbox->told ? count : NULL);
  if (outbox->told && n == 0)
    paint_text (surface, 0, 2, surface->width, 2, STYLE_DIM, _ ("Nothing waits to be sent."));
  draw_list (outbox, surface, surface->height - MIN (surface->height, BOARD_ROWS));
}

/* --- keys ------------------------------------------------------------------------------- */

static const struct {
  KeyCommand command;
  OutboxAction action;
} actions[] = {
  { COMMAND_RETRY, OUTBOX_RETRY },
  { COMMAND_HOLD, OUTBOX_HOLD },
  { COMMAND_RELEASE, OUTBOX_RELEASE },
  { COMMAND_RESOLVE_SENT, OUTBOX_RESOLVE_SENT },
  { COMMAND_RESOLVE_RESEND, OUTBOX_RESOLVE_RESEND },
};

static void
on_drop (char key, gpointer data)
{
  OutboxScreen *outbox = data;
  const Row *row = row_at (outbox, outbox->chosen);

  if (key == 'y' && row)
    outbox->desk->act (outbox->desk, row->place, row->item->id,
                       row->item->state == OUTBOX_DRAFT ? OUTBOX_REMOVE : OUTBOX_CANCEL);
}

static void
ask_drop (OutboxScreen *outbox, const OutboxItem *item)
{
  const DeskOption options[] = { { 'y', _ ("Yes") }, { 'n', _ ("No") } };
  g_autofree char *subject = outbox_subject_words (item);
  g_autofree char *words = g_strdup_printf (
      item->state == OUTBOX_DRAFT ? _ ("Throw the draft away? %s") : _ ("Cancel the message? %s"), subject);

  outbox->desk->choose (outbox->desk, words, options, G_N_ELEMENTS (options), on_drop, outbox);
}

static void
act (OutboxScreen *outbox, const Row *row, OutboxAction action)
{
  /* Half a letter isn't let go by a slip of the finger. */
  if (row->item->state == OUTBOX_DRAFT)
    outbox->desk->say (outbox->desk, STYLE_WARNING, _ ("It is a draft: edit it, and send it from there"));
  else
    outbox->desk->act (outbox->desk, row->place, row->item->id, action);
}

static void
do_to_row (OutboxScreen *outbox, const Row *row, KeyCommand command)
{
  Desk *desk = outbox->desk;

  switch (command) {
  case COMMAND_SHOW:
    desk->show (desk, row->place, row->item->id);
    break;
  case COMMAND_EDIT:
    desk->edit_item (desk, row->place, row->item->id);
    break;
  case COMMAND_ACCEPT:
    if (row->item->state == OUTBOX_DRAFT)
      desk->edit_item (desk, row->place, row->item->id);
    else
      desk->show (desk, row->place, row->item->id);
    break;
  case COMMAND_DROP:
    ask_drop (outbox, row->item);
    break;
  default:
    for (gsize i = 0; i < G_N_ELEMENTS (actions); i++)
      if (actions[i].command == command)
        act (outbox, row, actions[i].action);
  }
}

static void
move (OutboxScreen *outbox, int rows)
{
  const int last = (int)outbox->rows->len - 1;

  outbox->chosen = (guint)CLAMP ((int)outbox->chosen + rows, 0, MAX (last, 0));
}

static void
press (Screen *screen, KeyCommand command, const Press *press, Ticks now)
{
  OutboxScreen *outbox = outbox_of (screen);
  const Row *row = row_at (outbox, outbox->chosen);
  const int page = (int)outbox->window;

  switch (command) {
  case COMMAND_CANCEL:
    outbox->desk->close (outbox->desk, screen);
    break;
  case COMMAND_UP:
    move (outbox, -1);
    break;
  case COMMAND_DOWN:
    move (outbox, 1);
    break;
  case COMMAND_PAGE_UP:
    move (outbox, -page);
    break;
  case COMMAND_PAGE_DOWN:
    move (outbox, page);
    break;
  case COMMAND_TEXT_BEGIN:
    move (outbox, -G_MAXINT / 2);
    break;
  case COMMAND_TEXT_END:
    move (outbox, G_MAXINT / 2);
    break;
  default:
    if (row)
      do_to_row (outbox, row, command);
  }
}

static KeyPlace
place (const Screen *screen)
{
  return KEYS_OUTBOX;
}

static Ticks
changes_at (const Screen *screen, Ticks now)
{
  return now + TICKS_PER_SECOND; /* "in 5 min" */
}

static void
free_screen (Screen *screen)
{
  OutboxScreen *outbox = outbox_of (screen);

  g_ptr_array_unref (outbox->places);
  g_array_unref (outbox->rows);
  g_free (outbox);
}

Screen *
outbox_screen_new (Desk *desk)
{
  OutboxScreen *outbox = g_new0 (OutboxScreen, 1);

  outbox->screen = (Screen){ "outbox", place, draw, press, changes_at, free_screen, NULL };
  outbox->desk = desk;
  outbox->places = g_ptr_array_new_with_free_func ((GDestroyNotify)g_ptr_array_unref);
  outbox->rows = g_array_new (FALSE, FALSE, sizeof (Row));
  return &outbox->screen;
}
