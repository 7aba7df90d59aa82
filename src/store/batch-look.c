/* A batch as a whole: what there is to tell of it, and what a person, or another process, does
 * with it. */
#include "store/batch-private.h"

#include <string.h>

#include "base/error.h"

/* --- looking ---------------------------------------------------------------------------------- */

typedef struct {
  Batch *batch;
  BatchInfo *info;
} Looking;

static int
read_tally (sqlite3 *sqlite, BatchInfo *info)
{
  sqlite3_stmt *row = database_prepare (sqlite, "SELECT fate, n FROM tally", "");
  int code = row ? SQLITE_ROW : sqlite3_extended_errcode (sqlite);

  while (row && (code = sqlite3_step (row)) == SQLITE_ROW)
    info->counts[batch_fate_parse ((const char *)sqlite3_column_text (row, 0))]
        += (guint64)sqlite3_column_int64 (row, 1);
  sqlite3_finalize (row);
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int
read_head (sqlite3 *sqlite, BatchInfo *info)
{
  sqlite3_stmt *row = database_prepare (
      sqlite, "SELECT state, reason, created, changed, n_rows, " VERDICT_COLUMNS " FROM batch", "");
  int code = row ? sqlite3_step (row) : sqlite3_extended_errcode (sqlite);

  if (code == SQLITE_ROW) {
    info->state = BATCH_PAUSED; /* what a later version calls by another word isn't sent */
    batch_state_parse ((const char *)sqlite3_column_text (row, 0), &info->state);
    info->reason = column_string (row, 1);
    info->created = sqlite3_column_int64 (row, 2);
    info->changed = sqlite3_column_int64 (row, 3);
    info->n_rows = (guint64)sqlite3_column_int64 (row, 4);
    verdict_read (row, 5, &info->verdict);
    code = SQLITE_OK;
  }
  sqlite3_finalize (row);
  return code;
}

static int
look (sqlite3 *sqlite, gpointer data)
{
  Looking *looking = data;
  gboolean own;

  batch_info_free (looking->info);
  looking->info = g_new0 (BatchInfo, 1);
  looking->info->name = g_strdup (looking->batch->name);
  looking->info->next_due = G_MAXINT64;
  int code = read_head (sqlite, looking->info);
  if (code == SQLITE_OK)
    code = read_tally (sqlite, looking->info);
  if (code == SQLITE_OK)
    code = database_get (sqlite, &looking->info->next_due,
                         "SELECT due FROM row WHERE due IS NOT NULL ORDER BY due LIMIT 1", "");
  if (code == SQLITE_OK || code == SQLITE_DONE)
    code = batch_find_holder (looking->batch, sqlite, &looking->info->holder, &own);
  return code;
}

BatchInfo *
batch_info (Batch *batch, GError **error)
{
  Looking looking = { .batch = batch };

  if (!batch_run (batch, DATABASE_READ, look, &looking, error))
    g_clear_pointer (&looking.info, batch_info_free);
  return looking.info;
}

int
batch_read_state (sqlite3 *sqlite, BatchState *ret_state)
{
  sqlite3_stmt *row = database_prepare (sqlite, "SELECT state FROM batch", "");
  int code = row ? sqlite3_step (row) : sqlite3_extended_errcode (sqlite);

  if (code == SQLITE_ROW) {
    *ret_state = BATCH_PAUSED;
    batch_state_parse ((const char *)sqlite3_column_text (row, 0), ret_state);
    code = SQLITE_OK;
  }
  sqlite3_finalize (row);
  return code;
}

static int
look_at_state (sqlite3 *sqlite, gpointer data)
{
  return batch_read_state (sqlite, data);
}

gboolean
batch_get_state (Batch *batch, BatchState *ret_state, GError **error)
{
  return batch_run (batch, DATABASE_READ, look_at_state, ret_state, error);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

/* NULL where there is no folder yet. */
static GPtrArray *
list_names (const char *directory)
{
  g_autofree char *folder = g_build_filename (directory, BATCH_FOLDER, NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  for (const char *file; dir && (file = g_dir_read_name (dir));) {
    g_autofree char *name = g_str_has_suffix (file, BATCH_SUFFIX)
                                ? g_strndup (file, strlen (file) - strlen (BATCH_SUFFIX))
                                : NULL;
    if (name && batch_name_is_good (name))
      g_ptr_array_add (names, g_steal_pointer (&name));
  }
  g_ptr_array_sort (names, compare_names);
  return names;
}

GPtrArray *
batch_list (const char *directory, char **ret_complaint, GError **error)
{
  g_autoptr (GPtrArray) names = list_names (directory);
  GPtrArray *infos = g_ptr_array_new_with_free_func ((GDestroyNotify)batch_info_free);

  if (ret_complaint)
    *ret_complaint = NULL;
  for (guint i = 0; i < names->len; i++) {
    g_autoptr (GError) failure = NULL;
    g_autoptr (Batch) batch = batch_open (directory, g_ptr_array_index (names, i), FALSE, &failure);
    BatchInfo *info = batch ? batch_info (batch, &failure) : NULL;
    if (info)
      g_ptr_array_add (infos, info);
    else if (failure && ret_complaint && !*ret_complaint)
      *ret_complaint = g_strdup (failure->message);
  }
  return infos;
}

/* --- acting -------------------------------------------------------------------------------------- */

typedef struct {
  const char *states; /* in which it is possible; words with blanks around */
  gboolean alone;     /* not while another process has it; */
                      /*   then the SQL has the key as a second parameter */
  const char *sql[3];
} ActionRow;

#define SET_CHANGED "changed = ?"
#define IS_MEANT "fate = 'in-doubt' AND (?2 IS NULL OR row IN (SELECT id FROM row WHERE key = ?2))"

/* Each SQL has the time as its one parameter. */
static const ActionRow actions[] = {
  [BATCH_PAUSE] = { " ready ",
                    FALSE,
                    { "UPDATE batch SET state = 'paused', reason = 'user', kind = 'none', " SET_CHANGED } },
  [BATCH_RESUME]
  = { " paused ", FALSE, { "UPDATE batch SET state = 'ready', reason = NULL, kind = 'none', " SET_CHANGED } },
  [BATCH_CANCEL] = { " loading ready paused ",
                     FALSE,
                     { "UPDATE batch SET state = 'cancelled', reason = NULL, kind = 'none', " SET_CHANGED,
                       "UPDATE recipient SET fate = 'left-out', at = ? WHERE " FATE_WAITS,
                       "UPDATE row SET due = NULL WHERE due IS NOT NULL AND ? > 0" } },
  [BATCH_RESEND_DOUBTS]
  = { " loading ready paused ",
      TRUE,
      { "UPDATE row SET due = 0 WHERE id IN (SELECT row FROM recipient WHERE " IS_MEANT " AND ?1 > 0)",
        "UPDATE recipient SET fate = 'waiting', at = ?1 WHERE " IS_MEANT } },
  [BATCH_BELIEVE_DOUBTS]
  = { " loading ready paused cancelled ",
      TRUE,
      { "UPDATE recipient SET (fate, at, kind, stage, cause, code, enhanced, reply, detail)"
        " = ('accepted', ?1, 'none', '', '', 0, NULL, NULL, NULL) WHERE " IS_MEANT } },
  [BATCH_RETRY_DEFERRED]
  = { " loading ready paused ", FALSE, { "UPDATE row SET due = 0 WHERE due > 0 AND ? > 0" } },
};

typedef struct {
  Batch *batch;
  BatchAction action;
  const char *key;
  gint64 now;
  BatchResult result;
  BatchState state;
  guint n; /* rows of the last statement */
} Acting;

static int
act_once (sqlite3 *sqlite, const char *sql, Acting *acting)
{
  int code = actions[acting->action].alone ? database_execute (sqlite, sql, "is", acting->now, acting->key)
                                           : database_execute (sqlite, sql, "i", acting->now);

  acting->n = (guint)sqlite3_changes (sqlite);
  return code;
}

static int
act (sqlite3 *sqlite, gpointer data)
{
  Acting *acting = data;
  const ActionRow *action = &actions[acting->action];
  gint64 holder = 0;
  gboolean own = FALSE;
  int code = batch_read_state (sqlite, &acting->state);
  g_autofree char *word = g_strdup_printf (" %s ", batch_state_name (acting->state));

  if (code == SQLITE_OK)
    code = batch_find_holder (acting->batch, sqlite, &holder, &own);
  if (code != SQLITE_OK)
    return code;
  acting->result = BATCH_DONE;
  if (!strstr (action->states, word))
    acting->result = BATCH_NOT_SO;
  else if (action->alone && holder != 0 && !own)
    acting->result = BATCH_BUSY;
  for (gsize i = 0; i < G_N_ELEMENTS (action->sql) && code == SQLITE_OK && acting->result == BATCH_DONE; i++)
    if (action->sql[i])
      code = act_once (sqlite, action->sql[i], acting);
  return code == SQLITE_OK && acting->result != BATCH_DONE ? SQLITE_DONE : code;
}

gboolean
batch_act (Batch *batch, BatchAction action, gint64 now, BatchResult *ret_result, BatchState *ret_state,
           GError **error)
{
  Acting acting = { .batch = batch, .action = action, .now = now };
  gboolean done = batch_run (batch, DATABASE_WRITE, act, &acting, error);

  *ret_result = acting.result;
  *ret_state = acting.state;
  return done;
}

gboolean
batch_resolve (Batch *batch, const char *key, BatchAction action, gint64 now, BatchResult *ret_result,
               guint *ret_n, GError **error)
{
  Acting acting = { .batch = batch, .action = action, .key = key, .now = now };
  gboolean done = batch_run (batch, DATABASE_WRITE, act, &acting, error);

  *ret_result = acting.result;
  *ret_n = acting.n;
  return done;
}

typedef struct {
  Batch *batch;
  const char *reason;
  const Verdict *verdict;
  gint64 now;
} Pausing;

static int
pause_batch (sqlite3 *sqlite, gpointer data)
{
  static const Verdict none = { .kind = OUTCOME_NONE };
  const Pausing *pausing = data;
  VerdictRow row;
  int code = batch_check_taken (pausing->batch, sqlite);

  if (code != SQLITE_OK)
    return code;
  verdict_row_init (&row, pausing->verdict ? pausing->verdict : &none);
  code = database_execute (sqlite,
                           "UPDATE batch SET (state, reason, changed, " VERDICT_COLUMNS
                           ") = ('paused', ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE state = 'ready'",
                           "si" VERDICT_FORMAT, pausing->reason, pausing->now, VERDICT_VALUES (&row));
  verdict_row_clear (&row);
  return code;
}

gboolean
batch_pause (Batch *batch, const char *reason, const Verdict *verdict, gint64 now, GError **error)
{
  Pausing pausing = { batch, reason, verdict, now };

  return batch_run (batch, DATABASE_WRITE, pause_batch, &pausing, error);
}
