/* How a letter looks while it is written. */
#include "tui/compose-private.h"

#include "base/i18n.h"
#include "mail/address.h"
#include "tui/board.h"
#include "tui/letter-words.h"
#include "tui/paint.h"

#define FIELD_ROWS_LIMIT 4

/* On so few rows the text has the screen to itself while it is written. */
#define SMALL 16

static guint
label_columns (const ComposeScreen *compose)
{
  guint columns = surface_columns (_ ("Attached"), -1);

  for (Field field = 0; field < FIELD_COUNT; field++)
    if (compose_shows (compose, field))
      columns = MAX (columns, surface_columns (_ (compose_fields[field].label), -1));
  return columns + 2;
}

/* "work: hanako@example.org": over which account, and as whom; the caller's. */
static char *
sender_words (const ComposeScreen *compose)
{
  g_autofree char *from = compose_text (compose->editors[FIELD_FROM]);
  g_autoptr (GPtrArray) mailboxes = address_parse_list (from, NULL, NULL);

  if (!mailboxes || mailboxes->len != 1 || !compose->letter->account)
    return g_strdup (compose->letter->account ? compose->letter->account : "");
  g_autofree char *sender
      = letter_words_address (((const Mailbox *)g_ptr_array_index (mailboxes, 0))->address);
  return g_strdup_printf ("%s: %s", compose->letter->account, sender);
}

static void
draw_title (const ComposeScreen *compose, Surface *surface)
{
  g_autofree char *subject = compose_text (compose->editors[FIELD_SUBJECT]);
  g_autofree char *title = *subject != '\0' ? g_strdup_printf ("toukan  %s", subject)
                                            : g_strdup_printf ("toukan  %s", _ ("New letter"));

  g_autofree char *sender = sender_words (compose);
  const gboolean fits = surface_columns (title, -1) + surface_columns (sender, -1) + 2 <= surface->width;
  paint_title (surface, title, fits ? sender : compose->letter->account);
}

/* Returns the rows used. */
static guint
draw_field (ComposeScreen *compose, Surface *surface, Field field, guint y, guint labels)
{
  Editor *editor = compose->editors[field];
  g_autofree char *label = g_strdup_printf ("%s:", _ (compose_fields[field].label));
  const guint width = surface->width > labels + 4 ? surface->width - labels : 4;

  compose_check (compose, field);
  editor_resize (editor, width, FIELD_ROWS_LIMIT);
  const guint rows = editor_row_count (editor, FIELD_ROWS_LIMIT);
  editor_resize (editor, width, rows);
  surface_put (surface, 0, y, labels, compose->faults[field] ? STYLE_BAD : STYLE_LABEL, label, -1);
  editor_draw (editor, surface, labels, y, compose->focus == field);
  for (guint row = 0; row < rows && compose->faults[field] && compose->focus != field; row++)
    surface_restyle (surface, labels, y + row, width, STYLE_BAD);
  return rows;
}

static void
list_attachments (ComposeScreen *compose)
{
  const GPtrArray *attachments = compose->letter->attachments;
  g_autoptr (GStrvBuilder) rows = g_strv_builder_new ();

  if (compose->listed == compose->changes + 1)
    return;
  compose->listed = compose->changes + 1;
  for (guint i = 0; i < attachments->len; i++) {
    g_autofree char *words = letter_words_attachment (g_ptr_array_index (attachments, i), NULL);
    g_autofree char *row = g_strdup_printf ("%u. %s", i + 1, words);
    g_strv_builder_add (rows, row);
  }
  g_strfreev (compose->attached);
  compose->attached = g_strv_builder_end (rows);
}

/* Returns the rows used. */
static guint
draw_attachments (ComposeScreen *compose, Surface *surface, guint y, guint labels)
{
  g_autofree char *label = g_strdup_printf ("%s:", _ ("Attached"));
  guint used = 0;

  list_attachments (compose);
  for (; compose->attached[used] && y + used < surface->height; used++)
    surface_put_padded (surface, labels, y + used, surface->width - MIN (labels, surface->width), STYLE_PLAIN,
                        compose->attached[used]);
  if (used > 0)
    surface_put (surface, 0, y, labels, STYLE_LABEL, label, -1);
  return used;
}

static void
draw_suggestions (const ComposeScreen *compose, Surface *surface)
{
  const guint count
      = compose->suggestions ? MIN (g_strv_length (compose->suggestions), COMPOSE_SUGGESTIONS) : 0;
  guint width = 0;

  for (guint i = 0; i < count; i++)
    width = MAX (width, surface_columns (compose->suggestions[i], -1) + 2);
  width = MIN (width, surface->width);
  const guint x = MIN ((guint)MAX (surface->cursor_x, 0), surface->width - width);
  for (guint i = 0; i < count; i++) {
    g_autofree char *row = g_strdup_printf (" %s", compose->suggestions[i]);
    surface_put_padded (surface, x, (guint)surface->cursor_y + 1 + i, width,
                        i == compose->suggestion ? STYLE_SELECTED : STYLE_BAR, row);
    if (i == compose->suggestion)
      surface_restyle (surface, x, (guint)surface->cursor_y + 1 + i, width, STYLE_GOOD);
  }
}

/* Returns the rows used. */
static guint
draw_fields (ComposeScreen *compose, Surface *surface, guint y)
{
  const guint labels = label_columns (compose), first = y;

  for (Field field = 0; field < FIELD_COUNT; field++)
    if (compose_shows (compose, field))
      y += draw_field (compose, surface, field, y, labels);
  return y + draw_attachments (compose, surface, y, labels) - first;
}

void
compose_draw (Screen *screen, Surface *surface, Ticks now)
{
  ComposeScreen *compose = (ComposeScreen *)screen;
  const guint bottom = surface->height - MIN (surface->height, BOARD_ROWS);
  guint y = 1;

  draw_title (compose, surface);
  if (surface->height >= SMALL || compose->focus != FIELD_BODY)
    y += draw_fields (compose, surface, y);
  if (y < bottom)
    paint_rule (surface, y++);
  if (y < bottom) {
    editor_resize (compose->body, surface->width, bottom - y);
    editor_draw (compose->body, surface, 0, y, compose->focus == FIELD_BODY);
  }
  if (compose->suggestions && surface->cursor_y >= 0)
    draw_suggestions (compose, surface);
}
