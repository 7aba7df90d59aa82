/* What is said of batches, in one place, so that status, progress and the outbox agree. */
#include "cli/batch-say.h"

#include <stdio.h>
#include <sysexits.h>

#include "base/i18n.h"
#include "base/visible.h"
#include "cli/agent-lock.h"
#include "cli/cell-table.h"
#include "cli/json.h"
#include "engine/report-words.h"
#include "engine/when.h"
#include "net/clock.h"

static const char *
fate_words (BatchFate fate)
{
  switch (fate) {
  case BATCH_WAITING:
    return _ ("waiting");
  case BATCH_DEFERRED:
    return _ ("deferred");
  case BATCH_IN_DOUBT:
    return _ ("in doubt");
  case BATCH_ACCEPTED:
    return _ ("accepted");
  case BATCH_REFUSED:
    return _ ("refused");
  case BATCH_LEFT_OUT:
    return _ ("left out");
  }
  g_assert_not_reached ();
}

char *
batch_recipient_line (const BatchRecipient *recipient)
{
  g_autofree char *address = visible_text (recipient->address, -1);
  const gboolean explains = recipient->fate != BATCH_ACCEPTED && recipient->verdict.kind != OUTCOME_NONE;
  g_autofree char *why = explains ? report_verdict (&recipient->verdict) : NULL;
  return g_strdup_printf ("%s: %s%s%s", address, fate_words (recipient->fate), why ? ": " : "",
                          why ? why : "");
}

static guint64
waiting (const BatchInfo *info)
{
  return info->counts[BATCH_WAITING] + info->counts[BATCH_DEFERRED];
}

gboolean
batch_is_open (const BatchInfo *info)
{
  return info->holder != 0 || info->state == BATCH_LOADING
         || waiting (info) + info->counts[BATCH_IN_DOUBT] > 0;
}

char *
batch_state_words (const BatchInfo *info)
{
  if (info->state == BATCH_LOADING)
    return g_strdup (info->holder ? _ ("being read") : _ ("not read to its end"));
  if (info->state == BATCH_CANCELLED)
    return g_strdup (_ ("cancelled"));
  if (info->state == BATCH_PAUSED)
    return g_strdup (_ ("paused"));
  if (info->holder)
    return g_strdup (_ ("being sent"));
  return g_strdup (waiting (info) > 0 ? _ ("waiting") : _ ("done"));
}

static BatchStanding
standing_of (const BatchInfo *info)
{
  BatchStanding standing = { .rate = -1 };
  for (guint i = 0; i < BATCH_FATES; i++)
    standing.counts[i] = info->counts[i];
  return standing;
}

char *
batch_count_words (const BatchInfo *info)
{
  const BatchStanding standing = standing_of (info);
  return batch_standing_words (&standing);
}

void
batch_say_busy (const char *name, gint64 holder)
{
  g_autofree char *process = g_strdup_printf ("%" G_GINT64_FORMAT, holder);
  fprintf (stderr, _ ("toukan: the batch %s is in the hands of another process (%s)\n"), name, process);
}

char *
batch_next_words (const BatchInfo *info, const char *directory)
{
  AgentHolder agent;
  if (waiting (info) == 0 || info->holder != 0 || info->state == BATCH_CANCELLED)
    return NULL;
  if (info->state == BATCH_LOADING)
    return g_strdup (_ ("start it again with the same data"));
  if (info->state == BATCH_READY && agent_lock_is_held (directory, &agent))
    return g_strdup_printf (_ ("the agent goes on with it; `toukan batch pause %s` stops that"), info->name);
  return g_strdup_printf (_ ("go on with `toukan batch resume %s`"), info->name);
}

void
batch_say_standing (const BatchInfo *info, const char *directory)
{
  const gint64 now = clock_instant ().wall;
  g_autofree char *counts = batch_count_words (info);
  fprintf (stderr, "toukan: %s: %s\n", info->name, counts);
  if (info->counts[BATCH_IN_DOUBT] > 0)
    fprintf (stderr,
             _ ("toukan: those in doubt may have arrived: the connection ended before the server's answer. "
                "`toukan batch status %s` lists them; say what became of them with `toukan batch resolve "
                "%s`, or send "
                "them all again with `toukan batch resume %s --in-doubt resend`\n"),
             info->name, info->name, info->name);
  if (waiting (info) == 0)
    return;
  if (info->next_due > now && info->next_due != G_MAXINT64) {
    g_autofree char *when = when_format_near (info->next_due, now);
    fprintf (stderr, _ ("toukan: the next is due %s\n"), when);
  }
  g_autofree char *next = batch_next_words (info, directory);
  if (next)
    fprintf (stderr, "toukan: %s\n", next);
}

int
batch_exit_status (const BatchInfo *info, gboolean refused_addresses_alone)
{
  if (info->counts[BATCH_WAITING] + info->counts[BATCH_DEFERRED] > 0)
    return EX_TEMPFAIL;
  if (info->counts[BATCH_IN_DOUBT] > 0)
    return EX_IOERR;
  if (info->state == BATCH_CANCELLED)
    return EX_UNAVAILABLE;
  if (info->counts[BATCH_REFUSED] > 0)
    return refused_addresses_alone ? EX_NOUSER : EX_DATAERR;
  return EX_OK;
}

/* --- the table -------------------------------------------------------------------------------- */

enum { NAME, STATE, WHEN, RECIPIENTS, N_COLUMNS };

char *
batch_table (const GPtrArray *infos, gsize columns)
{
  static const char *const heads[N_COLUMNS] = { [NAME] = N_ ("batch"),
                                                [STATE] = N_ ("standing"),
                                                [WHEN] = N_ ("changed"),
                                                [RECIPIENTS] = N_ ("recipients") };
  const gint64 now = clock_instant ().wall;
  g_autoptr (CellTable) table = cell_table_new (heads, N_COLUMNS);
  GString *out = g_string_new (NULL);
  for (guint i = 0; i < infos->len; i++) {
    const BatchInfo *info = infos->pdata[i];
    char **cells = cell_table_add (table);
    cells[NAME] = visible_text (info->name, -1);
    cells[STATE] = batch_state_words (info);
    cells[WHEN] = when_format_near (info->changed, now);
    cells[RECIPIENTS] = batch_count_words (info);
  }
  if (infos->len == 0)
    return g_string_free (out, FALSE);
  gsize *widths = cell_table_measure (table);
  gsize used = 0;
  for (guint i = 0; i < RECIPIENTS; i++)
    used += widths[i] + 2;
  if (columns > used + 10)
    widths[RECIPIENTS] = MIN (widths[RECIPIENTS], columns - used);
  cell_table_append (table, out, 0);
  return g_string_free (out, FALSE);
}

/* --- JSON --------------------------------------------------------------------------------------- */

static JsonObject *
new_event (const char *event, const char *name)
{
  JsonObject *object = json_object_new ();
  json_add_text (object, "event", event);
  json_add_text (object, "batch", name);
  return object;
}

/* OBJECT is taken. */
static void
print (JsonObject *object)
{
  g_autofree char *line = json_line (object);
  printf ("%s\n", line);
  fflush (stdout);
}

static void
add_counts (JsonObject *object, const guint64 *counts)
{
  for (guint i = 0; i < BATCH_FATES; i++)
    json_object_set_int_member (object, batch_fate_name (i), (gint64)counts[i]);
}

void
batch_print_progress (const char *name, const BatchStanding *standing)
{
  JsonObject *object = new_event ("progress", name);
  add_counts (object, standing->counts);
  json_object_set_int_member (object, "connections", standing->connections);
  if (standing->rate >= 0)
    json_object_set_double_member (object, "per-second", standing->rate);
  print (object);
}

void
batch_print_recipient (const char *name, const BatchRow *row, guint index)
{
  const BatchRecipient *recipient = &row->recipients[index];
  JsonObject *object = new_event ("recipient", name);
  JsonObject *verdict = json_object_new ();
  g_autofree char *at = when_format_iso (recipient->at);
  gsize length = 0;
  const char *queue_id = batch_queue_id (&recipient->verdict, &length);
  g_autofree char *id = queue_id ? g_strndup (queue_id, length) : NULL;
  json_add_text (object, "key", row->key);
  json_object_set_int_member (object, "line", (gint64)row->line);
  json_add_text (object, "recipient", recipient->address);
  json_add_text (object, "state", batch_fate_name (recipient->fate));
  json_add_text (object, "message-id", row->message_id);
  json_add_text (object, "queue-id", id);
  json_add_text (object, "path", recipient->path);
  json_add_text (object, "time", at);
  json_add_verdict (verdict, &recipient->verdict);
  json_object_set_object_member (object, "verdict", verdict);
  print (object);
}

void
batch_print_info (const char *event, const BatchInfo *info, int status)
{
  JsonObject *object = new_event (event, info->name);
  g_autofree char *next = info->next_due != G_MAXINT64 ? when_format_iso (info->next_due) : NULL;
  g_autofree char *created = when_format_iso (info->created);
  g_autofree char *changed = when_format_iso (info->changed);
  json_add_text (object, "state", batch_state_name (info->state));
  json_add_text (object, "reason", info->reason);
  json_object_set_int_member (object, "rows", (gint64)info->n_rows);
  add_counts (object, info->counts);
  json_object_set_int_member (object, "holder", info->holder);
  json_add_text (object, "created", created);
  json_add_text (object, "changed", changed);
  json_add_text (object, "next-due", next);
  if (status >= 0)
    json_object_set_int_member (object, "exit-status", status);
  print (object);
}
