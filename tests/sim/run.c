/* The virtual clock and the virtual network: a list of what will happen, taken in the
 * order of time. */
#include "run.h"

#include <string.h>

typedef enum { EVENT_RESOLVED, EVENT_CONNECT, EVENT_STEP } EventKind;

typedef struct {
  EventKind kind;
  Ticks at;
  guint host;
  Family family;
  LadderAttemptId attempt;
  guint step;
} Event;

typedef struct {
  const Behaviour *behaviour;
  gboolean gone;
} Connection;

typedef struct {
  Run *run;
  const World *world;
  Dice *dice;
  Oracle *oracle;
  Ladder *ladder;
  GArray *events;
  GArray *connections; /* by attempt id - 1 */
  Ticks began, now;
} Scene;

Run *
run_new (Ticks clock)
{
  Run *run = g_new0 (Run, 1);
  run->memory = path_memory_new ();
  run->shadow = shadow_new ();
  run->clock = clock;
  run->trace = g_string_new (NULL);
  return run;
}

void
run_free (Run *run)
{
  path_memory_free (run->memory);
  shadow_free (run->shadow);
  g_string_free (run->trace, TRUE);
  g_free (run->violation);
  g_free (run);
}

static void G_GNUC_PRINTF (2, 3) trace (Scene *scene, const char *format, ...)
{
  va_list arguments;
  g_string_append_printf (scene->run->trace, "%10.3f ms  ",
                          (double)(scene->now - scene->began) / (double)TICKS_PER_MS);
  va_start (arguments, format);
  g_string_append_vprintf (scene->run->trace, format, arguments);
  va_end (arguments);
  g_string_append_c (scene->run->trace, '\n');
}

static Connection *
connection_of (Scene *scene, LadderAttemptId id)
{
  return &g_array_index (scene->connections, Connection, id - 1);
}

static void
schedule (Scene *scene, Event event, Ticks after)
{
  if (after == TICKS_NEVER)
    return;
  event.at = scene->now + after;
  g_array_append_val (scene->events, event);
}

/* ---- what the ladder says ------------------------------------------------------------ */

static void
do_resolve (Scene *scene, const LadderAction *action)
{
  const Event event = { .kind = EVENT_RESOLVED, .host = action->host, .family = action->path.family };
  trace (scene, "ask %s %s", action->path.host, family_name (action->path.family));
  schedule (scene, event, scene->world->resolving[action->host][action->path.family].answers_after);
}

static guint
port_index_of (const World *world, guint16 port)
{
  for (guint i = 0; i < world->rules.n_ports; i++)
    if (world->ports[i].port == port)
      return i;
  g_assert_not_reached ();
}

static void
do_attempt (Scene *scene, const LadderAction *action)
{
  guint port = port_index_of (scene->world, action->path.port);
  guint address = world_address_index (&action->address);
  const Connection connection
      = { .behaviour = &scene->world->behaviour[action->host][port][action->path.family][address] };
  const Event event = { .kind = EVENT_CONNECT, .attempt = action->attempt };
  trace (scene, "try %u: %s %u/%s address %u", action->attempt, action->path.host, action->path.port,
         family_name (action->path.family), address);
  g_array_append_val (scene->connections, connection);
  schedule (scene, event, connection.behaviour->connect_after);
  scene->run->n_attempts++;
}

static void
do_winner (Scene *scene, const LadderAction *action)
{
  Run *run = scene->run;
  trace (scene, "won: %u", action->attempt);
  run->won = TRUE;
  run->winner = action->path;
  run->winner.host = world_hosts[action->host];
  run->won_after = scene->now - scene->began;
}

static void
do_action (Scene *scene, const LadderAction *action)
{
  switch (action->kind) {
  case LADDER_RESOLVE:
    do_resolve (scene, action);
    break;
  case LADDER_ATTEMPT:
    do_attempt (scene, action);
    break;
  case LADDER_ABANDON:
    trace (scene, "abandon %u: %s", action->attempt, ladder_reason_name (action->reason));
    connection_of (scene, action->attempt)->gone = TRUE;
    break;
  case LADDER_WINNER:
    do_winner (scene, action);
    break;
  case LADDER_EXHAUSTED:
    trace (scene, "exhausted");
    break;
  case LADDER_STOPPED:
    trace (scene, "stopped");
    break;
  case LADDER_WAIT:
    break;
  }
}

static gboolean
is_violated (const Scene *scene)
{
  Claim claim;
  return oracle_violation (scene->oracle, &claim) != NULL;
}

/* Does all that the ladder wants now; FALSE when there is nothing to wait for. */
static gboolean
drain (Scene *scene, Ticks *ret_until)
{
  LadderAction action;
  do {
    ladder_next (scene->ladder, scene->now, &action);
    oracle_action (scene->oracle, &action, scene->now);
    if (is_violated (scene))
      return FALSE;
    do_action (scene, &action);
  } while (action.kind != LADDER_WAIT && action.kind != LADDER_EXHAUSTED && action.kind != LADDER_STOPPED);
  *ret_until = action.until;
  return action.kind == LADDER_WAIT;
}

/* ---- what happens ---------------------------------------------------------------------- */

static void
fail (Scene *scene, LadderAttemptId id, LadderFailure failure, AttemptEnd end)
{
  static const char *const failures[]
      = { "", "closed", "bad greeting", "broken after it was established", "verdict" };
  trace (scene, "%u: %s", id, failure == LADDER_FAILED_CONNECT ? attempt_end_name (end) : failures[failure]);
  connection_of (scene, id)->gone = TRUE;
  oracle_failed (scene->oracle, id, failure, end, scene->now);
  ladder_failed (scene->ladder, id, failure, end, scene->now);
}

static void
make_progress (Scene *scene, LadderAttemptId id, LadderProgress progress)
{
  static const char *const steps[] = { "connected", "greeted", "securing", "established" };
  Event next = { .kind = EVENT_STEP, .attempt = id, .step = (guint)progress };
  const Behaviour *behaviour = connection_of (scene, id)->behaviour;
  trace (scene, "%u: %s", id, steps[progress]);
  oracle_progress (scene->oracle, id, progress, scene->now);
  ladder_progress (scene->ladder, id, progress, scene->now);
  schedule (scene, next, behaviour->after[next.step]);
}

static void
happen_resolved (Scene *scene, const Event *event)
{
  guint n = scene->world->resolving[event->host][event->family].n_addresses;
  IpAddress addresses[WORLD_ADDRESSES];
  for (guint i = 0; i < n; i++)
    addresses[i] = world_address (event->family, i);
  const char *network = scene->world->networks[event->host][event->family];
  trace (scene, "%s has %u addresses, network %s", family_name (event->family), n,
         network ? network : "unknown");
  oracle_resolved (scene->oracle, event->host, event->family, n, scene->now);
  ladder_resolved (scene->ladder, event->host, event->family, network, addresses, n, scene->now);
}

static void
happen_connect (Scene *scene, const Event *event)
{
  const Behaviour *behaviour = connection_of (scene, event->attempt)->behaviour;
  if (behaviour->connect == ATTEMPT_ACCEPTED)
    make_progress (scene, event->attempt, LADDER_CONNECTED);
  else
    fail (scene, event->attempt, LADDER_FAILED_CONNECT, behaviour->connect);
}

static void
finish (Scene *scene)
{
  trace (scene, "finished");
  oracle_finished (scene->oracle, scene->now);
  ladder_finished (scene->ladder, scene->now);
}

static void
happen_step (Scene *scene, const Event *event)
{
  const Connection *connection = connection_of (scene, event->attempt);
  const Behaviour *behaviour = connection->behaviour;
  gboolean is_session = event->step == STEP_SESSION;
  Fault fault = event->step == behaviour->fault_step ? behaviour->fault : FAULT_NONE;
  switch (fault) {
  case FAULT_STALL:
    break;
  case FAULT_CLOSE:
    fail (scene, event->attempt, is_session ? LADDER_FAILED_AFTER : LADDER_FAILED_CLOSED, ATTEMPT_ACCEPTED);
    break;
  case FAULT_BAD_GREETING:
    fail (scene, event->attempt, LADDER_FAILED_GREETING, ATTEMPT_ACCEPTED);
    break;
  case FAULT_VERIFICATION:
    fail (scene, event->attempt, LADDER_FAILED_FINAL, ATTEMPT_ACCEPTED);
    break;
  case FAULT_NONE:
    if (!is_session)
      make_progress (scene, event->attempt, (LadderProgress)(event->step + 1));
    else if (!connection->gone)
      finish (scene);
    break;
  }
}

static void
happen (Scene *scene, const Event *event)
{
  if (event->kind == EVENT_RESOLVED) {
    happen_resolved (scene, event);
    return;
  }
  /* Of a connection that was closed nothing comes, but what had crossed already. */
  if (connection_of (scene, event->attempt)->gone && !(scene->dice && dice_chance (scene->dice, 10)))
    return;
  if (event->kind == EVENT_CONNECT)
    happen_connect (scene, event);
  else
    happen_step (scene, event);
}

/* The earliest event; FALSE when there is none. */
static gboolean
earliest (const Scene *scene, guint *ret_index)
{
  for (guint i = 0; i < scene->events->len; i++)
    if (i == 0
        || g_array_index (scene->events, Event, i).at < g_array_index (scene->events, Event, *ret_index).at)
      *ret_index = i;
  return scene->events->len > 0;
}

static void
play (Scene *scene)
{
  Ticks until;
  guint index;
  for (guint turns = 0; drain (scene, &until); turns++) {
    gboolean expected = earliest (scene, &index);
    if (turns > 20000 || (!expected && until == TICKS_NEVER)) {
      oracle_violate (scene->oracle, CLAIM_DEADLINE, "it never ends");
      return;
    }
    Ticks at = expected ? MIN (until, g_array_index (scene->events, Event, index).at) : until;
    oracle_time_passes (scene->oracle, at);
    scene->now = at;
    while (earliest (scene, &index) && g_array_index (scene->events, Event, index).at == at) {
      const Event event = g_array_index (scene->events, Event, index);
      g_array_remove_index (scene->events, index);
      happen (scene, &event);
      if (scene->dice && dice_chance (scene->dice, 50))
        break; /* the others of this moment come after the ladder was asked */
    }
  }
}

gboolean
run_message (Run *run, const World *world, Dice *dice)
{
  Scene scene = { .run = run, .world = world, .dice = dice, .began = run->clock, .now = run->clock };
  run->won = FALSE;
  run->n_attempts = 0;
  g_string_truncate (run->trace, 0);
  scene.oracle = oracle_new (world, run->memory, run->shadow, run->counts);
  if (run->alone)
    oracle_trust_all_but (scene.oracle, run->only);
  scene.ladder = ladder_new (&world->rules, world_hosts, world->n_hosts, run->memory);
  scene.events = g_array_new (FALSE, FALSE, sizeof (Event));
  scene.connections = g_array_new (FALSE, FALSE, sizeof (Connection));

  play (&scene);
  if (!is_violated (&scene))
    oracle_end (scene.oracle, scene.ladder, scene.began, scene.now);
  run->clock = scene.now;
  run->ended_after = scene.now - scene.began;
  g_free (run->violation);
  run->violation = g_strdup (oracle_violation (scene.oracle, &run->claim));
  if (run->violation)
    trace (&scene, "VIOLATION of \"%s\": %s", claim_text (run->claim), run->violation);

  g_array_unref (scene.events);
  g_array_unref (scene.connections);
  ladder_free (scene.ladder);
  oracle_free (scene.oracle);
  return run->violation == NULL;
}

gboolean
run_tried (const Run *run, guint16 port, Family family)
{
  g_autofree char *name = g_strdup_printf (" %u/%s ", port, family_name (family));
  return strstr (run->trace->str, name) != NULL;
}
