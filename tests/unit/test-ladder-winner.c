/* After the first accept: who wins, who loses, who stands still, and what of it is
 * remembered. */
#include "ladder-fixture.h"

#include "../lib/tap.h"

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
  path_memory_note_cost (f->memory, HOME, &v4, PATH_COST_TLS_STALL, 0, 0);
  path_memory_note_cost (f->memory, HOME, &v6, PATH_COST_SILENCE, 0, 0);
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
  f->network = NULL;
  fixture_start (f, 1);
  resolve_both (f, 1, 1);
  SAYS (0, "try 1 587/6.1; wait 250");
  progress (f, 1, LADDER_ESTABLISHED, 10);
  ladder_finished (f->ladder, MS (20));
  g_assert_cmpuint (repetitions (f, 587, FAMILY_IPV6), ==, 1);
}

/* IPv6 comes by another network than IPv4, where nothing is held against it. */
static void
test_networks_apart (Fixture *f, gconstpointer data)
{
  demote (f, 587, FAMILY_IPV6);
  SAYS (0, "ask one/6; ask one/4; wait");
  resolve_on (f, "café", FAMILY_IPV6, 1, 0);
  resolve_on (f, HOME, FAMILY_IPV4, 1, 0);
  SAYS (0, "try 1 587/6.1; wait 250");
  progress (f, 1, LADDER_ESTABLISHED, 10);
  g_assert_cmpuint (repetitions (f, 587, FAMILY_IPV6), ==, 1);
  ladder_finished (f->ladder, MS (20));
  const Path won = path_of ("one", 587, FAMILY_IPV6);
  g_assert_cmpint (path_memory_find (f->memory, "café", &won)->last_success, ==, MS (10));
}

/* The attempt says on which network it is, for whoever learns more of it. */
static void
test_network_of_attempt (Fixture *f, gconstpointer data)
{
  LadderAction action;
  SAYS (0, "ask one/6; ask one/4; wait");
  resolve_on (f, "café", FAMILY_IPV6, 1, 0);
  resolve_on (f, NULL, FAMILY_IPV4, 1, 0);
  g_assert_cmpint (ladder_next (f->ladder, 0, &action), ==, LADDER_ATTEMPT);
  g_assert_cmpstr (action.network, ==, "café");
  g_assert_cmpint (ladder_next (f->ladder, MS (250), &action), ==, LADDER_ATTEMPT);
  g_assert_cmpstr (action.network, ==, NULL);
}

/* IPv4 is known to be costly when nothing is known of IPv6 yet: it waits for it. */
static void
test_demoted_before_the_other_is_known (Fixture *f, gconstpointer data)
{
  demote (f, 587, FAMILY_IPV4);
  demote (f, 25, FAMILY_IPV4);
  SAYS (0, "ask one/6; ask one/4; wait");
  resolve (f, 0, FAMILY_IPV4, 1, 0);
  SAYS (0, "wait 3050");
  resolve (f, 0, FAMILY_IPV6, 1, 100);
  SAYS (100, "try 1 587/6.1; wait 3100");
  SAYS (3100, "try 2 25/6.1; wait 5100");
}

/* IPv6 comes late and is costly: what has started goes on, and IPv6 comes last. */
static void
test_found_demoted_late (Fixture *f, gconstpointer data)
{
  demote (f, 587, FAMILY_IPV6);
  demote (f, 25, FAMILY_IPV6);
  SAYS (0, "ask one/6; ask one/4; wait");
  resolve (f, 0, FAMILY_IPV4, 1, 0);
  SAYS (0, "wait 50");
  SAYS (50, "try 1 587/4.1; wait 3050");
  resolve (f, 0, FAMILY_IPV6, 1, 100);
  SAYS (100, "wait 3050");
  SAYS (3050, "try 2 25/4.1; wait 5050");
  SAYS (5050, "drop 1 silent; wait 6050");
  SAYS (6050, "try 3 587/6.1; wait 8050");
}

/* That all are costly is known when the last is: the order of preference comes back. */
static void
test_pardoned_late (Fixture *f, gconstpointer data)
{
  demote (f, 587, FAMILY_IPV4);
  demote (f, 25, FAMILY_IPV4);
  demote (f, 587, FAMILY_IPV6);
  demote (f, 25, FAMILY_IPV6);
  SAYS (0, "ask one/6; ask one/4; wait");
  resolve (f, 0, FAMILY_IPV4, 1, 0);
  SAYS (3050, "try 1 587/4.1; wait 6050");
  resolve (f, 0, FAMILY_IPV6, 1, 3100);
  SAYS (3100, "wait 3300");
  SAYS (3300, "try 2 587/6.1; wait 6050");
  SAYS (6050, "try 3 25/6.1; wait 6300");
}

/* A family without an address is no path that could be preferred. */
static void
test_pardoned_without_address (Fixture *f, gconstpointer data)
{
  LadderPathReport report;
  demote (f, 587, FAMILY_IPV4);
  demote (f, 25, FAMILY_IPV4);
  resolve_both (f, 0, 1);
  SAYS (0, "try 1 587/4.1; wait 3000");
  ladder_report (f->ladder, 1, &report);
  g_assert_cmpint (report.path.family, ==, FAMILY_IPV4);
  g_assert_false (report.demoted);
}

static const FixtureRow rows[] = {
  { "networks-apart", LADDER_RACE, test_networks_apart },
  { "network-of-attempt", LADDER_RACE, test_network_of_attempt },
  { "demoted-before-the-other-is-known", LADDER_RACE, test_demoted_before_the_other_is_known },
  { "found-demoted-late", LADDER_RACE, test_found_demoted_late },
  { "pardoned-late", LADDER_RACE, test_pardoned_late },
  { "pardoned-without-address", LADDER_RACE, test_pardoned_without_address },
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
};

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  fixture_add_rows (rows, G_N_ELEMENTS (rows));
  for (gsize i = 0; i < G_N_ELEMENTS (evidence_rows); i++) {
    g_autofree char *name
        = g_strdup_printf ("/ladder/pending-silence/%" G_GINT64_FORMAT, evidence_rows[i].finished);
    g_test_add_data_func (name, &evidence_rows[i], test_pending_silence);
  }
  return g_test_run ();
}
