/* One engine for one batch at a time, beside the outbox's own: what people send goes over
 * connections that no batch has. */
#include "engine/batch-agent.h"

#include <glib/gstdio.h>

#include "base/error.h"
#include "base/i18n.h"
#include "engine/batch-log.h"
#include "engine/file-watch.h"
#include "engine/report-words.h"
#include "engine/timer.h"
#include "net/clock.h"

/* Whoever sends a batch writes to it all the time; and when he dies he says nothing. */
#define LOOK_PAUSE (2 * TICKS_PER_SECOND)
#define LOOK_AFTER_OTHERS (15 * TICKS_PER_SECOND)

/* Connections are kept for what is due, or let go by a rate, within this time. */
#define LINGER (2 * TICKS_PER_MINUTE)

/* Without a way to the server, an account, or room on the disk. */
#define TRY_AGAIN (10 * TICKS_PER_MINUTE)

struct BatchAgent {
  BatchAgentRules rules;
  char *directory;
  BatchAgentIdle idle;
  gpointer data;
  GHashTable *not_before; /* name -> gint64 of the wall clock: why it isn't tried now */
  FileWatch *file;        /* NULL: it can't be watched */
  Timer *timer;
  Timer *changed; /* a while after a change: */
  gboolean has_changed;
  guint64 stamp; /* of the files, at the latest look */
  gboolean looks, retiring;
  /* of the batch in hand */
  char *name;
  char *sender;
  const Account *account;
  gboolean log_failed; /* told once */
  BatchSource *source; /* the engine's */
  Engine *engine;      /* NULL: there is none */
  GSource *ending;     /* NULL: it goes on */
};

static void
say (const BatchAgent *agent, const char *name, const char *words)
{
  g_autofree char *text = g_strdup_printf ("%s: %s", name, words);

  if (agent->rules.say)
    agent->rules.say (text, agent->rules.say_data);
}

static void
put_off (BatchAgent *agent, const char *name, gint64 until)
{
  g_hash_table_insert (agent->not_before, g_strdup (name), g_memdup2 (&until, sizeof until));
}

/* --- the end of one ------------------------------------------------------------------------ */

static void
drop_engine (BatchAgent *agent)
{
  if (agent->ending) {
    g_source_destroy (agent->ending);
    g_clear_pointer (&agent->ending, g_source_unref);
  }
  g_clear_pointer (&agent->engine, engine_free);
  agent->source = NULL;
  g_clear_pointer (&agent->name, g_free);
  g_clear_pointer (&agent->sender, g_free);
}

static void
conclude (BatchAgent *agent)
{
  gint64 now = clock_instant ().wall;
  BatchProgress progress;
  const Verdict *verdict;
  BatchEnd end = batch_source_end (agent->source, &verdict);
  g_autofree char *why = verdict->kind != OUTCOME_NONE ? report_verdict (verdict) : g_strdup ("");

  batch_source_progress (agent->source, &progress);
  switch (end) {
  case BATCH_END_PAUSED:
    say (agent, agent->name, why);
    break;
  case BATCH_END_LATER: /* LOOK_PAUSE: a rate's next moment may be now */
    put_off (agent, agent->name, MAX (MIN (progress.next_due, now + TICKS_PER_DAY), now + LOOK_PAUSE));
    break;
  case BATCH_END_NO_PATH:
  case BATCH_END_DISK:
    if (verdict->cause != CAUSE_NO_NETWORK)
      say (agent, agent->name, why);
    put_off (agent, agent->name, now + TRY_AGAIN);
    break;
  case BATCH_END_DONE:
  case BATCH_END_NONE:
  case BATCH_END_RESTED:
  case BATCH_END_ASKED:
    break;
  }
}

static gboolean
on_ending (gpointer data)
{
  BatchAgent *agent = data;

  conclude (agent);
  drop_engine (agent);
  batch_agent_look (agent);
  if (!agent->engine)
    agent->idle (agent->data);
  return G_SOURCE_REMOVE;
}

/* The engine is in the middle of telling it. */
static void
on_event (const EngineEvent *event, gpointer data)
{
  BatchAgent *agent = data;

  if (event->kind != ENGINE_IDLE || agent->ending)
    return;
  agent->ending = g_idle_source_new ();
  g_source_set_callback (agent->ending, on_ending, agent, NULL);
  g_source_attach (agent->ending, NULL);
}

static void
on_news (const BatchNews *news, gpointer data)
{
  BatchAgent *agent = data;
  g_autoptr (GError) error = NULL;

  if (agent->log_failed)
    return;
  agent->log_failed = !batch_log (news, agent->account, agent->sender, &error);
  if (agent->log_failed)
    say (agent, agent->name, error->message);
}

/* --- the beginning of one --------------------------------------------------------------------- */

/* BATCH is this process's, and gone afterwards. FALSE: it can't be sent for now. */
static gboolean
serve (BatchAgent *agent, Batch *batch, GError **error)
{
  g_auto (BatchPlan) plan = { .account = NULL };
  BatchSourceRules rules = { .linger = LINGER, .listener = on_news, .data = agent };

  if (!batch_get_plan (batch, &plan, error)) {
    batch_close (batch);
    return FALSE;
  }
  agent->account = rules.account
      = agent->rules.find_account (plan.account, (const char *const *)plan.overrides, agent->rules.find_data);
  if (!rules.account) {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION,
                 _ ("the account %s isn't configured any more"), plan.account);
    batch_close (batch);
    return FALSE;
  }
  agent->source = batch_source_new (batch, &rules, error);
  if (!agent->source)
    return FALSE;
  agent->sender = g_steal_pointer (&plan.sender);
  agent->log_failed = FALSE;
  agent->engine = engine_new (batch_source_work (agent->source), agent->rules.memory, agent->rules.identity);
  engine_watch (agent->engine, on_event, agent);
  batch_source_attach (agent->source, agent->engine);
  return TRUE;
}

/* FALSE: another one is to be looked at. */
static gboolean
begin (BatchAgent *agent, const char *name)
{
  g_autoptr (GError) error = NULL;
  Batch *batch = batch_open (agent->directory, name, FALSE, &error);
  gint64 holder = 0;

  if (batch && batch_take (batch, &holder, &error) && holder == 0) {
    agent->name = g_strdup (name);
    if (serve (agent, batch, &error))
      return TRUE;
    g_clear_pointer (&agent->name, g_free);
  } else {
    batch_close (batch);
  }
  if (error) {
    say (agent, name, error->message);
    put_off (agent, name, clock_instant ().wall + TRY_AGAIN);
  }
  return FALSE;
}

/* --- what others write --------------------------------------------------------------------------- */

/* Changes with every commit, and not when a file is only looked at: that touches what SQLite keeps in
 * shared memory. */
static guint64
stamp_of (const BatchAgent *agent)
{
  g_autofree char *folder = g_build_filename (agent->directory, BATCH_FOLDER, NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint64 stamp = 0;

  for (const char *file; dir && (file = g_dir_read_name (dir));) {
    g_autofree char *path = g_build_filename (folder, file, NULL);
    GStatBuf facts;
    if (g_str_has_suffix (file, ".sqlite3-shm") || g_stat (path, &facts) != 0)
      continue;
    stamp += ((guint64)facts.st_mtim.tv_sec * 1000000000u + (guint64)facts.st_mtim.tv_nsec) ^ facts.st_ino;
  }
  return stamp;
}

static void
on_changed (gpointer data)
{
  BatchAgent *agent = data;

  agent->has_changed = FALSE;
  if (!agent->engine && stamp_of (agent) != agent->stamp)
    batch_agent_look (agent);
}

static void
on_file (gpointer data)
{
  BatchAgent *agent = data;

  if (!agent->looks || agent->has_changed || agent->engine)
    return;
  agent->has_changed = TRUE;
  timer_set (agent->changed, ticks_after (clock_now (), LOOK_PAUSE));
}

/* --- looking ------------------------------------------------------------------------------------ */

/* Wall clock: when INFO's batch may be begun; G_MAXINT64: when something is written to it. */
static gint64
time_of (const BatchAgent *agent, const BatchInfo *info, gint64 now)
{
  const gint64 *not_before = g_hash_table_lookup (agent->not_before, info->name);

  if (info->state != BATCH_READY || info->counts[BATCH_WAITING] + info->counts[BATCH_DEFERRED] == 0)
    return G_MAXINT64;
  if (info->holder != 0)
    return now + LOOK_AFTER_OTHERS;
  return MAX (info->next_due, not_before ? *not_before : 0);
}

void
batch_agent_look (BatchAgent *agent)
{
  Instant now = clock_instant ();
  gint64 next = G_MAXINT64;

  agent->looks = TRUE;
  if (agent->engine || agent->retiring)
    return;
  agent->stamp = stamp_of (agent);
  g_autoptr (GPtrArray) infos = batch_list (agent->directory, NULL, NULL);
  for (guint i = 0; infos && i < infos->len; i++) {
    const BatchInfo *info = g_ptr_array_index (infos, i);
    gint64 when = time_of (agent, info, now.wall);
    if (when <= now.wall && begin (agent, info->name))
      return;
    next = MIN (next, MAX (when, now.wall + LOOK_PAUSE));
  }
  timer_set (agent->timer, next == G_MAXINT64
                               ? TICKS_NEVER
                               : ticks_after (now.ticks, MIN (next - now.wall, TICKS_PER_HOUR)));
}

static void
on_timer (gpointer data)
{
  batch_agent_look (data);
}

void
batch_agent_network_changed (BatchAgent *agent)
{
  g_hash_table_remove_all (agent->not_before);
  if (agent->engine)
    engine_network_changed (agent->engine);
  else if (agent->looks)
    batch_agent_look (agent);
}

/* --- life ----------------------------------------------------------------------------------------- */

BatchAgent *
batch_agent_new (const BatchAgentRules *rules, BatchAgentIdle idle, gpointer data)
{
  BatchAgent *agent = g_new0 (BatchAgent, 1);
  g_autofree char *folder = g_build_filename (rules->directory, BATCH_FOLDER, NULL);

  agent->rules = *rules;
  agent->directory = g_strdup (rules->directory);
  agent->idle = idle;
  agent->data = data;
  agent->not_before = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  agent->timer = timer_new (on_timer, agent);
  agent->changed = timer_new (on_changed, agent);
  g_mkdir_with_parents (folder, 0700); /* so that it can be watched */
  agent->file = file_watch_new (folder, "", on_file, agent);
  return agent;
}

gboolean
batch_agent_is_idle (const BatchAgent *agent)
{
  return agent->engine == NULL;
}

gboolean
batch_agent_retire (BatchAgent *agent)
{
  agent->retiring = TRUE;
  timer_set (agent->timer, TICKS_NEVER);
  timer_set (agent->changed, TICKS_NEVER);
  if (!agent->engine)
    return TRUE;
  batch_source_rest (agent->source);
  engine_put_back_all (agent->engine);
  return FALSE;
}

void
batch_agent_free (BatchAgent *agent)
{
  if (!agent)
    return;
  drop_engine (agent);
  file_watch_free (agent->file);
  timer_free (agent->timer);
  timer_free (agent->changed);
  g_hash_table_unref (agent->not_before);
  g_free (agent->directory);
  g_free (agent);
}
