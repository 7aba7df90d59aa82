/* How a batch is to be sent, and what all its rows share. */
#include "store/batch-private.h"

#include <string.h>

#include "base/error.h"

/* --- the plan ------------------------------------------------------------------------------ */

typedef struct {
  Batch *batch;
  const BatchPlan *plan;
} Planning;

static GByteArray *
strings_to_octets (GStrv strings)
{
  GByteArray *octets = g_byte_array_new ();

  for (gsize i = 0; strings && strings[i]; i++)
    g_byte_array_append (octets, (const guint8 *)strings[i], (guint)strlen (strings[i]) + 1);
  return octets;
}

static GStrv
strings_of_column (sqlite3_stmt *row, int column)
{
  const char *octets = sqlite3_column_blob (row, column);
  int length = sqlite3_column_bytes (row, column);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (length == 0)
    return NULL;
  for (int at = 0; at < length; at += (int)strlen (octets + at) + 1)
    g_strv_builder_add (builder, octets + at);
  return g_strv_builder_end (builder);
}

static int
write_plan (sqlite3 *sqlite, gpointer data)
{
  const Planning *planning = data;
  const BatchPlan *plan = planning->plan;
  const PacingRules *pacing = &plan->pacing;
  g_autoptr (GByteArray) overrides = strings_to_octets (plan->overrides);
  g_autofree char *rates = pacing_rates_to_string (pacing);
  int code = batch_check_taken (planning->batch, sqlite);

  if (code != SQLITE_OK)
    return code;
  return database_execute (
      sqlite,
      "UPDATE batch SET (account, overrides, sender, at_once, resend_in_doubt, connections,"
      " rates, per_connection, per_domain, max_recipients, stop_after)"
      " = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      "sbsiiisiiii", plan->account, (const void *)overrides->data, (gint64)overrides->len, plan->sender,
      (gint64)plan->window, (gint64)plan->resend_in_doubt, (gint64)pacing->connections, rates,
      (gint64)pacing->per_connection, (gint64)pacing->per_domain, (gint64)pacing->max_recipients,
      (gint64)pacing->stop_after);
}

gboolean
batch_set_plan (Batch *batch, const BatchPlan *plan, GError **error)
{
  Planning planning = { batch, plan };

  return batch_run (batch, DATABASE_WRITE, write_plan, &planning, error);
}

/* A file that somebody else has written into doesn't make pacing assert. */
static guint
column_within (sqlite3_stmt *row, int column, guint least, guint most)
{
  return (guint)CLAMP (sqlite3_column_int64 (row, column), (gint64)least, (gint64)most);
}

static int
read_plan (sqlite3 *sqlite, gpointer data)
{
  BatchPlan *plan = data;
  sqlite3_stmt *row = database_prepare (sqlite,
                                        "SELECT account, overrides, sender, at_once, resend_in_doubt,"
                                        " connections, rates, per_connection, per_domain, max_recipients,"
                                        " stop_after FROM batch",
                                        "");
  int code = row ? sqlite3_step (row) : sqlite3_extended_errcode (sqlite);

  if (code == SQLITE_ROW) {
    PacingRules *pacing = &plan->pacing;
    plan->account = column_string (row, 0);
    plan->overrides = strings_of_column (row, 1);
    plan->sender = column_string (row, 2);
    plan->window = column_within (row, 3, 1, BATCH_WINDOW_LIMIT);
    plan->resend_in_doubt = sqlite3_column_int (row, 4) != 0;
    pacing->connections = column_within (row, 5, 1, PACING_CONNECTIONS);
    pacing_rates_parse ((const char *)sqlite3_column_text (row, 6), pacing);
    pacing->per_connection = column_within (row, 7, 0, PACING_COUNT_LIMIT);
    pacing->per_domain = column_within (row, 8, 0, PACING_COUNT_LIMIT);
    pacing->max_recipients = column_within (row, 9, 0, PACING_COUNT_LIMIT);
    pacing->stop_after = column_within (row, 10, 0, PACING_COUNT_LIMIT);
    code = SQLITE_OK;
  }
  sqlite3_finalize (row);
  return code;
}

gboolean
batch_get_plan (Batch *batch, BatchPlan *ret_plan, GError **error)
{
  batch_plan_init (ret_plan);
  return batch_run (batch, DATABASE_READ, read_plan, ret_plan, error);
}

/* --- parts ------------------------------------------------------------------------------------ */

typedef struct {
  Batch *batch;
  const char *name;
  const guint8 *octets;
  gsize length;
  GByteArray *found; /* NULL: there is none */
} Part;

static int
write_part (sqlite3 *sqlite, gpointer data)
{
  const Part *part = data;
  int code = batch_check_taken (part->batch, sqlite);
  gsize at = 0;

  if (code == SQLITE_OK)
    code = database_execute (sqlite, "DELETE FROM part WHERE name = ?", "s", part->name);
  for (gint64 i = 0; part->octets && code == SQLITE_OK && (i == 0 || at < part->length); i++) {
    gsize n = MIN (part->length - at, BATCH_CHUNK_SIZE);
    code = database_execute (sqlite, "INSERT INTO part (name, number, octets) VALUES (?, ?, ?)", "sib",
                             part->name, i, (const void *)(part->octets + at), (gint64)n);
    at += n;
  }
  return code;
}

gboolean
batch_set_part (Batch *batch, const char *name, const void *octets, gsize length, GError **error)
{
  Part part = { .batch = batch, .name = name, .octets = octets, .length = length };

  return batch_run (batch, DATABASE_WRITE_LAZILY, write_part, &part, error);
}

static int
read_part (sqlite3 *sqlite, gpointer data)
{
  Part *part = data;
  sqlite3_stmt *row
      = database_prepare (sqlite, "SELECT octets FROM part WHERE name = ? ORDER BY number", "s", part->name);
  int code = row ? SQLITE_ROW : sqlite3_extended_errcode (sqlite);

  g_clear_pointer (&part->found, g_byte_array_unref);
  while (row && (code = sqlite3_step (row)) == SQLITE_ROW) {
    const guint8 *octets = sqlite3_column_blob (row, 0);
    part->found = part->found ? part->found : g_byte_array_new ();
    g_byte_array_append (part->found, octets, octets ? (guint)sqlite3_column_bytes (row, 0) : 0);
  }
  sqlite3_finalize (row);
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

GBytes *
batch_get_part (Batch *batch, const char *name, GError **error)
{
  Part part = { .batch = batch, .name = name };

  if (!batch_run (batch, DATABASE_READ, read_part, &part, error))
    g_clear_pointer (&part.found, g_byte_array_unref);
  return part.found ? g_byte_array_free_to_bytes (part.found) : NULL;
}
