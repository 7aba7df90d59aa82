/* Whose turn it is: the race over families and ports, resolving, strict, reports. */
#include "ladder-fixture.h"

#include "../lib/tap.h"

static const Family tunnel[] = { FAMILY_TUNNEL };

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
  ladder_resolved (f->ladder, 0, FAMILY_IPV4, HOME, same, 3, 0);
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

static const FixtureRow rows[] = {
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
  { "strict", LADDER_STRICT, test_strict },
  { "strict-stall", LADDER_STRICT, test_strict_stall },
  { "strict-outstanding-family", LADDER_STRICT, test_strict_outstanding_family },
  { "report", LADDER_RACE, test_report },
};

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  fixture_add_rows (rows, G_N_ELEMENTS (rows));
  g_test_add_func ("/ladder/names", test_names);
  return g_test_run ();
}
