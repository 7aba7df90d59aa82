/* The outbox behind the engine: what is on disk at each moment of a message's life, and what
 * follows from each outcome. */
#include <string.h>

#include "net/clock.h"
#include "tests/lib/folder.h"
#include "tests/lib/tap.h"
#include "tests/unit/outbox-source-fixture.h"

/* --- a message's life ------------------------------------------------------------------ */

static void
test_sent (gconstpointer data)
{
  Bench bench;

  bench_init (&bench, GPOINTER_TO_UINT (data), "");
  begin (&bench);
  submit_letter (&bench, 2);
  assert_on_disk (&bench, OUTBOX_SENDING);
  run (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 1);
  g_assert_cmpstr (loopback_server_bodies (bench.server)->str, ==, LETTER);
  g_assert_cmpuint (bench.settled, ==, 1);
  g_assert_true (bench.tried);
  g_assert_cmpint (bench.decision.kind, ==, RETRY_OVER);
  assert_on_disk (&bench, OUTBOX_FINISHED);
  g_autoptr (GPtrArray) attempts = outbox_attempts (other (&bench), (gint64)bench.id, NULL);
  g_assert_cmpuint (attempts->len, ==, 1);
  const OutboxAttempt *attempt = g_ptr_array_index (attempts, 0);
  g_assert_cmpint (attempt->verdict.kind, ==, OUTCOME_ACCEPTED);
  g_assert_nonnull (strstr (attempt->path, "localhost [127.0.0.1]"));
  g_assert_cmpint (ABS (clock_instant ().wall - attempt->at), <, 20 * TICKS_PER_SECOND);
  g_assert_null (outbox_source_warning (bench.source));
  bench_clear (&bench);
}

static void
test_deferred (void)
{
  Bench bench;
  gint64 before = clock_instant ().wall;

  bench_init (&bench, WITH_DATA, "");
  loopback_server_refuse (bench.server, 0, 451);
  begin (&bench);
  submit_letter (&bench, 1);
  run (&bench);
  g_assert_cmpint (bench.decision.kind, ==, RETRY_LATER);
  g_autoptr (OutboxItem) item = on_disk (&bench, (gint64)bench.id);
  g_assert_cmpint (item->state, ==, OUTBOX_QUEUED);
  g_assert_cmpstr (item->reason, ==, "reply");
  g_assert_cmpuint (item->tries, ==, 1);
  g_assert_false (item->with_network);
  g_assert_cmpint (item->not_before, >=, before + TICKS_PER_MINUTE);
  g_assert_cmpint (item->not_before, <, clock_instant ().wall + 2 * TICKS_PER_MINUTE);
  g_assert_cmpint (bench.item->not_before, ==, item->not_before);
  retry_now (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 1);
  g_assert_cmpstr (loopback_server_bodies (bench.server)->str, ==, LETTER); /* from the file */
  assert_on_disk (&bench, OUTBOX_FINISHED);
  bench_clear (&bench);
}

/* Each recipient has a fate of its own, over several tries. */
static void
test_fates (void)
{
  Bench bench;

  bench_init (&bench, WITH_DATA, "");
  loopback_server_refuse (bench.server, 1, 550);
  loopback_server_refuse (bench.server, 2, 451);
  begin (&bench);
  submit_letter (&bench, 3);
  run (&bench);
  g_assert_cmpint (bench.decision.kind, ==, RETRY_LATER);
  g_assert_false (bench.item->pending[0] || bench.item->pending[1]);
  g_assert_true (bench.item->pending[2]);
  retry_now (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 2);
  g_assert_cmpint (bench.decision.kind, ==, RETRY_OVER);
  g_autoptr (OutboxItem) item = on_disk (&bench, (gint64)bench.id);
  g_assert_cmpint (item->verdicts[0].kind, ==, OUTCOME_ACCEPTED);
  g_assert_cmpint (item->verdicts[1].kind, ==, OUTCOME_PERMANENT);
  g_assert_cmpint (item->verdicts[2].kind, ==, OUTCOME_ACCEPTED);
  /* The whole message's, though this try concerned one of them. */
  g_assert_cmpint (bench.outcome->overall.kind, ==, OUTCOME_PERMANENT);
  bench_clear (&bench);
}

/* --- in doubt ----------------------------------------------------------------------------- */

static void
test_in_doubt (void)
{
  Bench bench;

  bench_init (&bench, WITH_DATA, "");
  loopback_server_end_with (bench.server, G_MAXUINT);
  begin (&bench);
  submit_letter (&bench, 1);
  run (&bench);
  g_assert_cmpint (bench.decision.kind, ==, RETRY_IN_DOUBT);
  assert_on_disk (&bench, OUTBOX_IN_DOUBT);
  end (&bench);
  bench.wants_others = TRUE;
  begin (&bench);
  run (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 1); /* and never a second time */
  bench_clear (&bench);
}

static void
test_resend (void)
{
  Bench bench;

  bench_init (&bench, WITH_DATA, "in-doubt = resend\n");
  loopback_server_end_with (bench.server, G_MAXUINT);
  begin (&bench);
  submit_letter (&bench, 1);
  run (&bench);
  g_assert_cmpint (bench.decision.kind, ==, RETRY_LATER);
  assert_on_disk (&bench, OUTBOX_QUEUED);
  loopback_server_end_with (bench.server, 0);
  retry_now (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 2);
  assert_on_disk (&bench, OUTBOX_FINISHED);
  bench_clear (&bench);
}

/* A process that died between permit and reply, of an account that wants it sent again. */
static void
test_resend_of_the_dead (gconstpointer data)
{
  gboolean resend = GPOINTER_TO_INT (data);
  Bench bench;
  OutboxItem *item = NULL;
  gint64 next;

  bench_init (&bench, WITH_DATA, resend ? "in-doubt = resend\n" : "");
  bench.id = (DeliveryId)put (&bench, 0);
  Outbox *dying = outbox_open (bench.directory, FALSE, NULL);
  OutboxClaim claim = { .now = clock_instant ().wall };
  OutboxChange change = { .kind = OUTBOX_CHANGE_IN_DOUBT, .id = (gint64)bench.id };
  g_assert_true (outbox_claim (dying, &claim, &item, &next, NULL));
  g_assert_true (outbox_record (dying, &change, 1, claim.now, NULL));
  outbox_item_free (item);
  outbox_close (dying);
  assert_on_disk (&bench, OUTBOX_IN_DOUBT);
  bench.wants_others = TRUE;
  begin (&bench);
  run (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, resend ? 1 : 0);
  assert_on_disk (&bench, resend ? OUTBOX_FINISHED : OUTBOX_IN_DOUBT);
  bench_clear (&bench);
}

static void
look_at_the_end (gpointer data, const EngineEvent *event)
{
  Bench *bench = data;

  if (strcmp (event->text, ".") != 0)
    return;
  g_autoptr (OutboxItem) item = on_disk (bench, (gint64)bench->id);
  g_assert_cmpint (item->state, ==, OUTBOX_IN_DOUBT);
  g_assert_cmpint (item->verdicts[0].kind, ==, OUTCOME_IN_DOUBT);
  g_assert_cmpint (item->verdicts[1].kind, ==, OUTCOME_PERMANENT);
  g_assert_cmpint (item->verdicts[2].kind, ==, OUTCOME_TEMPORARY);
  g_assert_false (item->pending[1]);
  g_assert_true (item->pending[2]);
  bench->ticks++;
}

/* When the dot goes out, those whom the server refused aren't in doubt. */
static void
test_in_doubt_by_recipient (void)
{
  Bench bench;

  bench_init (&bench, WITH_DATA, "");
  loopback_server_refuse (bench.server, 1, 550);
  loopback_server_refuse (bench.server, 2, 451);
  loopback_server_end_with (bench.server, G_MAXUINT);
  bench.act = look_at_the_end;
  bench.act_at = ENGINE_COMMAND;
  begin (&bench);
  submit_letter (&bench, 3);
  run (&bench);
  g_assert_cmpuint (bench.ticks, ==, 1);
  bench.act = NULL;
  /* One waits for a person, another for its next try. */
  assert_on_disk (&bench, OUTBOX_IN_DOUBT);
  g_assert_cmpint (bench.decision.kind, ==, RETRY_LATER);
  loopback_server_end_with (bench.server, 0);
  retry_now (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 2);
  g_autoptr (OutboxItem) item = on_disk (&bench, (gint64)bench.id);
  g_assert_cmpint (item->verdicts[0].kind, ==, OUTCOME_IN_DOUBT);
  g_assert_cmpint (item->verdicts[2].kind, ==, OUTCOME_ACCEPTED);
  g_assert_cmpint (item->state, ==, OUTBOX_IN_DOUBT);
  bench_clear (&bench);
}

/* --- others' messages ----------------------------------------------------------------------------------- */

static void
test_only_own (void)
{
  Bench bench;

  bench_init (&bench, WITH_DATA, "");
  gint64 first = put (&bench, 0);
  gint64 second = put (&bench, clock_instant ().wall + TICKS_PER_HOUR);
  begin (&bench);
  submit_letter (&bench, 1);
  run (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 1);
  outbox_source_adopt (bench.source, second); /* not due */
  bench.idle = FALSE;
  run (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 2);
  g_autoptr (OutboxItem) left = on_disk (&bench, first);
  g_assert_cmpint (left->state, ==, OUTBOX_QUEUED);
  bench_clear (&bench);
}

static void
test_many (void)
{
  Bench bench;

  bench_init (&bench, WITH_BDAT, "");
  for (guint i = 0; i < 40; i++)
    put (&bench, 0);
  put (&bench, clock_instant ().wall + TICKS_PER_HOUR);
  bench.wants_others = TRUE;
  begin (&bench);
  run (&bench);
  g_assert_cmpuint (bench.settled, ==, 40);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 40);
  bench_clear (&bench);
}

static void
count_item (const OutboxItem *item, gpointer data)
{
  ++*(guint *)data;
}

/* Two at once take turns, and neither takes what the other has. */
static void
test_two (void)
{
  Bench bench;
  Bench twin;
  guint n = 0;
  OutboxFilter finished = { .states = 1u << OUTBOX_FINISHED, .owner = OUTBOX_ANYBODY };

  bench_init (&bench, WITH_BDAT, "");
  for (guint i = 0; i < 40; i++)
    put (&bench, 0);
  bench.wants_others = TRUE;
  twin = bench;
  begin (&bench);
  begin (&twin);
  while (!bench.idle || !twin.idle)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (bench.settled + twin.settled, ==, 40);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 40);
  g_assert_true (outbox_list (other (&bench), &finished, count_item, &n, NULL));
  g_assert_cmpuint (n, ==, 40);
  end (&twin);
  outbox_item_free (twin.item);
  outcome_free (twin.outcome);
  bench_clear (&bench);
}

static void
test_account_gone (void)
{
  Bench bench;

  bench_init (&bench, WITH_DATA, "");
  bench.id = (DeliveryId)put (&bench, 0);
  bench.wants_others = TRUE;
  bench.account_gone = TRUE;
  begin (&bench);
  run (&bench);
  g_assert_cmpuint (bench.settled, ==, 1);
  g_assert_false (bench.tried);
  g_autoptr (OutboxItem) item = on_disk (&bench, (gint64)bench.id);
  g_assert_cmpint (item->state, ==, OUTBOX_QUEUED);
  g_assert_cmpstr (item->reason, ==, "no-account");
  g_assert_cmpuint (item->tries, ==, 0);
  bench.account_gone = FALSE;
  retry_now (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 1);
  bench_clear (&bench);
}

/* What failed in transport is due when there is another network; and only once for each. */
static void
test_network (void)
{
  Bench bench;
  g_autofree char *nowhere = g_strdup ("ports = 1\n");

  bench_init (&bench, WITH_DATA, nowhere);
  bench.wants_others = TRUE;
  begin (&bench);
  submit_letter (&bench, 1);
  run (&bench);
  g_assert_true (bench.item->with_network);
  g_assert_cmpuint (bench.settled, ==, 1);
  bench.idle = FALSE;
  outbox_source_look_again (bench.source);
  run_for (&bench, 300);
  g_assert_cmpuint (bench.settled, ==, 1);
  outbox_source_network_changed (bench.source);
  run_for (&bench, 1000);
  g_assert_cmpuint (bench.settled, ==, 2);
  g_assert_cmpuint (bench.item->tries, ==, 2);
  bench_clear (&bench);
}

static void
test_linger (gconstpointer data)
{
  gboolean lingers = GPOINTER_TO_INT (data);
  Bench bench;

  bench_init (&bench, WITH_DATA, "");
  put (&bench, clock_instant ().wall + 400 * TICKS_PER_MS);
  bench.wants_others = TRUE;
  bench.linger = lingers ? TICKS_PER_SECOND : 0;
  begin (&bench);
  run (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, lingers ? 1 : 0);
  bench_clear (&bench);
}

/* --- front ends' own work --- */

static void
ask_version (Outbox *outbox, gpointer data)
{
  g_assert_nonnull (outbox);
  ((Bench *)data)->ticks += 1;
}

static void
after_version (Outbox *outbox, gpointer data)
{
  g_assert_null (outbox);
  ((Bench *)data)->ticks += 10;
  g_main_loop_quit (((Bench *)data)->loop);
}

static void
test_run (void)
{
  Bench bench;

  bench_init (&bench, WITH_DATA, "");
  begin (&bench);
  outbox_source_run (bench.source, ask_version, after_version, &bench);
  g_main_loop_run (bench.loop);
  g_main_loop_run (bench.loop); /* idle, or the answer */
  g_assert_cmpuint (bench.ticks, ==, 11);
  bench_clear (&bench);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  test_folder_make ();
  g_test_add_data_func ("/outbox-source/sent/bdat", GUINT_TO_POINTER (WITH_BDAT), test_sent);
  g_test_add_data_func ("/outbox-source/sent/data", GUINT_TO_POINTER (WITH_DATA), test_sent);
  g_test_add_data_func ("/outbox-source/sent/lock-step", GUINT_TO_POINTER (LOCK_STEP), test_sent);
  g_test_add_func ("/outbox-source/deferred", test_deferred);
  g_test_add_func ("/outbox-source/fates", test_fates);
  g_test_add_func ("/outbox-source/in-doubt/held", test_in_doubt);
  g_test_add_func ("/outbox-source/in-doubt/resent", test_resend);
  g_test_add_func ("/outbox-source/in-doubt/by-recipient", test_in_doubt_by_recipient);
  g_test_add_data_func ("/outbox-source/in-doubt/of-the-dead/held", GINT_TO_POINTER (FALSE),
                        test_resend_of_the_dead);
  g_test_add_data_func ("/outbox-source/in-doubt/of-the-dead/resent", GINT_TO_POINTER (TRUE),
                        test_resend_of_the_dead);
  g_test_add_func ("/outbox-source/only-own", test_only_own);
  g_test_add_func ("/outbox-source/many", test_many);
  g_test_add_func ("/outbox-source/two", test_two);
  g_test_add_func ("/outbox-source/account-gone", test_account_gone);
  g_test_add_func ("/outbox-source/network", test_network);
  g_test_add_data_func ("/outbox-source/linger/no", GINT_TO_POINTER (FALSE), test_linger);
  g_test_add_data_func ("/outbox-source/linger/yes", GINT_TO_POINTER (TRUE), test_linger);
  g_test_add_func ("/outbox-source/run", test_run);
  int status = g_test_run ();
  test_folder_remove ();
  return status;
}
