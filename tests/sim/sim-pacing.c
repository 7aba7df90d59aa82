/* Pacing against servers with limits that nobody told it: a virtual clock, connections that
 * take turns, and claims about speed, refusals, order and the user's own limits. */
#include "core/pacing.h"
#include "tests/lib/table.h"

#define START (G_GINT64_CONSTANT (1795000000) * TICKS_PER_SECOND)
#define DOMAINS 5

typedef struct {
  const char *about;
  const char *rates;
  guint connections, per_connection, per_domain, stop_after; /* the user's */
  guint n_messages;
  /* the server's: 0 is none */
  guint server_connections;
  double server_rate; /* messages a second */
  guint server_per_connection;
  guint server_at_once; /* more at a time make all of it slow */
  guint delay;          /* ms a message */
  guint slow_domain;    /* ms more for the first domain's */
  guint slow_after;     /* messages: two seconds and a half more from then on */
  guint stalls_after;   /* ms: then this machine stands still for up to eight seconds, again and again */
  guint quota_at;       /* 550 5.4.5 from then on */
  guint restarts;       /* stored and restored after so many messages */
  /* claims */
  double speed;      /* accepted messages a second at the least */
  double refusals;   /* replies that slow down, in a hundred accepted messages, at the most */
  guint accepted;    /* 0: all */
  guint least, most; /* connections allowed at the end; 0: any number */
  PacingPause pause;
} Scene;

typedef enum { CLOSED, OPENING, IDLE, BUSY } LineState;

typedef struct {
  LineState state;
  gint64 due, begun;
  guint n_begun, n_accepted, row;
  gboolean turned_away;
} Line;

typedef struct {
  const Scene *scene;
  Pacing *pacing;
  PacingRules rules;
  gint64 now;
  Line lines[PACING_CONNECTIONS];
  GArray *rows;     /* to be sent, in order: numbers; domain is number % DOMAINS */
  GArray *taken_at; /* gint64 */
  guint in_flight[DOMAINS];
  guint n_accepted, n_slowed, n_turned_away, n_taken;
  double tokens;
  gint64 filled_at;
  gint64 stalls_at;
  GRand *random;
} World;

static const char *const domains[DOMAINS]
    = { "slow.example", "One.example", "two.example", "three.example", "four.example" };

/* ---- the server --------------------------------------------------------------- */

static guint
count_lines (const World *world, LineState from)
{
  guint n = 0;
  for (guint i = 0; i < PACING_CONNECTIONS; i++)
    n += world->lines[i].state >= from && !world->lines[i].turned_away;
  return n;
}

/* A bucket of a second's messages. */
static gboolean
server_has_token (World *world)
{
  double rate = world->scene->server_rate;
  if (rate == 0)
    return TRUE;
  double passed = (double)(world->now - world->filled_at) / TICKS_PER_SECOND;
  world->tokens = MIN (world->tokens + passed * rate, MAX (rate / 2, 1));
  world->filled_at = world->now;
  if (world->tokens < 1)
    return FALSE;
  world->tokens -= 1;
  return TRUE;
}

static Reply *
server_reply (World *world, const Line *line)
{
  const Scene *scene = world->scene;
  if (scene->quota_at != 0 && world->n_accepted >= scene->quota_at) {
    Reply *reply = reply_new (550, "5.4.5 Daily user sending quota exceeded");
    reply->enhanced = (EnhancedCode){ 5, 4, 5 };
    return reply;
  }
  if (scene->server_per_connection != 0 && line->n_begun > scene->server_per_connection)
    return reply_new (421, "too many messages");
  if (!server_has_token (world))
    return reply_new (450, "too fast");
  return reply_new (250, "ok");
}

static Ticks
server_delay (const World *world, guint row)
{
  const Scene *scene = world->scene;
  guint busy = count_lines (world, BUSY);
  double delay = scene->delay + (row % DOMAINS == 0 ? scene->slow_domain : 0);
  if (scene->server_at_once != 0 && busy >= scene->server_at_once)
    delay += 5000.0 * (busy + 1 - scene->server_at_once);
  if (scene->slow_after != 0 && world->n_accepted >= scene->slow_after)
    delay += 2500;
  return (Ticks)(delay * (0.8 + 0.4 * g_rand_double (world->random)) * TICKS_PER_MS);
}

/* ---- the sender ----------------------------------------------------------------- */

static void
line_close (World *world, Line *line, OutcomeKind kind, guint code)
{
  g_autoptr (Reply) reply = reply_new (code, "bye");
  Verdict why = { .kind = kind,
                  .stage = line->n_begun > 0 ? STAGE_MAIL : STAGE_GREETING,
                  .cause = CAUSE_REPLY,
                  .reply = reply };
  pacing_closed (world->pacing, line->n_accepted, &why, world->now);
  *line = (Line){ 0 };
}

static void
row_take (World *world, Line *line, guint index)
{
  guint row = g_array_index (world->rows, guint, index);
  g_array_remove_index (world->rows, index);
  g_array_append_val (world->taken_at, world->now);
  world->in_flight[row % DOMAINS]++;
  world->n_taken++;
  line->row = row;
  line->n_begun++;
  line->begun = world->now;
  line->due = world->now + server_delay (world, row);
  line->state = BUSY;
  const PacingRules *rules = &world->rules;
  g_assert_true (rules->per_domain == 0 || world->in_flight[row % DOMAINS] <= rules->per_domain);
  g_assert_true (rules->per_connection == 0 || line->n_begun <= rules->per_connection);
}

/* The first row that may go. */
static void
line_serve (World *world, Line *line)
{
  gint64 again = TICKS_NEVER;
  guint most = MIN (world->rows->len, 200);
  for (guint i = 0; i < most; i++) {
    guint row = g_array_index (world->rows, guint, i);
    switch (pacing_take (world->pacing, line->n_begun, domains[row % DOMAINS], 1, world->now, &again)) {
    case PACING_GO:
      row_take (world, line, i);
      return;
    case PACING_PASS:
      continue;
    case PACING_WAIT:
      g_assert_cmpint (again, >, world->now);
      line->due = again;
      return;
    case PACING_CLOSE:
      line_close (world, line, OUTCOME_ACCEPTED, 221);
      return;
    case PACING_PAUSED:
      line->due = TICKS_NEVER;
      return;
    }
  }
  line->due = world->now + 10 * TICKS_PER_MS; /* none: when another has ended */
}

static void
line_ended (World *world, Line *line)
{
  g_autoptr (Reply) reply = server_reply (world, line);
  g_autoptr (Outcome) outcome = outcome_new (1);
  guint domain = line->row % DOMAINS;
  gboolean good = reply_is_positive (reply);
  OutcomeKind kind = good                         ? OUTCOME_ACCEPTED
                     : reply_is_permanent (reply) ? OUTCOME_PERMANENT
                                                  : OUTCOME_TEMPORARY;
  gboolean last_of_line = reply->code == 421;

  /* The message that runs into a full connection was no fault of its own. */
  if (last_of_line)
    kind = OUTCOME_TRANSPORT;
  verdict_set (&outcome->recipients[0], kind, STAGE_MAIL, CAUSE_REPLY, reply, NULL);
  world->in_flight[domain]--;
  PacingSpan span = { line->begun, world->now - line->begun };
  pacing_ended (world->pacing, domains[domain], outcome, &span, world->now);
  world->n_accepted += good;
  line->n_accepted += good;
  world->n_slowed += reply->code == 450;
  if (!good)
    g_array_prepend_val (world->rows, line->row);
  line->state = IDLE;
  if (last_of_line) {
    world->n_turned_away++;
    line_close (world, line, OUTCOME_TEMPORARY, 421);
  }
}

static void
line_opened (World *world, Line *line)
{
  line->state = IDLE;
  if (line->turned_away) {
    world->n_turned_away++;
    line_close (world, line, OUTCOME_TEMPORARY, 421);
  }
}

static void
line_go_on (World *world, Line *line)
{
  if (line->due > world->now)
    return;
  if (line->state == OPENING)
    line_opened (world, line);
  else if (line->state == BUSY)
    line_ended (world, line);
  if (line->state == IDLE)
    line_serve (world, line);
}

/* TICKS_NEVER: when something else has happened. */
static gint64
open_more (World *world)
{
  gint64 again = TICKS_NEVER;
  guint most = world->scene->server_connections;
  for (guint i = 0; i < PACING_CONNECTIONS; i++) {
    Line *line = &world->lines[i];
    if (line->state != CLOSED || world->rows->len == 0)
      continue;
    if (!pacing_may_open (world->pacing, world->now, &again))
      return again;
    *line = (Line){ .state = OPENING, .due = world->now + 50 * TICKS_PER_MS };
    line->turned_away = most != 0 && count_lines (world, OPENING) > most;
    guint n_open = 0;
    for (guint l = 0; l < PACING_CONNECTIONS; l++)
      n_open += world->lines[l].state != CLOSED;
    g_assert_cmpuint (n_open, <=, world->rules.connections);
  }
  return again;
}

/* The process ends and another goes on, with all connections new. */
static void
start_again (World *world)
{
  g_autofree char *text = pacing_store (world->pacing);
  for (guint i = 0; i < PACING_CONNECTIONS; i++)
    if (world->lines[i].state == BUSY) {
      g_array_prepend_val (world->rows, world->lines[i].row);
      world->in_flight[world->lines[i].row % DOMAINS]--;
    }
  memset (world->lines, 0, sizeof world->lines);
  pacing_free (world->pacing);
  world->pacing = pacing_new (&world->rules);
  g_assert_true (pacing_restore (world->pacing, text));
}

/* What comes while nobody looks is seen all at once. */
static gint64
stand_still (World *world, gint64 next)
{
  guint after = world->scene->stalls_after;
  if (after == 0 || next < world->stalls_at)
    return next;
  next += g_rand_int_range (world->random, 0, 8 * TICKS_PER_SECOND);
  world->stalls_at = next + after * TICKS_PER_MS;
  return next;
}

static gboolean
world_step (World *world)
{
  guint restarts = world->scene->restarts;
  guint before = world->n_taken;
  gint64 next = open_more (world);
  /* Each has its turn first now and then. */
  guint first = g_rand_int (world->random) % PACING_CONNECTIONS;
  for (guint i = 0; i < PACING_CONNECTIONS; i++)
    line_go_on (world, &world->lines[(first + i) % PACING_CONNECTIONS]);
  if (restarts != 0 && before / restarts != world->n_taken / restarts)
    start_again (world);
  next = MIN (next, open_more (world));
  for (guint i = 0; i < PACING_CONNECTIONS; i++)
    if (world->lines[i].state != CLOSED)
      next = MIN (next, world->lines[i].due);
  if (next == TICKS_NEVER)
    return FALSE;
  world->now = stand_still (world, MAX (next, world->now));
  return TRUE;
}

/* ---- claims ------------------------------------------------------------------------ */

static void
claim_rates (const World *world)
{
  for (guint r = 0; r < world->rules.n_rates; r++) {
    const PacingRate *rate = &world->rules.rates[r];
    for (guint i = rate->count; i < world->taken_at->len; i++) {
      gint64 span = g_array_index (world->taken_at, gint64, i)
                    - g_array_index (world->taken_at, gint64, i - rate->count);
      g_assert_cmpint (span, >=, rate->period);
    }
  }
}

static void
claim_speed (const World *world)
{
  const Scene *scene = world->scene;
  double seconds = (double)(world->now - START) / TICKS_PER_SECOND;
  double speed = world->n_accepted / seconds;
  double refusals = 100.0 * (world->n_slowed + world->n_turned_away) / MAX (world->n_accepted, 1);
  g_test_message (
      "%u accepted in %.1f s: %.3f/s; %u slowed, %u turned away: %.2f in a hundred; %u connections",
      world->n_accepted, seconds, speed, world->n_slowed, world->n_turned_away, refusals,
      pacing_connections (world->pacing));
  g_assert_cmpfloat (speed, >=, scene->speed);
  g_assert_cmpfloat (refusals, <=, scene->refusals);
  g_assert_cmpuint (pacing_connections (world->pacing), >=, scene->least);
  g_assert_true (scene->most == 0 || pacing_connections (world->pacing) <= scene->most);
}

static void
test_scene (gconstpointer data)
{
  const Scene *scene = data;
  for (guint seed = 1; seed <= 5; seed++) {
    World world = { .scene = scene, .now = START, .filled_at = START, .tokens = 1 };
    world.rules = (PacingRules){ .connections = scene->connections,
                                 .per_connection = scene->per_connection,
                                 .per_domain = scene->per_domain,
                                 .stop_after = scene->stop_after };
    g_assert_true (scene->rates == NULL || pacing_rates_parse (scene->rates, &world.rules));
    world.pacing = pacing_new (&world.rules);
    world.rows = g_array_new (FALSE, FALSE, sizeof (guint));
    world.taken_at = g_array_new (FALSE, FALSE, sizeof (gint64));
    world.random = g_rand_new_with_seed (seed);
    for (guint i = 0; i < scene->n_messages; i++)
      g_array_append_val (world.rows, i);
    guint wanted = scene->accepted != 0 ? scene->accepted : scene->n_messages;
    for (guint steps = 0; world.n_accepted < wanted || scene->pause; steps++) {
      g_assert_cmpuint (steps, <, 2000000);
      if (!world_step (&world))
        break;
    }
    g_assert_cmpuint (world.n_accepted, ==, wanted);
    g_assert_cmpint (pacing_pause (world.pacing), ==, scene->pause);
    claim_rates (&world);
    claim_speed (&world);
    pacing_free (world.pacing);
    g_array_unref (world.rows);
    g_array_unref (world.taken_at);
    g_rand_free (world.random);
  }
}

static const Scene scenes[] = {
  { .about = "no limit: all connections are kept full",
    .connections = 4,
    .n_messages = 4000,
    .delay = 100,
    .speed = 38,
    .refusals = 0 },
  { .about = "two connections are taken, not four",
    .connections = 4,
    .n_messages = 4000,
    .delay = 100,
    .server_connections = 2,
    .speed = 18,
    .refusals = 1 },
  { .about = "one connection is taken of thirty-two",
    .connections = 32,
    .n_messages = 4000,
    .delay = 100,
    .server_connections = 1,
    .speed = 9,
    .refusals = 2 },
  { .about = "twenty a second are taken of forty",
    .connections = 4,
    .n_messages = 8000,
    .delay = 100,
    .server_rate = 20,
    .speed = 15,
    .refusals = 1.5 },
  { .about = "two a second are taken of hundreds",
    .connections = 32,
    .n_messages = 3000,
    .delay = 50,
    .server_rate = 2,
    .speed = 1.5,
    .refusals = 4 },
  { .about = "one in ten seconds",
    .connections = 4,
    .n_messages = 1000,
    .delay = 50,
    .server_rate = 0.1,
    .speed = 0.065,
    .refusals = 5 },
  { .about = "ten messages a connection",
    .connections = 4,
    .n_messages = 4000,
    .delay = 100,
    .server_per_connection = 10,
    .speed = 34,
    .refusals = 0.5 },
  { .about = "three at once, more make it slow",
    .connections = 32,
    .n_messages = 6000,
    .delay = 100,
    .server_at_once = 3,
    .speed = 2,
    .refusals = 0 },
  { .about = "a server that has become slow gets one connection",
    .connections = 4,
    .n_messages = 400,
    .delay = 100,
    .slow_after = 200,
    .most = 1,
    .speed = 0.15 },
  { .about = "a busy machine is no slow server",
    .connections = 32,
    .n_messages = 8000,
    .delay = 3,
    .stalls_after = 10,
    .least = 32,
    .speed = 20 },
  { .about = "a busy machine with one connection",
    .connections = 1,
    .n_messages = 1000,
    .delay = 3,
    .stalls_after = 30,
    .speed = 1.5 },
  { .about = "the user's sixty a minute",
    .rates = "60/min",
    .connections = 4,
    .n_messages = 600,
    .delay = 100,
    .speed = 0.95,
    .refusals = 0 },
  { .about = "the user's 450 a day",
    .rates = "450/day",
    .connections = 2,
    .n_messages = 2000,
    .delay = 100,
    .speed = 0.0055,
    .refusals = 0 },
  { .about = "both, over restarts",
    .rates = "30/min,450/day",
    .connections = 2,
    .n_messages = 2000,
    .delay = 100,
    .restarts = 97,
    .speed = 0.0055,
    .refusals = 0 },
  { .about = "what was learnt outlives restarts",
    .connections = 4,
    .n_messages = 8000,
    .delay = 100,
    .server_rate = 20,
    .restarts = 300,
    .speed = 14,
    .refusals = 2 },
  { .about = "the user's ten a connection",
    .connections = 4,
    .per_connection = 10,
    .n_messages = 4000,
    .delay = 100,
    .server_per_connection = 20,
    .speed = 34,
    .refusals = 0 },
  { .about = "a slow domain holds up no other",
    .connections = 4,
    .per_domain = 1,
    .n_messages = 4000,
    .delay = 50,
    .slow_domain = 100,
    .speed = 32, /* as fast as the slow domain alone */
    .refusals = 0 },
  { .about = "a quota refused",
    .connections = 4,
    .n_messages = 1000,
    .delay = 100,
    .quota_at = 500,
    .accepted = 500,
    .pause = PACING_ACCOUNT_REFUSED,
    .speed = 30,
    .refusals = 0 },
};

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  TABLE_ADD ("/sim-pacing", scenes, test_scene);
  return g_test_run ();
}
