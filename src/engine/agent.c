/* The engine and its source do the work; the agent sees to it that they are woken when there is
 * some, without looking when there is none. */
#include "engine/agent.h"

#include "engine/batch-agent.h"
#include "engine/file-watch.h"
#include "engine/notices.h"
#include "engine/timer.h"
#include "net/clock.h"

#define LOOK_SPAN (2 * TICKS_PER_SECOND) /* where the file can't be watched */

struct Agent {
  OutboxSource *source; /* the engine's */
  Engine *engine;
  BatchAgent *batches; /* NULL: they are left alone */
  Notices *notices;
  FileWatch *file;
  Timer *look;
  Timer *prune;
  Ticks keep_sent;
  AgentIdle idle;
  gpointer data;
};

/* --- history --------------------------------------------------------------------- */

static void
prune (Outbox *outbox, gpointer data)
{
  const gint64 *before = data;
  guint n;

  if (!outbox_prune (outbox, *before, &n, NULL)) {
    /* There is another day. */
  }
}

static void
after_prune (Outbox *outbox, gpointer data)
{
  g_free (data);
}

static void
on_prune (gpointer data)
{
  Agent *agent = data;
  Instant now = clock_instant ();
  gint64 *before = g_new (gint64, 1);

  *before = now.wall - agent->keep_sent;
  outbox_source_run (agent->source, prune, after_prune, before);
  timer_set (agent->prune, now.ticks + TICKS_PER_DAY);
}

/* --- waking ---------------------------------------------------------------------- */

static void
on_file (gpointer data)
{
  Agent *agent = data;

  outbox_source_look_again (agent->source);
}

static void
on_look (gpointer data)
{
  Agent *agent = data;

  outbox_source_look_again (agent->source);
  timer_set (agent->look, clock_now () + LOOK_SPAN);
}

/* The log that is written ahead has the file's name, and more. */
static void
watch_file (Agent *agent, const char *directory)
{
  agent->file = file_watch_new (directory, OUTBOX_NAME, on_file, agent);
  if (agent->file)
    return;
  agent->look = timer_new (on_look, agent);
  timer_set (agent->look, clock_now () + LOOK_SPAN);
}

void
agent_network_changed (Agent *agent)
{
  engine_network_changed (agent->engine);
  if (agent->batches)
    batch_agent_network_changed (agent->batches);
  outbox_source_network_changed (agent->source);
}

/* The source says anew what is due, by the time of day, and when to ask again. */
void
agent_clock_changed (Agent *agent)
{
  outbox_source_look_again (agent->source);
  if (agent->batches)
    batch_agent_look (agent->batches);
}

static void
on_batches_idle (gpointer data)
{
  Agent *agent = data;

  if (agent_is_idle (agent))
    agent->idle (agent, agent->data);
}

/* What people send one by one goes first. */
static void
on_event (const EngineEvent *event, gpointer data)
{
  Agent *agent = data;

  if (event->kind != ENGINE_IDLE)
    return;
  if (agent->batches)
    batch_agent_look (agent->batches);
  agent->idle (agent, agent->data);
}

/* Nobody waits here: failures are told by all the means that the account has. */
static void
on_settled (const OutboxSettled *settled, gpointer data)
{
  Agent *agent = data;

  notices_settled (agent->notices, settled, FALSE);
}

static void
serve_batches (Agent *agent, const AgentRules *rules)
{
  const BatchAgentRules batch_rules = { .directory = rules->directory,
                                        .find_account = rules->find_account,
                                        .find_data = rules->find_data,
                                        .memory = rules->memory,
                                        .identity = rules->identity,
                                        .say = rules->warn,
                                        .say_data = rules->warn_data };

  agent->batches = batch_agent_new (&batch_rules, on_batches_idle, agent);
}

/* --- life -------------------------------------------------------------------------- */

Agent *
agent_new (const AgentRules *rules, AgentIdle idle, gpointer data, GError **error)
{
  OutboxSourceRules source_rules = { .directory = rules->directory,
                                     .find_account = rules->find_account,
                                     .data = rules->find_data,
                                     .linger = rules->linger };
  OutboxSource *source = outbox_source_new (&source_rules, error);
  const NoticesRules notices_rules = { .visit = notices_visit_outbox,
                                       .visit_data = source,
                                       .find_account = rules->find_account,
                                       .find_data = rules->find_data,
                                       .warn = rules->warn,
                                       .warn_data = rules->warn_data };
  Agent *agent;

  if (!source)
    return NULL;
  agent = g_new0 (Agent, 1);
  agent->source = source;
  agent->engine = engine_new (outbox_source_work (source), rules->memory, rules->identity);
  agent->keep_sent = rules->keep_sent;
  agent->idle = idle;
  agent->data = data;
  outbox_source_attach (source, agent->engine);
  agent->notices = notices_new (&notices_rules);
  outbox_source_listen (source, on_settled, agent);
  engine_watch (agent->engine, on_event, agent);
  agent->prune = timer_new (on_prune, agent);
  timer_set (agent->prune, 0);
  if (!rules->once)
    watch_file (agent, rules->directory);
  if (rules->batches)
    serve_batches (agent, rules);
  engine_wake (agent->engine);
  return agent;
}

OutboxSource *
agent_source (Agent *agent)
{
  return agent->source;
}

gboolean
agent_is_idle (const Agent *agent)
{
  return engine_is_idle (agent->engine) && (!agent->batches || batch_agent_is_idle (agent->batches));
}

gboolean
agent_retire (Agent *agent)
{
  gboolean batches_rest = !agent->batches || batch_agent_retire (agent->batches);

  outbox_source_rest (agent->source);
  return engine_put_back_all (agent->engine) == 0 && engine_is_idle (agent->engine) && batches_rest;
}

void
agent_free (Agent *agent)
{
  if (!agent)
    return;
  file_watch_free (agent->file);
  timer_free (agent->look);
  timer_free (agent->prune);
  batch_agent_free (agent->batches);
  notices_free (agent->notices);
  engine_free (agent->engine);
  g_free (agent);
}
