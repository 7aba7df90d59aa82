/* Five columns. What is short is shown whole; recipient and subject share what is left. */
#include "cli/outbox-table.h"

#include "base/i18n.h"
#include "cli/cell-table.h"
#include "cli/json.h"
#include "engine/cell.h"
#include "engine/outbox-words.h"
#include "engine/when.h"

enum { ID, STANDING, WHEN, TO, SUBJECT, N_COLUMNS };

#define GAP ((gsize)2)       /* columns between two cells */
#define LEAST_TO ((gsize)12) /* fewer say nothing */
#define MOST_TO_PERCENT 45   /* of what recipient and subject share */

/* --- table ----------------------------------------------------------------------------- */

static void
add_item (CellTable *table, const OutboxItem *item, gint64 now)
{
  char **cells = cell_table_add (table);
  cells[ID] = g_strdup_printf ("%" G_GINT64_FORMAT, item->id);
  cells[STANDING] = g_strdup (outbox_standing_words (outbox_item_standing (item, now)));
  cells[WHEN] = outbox_when_words (item, now);
  cells[TO] = outbox_recipient_words (item);
  cells[SUBJECT] = outbox_subject_words (item);
}

/* Takes from recipient and subject what doesn't fit. */
static void
squeeze (gsize *widths, gsize columns)
{
  gsize fixed = (N_COLUMNS - 1) * GAP;
  for (guint i = 0; i < TO; i++)
    fixed += widths[i];
  const gsize room = columns > fixed + 2 * LEAST_TO ? columns - fixed : 2 * LEAST_TO;
  if (widths[TO] > room || widths[TO] + widths[SUBJECT] > room) {
    const gsize most = MAX (LEAST_TO, room * MOST_TO_PERCENT / 100);
    const gsize beside = widths[SUBJECT] < room ? room - widths[SUBJECT] : 0;
    widths[TO] = MIN (widths[TO], MAX (most, beside));
    widths[SUBJECT] = MIN (widths[SUBJECT], room - widths[TO]);
  }
}

char *
outbox_table (const GPtrArray *items, gint64 now, gsize columns)
{
  static const char *const heads[N_COLUMNS] = {
    [ID] = N_ ("id"), [STANDING] = N_ ("standing"), [WHEN] = N_ ("when"),
    [TO] = N_ ("to"), [SUBJECT] = N_ ("subject"),
  };
  g_autoptr (CellTable) table = cell_table_new (heads, N_COLUMNS);
  GString *out = g_string_new (NULL);
  if (items->len == 0)
    return g_string_free (out, FALSE);
  for (guint i = 0; i < items->len; i++)
    add_item (table, items->pdata[i], now);
  squeeze (cell_table_measure (table), columns);
  cell_table_append (table, out, 0);
  return g_string_free (out, FALSE);
}

/* --- JSON ---------------------------------------------------------------------------------- */

static void
add_time (JsonObject *object, const char *name, gint64 time)
{
  g_autofree char *text = when_format_iso (time);
  json_add_text (object, name, text);
}

static JsonObject *
verdict_object (const Verdict *verdict)
{
  JsonObject *object = json_object_new ();
  json_add_verdict (object, verdict);
  return object;
}

static JsonArray *
recipients_array (const OutboxItem *item)
{
  JsonArray *array = json_array_new ();
  for (guint i = 0; i < item->envelope->recipients->len; i++) {
    JsonObject *recipient = json_object_new ();
    json_add_text (recipient, "address", envelope_recipient (item->envelope, i)->address);
    json_object_set_boolean_member (recipient, "pending", item->pending[i]);
    json_object_set_object_member (recipient, "verdict", verdict_object (&item->verdicts[i]));
    json_array_add_object_element (array, recipient);
  }
  return array;
}

static JsonArray *
attempts_array (const GPtrArray *attempts)
{
  JsonArray *array = json_array_new ();
  for (guint i = 0; i < attempts->len; i++) {
    const OutboxAttempt *attempt = attempts->pdata[i];
    JsonObject *object = json_object_new ();
    add_time (object, "at", attempt->at);
    json_object_set_int_member (object, "ms", attempt->lasted / TICKS_PER_MS);
    json_add_text (object, "network", attempt->network);
    json_add_text (object, "path", attempt->path);
    json_add_text (object, "tls", attempt->tls);
    json_add_text (object, "mechanism", attempt->mechanism);
    json_object_set_object_member (object, "verdict", verdict_object (&attempt->verdict));
    json_array_add_object_element (array, object);
  }
  return array;
}

static void
add_texts (JsonObject *object, const OutboxItem *item, const char *directory, gint64 now)
{
  const struct {
    const char *name;
    const char *text;
  } texts[] = {
    { "state", outbox_state_name (item->state) },
    { "standing", outbox_standing_name (outbox_item_standing (item, now)) },
    { "reason", item->reason },
    { "holder", item->holder },
    { "account", item->account },
    { "sender", item->envelope->sender },
    { "from", item->from },
    { "subject", item->subject },
    { "message-id", item->message_id },
    { "envid", item->envelope->envid },
    { "directory", directory },
  };
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    json_add_text (object, texts[i].name, texts[i].text);
}

static void
add_overrides (JsonObject *object, const OutboxItem *item)
{
  JsonArray *overrides = json_array_new ();
  for (gsize i = 0; item->overrides && item->overrides[i]; i++) {
    g_autofree char *valid = g_utf8_make_valid (item->overrides[i], -1);
    json_array_add_string_element (overrides, valid);
  }
  json_object_set_array_member (object, "overrides", overrides);
}

static void
add_times (JsonObject *object, const OutboxItem *item)
{
  const struct {
    const char *name;
    gint64 time;
  } times[] = {
    { "submitted", item->submitted }, { "not-before", item->not_before }, { "hold-until", item->hold_until },
    { "changed", item->changed },     { "finished", item->finished },
  };
  for (gsize i = 0; i < G_N_ELEMENTS (times); i++)
    add_time (object, times[i].name, times[i].time);
}

char *
outbox_json (const OutboxItem *item, const char *directory, const GPtrArray *attempts, gint64 now)
{
  JsonObject *object = json_object_new ();
  json_object_set_int_member (object, "id", item->id);
  add_texts (object, item, directory, now);
  add_overrides (object, item);
  add_times (object, item);
  json_object_set_int_member (object, "owner", item->owner);
  json_object_set_int_member (object, "size", (gint64)MIN (item->size, G_MAXINT64));
  json_object_set_int_member (object, "tries", item->tries);
  json_object_set_boolean_member (object, "with-network", item->with_network);
  json_object_set_array_member (object, "recipients", recipients_array (item));
  if (attempts)
    json_object_set_array_member (object, "attempts", attempts_array (attempts));
  g_autofree char *line = json_line (object);
  return g_strconcat (line, "\n", NULL);
}
