/* The ladder's rules one by one: events go in by hand, and what it says to do comes
 * out as a line of text. Addresses are numbered by their last octet. Times are ms. */
#include "core/ladder.h"

#include "../lib/tap.h"

#define HOME "home"
#define MS(ms) ((Ticks)(ms)*TICKS_PER_MS)

static const Family both[] = { FAMILY_IPV6, FAMILY_IPV4 };
static const Family tunnel[] = { FAMILY_TUNNEL };
static const LadderPort usual_ports[] = { { 587, FALSE }, { 25, FALSE } };
static const char *const hosts[] = { "one", "two", NULL };

typedef struct {
  LadderRules rules;
  PathMemory *memory;
  Ladder *ladder;
  GString *said;
} Fixture;

static LadderRules
usual_rules (LadderMode mode)
{
  return (LadderRules){
    .mode = mode,
    .attempt_delay = MS (250),
    .port_patience = MS (3000),
    .connect_timeout = MS (5000),
    .greeting_patience = MS (5000),
    .greeting_timeout = MS (60000),
    .last_greeting_timeout = MS (300000),
    .resolution_delay = MS (50),
    .families = both,
    .n_families = 2,
    .ports = usual_ports,
    .n_ports = 2,
  };
}

static void
fixture_start (Fixture *f, gsize n_hosts)
{
  g_clear_pointer (&f->ladder, ladder_free);
  f->ladder = ladder_new (&f->rules, hosts, n_hosts, f->memory, HOME);
}

static void
fixture_set_up (Fixture *f, gconstpointer data)
{
  f->rules = usual_rules ((LadderMode)GPOINTER_TO_INT (data));
  f->memory = path_memory_new ();
  f->said = g_string_new (NULL);
  fixture_start (f, 1);
}

static void
fixture_tear_down (Fixture *f, gconstpointer data)
{
  ladder_free (f->ladder);
  path_memory_free (f->memory);
  g_string_free (f->said, TRUE);
}

static const char *
family_letter (Family family)
{
  static const char *const letters[FAMILY_COUNT] = { "6", "4", "t" };
  return letters[family];
}

static void
say (GString *said, const LadderAction *a)
{
  static const char *const reasons[] = { "lost", "silent", "no-greeting", "late", "over" };
  const char *family = family_letter (a->path.family);
  switch (a->kind) {
  case LADDER_RESOLVE:
    g_string_append_printf (said, "ask %s/%s; ", a->path.host, family);
    break;
  case LADDER_ATTEMPT:
    g_string_append_printf (said, "try %u %u/%s.%u; ", a->attempt, a->path.port, family,
                            a->address.octets[a->address.family == FAMILY_IPV6 ? 15 : 3]);
    break;
  case LADDER_ABANDON:
    g_string_append_printf (said, "drop %u %s; ", a->attempt, reasons[a->reason]);
    break;
  case LADDER_WINNER:
    g_string_append_printf (said, "won %u; ", a->attempt);
    break;
  case LADDER_WAIT:
    if (a->until == TICKS_NEVER)
      g_string_append (said, "wait");
    else
      g_string_append_printf (said, "wait %" G_GINT64_FORMAT, a->until / TICKS_PER_MS);
    break;
  case LADDER_EXHAUSTED:
    g_string_append (said, "exhausted");
    break;
  case LADDER_STOPPED:
    g_string_append (said, "stopped");
    break;
  }
}

/* All that the ladder says at MS. */
static const char *
says (Fixture *f, gint64 ms)
{
  LadderAction action;
  g_string_truncate (f->said, 0);
  do {
    ladder_next (f->ladder, MS (ms), &action);
    say (f->said, &action);
  } while (action.kind != LADDER_WAIT && action.kind != LADDER_EXHAUSTED && action.kind != LADDER_STOPPED);
  return f->said->str;
}

static void
expect (Fixture *f, gint64 ms, const char *text, int line)
{
  if (!g_str_equal (says (f, ms), text))
    g_error ("line %d: at %" G_GINT64_FORMAT " it says \"%s\", not \"%s\"", line, ms, f->said->str, text);
}

#define SAYS(ms, text) expect (f, ms, text, __LINE__)

static void
resolve (Fixture *f, guint host, Family family, guint n, gint64 ms)
{
  IpAddress addresses[16] = { 0 };
  for (guint i = 0; i < n; i++) {
    addresses[i].family = family;
    addresses[i].octets[family == FAMILY_IPV6 ? 15 : 3] = (guint8)(i + 1);
  }
  ladder_resolved (f->ladder, host, family, addresses, n, MS (ms));
}

/* Asks, and answers with so many addresses, at 0. */
static void
resolve_both (Fixture *f, guint n_ipv6, guint n_ipv4)
{
  SAYS (0, "ask one/6; ask one/4; wait");
  resolve (f, 0, FAMILY_IPV6, n_ipv6, 0);
  resolve (f, 0, FAMILY_IPV4, n_ipv4, 0);
}

static void
refused (Fixture *f, LadderAttemptId id, gint64 ms)
{
  ladder_failed (f->ladder, id, LADDER_FAILED_CONNECT, ATTEMPT_REFUSED, MS (ms));
}

static void
failed (Fixture *f, LadderAttemptId id, LadderFailure failure, gint64 ms)
{
  ladder_failed (f->ladder, id, failure, ATTEMPT_ACCEPTED, MS (ms));
}

static void
progress (Fixture *f, LadderAttemptId id, LadderProgress step, gint64 ms)
{
  ladder_progress (f->ladder, id, step, MS (ms));
}

static Path
path_of (const char *host, guint16 port, Family family)
{
  return (Path){ .host = host, .port = port, .family = family };
}

static void
demote (Fixture *f, guint16 port, Family family)
{
  const Path path = path_of ("one", port, family);
  path_memory_note_cost (f->memory, HOME, &path, PATH_COST_SILENCE, 0);
}

static const PathMemoryEntry *
remembered (Fixture *f, guint16 port, Family family)
{
  const Path path = path_of ("one", port, family);
  return path_memory_find (f->memory, HOME, &path);
}

static guint
repetitions (Fixture *f, guint16 port, Family family)
{
  const PathMemoryEntry *entry = remembered (f, port, family);
  return entry ? entry->repetitions : 0;
}

/* ---- the race over families and ports ----------------------------------------- */

static void
test_first_wins (Fixture *f, gconstpointer data)
{
  resolve_both (f, 1, 1);
  SAYS (0, "try 1 587/6.1; wait 250");
  progress (f, 1, LADDER_CONNECTED, 20);
  SAYS (20, "wait 5020");
  progress (f, 1, LADDER_GREETED, 40);
  progress (f, 1, LADDER_SECURING, 60);
  SAYS (60, "wait 5060");
  progress (f, 1, LADDER_ESTABLISHED, 80);
  SAYS (80, "won 1; wait");
  ladder_finished (f->ladder, MS (100));
  SAYS (100, "stopped");
  SAYS (101, "stopped");
  g_assert_cmpint (remembered (f, 587, FAMILY_IPV6)->last_success, ==, MS (80));
  g_assert_null (remembered (f, 587, FAMILY_IPV4));
}

static void
test_silent_ports (Fixture *f, gconstpointer data)
{
  resolve_both (f, 1, 1);
  SAYS (0, "try 1 587/6.1; wait 250");
  SAYS (249, "wait 250");
  SAYS (250, "try 2 587/4.1; wait 3000");
  SAYS (2999, "wait 3000");
  SAYS (3000, "try 3 25/6.1; wait 3250");
  SAYS (3250, "try 4 25/4.1; wait 5000");
  SAYS (5000, "drop 1 silent; wait 5250");
  SAYS (5250, "drop 2 silent; wait 8000");
  SAYS (8000, "drop 3 silent; wait 8250");
  SAYS (8250, "drop 4 silent; exhausted");
  SAYS (9000, "exhausted");
  g_assert_cmpuint (repetitions (f, 587, FAMILY_IPV6), ==, 1);
  g_assert_cmpuint (repetitions (f, 25, FAMILY_IPV4), ==, 1);
}

static void
test_failures_move_on_at_once (Fixture *f, gconstpointer data)
{
  resolve_both (f, 1, 1);
  SAYS (0, "try 1 587/6.1; wait 250");
  refused (f, 1, 10);
  SAYS (10, "try 2 587/4.1; wait 3000");
  ladder_failed (f->ladder, 2, LADDER_FAILED_CONNECT, ATTEMPT_UNREACHABLE, MS (20));
  SAYS (20, "try 3 25/6.1; wait 270");
  ladder_failed (f->ladder, 3, LADDER_FAILED_CONNECT, ATTEMPT_PROHIBITED, MS (30));
  SAYS (30, "try 4 25/4.1; wait 5030");
  refused (f, 4, 40);
  SAYS (40, "exhausted");
  g_assert_true (remembered (f, 587, FAMILY_IPV6)->failed_fast);
  g_assert_cmpint (remembered (f, 25, FAMILY_IPV6)->fast_end, ==, ATTEMPT_PROHIBITED);
  g_assert_cmpuint (repetitions (f, 587, FAMILY_IPV6), ==, 0);
}

static void
test_addresses_are_interleaved (Fixture *f, gconstpointer data)
{
  resolve_both (f, 3, 2);
  SAYS (0, "try 1 587/6.1; wait 250");
  SAYS (250, "try 2 587/4.1; wait 500");
  SAYS (500, "try 3 587/6.2; wait 750");
  refused (f, 1, 600);
  SAYS (600, "try 4 587/4.2; wait 850");
  SAYS (850, "try 5 587/6.3; wait 3000");
}

static void
test_ten_dead_addresses (Fixture *f, gconstpointer data)
{
  resolve_both (f, 0, 11);
  SAYS (0, "try 1 587/4.1; wait 250");
  for (gint64 ms = 250; ms < 2500; ms += 250)
    says (f, ms);
  SAYS (2500, "try 11 587/4.11; wait 3000");
}

static void
test_a_port_longer_than_its_patience (Fixture *f, gconstpointer data)
{
  f->rules.port_patience = MS (400);
  fixture_start (f, 1);
  resolve_both (f, 0, 4);
  SAYS (0, "try 1 587/4.1; wait 250");
  SAYS (250, "try 2 587/4.2; wait 400");
  SAYS (400, "try 3 25/4.1; wait 500"); /* both go on side by side */
  SAYS (500, "try 4 587/4.3; wait 650");
}

static void
test_own_host_is_no_evidence (Fixture *f, gconstpointer data)
{
  resolve_both (f, 1, 0);
  SAYS (0, "try 1 587/6.1; wait 3000");
  ladder_failed (f->ladder, 1, LADDER_FAILED_CONNECT, ATTEMPT_OWN_HOST, 0);
  SAYS (0, "try 2 25/6.1; wait 5000");
  ladder_failed (f->ladder, 2, LADDER_FAILED_CONNECT, ATTEMPT_OWN_HOST, 0);
  SAYS (0, "exhausted");
  g_assert_null (remembered (f, 587, FAMILY_IPV6));
}

static void
test_duplicate_addresses (Fixture *f, gconstpointer data)
{
  IpAddress same[3] = { { .family = FAMILY_IPV4, .octets = { 10, 0, 0, 1 } } };
  same[1] = same[2] = same[0];
  SAYS (0, "ask one/6; ask one/4; wait");
  ladder_resolved (f->ladder, 0, FAMILY_IPV4, same, 3, 0);
  resolve (f, 0, FAMILY_IPV6, 0, 0);
  SAYS (0, "try 1 587/4.1; wait 3000");
}

static void
test_no_host (Fixture *f, gconstpointer data)
{
  fixture_start (f, 0);
  SAYS (0, "exhausted");
  g_assert_cmpuint (ladder_n_paths (f->ladder), ==, 0);
  ladder_finished (f->ladder, 0);
  SAYS (0, "stopped");
}

static void
test_tunnel (Fixture *f, gconstpointer data)
{
  f->rules.families = tunnel;
  f->rules.n_families = 1;
  fixture_start (f, 1);
  SAYS (0, "try 1 587/t.0; wait 3000");
  progress (f, 1, LADDER_CONNECTED, 1);
  failed (f, 1, LADDER_FAILED_CLOSED, 900);
  SAYS (900, "try 2 25/t.0; wait 5900");
}

/* ---- resolving ------------------------------------------------------------------- */

static void
test_waits_for_the_preferred_family (Fixture *f, gconstpointer data)
{
  SAYS (0, "ask one/6; ask one/4; wait");
  resolve (f, 0, FAMILY_IPV4, 1, 10);
  SAYS (10, "wait 60");
  resolve (f, 0, FAMILY_IPV6, 1, 40);
  SAYS (40, "try 1 587/6.1; wait 290");
}

static void
test_waits_no_longer_than_the_delay (Fixture *f, gconstpointer data)
{
  SAYS (0, "ask one/6; ask one/4; wait");
  resolve (f, 0, FAMILY_IPV4, 1, 10);
  SAYS (60, "try 1 587/4.1; wait 3060");
  /* Its answer still outstanding, the family counts as silent since 60. */
  SAYS (3060, "try 2 25/4.1; wait 5060");
  resolve (f, 0, FAMILY_IPV6, 1, 3100);
  SAYS (3310, "try 3 587/6.1; try 4 25/6.1; wait 5060");
}

static void
test_does_not_wait_for_the_other_family (Fixture *f, gconstpointer data)
{
  SAYS (0, "ask one/6; ask one/4; wait");
  resolve (f, 0, FAMILY_IPV6, 1, 10);
  SAYS (10, "try 1 587/6.1; wait 3010");
  refused (f, 1, 20);
  SAYS (20, "wait 3010");
  resolve (f, 0, FAMILY_IPV4, 0, 30);
  SAYS (30, "try 2 25/6.1; wait 5030");
}

static void
test_outstanding_family_may_be_all_there_is (Fixture *f, gconstpointer data)
{
  SAYS (0, "ask one/6; ask one/4; wait");
  resolve (f, 0, FAMILY_IPV4, 0, 10);
  SAYS (10, "wait");
  resolve (f, 0, FAMILY_IPV6, 0, 9000);
  SAYS (9000, "exhausted");
}

static void
test_stray_answers (Fixture *f, gconstpointer data)
{
  resolve (f, 0, FAMILY_IPV6, 1, 0); /* before it was asked */
  SAYS (0, "ask one/6; ask one/4; wait");
  resolve (f, 1, FAMILY_IPV6, 1, 0); /* of another host */
  SAYS (0, "wait");
  resolve (f, 0, FAMILY_IPV6, 0, 0);
  resolve (f, 0, FAMILY_IPV6, 1, 0); /* a second time */
  resolve (f, 0, FAMILY_IPV4, 0, 0);
  SAYS (0, "exhausted");
}

static void
test_next_host (Fixture *f, gconstpointer data)
{
  fixture_start (f, 2);
  resolve_both (f, 0, 1);
  SAYS (0, "try 1 587/4.1; wait 3000");
  refused (f, 1, 10);
  SAYS (10, "try 2 25/4.1; wait 5010");
  SAYS (4000, "wait 5010"); /* not before all of the first host's has failed */
  SAYS (5010, "drop 2 silent; ask two/6; ask two/4; wait");
  resolve (f, 1, FAMILY_IPV6, 0, 5020);
  resolve (f, 1, FAMILY_IPV4, 1, 5020);
  SAYS (5020, "try 3 587/4.1; wait 8020");
  g_assert_cmpuint (ladder_n_paths (f->ladder), ==, 8);
}

/* ---- after the first accept ----------------------------------------------------- */

static void
test_late_accept_is_closed (Fixture *f, gconstpointer data)
{
  resolve_both (f, 1, 1);
  SAYS (0, "try 1 587/6.1; wait 250");
  SAYS (250, "try 2 587/4.1; wait 3000");
  progress (f, 1, LADDER_CONNECTED, 300);
  progress (f, 2, LADDER_CONNECTED, 310);
  SAYS (310, "drop 2 late; wait 5300");
  progress (f, 2, LADDER_GREETED, 311); /* crossed on the way: it is no more */
  g_assert_cmpint (remembered (f, 587, FAMILY_IPV4)->last_success, ==, MS (310));
  /* It may be made again if the first one fails. */
  failed (f, 1, LADDER_FAILED_CLOSED, 320);
  SAYS (320, "try 3 587/4.1; wait 3020");
}

static void
test_losers_stay_pending (Fixture *f, gconstpointer data)
{
  resolve_both (f, 1, 1);
  SAYS (0, "try 1 587/6.1; wait 250");
  SAYS (250, "try 2 587/4.1; wait 3000");
  progress (f, 2, LADDER_ESTABLISHED, 300);
  SAYS (300, "won 2; wait 5000");
  progress (f, 1, LADDER_CONNECTED, 400);
  SAYS (400, "drop 1 late; wait");
  ladder_finished (f->ladder, MS (9000));
  SAYS (9000, "stopped");
  g_assert_cmpuint (repetitions (f, 587, FAMILY_IPV6), ==, 0);
  g_assert_cmpuint (remembered (f, 587, FAMILY_IPV6)->weak_in_a_row, ==, 0);
}

static void
test_loser_is_given_up_in_time (Fixture *f, gconstpointer data)
{
  resolve_both (f, 1, 1);
  SAYS (0, "try 1 587/6.1; wait 250");
  SAYS (250, "try 2 587/4.1; wait 3000");
  progress (f, 2, LADDER_ESTABLISHED, 300);
  SAYS (300, "won 2; wait 5000");
  SAYS (5000, "drop 1 silent; wait");
  g_assert_cmpuint (repetitions (f, 587, FAMILY_IPV6), ==, 1);
}

typedef struct {
  gint64 finished; /* ms after the first attempt, which is silent; the second wins at 300 */
  guint repetitions, weak;
} EvidenceRow;

static const EvidenceRow evidence_rows[] = {
  { 301, 0, 1 },  { 2749, 0, 1 }, { 2750, 1, 0 }, /* the port's patience less an attempt delay */
  { 3000, 1, 0 }, { 4999, 1, 0 },
};

static void
test_pending_silence (gconstpointer data)
{
  const EvidenceRow *row = data;
  Fixture fixture = { 0 }, *f = &fixture;
  fixture_set_up (f, GINT_TO_POINTER (LADDER_RACE));
  resolve_both (f, 1, 1);
  says (f, 0);
  says (f, 250);
  progress (f, 2, LADDER_ESTABLISHED, 300);
  says (f, 300);
  ladder_finished (f->ladder, MS (row->finished));
  SAYS (row->finished, "drop 1 over; stopped");
  g_assert_cmpuint (remembered (f, 587, FAMILY_IPV6)->repetitions, ==, row->repetitions);
  g_assert_cmpuint (remembered (f, 587, FAMILY_IPV6)->weak_in_a_row, ==, row->weak);
  fixture_tear_down (f, NULL);
}

static void
test_three_weak_make_one (Fixture *f, gconstpointer data)
{
  for (gint64 at = 0; at < 3000; at += 1000) {
    g_assert_cmpuint (repetitions (f, 587, FAMILY_IPV6), ==, 0);
    fixture_start (f, 1);
    says (f, at);
    resolve (f, 0, FAMILY_IPV6, 1, at);
    resolve (f, 0, FAMILY_IPV4, 1, at);
    says (f, at);
    says (f, at + 250);
    progress (f, 2, LADDER_ESTABLISHED, at + 300);
    ladder_finished (f->ladder, MS (at + 310));
    says (f, at + 310);
  }
  g_assert_cmpuint (repetitions (f, 587, FAMILY_IPV6), ==, 1);
}

static void
test_the_kernel_gives_up_first (Fixture *f, gconstpointer data)
{
  resolve_both (f, 1, 0);
  SAYS (0, "try 1 587/6.1; wait 3000");
  ladder_failed (f->ladder, 1, LADDER_FAILED_CONNECT, ATTEMPT_SILENT, MS (1000));
  SAYS (1000, "try 2 25/6.1; wait 6000");
  progress (f, 2, LADDER_ESTABLISHED, 1010);
  ladder_finished (f->ladder, MS (1020));
  g_assert_cmpuint (remembered (f, 587, FAMILY_IPV6)->weak_in_a_row, ==, 1);
}

static void
test_siblings_see_the_same_silence (Fixture *f, gconstpointer data)
{
  Ladder *siblings[5];
  for (guint i = 0; i < G_N_ELEMENTS (siblings); i++) {
    resolve_both (f, 1, 0);
    SAYS (0, "try 1 587/6.1; wait 3000");
    siblings[i] = g_steal_pointer (&f->ladder);
    fixture_start (f, 1);
  }
  for (guint i = 0; i < G_N_ELEMENTS (siblings); i++) {
    Ladder *own = f->ladder;
    f->ladder = siblings[i];
    says (f, 5000 + i);
    f->ladder = own;
    ladder_free (siblings[i]);
  }
  g_assert_cmpuint (repetitions (f, 587, FAMILY_IPV6), ==, 1);
}

static void
test_broken_winner (Fixture *f, gconstpointer data)
{
  resolve_both (f, 1, 1);
  SAYS (0, "try 1 587/6.1; wait 250");
  progress (f, 1, LADDER_ESTABLISHED, 100);
  SAYS (100, "won 1; wait");
  failed (f, 1, LADDER_FAILED_AFTER, 20100);
  /* The port's patience stood still meanwhile: 100 ms of it are used up. */
  SAYS (20100, "try 2 587/4.1; wait 23000");
  SAYS (23000, "try 3 25/6.1; wait 23250");
  progress (f, 2, LADDER_ESTABLISHED, 23100);
  SAYS (23100, "won 2; wait 28000");
}

static void
test_final_stops (Fixture *f, gconstpointer data)
{
  resolve_both (f, 1, 1);
  says (f, 0);
  SAYS (250, "try 2 587/4.1; wait 3000");
  progress (f, 1, LADDER_CONNECTED, 300);
  failed (f, 1, LADDER_FAILED_FINAL, 350);
  SAYS (350, "drop 2 over; stopped");
  progress (f, 2, LADDER_CONNECTED, 351);
  refused (f, 2, 352);
  SAYS (10000, "stopped");
}

static void
test_finished_without_a_winner (Fixture *f, gconstpointer data)
{
  resolve_both (f, 1, 1);
  SAYS (0, "try 1 587/6.1; wait 250");
  ladder_finished (f->ladder, MS (100)); /* cancelled */
  SAYS (100, "drop 1 over; stopped");
  g_assert_null (remembered (f, 587, FAMILY_IPV6));
}

/* ---- accepted and nothing more --------------------------------------------------- */

static void
test_greeting_patience (Fixture *f, gconstpointer data)
{
  resolve_both (f, 1, 1);
  SAYS (0, "try 1 587/6.1; wait 250");
  progress (f, 1, LADDER_CONNECTED, 10);
  SAYS (10, "wait 5010");
  SAYS (5010, "try 2 587/4.1; wait 10010");
  progress (f, 2, LADDER_CONNECTED, 5020);
  SAYS (5020, "wait 10020");
  progress (f, 2, LADDER_ESTABLISHED, 5040);
  SAYS (5040, "won 2; drop 1 lost; wait");
  g_assert_cmpint (remembered (f, 587, FAMILY_IPV6)->cost, ==, PATH_COST_NO_GREETING);
  g_assert_cmpuint (repetitions (f, 587, FAMILY_IPV6), ==, 1);
}

static void
test_greeting_timeout_changes_the_port (Fixture *f, gconstpointer data)
{
  resolve_both (f, 1, 1);
  says (f, 0);
  progress (f, 1, LADDER_CONNECTED, 10);
  says (f, 10);
  SAYS (5010, "try 2 587/4.1; wait 10010");
  progress (f, 2, LADDER_CONNECTED, 5020);
  SAYS (5020, "wait 10020");
  SAYS (10020, "wait 60010");
  SAYS (60010, "drop 1 no-greeting; wait 65020");
  SAYS (65020, "drop 2 no-greeting; try 3 25/6.1; wait 65270");
  SAYS (65270, "try 4 25/4.1; wait 70020");
  progress (f, 4, LADDER_CONNECTED, 65300);
  refused (f, 3, 65310);
  /* Nothing is untried: RFC 5321 gives it five minutes. */
  SAYS (65310, "wait 70300");
  SAYS (70300, "wait 365300");
  SAYS (365300, "drop 4 no-greeting; exhausted");
  g_assert_cmpint (remembered (f, 25, FAMILY_IPV4)->cost, ==, PATH_COST_NO_GREETING);
  g_assert_cmpuint (repetitions (f, 587, FAMILY_IPV4), ==, 1);
}

static void
test_greet_pause_on_both (Fixture *f, gconstpointer data)
{
  resolve_both (f, 1, 1);
  says (f, 0);
  progress (f, 1, LADDER_CONNECTED, 10);
  says (f, 10);
  SAYS (5010, "try 2 587/4.1; wait 10010");
  progress (f, 2, LADDER_CONNECTED, 5020);
  SAYS (10020, "wait 60010");
  progress (f, 1, LADDER_GREETED, 12010);
  SAYS (12010, "wait 17010");
  progress (f, 1, LADDER_ESTABLISHED, 12040);
  SAYS (12040, "won 1; drop 2 lost; wait");
  /* Seven seconds are no evidence where the winner took twelve. */
  g_assert_null (remembered (f, 587, FAMILY_IPV4));
}

static void
test_tls_stall (Fixture *f, gconstpointer data)
{
  resolve_both (f, 1, 1);
  says (f, 0);
  progress (f, 1, LADDER_CONNECTED, 10);
  progress (f, 1, LADDER_GREETED, 20);
  progress (f, 1, LADDER_SECURING, 30);
  SAYS (30, "wait 5030");
  SAYS (5030, "try 2 587/4.1; wait 10030");
  progress (f, 2, LADDER_ESTABLISHED, 5060);
  SAYS (5060, "won 2; drop 1 lost; wait");
  g_assert_cmpint (remembered (f, 587, FAMILY_IPV6)->cost, ==, PATH_COST_TLS_STALL);
}

static void
test_closed_after_a_stall (Fixture *f, gconstpointer data)
{
  resolve_both (f, 1, 1);
  says (f, 0);
  progress (f, 1, LADDER_CONNECTED, 10);
  SAYS (5010, "try 2 587/4.1; wait 10010");
  failed (f, 1, LADDER_FAILED_CLOSED, 5500);
  SAYS (5500, "wait 8490"); /* 2,990 ms of the port's patience are left */
  progress (f, 2, LADDER_ESTABLISHED, 5600);
  SAYS (5600, "won 2; wait");
  g_assert_cmpint (remembered (f, 587, FAMILY_IPV6)->cost, ==, PATH_COST_NO_GREETING);
}

static void
test_late_answer_is_no_greeting (Fixture *f, gconstpointer data)
{
  const Path v4 = path_of ("one", 587, FAMILY_IPV4), v6 = path_of ("one", 587, FAMILY_IPV6);
  path_memory_note_cost (f->memory, HOME, &v4, PATH_COST_TLS_STALL, 0);
  path_memory_note_cost (f->memory, HOME, &v6, PATH_COST_SILENCE, 0);
  demote (f, 25, FAMILY_IPV6);
  demote (f, 25, FAMILY_IPV4);
  fixture_start (f, 1);
  resolve_both (f, 1, 1);
  says (f, 0);
  SAYS (250, "try 2 587/4.1; wait 3000"); /* all are remembered: as if none were */
  SAYS (3000, "try 3 25/6.1; wait 3250");
  progress (f, 3, LADDER_ESTABLISHED, 3100);
  progress (f, 1, LADDER_CONNECTED, 3200);
  progress (f, 2, LADDER_CONNECTED, 3200);
  SAYS (3200, "won 3; drop 1 late; drop 2 late; wait");
  g_assert_cmpuint (repetitions (f, 587, FAMILY_IPV6), ==, 0);
  g_assert_cmpuint (repetitions (f, 587, FAMILY_IPV4), ==, 1);
}

static void
test_accept_beside_a_stalled_one (Fixture *f, gconstpointer data)
{
  resolve_both (f, 1, 1);
  says (f, 0);
  SAYS (250, "try 2 587/4.1; wait 3000");
  progress (f, 1, LADDER_CONNECTED, 260);
  SAYS (260, "wait 5250");
  SAYS (5250, "drop 2 silent; wait 5260");
  SAYS (5260, "wait 60260"); /* 587 has nothing else, and 25 isn't touched */
  progress (f, 1, LADDER_ESTABLISHED, 9000);
  SAYS (9000, "won 1; wait");
}

static void
test_stall_on_a_worse_port_looks_back (Fixture *f, gconstpointer data)
{
  resolve_both (f, 1, 0);
  SAYS (0, "try 1 587/6.1; wait 3000");
  SAYS (3000, "try 2 25/6.1; wait 5000");
  progress (f, 2, LADDER_CONNECTED, 3010);
  progress (f, 1, LADDER_CONNECTED, 3500);
  SAYS (3500, "drop 1 late; wait 8010");
  SAYS (8010, "try 3 587/6.1; wait 13010");
  progress (f, 3, LADDER_ESTABLISHED, 8050);
  SAYS (8050, "won 3; drop 2 lost; wait");
}

static void
test_bad_greeting (Fixture *f, gconstpointer data)
{
  resolve_both (f, 1, 1);
  says (f, 0);
  progress (f, 1, LADDER_CONNECTED, 10);
  failed (f, 1, LADDER_FAILED_GREETING, 30);
  SAYS (30, "try 2 587/4.1; wait 3020");
  progress (f, 2, LADDER_CONNECTED, 40);
  failed (f, 2, LADDER_FAILED_GREETING, 60);
  SAYS (60, "try 3 25/6.1; wait 310");
}

/* ---- memory ------------------------------------------------------------------------ */

static void
test_demoted_go_last (Fixture *f, gconstpointer data)
{
  demote (f, 587, FAMILY_IPV6);
  demote (f, 25, FAMILY_IPV6);
  resolve_both (f, 1, 1);
  SAYS (0, "try 1 587/4.1; wait 3000");
  SAYS (3000, "try 2 25/4.1; wait 5000");
  SAYS (5000, "drop 1 silent; wait 6000");
  SAYS (6000, "try 3 587/6.1; wait 8000");
  SAYS (8000, "drop 2 silent; wait 9000");
  SAYS (9000, "try 4 25/6.1; wait 11000");
  LadderPathReport report;
  ladder_report (f->ladder, 2, &report);
  g_assert_true (report.demoted);
  g_assert_cmpint (report.state, ==, LADDER_PATH_TRYING);
}

static void
test_demoted_port (Fixture *f, gconstpointer data)
{
  demote (f, 587, FAMILY_IPV6);
  demote (f, 587, FAMILY_IPV4);
  resolve_both (f, 1, 1);
  SAYS (0, "try 1 25/6.1; wait 250");
  SAYS (250, "try 2 25/4.1; wait 3000");
  SAYS (3000, "try 3 587/6.1; wait 3250");
}

static void
test_all_demoted (Fixture *f, gconstpointer data)
{
  demote (f, 587, FAMILY_IPV6);
  demote (f, 587, FAMILY_IPV4);
  demote (f, 25, FAMILY_IPV6);
  demote (f, 25, FAMILY_IPV4);
  resolve_both (f, 1, 1);
  SAYS (0, "try 1 587/6.1; wait 250");
  LadderPathReport report;
  ladder_report (f->ladder, 0, &report);
  g_assert_false (report.demoted);
}

static void
test_demoted_same_port_beside (Fixture *f, gconstpointer data)
{
  demote (f, 587, FAMILY_IPV6);
  resolve_both (f, 1, 1);
  SAYS (0, "try 1 587/4.1; wait 3000");
  progress (f, 1, LADDER_CONNECTED, 10);
  SAYS (5010, "try 2 587/6.1; wait 10010");
}

static void
test_unknown_network (Fixture *f, gconstpointer data)
{
  demote (f, 587, FAMILY_IPV6);
  ladder_free (f->ladder);
  f->ladder = ladder_new (&f->rules, hosts, 1, f->memory, NULL);
  resolve_both (f, 1, 1);
  SAYS (0, "try 1 587/6.1; wait 250");
  progress (f, 1, LADDER_ESTABLISHED, 10);
  ladder_finished (f->ladder, MS (20));
  g_assert_cmpuint (repetitions (f, 587, FAMILY_IPV6), ==, 1);
}

/* ---- strict ------------------------------------------------------------------------- */

static void
test_strict (Fixture *f, gconstpointer data)
{
  resolve_both (f, 2, 1);
  SAYS (0, "try 1 587/6.1; wait 5000");
  SAYS (5000, "drop 1 silent; try 2 587/6.2; wait 10000");
  refused (f, 2, 5010);
  SAYS (5010, "try 3 587/4.1; wait 10010");
  SAYS (10010, "drop 3 silent; try 4 25/6.1; wait 15010");
  progress (f, 4, LADDER_ESTABLISHED, 10050);
  SAYS (10050, "won 4; wait");
}

static void
test_strict_stall (Fixture *f, gconstpointer data)
{
  resolve_both (f, 1, 1);
  SAYS (0, "try 1 587/6.1; wait 5000");
  progress (f, 1, LADDER_CONNECTED, 10);
  SAYS (10, "wait 5010");
  SAYS (5010, "try 2 587/4.1; wait 10010");
  SAYS (10010, "drop 2 silent; wait 60010");
  SAYS (60010, "drop 1 no-greeting; try 3 25/6.1; wait 65010");
}

static void
test_strict_outstanding_family (Fixture *f, gconstpointer data)
{
  SAYS (0, "ask one/6; ask one/4; wait");
  resolve (f, 0, FAMILY_IPV4, 1, 10);
  SAYS (10, "wait 60");
  SAYS (60, "try 1 587/4.1; wait 5060");
  refused (f, 1, 70);
  SAYS (70, "wait 5060"); /* silent since 60, for a connect-timeout */
  resolve (f, 0, FAMILY_IPV6, 1, 80);
  SAYS (80, "try 2 587/6.1; wait 5080");
}

/* ---- reports ------------------------------------------------------------------------- */

static void
check_report (Fixture *f, guint index, LadderPathState state)
{
  LadderPathReport report;
  ladder_report (f->ladder, index, &report);
  g_assert_cmpint (report.state, ==, state);
}

static void
test_report (Fixture *f, gconstpointer data)
{
  resolve_both (f, 2, 0);
  g_assert_cmpuint (ladder_n_paths (f->ladder), ==, 4);
  SAYS (0, "try 1 587/6.1; wait 250");
  check_report (f, 0, LADDER_PATH_TRYING);
  check_report (f, 1, LADDER_PATH_NO_ADDRESS);
  check_report (f, 2, LADDER_PATH_WAITING);
  refused (f, 1, 10);
  check_report (f, 0, LADDER_PATH_TRYING); /* between two addresses */
  says (f, 10);
  progress (f, 2, LADDER_CONNECTED, 20);
  SAYS (60020, "drop 2 no-greeting; try 3 25/6.1; wait 60270");
  LadderPathReport report;
  ladder_report (f->ladder, 0, &report);
  g_assert_cmpint (report.state, ==, LADDER_PATH_FAILED);
  g_assert_cmpint (report.failure, ==, LADDER_FAILED_CLOSED);
  g_assert_true (report.stalled);
  progress (f, 3, LADDER_ESTABLISHED, 60030);
  check_report (f, 2, LADDER_PATH_WON);
}

static void
test_names (void)
{
  g_assert_cmpstr (ladder_reason_name (LADDER_REASON_LOST), ==, "another was quicker");
  g_assert_cmpstr (ladder_reason_name (LADDER_REASON_OVER), ==, "the search is over");
  ladder_free (NULL);
}

typedef struct {
  const char *name;
  LadderMode mode;
  void (*run) (Fixture *, gconstpointer);
} Row;

static const Row rows[] = {
  { "first-wins", LADDER_RACE, test_first_wins },
  { "silent-ports", LADDER_RACE, test_silent_ports },
  { "failures-move-on-at-once", LADDER_RACE, test_failures_move_on_at_once },
  { "addresses-are-interleaved", LADDER_RACE, test_addresses_are_interleaved },
  { "ten-dead-addresses", LADDER_RACE, test_ten_dead_addresses },
  { "a-port-longer-than-its-patience", LADDER_RACE, test_a_port_longer_than_its_patience },
  { "own-host-is-no-evidence", LADDER_RACE, test_own_host_is_no_evidence },
  { "duplicate-addresses", LADDER_RACE, test_duplicate_addresses },
  { "no-host", LADDER_RACE, test_no_host },
  { "tunnel", LADDER_RACE, test_tunnel },
  { "waits-for-the-preferred-family", LADDER_RACE, test_waits_for_the_preferred_family },
  { "waits-no-longer-than-the-delay", LADDER_RACE, test_waits_no_longer_than_the_delay },
  { "does-not-wait-for-the-other-family", LADDER_RACE, test_does_not_wait_for_the_other_family },
  { "outstanding-family-may-be-all", LADDER_RACE, test_outstanding_family_may_be_all_there_is },
  { "stray-answers", LADDER_RACE, test_stray_answers },
  { "next-host", LADDER_RACE, test_next_host },
  { "late-accept-is-closed", LADDER_RACE, test_late_accept_is_closed },
  { "losers-stay-pending", LADDER_RACE, test_losers_stay_pending },
  { "loser-is-given-up-in-time", LADDER_RACE, test_loser_is_given_up_in_time },
  { "three-weak-make-one", LADDER_RACE, test_three_weak_make_one },
  { "the-kernel-gives-up-first", LADDER_RACE, test_the_kernel_gives_up_first },
  { "siblings-see-the-same-silence", LADDER_RACE, test_siblings_see_the_same_silence },
  { "broken-winner", LADDER_RACE, test_broken_winner },
  { "final-stops", LADDER_RACE, test_final_stops },
  { "finished-without-a-winner", LADDER_RACE, test_finished_without_a_winner },
  { "greeting-patience", LADDER_RACE, test_greeting_patience },
  { "greeting-timeout-changes-the-port", LADDER_RACE, test_greeting_timeout_changes_the_port },
  { "greet-pause-on-both", LADDER_RACE, test_greet_pause_on_both },
  { "tls-stall", LADDER_RACE, test_tls_stall },
  { "closed-after-a-stall", LADDER_RACE, test_closed_after_a_stall },
  { "late-answer-is-no-greeting", LADDER_RACE, test_late_answer_is_no_greeting },
  { "accept-beside-a-stalled-one", LADDER_RACE, test_accept_beside_a_stalled_one },
  { "stall-on-a-worse-port-looks-back", LADDER_RACE, test_stall_on_a_worse_port_looks_back },
  { "bad-greeting", LADDER_RACE, test_bad_greeting },
  { "demoted-go-last", LADDER_RACE, test_demoted_go_last },
  { "demoted-port", LADDER_RACE, test_demoted_port },
  { "all-demoted", LADDER_RACE, test_all_demoted },
  { "demoted-same-port-beside", LADDER_RACE, test_demoted_same_port_beside },
  { "unknown-network", LADDER_RACE, test_unknown_network },
  { "strict", LADDER_STRICT, test_strict },
  { "strict-stall", LADDER_STRICT, test_strict_stall },
  { "strict-outstanding-family", LADDER_STRICT, test_strict_outstanding_family },
  { "report", LADDER_RACE, test_report },
};

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *name = g_strdup_printf ("/ladder/%s", rows[i].name);
    g_test_add (name, Fixture, GINT_TO_POINTER (rows[i].mode), fixture_set_up, rows[i].run,
                fixture_tear_down);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (evidence_rows); i++) {
    g_autofree char *name
        = g_strdup_printf ("/ladder/pending-silence/%" G_GINT64_FORMAT, evidence_rows[i].finished);
    g_test_add_data_func (name, &evidence_rows[i], test_pending_silence);
  }
  g_test_add_func ("/ladder/names", test_names);
  return g_test_run ();
}
