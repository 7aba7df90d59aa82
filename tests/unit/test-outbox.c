/* The outbox on disk: what goes in comes out, what is due when and to whom, and what becomes
 * of it by fates. */
#include <string.h>

#include "base/error.h"
#include "tests/lib/cut-vfs.h"
#include "tests/lib/folder.h"
#include "tests/lib/table.h"
#include "tests/unit/outbox-fixture.h"

/* --- there and back -------------------------------------------------------------------------- */

static void
test_life (void)
{
  state_begin ();
  g_autoptr (Outbox) outbox = open_outbox ();
  const Wish wish = { .state = OUTBOX_QUEUED, .recipients = 2 };
  gint64 id = add (outbox, wish);
  assert_message (outbox, id, wish);
  g_autoptr (OutboxItem) item = claim (outbox, NOW);
  g_assert_nonnull (item);
  g_assert_cmpint (item->id, ==, id);
  g_assert_cmpint (item->state, ==, OUTBOX_SENDING);
  g_assert_null (claim (outbox, NOW));
  permit (outbox, id, 0);
  permit (outbox, id, 1);
  g_assert_cmpint (state_of (outbox, id), ==, OUTBOX_IN_DOUBT);
  give_fate (outbox, id, 0, OUTCOME_ACCEPTED, FALSE);
  g_assert_cmpint (state_of (outbox, id), ==, OUTBOX_IN_DOUBT);
  give_fate (outbox, id, 1, OUTCOME_PERMANENT, FALSE);
  g_assert_cmpint (state_of (outbox, id), ==, OUTBOX_SENDING);
  assert_message (outbox, id, wish);
  release (outbox, id, OUTBOX_FINISHED, 0);
  g_autoptr (OutboxItem) over = find (outbox, id);
  g_assert_cmpint (over->state, ==, OUTBOX_FINISHED);
  g_assert_cmpint (over->finished, ==, NOW);
  g_assert_cmpstr (over->holder, ==, NULL);
  g_assert_cmpint (outbox_item_standing (over, NOW), ==, STANDING_PARTLY);
  g_assert_false (has_message (outbox, id));
}

/* It outlives whoever wrote it, and goes when nobody needs it. */
static void
test_size (gconstpointer data)
{
  const Wish wish = { .state = OUTBOX_HELD, .size = (gsize)GPOINTER_TO_SIZE (data) };
  guint n = 0;
  state_begin ();
  Outbox *first = open_outbox ();
  gint64 id = add (first, wish);
  assert_message (first, id, wish);
  outbox_close (first);
  g_autoptr (Outbox) outbox = open_outbox ();
  g_assert_true (outbox_prune (outbox, NOW + 1, &n, NULL));
  g_assert_cmpuint (n, ==, 0);
  assert_message (outbox, id, wish);
  g_autoptr (OutboxItem) item = find (outbox, id);
  g_assert_cmpuint (item->size, ==, wish.size);
  g_assert_cmpint (act (outbox, id, OUTBOX_CANCEL), ==, OUTBOX_DONE);
  g_assert_false (has_message (outbox, id));
  g_assert_true (outbox_prune (outbox, NOW + 1, &n, NULL));
  g_assert_cmpuint (n, ==, 1);
  g_assert_cmpint (ask_sql ("SELECT count(*) FROM chunk"), ==, 0);
  g_assert_cmpint (ask_sql ("SELECT count(*) FROM message"), ==, 0);
}

static gssize
read_nothing (gpointer data, guint8 *buffer, gsize length, GError **error)
{
  return 0;
}

/* All that an item has, with what would break a statement that was put together from text. */
static void
test_fields (void)
{
  static const char *const overrides[] = { "host=a", "x='; DROP TABLE item; --", "y=\n", NULL };
  static const char hostile[] = "'\"; DROP TABLE item; -- \xff\x1b[2J";
  g_autoptr (GError) error = NULL;
  g_autoptr (Envelope) envelope = envelope_new ("");
  envelope_add (envelope, "\"o'hara\"@例え.jp");
  envelope_add (envelope, "b@example.org");
  EnvelopeRecipient *recipient = envelope->recipients->pdata[1];
  recipient->notify = DSN_NOTIFY_SUCCESS | DSN_NOTIFY_DELAY;
  recipient->orcpt = g_strdup ("rfc822;x@y");
  envelope->ret = DSN_RETURN_HEADERS;
  envelope->envid = g_strdup ("id");
  envelope->require_tls = TRUE;
  const OutboxAddition addition = { .state = OUTBOX_HELD,
                                    .reason = "undo",
                                    .owner = G_MAXUINT32,
                                    .account = "wörk",
                                    .overrides = overrides,
                                    .envelope = envelope,
                                    .from = "A <a@b>",
                                    .subject = hostile,
                                    .message_id = "<1@a>",
                                    .now = NOW,
                                    .not_before = NOW + 1,
                                    .hold_until = NOW + 2,
                                    .read = read_nothing };
  gint64 id;
  state_begin ();
  g_autoptr (Outbox) outbox = open_outbox ();
  g_assert_true (outbox_add (outbox, &addition, &id, &error));
  g_autoptr (OutboxItem) found = find (outbox, id);
  g_autoptr (OutboxItem) item = outbox_item_copy (found);
  g_assert_cmpint (item->state, ==, OUTBOX_HELD);
  g_assert_cmpstr (item->reason, ==, "undo");
  g_assert_cmpuint (item->owner, ==, G_MAXUINT32);
  g_assert_cmpstr (item->account, ==, "wörk");
  g_assert_true (g_strv_equal ((const char *const *)item->overrides, overrides));
  g_assert_cmpstr (item->from, ==, "A <a@b>");
  g_assert_cmpstr (item->subject, ==, hostile);
  g_assert_cmpstr (item->message_id, ==, "<1@a>");
  g_assert_cmpint (item->submitted, ==, NOW);
  g_assert_cmpint (item->not_before, ==, NOW + 1);
  g_assert_cmpint (item->hold_until, ==, NOW + 2);
  g_assert_cmpint (item->changed, ==, NOW);
  g_assert_cmpint (item->finished, ==, 0);
  g_assert_cmpuint (item->tries, ==, 0);
  g_assert_cmpuint (item->size, ==, 0);
  g_assert_cmpstr (item->envelope->sender, ==, "");
  g_assert_cmpint (item->envelope->ret, ==, DSN_RETURN_HEADERS);
  g_assert_cmpstr (item->envelope->envid, ==, "id");
  g_assert_true (item->envelope->require_tls);
  g_assert_cmpuint (item->envelope->recipients->len, ==, 2);
  g_assert_cmpstr (envelope_recipient (item->envelope, 0)->address, ==, "\"o'hara\"@例え.jp");
  g_assert_cmpuint (envelope_recipient (item->envelope, 1)->notify, ==, recipient->notify);
  g_assert_cmpstr (envelope_recipient (item->envelope, 1)->orcpt, ==, "rfc822;x@y");
  g_assert_true (item->pending[0] && item->pending[1]);
  g_assert_cmpint (item->verdicts[1].kind, ==, OUTCOME_NONE);
  g_assert_true (has_message (outbox, id)); /* of no octets */
}

static Reply *
odd_reply (void)
{
  Reply *reply = reply_new (550, "5.1.1 no such\n\n\xff caf\xe9 'quoted'");
  reply->enhanced = (EnhancedCode){ 5, 999, 1 };
  return reply;
}

static void
assert_odd (const Verdict *verdict)
{
  g_autoptr (Reply) expected = odd_reply ();
  g_assert_cmpint (verdict->kind, ==, OUTCOME_PERMANENT);
  g_assert_cmpint (verdict->stage, ==, STAGE_RCPT);
  g_assert_cmpint (verdict->cause, ==, CAUSE_REPLY);
  g_assert_cmpstr (verdict->detail, ==, "a ' detail");
  g_assert_cmpuint (verdict->reply->code, ==, 550);
  g_assert_cmpmem (&verdict->reply->enhanced, sizeof (EnhancedCode), &expected->enhanced,
                   sizeof (EnhancedCode));
  g_assert_cmpuint (verdict->reply->n_lines, ==, 3);
  g_assert_true (
      g_strv_equal ((const char *const *)verdict->reply->lines, (const char *const *)expected->lines));
}

/* A verdict as recipient's, attempt's and hold's. */
static void
test_verdict (void)
{
  g_autoptr (Reply) reply = odd_reply ();
  g_autoptr (GError) error = NULL;
  Verdict verdict = { 0 };
  verdict_set (&verdict, OUTCOME_PERMANENT, STAGE_RCPT, CAUSE_REPLY, reply, "a ' detail");
  const OutboxAttempt attempt = { .at = NOW,
                                  .lasted = 5,
                                  .network = (char *)"café",
                                  .path = (char *)"587/IPv4 h [192.0.2.1]",
                                  .tls = (char *)"TLSv1.3",
                                  .verdict = verdict };
  state_begin ();
  g_autoptr (Outbox) outbox = open_outbox ();
  gint64 id = add (outbox, (Wish){ .state = OUTBOX_SENDING, .recipients = 2 });
  const OutboxChange changes[] = {
    { .kind = OUTBOX_CHANGE_RECIPIENT, .id = id, .recipient = 1, .verdict = &verdict },
    { .kind = OUTBOX_CHANGE_ATTEMPT, .id = id, .attempt = &attempt },
  };
  g_assert_true (outbox_record (outbox, changes, G_N_ELEMENTS (changes), NOW, &error));
  g_assert_true (outbox_hold_account (outbox, "home", "print", &verdict, NOW, &error));
  g_autoptr (OutboxItem) item = find (outbox, id);
  assert_odd (&item->verdicts[1]);
  g_assert_false (item->pending[1]);
  g_assert_true (item->pending[0]);
  g_autoptr (GPtrArray) attempts = outbox_attempts (outbox, id, &error);
  g_assert_cmpuint (attempts->len, ==, 1);
  const OutboxAttempt *found = attempts->pdata[0];
  assert_odd (&found->verdict);
  g_assert_cmpint (found->at, ==, NOW);
  g_assert_cmpint (found->lasted, ==, 5);
  g_assert_cmpstr (found->network, ==, "café");
  g_assert_cmpstr (found->path, ==, "587/IPv4 h [192.0.2.1]");
  g_assert_cmpstr (found->tls, ==, "TLSv1.3");
  g_assert_cmpstr (found->mechanism, ==, NULL);
  g_autoptr (GPtrArray) holds = outbox_holds (outbox, &error);
  assert_odd (&((const OutboxHold *)holds->pdata[0])->verdict);
  verdict_clear (&verdict);
}

/* Each word of the file is read again as what it was. */
static void
test_words (void)
{
  state_begin ();
  g_autoptr (Outbox) outbox = open_outbox ();
  gint64 id = add (outbox, (Wish){ .state = OUTBOX_SENDING });
  for (int i = 0; i <= CAUSE_CANCELLED; i++) {
    const Verdict verdict = { .kind = (OutcomeKind)(i % (OUTCOME_CANCELLED + 1)),
                              .stage = (Stage)(i % (STAGE_QUIT + 1)),
                              .cause = (Cause)i };
    const OutboxChange change
        = { .kind = OUTBOX_CHANGE_RECIPIENT, .id = id, .verdict = &verdict, .pending = TRUE };
    g_assert_true (outbox_record (outbox, &change, 1, NOW, NULL));
    g_autoptr (OutboxItem) item = find (outbox, id);
    g_assert_cmpint (item->verdicts[0].kind, ==, verdict.kind);
    g_assert_cmpint (item->verdicts[0].stage, ==, verdict.stage);
    g_assert_cmpint (item->verdicts[0].cause, ==, verdict.cause);
    g_assert_null (item->verdicts[0].reply);
  }
}

static void
test_attempts_limit (void)
{
  g_autofree OutboxChange *changes = g_new0 (OutboxChange, 250);
  OutboxAttempt *attempts = g_new0 (OutboxAttempt, 250);
  state_begin ();
  g_autoptr (Outbox) outbox = open_outbox ();
  gint64 id = add (outbox, (Wish){ .state = OUTBOX_SENDING });
  for (guint i = 0; i < 250; i++) {
    attempts[i].at = i;
    changes[i] = (OutboxChange){ .kind = OUTBOX_CHANGE_ATTEMPT, .id = id, .attempt = &attempts[i] };
  }
  g_assert_true (outbox_record (outbox, changes, 250, NOW, NULL));
  g_autoptr (GPtrArray) found = outbox_attempts (outbox, id, NULL);
  g_assert_cmpuint (found->len, ==, 200);
  g_assert_cmpint (((const OutboxAttempt *)found->pdata[0])->at, ==, 50);
  g_free (attempts);
}

/* Octets that are needed once more after the end: until that is done, or who wanted it is gone. */
static void
test_kept_message (void)
{
  const Wish wish = { .state = OUTBOX_SENDING };
  gint64 ids[2];
  state_begin ();
  Outbox *first = open_outbox ();
  for (gsize i = 0; i < G_N_ELEMENTS (ids); i++) {
    ids[i] = add (first, wish);
    give_fate (first, ids[i], 0, OUTCOME_ACCEPTED, FALSE);
    const OutboxChange change
        = { .kind = OUTBOX_CHANGE_RELEASE, .id = ids[i], .state = OUTBOX_FINISHED, .keeps_message = TRUE };
    g_assert_true (outbox_record (first, &change, 1, NOW, NULL));
    g_assert_cmpint (state_of (first, ids[i]), ==, OUTBOX_FINISHED);
    assert_message (first, ids[i], wish);
  }
  g_autoptr (Outbox) outbox = open_outbox ();
  g_assert_null (claim (outbox, NOW));
  assert_message (outbox, ids[0], wish);
  g_assert_true (outbox_forget_message (first, ids[0], NULL));
  g_assert_false (has_message (outbox, ids[0]));
  assert_message (outbox, ids[1], wish);
  outbox_close (first);
  g_assert_false (has_message (outbox, ids[1]));
  g_assert_cmpint (ask_sql ("SELECT count(*) FROM chunk"), ==, 0);
}

/* --- what is due ------------------------------------------------------------------------------------------
 */

static OutboxItem *
claim_as (Outbox *outbox, OutboxClaim wanted, gint64 *ret_next)
{
  g_autoptr (GError) error = NULL;
  OutboxItem *item = NULL;
  g_assert_true (outbox_claim (outbox, &wanted, &item, ret_next, &error));
  g_assert_no_error (error);
  return item;
}

static void
test_claim_order (void)
{
  gint64 next;
  state_begin ();
  g_autoptr (Outbox) outbox = open_outbox ();
  gint64 later = add (outbox, (Wish){ .state = OUTBOX_QUEUED, .not_before = NOW - 5 });
  gint64 future = add (outbox, (Wish){ .state = OUTBOX_QUEUED, .not_before = NOW + 5 });
  gint64 earlier = add (outbox, (Wish){ .state = OUTBOX_QUEUED, .not_before = NOW - 9 });
  add (outbox, (Wish){ .state = OUTBOX_HELD });
  add (outbox, (Wish){ .state = OUTBOX_DRAFT });
  g_autoptr (OutboxItem) first = claim_as (outbox, (OutboxClaim){ .now = NOW }, &next);
  g_autoptr (OutboxItem) second = claim_as (outbox, (OutboxClaim){ .now = NOW }, &next);
  g_assert_cmpint (first->id, ==, earlier);
  g_assert_cmpint (second->id, ==, later);
  g_assert_null (claim_as (outbox, (OutboxClaim){ .now = NOW }, &next));
  g_assert_cmpint (next, ==, NOW + 5);
  g_autoptr (OutboxItem) third = claim_as (outbox, (OutboxClaim){ .now = NOW + 5 }, &next);
  g_assert_cmpint (third->id, ==, future);
  g_assert_null (claim_as (outbox, (OutboxClaim){ .now = NOW + 5 }, &next));
  g_assert_cmpint (next, ==, G_MAXINT64);
}

static void
test_claim_accounts (void)
{
  static const char *const held[] = { "home", "other", NULL };
  gint64 next;
  state_begin ();
  g_autoptr (Outbox) outbox = open_outbox ();
  add (outbox, (Wish){ .state = OUTBOX_QUEUED, .account = "home" });
  gint64 work = add (outbox, (Wish){ .state = OUTBOX_QUEUED, .account = "work", .not_before = NOW + 7 });
  g_assert_null (claim_as (outbox, (OutboxClaim){ .now = NOW, .account = "nobody" }, &next));
  g_assert_cmpint (next, ==, G_MAXINT64);
  g_assert_null (claim_as (outbox, (OutboxClaim){ .now = NOW, .not_accounts = held }, &next));
  g_assert_cmpint (next, ==, NOW + 7);
  g_autoptr (OutboxItem) item
      = claim_as (outbox, (OutboxClaim){ .now = NOW + 7, .not_accounts = held }, &next);
  g_assert_cmpint (item->id, ==, work);
  g_autoptr (OutboxItem) other = claim_as (outbox, (OutboxClaim){ .now = NOW, .account = "home" }, &next);
  g_assert_nonnull (other);
}

static void
test_claim_only (void)
{
  gint64 next;
  state_begin ();
  g_autoptr (Outbox) outbox = open_outbox ();
  add (outbox, (Wish){ .state = OUTBOX_QUEUED });
  gint64 wanted = add (outbox, (Wish){ .state = OUTBOX_QUEUED, .not_before = NOW + HOUR });
  gint64 held = add (outbox, (Wish){ .state = OUTBOX_HELD });
  g_assert_null (claim_as (outbox, (OutboxClaim){ .now = NOW, .only = held }, &next));
  g_assert_null (claim_as (outbox, (OutboxClaim){ .now = NOW, .only = 999 }, &next));
  g_autoptr (OutboxItem) item = claim_as (outbox, (OutboxClaim){ .now = NOW, .only = wanted }, &next);
  g_assert_cmpint (item->id, ==, wanted);
}

static void
test_claim_network (void)
{
  gint64 next;
  state_begin ();
  g_autoptr (Outbox) outbox = open_outbox ();
  gint64 slow = add (outbox, (Wish){ .state = OUTBOX_SENDING });
  gint64 ready = add (outbox, (Wish){ .state = OUTBOX_SENDING });
  release (outbox, slow, OUTBOX_QUEUED, NOW + MINUTE);
  const OutboxChange change = { .kind = OUTBOX_CHANGE_RELEASE,
                                .id = ready,
                                .state = OUTBOX_QUEUED,
                                .not_before = NOW + HOUR,
                                .with_network = TRUE,
                                .counts = TRUE,
                                .reason = "no-path" };
  g_assert_true (outbox_record (outbox, &change, 1, NOW, NULL));
  g_assert_null (claim_as (outbox, (OutboxClaim){ .now = NOW }, &next));
  g_assert_cmpint (next, ==, NOW + MINUTE);
  /* It failed on this one. */
  g_assert_null (claim_as (outbox, (OutboxClaim){ .now = NOW, .new_network = NOW }, &next));
  g_autoptr (OutboxItem) item = claim_as (outbox, (OutboxClaim){ .now = NOW, .new_network = NOW + 1 }, &next);
  g_assert_cmpint (item->id, ==, ready);
  g_assert_cmpuint (item->tries, ==, 1);
  g_assert_cmpstr (item->reason, ==, "no-path");
  g_assert_null (claim_as (outbox, (OutboxClaim){ .now = NOW, .new_network = NOW + 1 }, &next));
  g_assert_cmpint (next, ==, NOW + MINUTE);
}

/* --- whose it is ----------------------------------------------------------------------------- */

static void
test_record_of_others (void)
{
  g_autoptr (GError) error = NULL;
  state_begin ();
  g_autoptr (Outbox) outbox = open_outbox ();
  g_autoptr (Outbox) other = open_outbox ();
  gint64 mine = add (outbox, (Wish){ .state = OUTBOX_SENDING });
  gint64 theirs = add (other, (Wish){ .state = OUTBOX_SENDING });
  gint64 nobodys = add (other, (Wish){ .state = OUTBOX_QUEUED });
  const gint64 ids[] = { theirs, nobodys, 999 };
  for (gsize i = 0; i < G_N_ELEMENTS (ids); i++) {
    const OutboxChange changes[] = { { .kind = OUTBOX_CHANGE_IN_DOUBT, .id = mine },
                                     { .kind = OUTBOX_CHANGE_IN_DOUBT, .id = ids[i] } };
    g_assert_false (outbox_record (outbox, changes, 2, NOW, &error));
    g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_TEMPORARY);
    g_clear_error (&error);
  }
  g_assert_cmpint (state_of (outbox, mine), ==, OUTBOX_SENDING); /* all or none */
}

static void
test_release_all (void)
{
  state_begin ();
  g_autoptr (Outbox) outbox = open_outbox ();
  g_assert_true (outbox_release_all (outbox, NULL));
  gint64 sending = add (outbox, (Wish){ .state = OUTBOX_SENDING });
  gint64 doubted = add (outbox, (Wish){ .state = OUTBOX_SENDING });
  permit (outbox, doubted, 0);
  g_assert_true (outbox_release_all (outbox, NULL));
  g_assert_cmpint (state_of (outbox, sending), ==, OUTBOX_QUEUED);
  give_fate (outbox, doubted, 0, OUTCOME_ACCEPTED, FALSE); /* its lease is there still */
}

/* --- in doubt -------------------------------------------------------------------------------- */

/* One of three is in doubt, one was accepted, one waits: only that one is served again. */
static void
test_doubt_beside_waiting (void)
{
  state_begin ();
  Outbox *first = open_outbox ();
  gint64 id = add (first, (Wish){ .state = OUTBOX_SENDING, .recipients = 3 });
  permit (first, id, 0);
  give_fate (first, id, 1, OUTCOME_ACCEPTED, FALSE);
  outbox_close (first); /* as if it had died */
  g_autoptr (Outbox) outbox = open_outbox ();
  g_autoptr (OutboxItem) item = claim (outbox, NOW);
  g_assert_cmpint (item->id, ==, id);
  g_assert_cmpint (item->state, ==, OUTBOX_IN_DOUBT);
  g_assert_false (item->pending[0]);
  g_assert_false (item->pending[1]);
  g_assert_true (item->pending[2]);
  give_fate (outbox, id, 2, OUTCOME_TEMPORARY, TRUE);
  release (outbox, id, OUTBOX_QUEUED, NOW + HOUR);
  g_assert_cmpint (state_of (outbox, id), ==, OUTBOX_IN_DOUBT); /* whatever was said */
  g_assert_null (claim (outbox, NOW));
  g_autoptr (OutboxItem) again = claim (outbox, NOW + HOUR);
  g_assert_nonnull (again);
  give_fate (outbox, id, 2, OUTCOME_ACCEPTED, FALSE);
  release (outbox, id, OUTBOX_FINISHED, 0);
  g_assert_cmpint (state_of (outbox, id), ==, OUTBOX_IN_DOUBT);
  g_assert_null (claim (outbox, NOW + 9 * HOUR));
  g_assert_true (has_message (outbox, id));
  g_assert_cmpint (act (outbox, id, OUTBOX_RESOLVE_SENT), ==, OUTBOX_DONE);
  g_assert_cmpint (state_of (outbox, id), ==, OUTBOX_FINISHED);
  g_assert_false (has_message (outbox, id));
}

static void
test_resend (void)
{
  state_begin ();
  g_autoptr (Outbox) outbox = open_outbox ();
  gint64 id = add (outbox, (Wish){ .state = OUTBOX_SENDING, .recipients = 2 });
  permit (outbox, id, 0);
  give_fate (outbox, id, 1, OUTCOME_ACCEPTED, FALSE);
  release (outbox, id, OUTBOX_IN_DOUBT, 0);
  g_assert_null (claim (outbox, NOW));
  g_assert_cmpint (act (outbox, id, OUTBOX_RESOLVE_RESEND), ==, OUTBOX_DONE);
  g_autoptr (OutboxItem) item = claim (outbox, NOW);
  g_assert_cmpint (item->state, ==, OUTBOX_SENDING);
  g_assert_true (item->pending[0]);
  g_assert_false (item->pending[1]);
}

/* Words can't make an item finished that somebody waits for. */
static void
test_finished_too_early (void)
{
  state_begin ();
  g_autoptr (Outbox) outbox = open_outbox ();
  gint64 id = add (outbox, (Wish){ .state = OUTBOX_SENDING, .recipients = 2 });
  give_fate (outbox, id, 0, OUTCOME_ACCEPTED, FALSE);
  release (outbox, id, OUTBOX_FINISHED, NOW);
  g_assert_cmpint (state_of (outbox, id), ==, OUTBOX_QUEUED);
  g_assert_true (has_message (outbox, id));
}

int
main (int argc, char **argv)
{
  static const gsize sizes[] = { 1, 65535, 65536, 65537, 2 << 20, (2 << 20) + 1, 9 << 20 };
  tap_init (&argc, &argv);
  cut_vfs_register (); /* which doesn't wait for the disk */
  test_folder_make ();
  g_test_add_func ("/outbox/life", test_life);
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_autofree char *name = g_strdup_printf ("/outbox/size/%" G_GSIZE_FORMAT, sizes[i]);
    g_test_add_data_func (name, GSIZE_TO_POINTER (sizes[i]), test_size);
  }
  g_test_add_func ("/outbox/fields", test_fields);
  g_test_add_func ("/outbox/verdict", test_verdict);
  g_test_add_func ("/outbox/words", test_words);
  g_test_add_func ("/outbox/attempts-limit", test_attempts_limit);
  g_test_add_func ("/outbox/kept-message", test_kept_message);
  g_test_add_func ("/outbox/claim/order", test_claim_order);
  g_test_add_func ("/outbox/claim/accounts", test_claim_accounts);
  g_test_add_func ("/outbox/claim/only", test_claim_only);
  g_test_add_func ("/outbox/claim/network", test_claim_network);
  g_test_add_func ("/outbox/record-of-others", test_record_of_others);
  g_test_add_func ("/outbox/release-all", test_release_all);
  g_test_add_func ("/outbox/doubt/beside-waiting", test_doubt_beside_waiting);
  g_test_add_func ("/outbox/doubt/resend", test_resend);
  g_test_add_func ("/outbox/finished-too-early", test_finished_too_early);
  int result = g_test_run ();
  test_folder_remove ();
  return result;
}
