/* A row of the outbox survives its way as text; what is none is refused. */
#include "engine/item-json.h"

#include "tests/lib/tap.h"

static OutboxItem *
make_item (void)
{
  OutboxItem *item = g_new0 (OutboxItem, 1);
  g_autoptr (Reply) reply = reply_new (451, "4.7.1 \"wait\"\nand \x1b[31mwait");

  item->id = G_MAXINT64;
  item->state = OUTBOX_IN_DOUBT;
  item->reason = g_strdup ("scheduled");
  item->owner = G_MAXUINT32;
  item->account = g_strdup ("system");
  item->envelope = envelope_new ("a@b.test");
  envelope_add (item->envelope, "花子@c.test");
  envelope_add (item->envelope, "\"o d d\"@d.test");
  item->pending = g_new0 (gboolean, 2);
  item->verdicts = g_new0 (Verdict, 2);
  item->pending[1] = TRUE;
  verdict_set (&item->verdicts[0], OUTCOME_ACCEPTED, STAGE_END, CAUSE_REPLY, NULL, NULL);
  verdict_set (&item->verdicts[1], OUTCOME_TEMPORARY, STAGE_RCPT, CAUSE_REPLY, reply, "a\nb");
  item->subject = g_strdup ("line\r\n{\"end\":true}");
  item->message_id = g_strdup ("<\xff@x>");
  item->size = 123456789012;
  item->submitted = 1;
  item->not_before = 2;
  item->changed = 3;
  item->hold_until = 4;
  item->with_network = TRUE;
  item->tries = 7;
  item->holder = g_strdup ("toukan, process 1");
  return item;
}

static void
test_round_trip (void)
{
  g_autoptr (OutboxItem) item = make_item ();
  g_autofree char *line = item_json_write (item);
  g_autoptr (OutboxItem) read = item_json_read (line);

  g_assert_null (strchr (line, '\n'));
  g_assert_nonnull (read);
  g_assert_cmpint (read->id, ==, item->id);
  g_assert_cmpint (read->state, ==, item->state);
  g_assert_cmpstr (read->reason, ==, item->reason);
  g_assert_cmpuint (read->owner, ==, item->owner);
  g_assert_cmpstr (read->envelope->sender, ==, item->envelope->sender);
  g_assert_cmpuint (read->envelope->recipients->len, ==, 2);
  for (guint i = 0; i < 2; i++) {
    g_assert_cmpstr (envelope_recipient (read->envelope, i)->address, ==,
                     envelope_recipient (item->envelope, i)->address);
    g_assert_cmpint (read->pending[i], ==, item->pending[i]);
    g_assert_cmpint (read->verdicts[i].kind, ==, item->verdicts[i].kind);
    g_assert_cmpint (read->verdicts[i].stage, ==, item->verdicts[i].stage);
    g_assert_cmpint (read->verdicts[i].cause, ==, item->verdicts[i].cause);
    g_assert_cmpstr (read->verdicts[i].detail, ==, item->verdicts[i].detail);
  }
  g_assert_cmpuint (read->verdicts[1].reply->code, ==, 451);
  g_assert_cmpstrv (read->verdicts[1].reply->lines, item->verdicts[1].reply->lines);
  g_assert_cmpstr (read->subject, ==, item->subject);
  g_assert_cmpstr (read->message_id, ==, "<\xef\xbf\xbd@x>");
  g_assert_null (read->from);
  g_assert_cmpuint (read->size, ==, item->size);
  g_assert_cmpint (read->submitted, ==, 1);
  g_assert_cmpint (read->not_before, ==, 2);
  g_assert_cmpint (read->hold_until, ==, 4);
  g_assert_true (read->with_network);
  g_assert_cmpuint (read->tries, ==, 7);
}

/* Every word of the enumerations comes back: one that is added later must, too. */
static void
test_words (void)
{
  for (Cause cause = CAUSE_NONE; cause <= CAUSE_CANCELLED; cause++) {
    g_autoptr (OutboxItem) item = make_item ();
    verdict_set (&item->verdicts[0], OUTCOME_TRANSPORT, STAGE_CONNECT, cause, NULL, NULL);
    g_autofree char *line = item_json_write (item);
    g_autoptr (OutboxItem) read = item_json_read (line);
    g_assert_nonnull (read);
    g_assert_cmpint (read->verdicts[0].cause, ==, cause);
  }
  for (OutboxState state = OUTBOX_DRAFT; state <= OUTBOX_CANCELLED; state++) {
    g_autoptr (OutboxItem) item = make_item ();
    item->state = state;
    g_autofree char *line = item_json_write (item);
    g_autoptr (OutboxItem) read = item_json_read (line);
    g_assert_cmpint (read->state, ==, state);
  }
}

static void
test_nonsense (gconstpointer data)
{
  g_assert_null (item_json_read (data));
}

int
main (int argc, char **argv)
{
  static const char *const nonsense[] = {
    "",
    "{",
    "[]",
    "{}",
    "{\"end\":true}",
    "{\"sender\":\"a\",\"state\":\"queued\"}",
    "{\"sender\":\"a\",\"state\":\"lost\",\"recipients\":[]}",
    "{\"sender\":\"a\",\"state\":\"queued\",\"recipients\":[1]}",
    "{\"sender\":\"a\",\"state\":\"queued\",\"recipients\":[{\"address\":\"b\"}]}",
    "{\"sender\":\"a\",\"state\":\"queued\",\"recipients\":"
    "[{\"address\":\"b@c\",\"kind\":\"none\",\"stage\":\"resolve\",\"cause\":\"none\"},"
    "{\"address\":\"b@c\",\"kind\":\"none\",\"stage\":\"resolve\",\"cause\":\"none\"}]}",
  };

  tap_init (&argc, &argv);
  g_test_add_func ("/item-json/round-trip", test_round_trip);
  g_test_add_func ("/item-json/words", test_words);
  for (gsize i = 0; i < G_N_ELEMENTS (nonsense); i++) {
    g_autofree char *path = g_strdup_printf ("/item-json/nonsense/%zu", i);
    g_test_add_data_func (path, nonsense[i], test_nonsense);
  }
  return g_test_run ();
}
