/* What people do with the outbox: acting, editing, looking, forgetting; and what they would
 * call what they see. */
#include <string.h>

#include "tests/lib/cut-vfs.h"
#include "tests/lib/folder.h"
#include "tests/lib/table.h"
#include "tests/unit/outbox-fixture.h"

/* --- what people do -------------------------------------------------------------------------- */

/* '.' it isn't so, '!' done and the state stays; else the state that it has then: Draft, Held,
 * Queued, in Doubt, Finished, Cancelled, Removed. States: draft, held, queued, in doubt, in doubt with one
 * who waits, finished, cancelled. */
typedef struct {
  const char *about;
  OutboxAction action;
  const char *results;
} ActRow;

static const ActRow act_rows[] = {
  { "retry", OUTBOX_RETRY, ".QQ.D.." },
  { "hold", OUTBOX_HOLD, "HHH...." },
  { "release", OUTBOX_RELEASE, "QQ....." },
  { "cancel", OUTBOX_CANCEL, "CCC.D.." },
  { "resolve sent", OUTBOX_RESOLVE_SENT, "...FQ.." },
  { "resolve resend", OUTBOX_RESOLVE_RESEND, "...QQ.." },
  { "remove", OUTBOX_REMOVE, "R....RR" },
};

#define N_SITUATIONS 7

static gint64
make_situation (Outbox *outbox, guint situation)
{
  static const OutboxState states[] = { OUTBOX_DRAFT, OUTBOX_HELD, OUTBOX_QUEUED };
  if (situation < G_N_ELEMENTS (states))
    return add (outbox, (Wish){ .state = states[situation], .recipients = 2 });
  gint64 id = add (outbox, (Wish){ .state = OUTBOX_SENDING, .recipients = 2 });
  if (situation == 3 || situation == 5)
    give_fate (outbox, id, 1, OUTCOME_ACCEPTED, FALSE);
  if (situation == 3 || situation == 4)
    permit (outbox, id, 0);
  if (situation == 5)
    give_fate (outbox, id, 0, OUTCOME_ACCEPTED, FALSE);
  release (outbox, id, situation == 6 ? OUTBOX_CANCELLED : OUTBOX_QUEUED, NOW + HOUR);
  return id;
}

static char
state_letter (Outbox *outbox, gint64 id)
{
  g_autoptr (OutboxItem) item = outbox_find (outbox, id, NULL);
  return item ? "DHQSDFC"[item->state] : 'R';
}

static void
test_act (gconstpointer data)
{
  const ActRow *row = data;
  state_begin ();
  g_autoptr (Outbox) outbox = open_outbox ();
  for (guint i = 0; i < N_SITUATIONS; i++) {
    gint64 id = make_situation (outbox, i);
    char before = state_letter (outbox, id);
    OutboxResult result = act (outbox, id, row->action);
    g_assert_cmpint (result, ==, row->results[i] == '.' ? OUTBOX_NOT_SO : OUTBOX_DONE);
    g_assert_cmpint (state_letter (outbox, id), ==, row->results[i] == '.' ? before : row->results[i]);
  }
}

static void
test_act_on_others (void)
{
  OutboxResult result;
  OutboxState state;
  state_begin ();
  g_autoptr (Outbox) outbox = open_outbox ();
  gint64 id = add (outbox, (Wish){ .state = OUTBOX_HELD, .owner = 1000 });
  g_assert_cmpint (act (outbox, 999, OUTBOX_RETRY), ==, OUTBOX_UNKNOWN);
  g_assert_true (outbox_act (outbox, id, OUTBOX_CANCEL, 1001, NOW, &result, &state, NULL));
  g_assert_cmpint (result, ==, OUTBOX_UNKNOWN);
  g_assert_true (outbox_act (outbox, id, OUTBOX_CANCEL, 1000, NOW, &result, &state, NULL));
  g_assert_cmpint (result, ==, OUTBOX_DONE);
  g_assert_cmpint (state, ==, OUTBOX_CANCELLED);
}

static void
test_release_keeps_time (void)
{
  state_begin ();
  g_autoptr (Outbox) outbox = open_outbox ();
  gint64 id = add (outbox, (Wish){ .state = OUTBOX_DRAFT, .hold_until = NOW + HOUR });
  g_assert_cmpint (act (outbox, id, OUTBOX_RELEASE), ==, OUTBOX_DONE);
  g_autoptr (OutboxItem) item = find (outbox, id);
  g_assert_cmpint (item->not_before, ==, NOW + HOUR);
  g_assert_cmpint (outbox_item_standing (item, NOW), ==, STANDING_SCHEDULED);
  g_assert_cmpint (act (outbox, id, OUTBOX_RETRY), ==, OUTBOX_DONE);
  g_autoptr (OutboxItem) now = claim (outbox, NOW);
  g_assert_nonnull (now);
}

/* A wish to cancel is told once, and honoured at the end of the try where nobody did so before. */
static void
test_wishes (void)
{
  state_begin ();
  g_autoptr (Outbox) holder = open_outbox ();
  g_autoptr (Outbox) other = open_outbox ();
  gint64 id = add (holder, (Wish){ .state = OUTBOX_SENDING, .recipients = 2 });
  g_assert_cmpint (act (other, id, OUTBOX_REMOVE), ==, OUTBOX_BUSY);
  g_assert_cmpint (act (other, id, OUTBOX_CANCEL), ==, OUTBOX_BUSY);
  g_assert_cmpint (act (other, id, OUTBOX_CANCEL), ==, OUTBOX_BUSY);
  g_autoptr (GArray) none = outbox_cancel_wishes (other, NULL);
  g_assert_cmpuint (none->len, ==, 0);
  g_autoptr (GArray) wishes = outbox_cancel_wishes (holder, NULL);
  g_assert_cmpuint (wishes->len, ==, 1);
  g_assert_cmpint (g_array_index (wishes, gint64, 0), ==, id);
  g_autoptr (GArray) again = outbox_cancel_wishes (holder, NULL);
  g_assert_cmpuint (again->len, ==, 0);
  give_fate (holder, id, 0, OUTCOME_ACCEPTED, FALSE);
  release (holder, id, OUTBOX_QUEUED, NOW);
  g_autoptr (OutboxItem) item = find (holder, id);
  g_assert_cmpint (item->state, ==, OUTBOX_CANCELLED);
  g_assert_cmpint (item->verdicts[0].kind, ==, OUTCOME_ACCEPTED);
  g_assert_cmpint (item->verdicts[1].kind, ==, OUTCOME_CANCELLED);
  g_assert_false (item->pending[1]);
}

/* --- replacing ------------------------------------------------------------------------------- */

static void
test_replace (void)
{
  g_autoptr (GError) error = NULL;
  gboolean found;
  const Wish next = { .state = OUTBOX_QUEUED, .recipients = 3, .size = 3 << 20, .seed = 7 };
  state_begin ();
  g_autoptr (Outbox) outbox = open_outbox ();
  gint64 id = add (outbox, (Wish){ .state = OUTBOX_DRAFT, .size = 4 << 20 });
  g_assert_true (try_replace (outbox, id, next, &found, &error));
  g_assert_true (found);
  assert_message (outbox, id, next);
  g_autoptr (OutboxItem) item = claim (outbox, NOW);
  g_assert_cmpint (item->id, ==, id);
  g_assert_cmpuint (item->envelope->recipients->len, ==, 3);
  /* Not while somebody has it, not when somebody was served, and not what isn't there. */
  g_assert_true (try_replace (outbox, id, next, &found, &error));
  g_assert_false (found);
  give_fate (outbox, id, 0, OUTCOME_ACCEPTED, FALSE);
  release (outbox, id, OUTBOX_HELD, NOW);
  g_assert_true (try_replace (outbox, id, next, &found, &error));
  g_assert_false (found);
  g_assert_true (try_replace (outbox, 999, next, &found, &error));
  g_assert_false (found);
  assert_message (outbox, id, next);
  guint n = 0;
  g_assert_true (outbox_prune (outbox, 0, &n, &error));
  g_assert_cmpint (ask_sql ("SELECT count(*) FROM message"), ==, 1);
  g_assert_cmpint (ask_sql ("SELECT count(*) FROM chunk"), ==, 48);
}

/* --- looking --------------------------------------------------------------------------------- */

static void
append_id (const OutboxItem *item, gpointer data)
{
  g_string_append_printf (data, "%" G_GINT64_FORMAT " ", item->id);
}

static void
assert_list (Outbox *outbox, OutboxFilter filter, const char *expected)
{
  g_autoptr (GString) ids = g_string_new (NULL);
  g_assert_true (outbox_list (outbox, &filter, append_id, ids, NULL));
  g_assert_cmpstr (ids->str, ==, expected);
}

static void
test_list (void)
{
  state_begin ();
  g_autoptr (Outbox) outbox = open_outbox ();
  add (outbox, (Wish){ .state = OUTBOX_QUEUED, .owner = 0 });
  add (outbox, (Wish){ .state = OUTBOX_HELD, .owner = 5 });
  add (outbox, (Wish){ .state = OUTBOX_QUEUED, .owner = 5 });
  assert_list (outbox, (OutboxFilter){ .owner = OUTBOX_ANYBODY }, "1 2 3 ");
  assert_list (outbox, (OutboxFilter){ .owner = 5 }, "2 3 ");
  assert_list (outbox, (OutboxFilter){ .owner = 0 }, "1 ");
  assert_list (outbox, (OutboxFilter){ .states = 1 << OUTBOX_QUEUED, .owner = OUTBOX_ANYBODY }, "1 3 ");
  assert_list (outbox, (OutboxFilter){ .states = 1 << OUTBOX_HELD | 1 << OUTBOX_DRAFT, .owner = 5 }, "2 ");
  assert_list (outbox, (OutboxFilter){ .owner = 6 }, "");
}

typedef struct {
  Outbox *outbox;
  guint n;
} Removing;

static void
remove_seen (const OutboxItem *item, gpointer data)
{
  Removing *removing = data;
  g_assert_cmpint (act (removing->outbox, item->id, OUTBOX_REMOVE), ==, OUTBOX_DONE);
  removing->n++;
}

/* More than are in memory at once, while they go away. */
static void
test_list_many (void)
{
  const OutboxFilter all = { .owner = OUTBOX_ANYBODY };
  state_begin ();
  g_autoptr (Outbox) outbox = open_outbox ();
  for (guint i = 0; i < 150; i++)
    add (outbox, (Wish){ .state = OUTBOX_DRAFT });
  Removing removing = { .outbox = outbox };
  g_assert_true (outbox_list (outbox, &all, remove_seen, &removing, NULL));
  g_assert_cmpuint (removing.n, ==, 150);
  g_assert_cmpuint (count_items (outbox), ==, 0);
  g_assert_cmpint (add (outbox, (Wish){ .state = OUTBOX_DRAFT }), ==, 151); /* never used again */
}

static void
test_version (void)
{
  state_begin ();
  g_autoptr (Outbox) outbox = open_outbox ();
  g_autoptr (Outbox) other = open_outbox ();
  gint64 first = outbox_version (outbox);
  g_assert_cmpint (outbox_version (outbox), ==, first);
  add (other, (Wish){ .state = OUTBOX_HELD });
  gint64 second = outbox_version (outbox);
  g_assert_cmpint (second, !=, first);
  add (outbox, (Wish){ .state = OUTBOX_HELD });
  gint64 third = outbox_version (outbox);
  g_assert_cmpint (third, !=, second);
  g_assert_null (claim (outbox, NOW));
  g_assert_cmpuint (count_items (outbox), ==, 2);
  g_assert_cmpint (outbox_version (other), !=, first);
}

static void
test_prune (void)
{
  guint n = 0;
  state_begin ();
  g_autoptr (Outbox) outbox = open_outbox ();
  for (guint i = 0; i < N_SITUATIONS; i++)
    make_situation (outbox, i);
  g_assert_true (outbox_prune (outbox, NOW, &n, NULL));
  g_assert_cmpuint (n, ==, 0);
  g_assert_true (outbox_prune (outbox, NOW + 1, &n, NULL));
  g_assert_cmpuint (n, ==, 2); /* what is finished and what was cancelled */
  g_assert_cmpuint (count_items (outbox), ==, N_SITUATIONS - 2);
  g_assert_cmpint (ask_sql ("SELECT count(*) FROM recipient"), ==, 2 * (N_SITUATIONS - 2));
  g_assert_cmpint (ask_sql ("SELECT count(*) FROM message"), ==, N_SITUATIONS - 2);
}

/* --- accounts that are held ------------------------------------------------------------------ */

static void
test_holds (void)
{
  const Verdict verdict = { .kind = OUTCOME_SECURITY, .stage = STAGE_AUTH, .cause = CAUSE_AUTH_REFUSED };
  gboolean first;
  state_begin ();
  g_autoptr (Outbox) outbox = open_outbox ();
  g_autoptr (Outbox) other = open_outbox ();
  g_assert_true (outbox_tell_hold (outbox, "home", &first, NULL));
  g_assert_false (first);
  g_assert_true (outbox_hold_account (outbox, "home", "old", &verdict, NOW, NULL));
  g_assert_true (outbox_tell_hold (other, "home", &first, NULL));
  g_assert_true (first);
  g_assert_true (outbox_hold_account (other, "home", "old", &verdict, NOW + 5, NULL));
  g_assert_true (outbox_tell_hold (outbox, "home", &first, NULL));
  g_assert_false (first); /* the same fault again */
  g_autoptr (GPtrArray) holds = outbox_holds (outbox, NULL);
  g_assert_cmpuint (holds->len, ==, 1);
  const OutboxHold *hold = holds->pdata[0];
  g_assert_cmpstr (hold->account, ==, "home");
  g_assert_cmpstr (hold->fingerprint, ==, "old");
  g_assert_cmpint (hold->since, ==, NOW);
  g_assert_true (hold->told);
  g_assert_cmpint (hold->verdict.cause, ==, CAUSE_AUTH_REFUSED);
  g_assert_true (outbox_hold_account (outbox, "home", "new", &verdict, NOW + 9, NULL));
  g_assert_true (outbox_tell_hold (outbox, "home", &first, NULL));
  g_assert_true (first); /* the new secret was refused as well */
  g_assert_true (outbox_free_account (outbox, "home", NULL));
  g_autoptr (GPtrArray) none = outbox_holds (outbox, NULL);
  g_assert_cmpuint (none->len, ==, 0);
}

/* --- what a person would call it ------------------------------------------------------------- */

typedef struct {
  const char *about;
  OutboxState state;
  const char *reason;
  Ticks wait;
  guint tries;
  const char *holder;
  OutcomeKind fates[2];
  OutboxStanding standing;
} StandingRow;

#define A OUTCOME_ACCEPTED
#define P OUTCOME_PERMANENT
#define T OUTCOME_TEMPORARY
#define N OUTCOME_NONE

static const StandingRow standing_rows[] = {
  { "draft", OUTBOX_DRAFT, NULL, 0, 0, NULL, { N, N }, STANDING_DRAFT },
  { "held", OUTBOX_HELD, "user", 0, 0, NULL, { N, N }, STANDING_HELD },
  { "due", OUTBOX_QUEUED, NULL, 0, 0, NULL, { N, N }, STANDING_WAITING },
  { "due after a failure", OUTBOX_QUEUED, "timeout", 0, 2, NULL, { T, T }, STANDING_WAITING },
  { "a time was chosen", OUTBOX_QUEUED, "scheduled", 5, 0, NULL, { N, N }, STANDING_SCHEDULED },
  { "may be undone", OUTBOX_QUEUED, "undo", 5, 0, NULL, { N, N }, STANDING_SCHEDULED },
  { "never tried, later", OUTBOX_QUEUED, NULL, 5, 0, NULL, { N, N }, STANDING_SCHEDULED },
  { "failed for now", OUTBOX_QUEUED, "reply", 5, 1, NULL, { A, T }, STANDING_DEFERRED },
  { "no network, no attempt", OUTBOX_QUEUED, "no-network", 5, 0, NULL, { N, N }, STANDING_DEFERRED },
  { "sending", OUTBOX_SENDING, NULL, 0, 0, "12", { N, N }, STANDING_SENDING },
  { "its sender is gone", OUTBOX_SENDING, NULL, 0, 0, NULL, { N, N }, STANDING_WAITING },
  { "permitted", OUTBOX_IN_DOUBT, NULL, 0, 0, "12", { N, N }, STANDING_SENDING },
  { "in doubt", OUTBOX_IN_DOUBT, NULL, 0, 0, NULL, { N, N }, STANDING_IN_DOUBT },
  { "accepted", OUTBOX_FINISHED, NULL, 0, 0, NULL, { A, A }, STANDING_SENT },
  { "accepted at last", OUTBOX_FINISHED, "expired", 0, 0, NULL, { A, A }, STANDING_SENT },
  { "partly", OUTBOX_FINISHED, NULL, 0, 0, NULL, { A, P }, STANDING_PARTLY },
  { "refused", OUTBOX_FINISHED, NULL, 0, 0, NULL, { P, P }, STANDING_REFUSED },
  { "expired", OUTBOX_FINISHED, "expired", 0, 9, NULL, { A, T }, STANDING_EXPIRED },
  { "cancelled", OUTBOX_CANCELLED, NULL, 0, 0, NULL, { A, N }, STANDING_CANCELLED },
};

static void
test_standing (gconstpointer data)
{
  const StandingRow *row = data;
  Verdict verdicts[] = { { .kind = row->fates[0] }, { .kind = row->fates[1] } };
  g_autoptr (Envelope) envelope = envelope_new ("");
  envelope_add (envelope, "a@b");
  envelope_add (envelope, "c@d");
  const OutboxItem item = { .state = row->state,
                            .reason = (char *)row->reason,
                            .not_before = NOW + row->wait,
                            .tries = row->tries,
                            .holder = (char *)row->holder,
                            .envelope = envelope,
                            .verdicts = verdicts };
  g_assert_cmpstr (outbox_standing_name (outbox_item_standing (&item, NOW)), ==,
                   outbox_standing_name (row->standing));
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  cut_vfs_register (); /* which doesn't wait for the disk */
  test_folder_make ();
  TABLE_ADD ("/outbox/act", act_rows, test_act);
  g_test_add_func ("/outbox/act-on-others", test_act_on_others);
  g_test_add_func ("/outbox/release-keeps-time", test_release_keeps_time);
  g_test_add_func ("/outbox/wishes", test_wishes);
  g_test_add_func ("/outbox/replace", test_replace);
  g_test_add_func ("/outbox/list", test_list);
  g_test_add_func ("/outbox/list-many", test_list_many);
  g_test_add_func ("/outbox/version", test_version);
  g_test_add_func ("/outbox/prune", test_prune);
  g_test_add_func ("/outbox/holds", test_holds);
  TABLE_ADD ("/outbox/standing", standing_rows, test_standing);
  int result = g_test_run ();
  test_folder_remove ();
  return result;
}
