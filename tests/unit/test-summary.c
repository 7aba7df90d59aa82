/* What a message is called by. */
#include "mail/summary.h"
#include "tests/lib/table.h"

static const struct row {
  const char *about;
  const char *text;
  const char *from, *subject, *message_id;
} rows[] = {
  { "nothing", "", NULL, NULL, NULL },
  { "a message", "From: A <a@b>\r\nSubject: hello\r\nMessage-ID: <x@y>\r\n\r\nSubject: body\r\n", "A <a@b>",
    "hello", "<x@y>" },
  { "no header", "\nSubject: body\n", NULL, NULL, NULL },
  { "no body", "subject: s", NULL, "s", NULL },
  { "encoded and folded", "Subject: =?UTF-8?B?5pel5pys?=\n =?UTF-8?B?6Kqe?= test\n\n", NULL, "日本語 test",
    NULL },
  { "UTF-8 as it is", "Subject: 日本語\n\n", NULL, "日本語", NULL },
  { "octets that are no UTF-8", "Subject: caf\xe9\n\n", NULL, "café", NULL },
  { "the first of two", "Subject: one\nSubject: two\n\n", NULL, "one", NULL },
  { "an empty one", "Subject:\n\n", NULL, "", NULL },
};

static void
check (const struct row *row, const MessageSummary *summary)
{
  g_assert_cmpstr (summary->from, ==, row->from);
  g_assert_cmpstr (summary->subject, ==, row->subject);
  g_assert_cmpstr (summary->message_id, ==, row->message_id);
}

static void
test_row (gconstpointer data)
{
  const struct row *row = data;
  g_autoptr (GBytes) bytes = g_bytes_new_static (row->text, strlen (row->text));
  g_autoptr (BodySource) message = body_source_new_bytes (bytes);
  g_autoptr (GError) error = NULL;
  g_autoptr (MessageSummary) summary = message_summary_new (message, &error);
  g_assert_no_error (error);
  check (row, summary);
}

/* Long ones are cut, at a character. */
static void
test_long (void)
{
  g_autoptr (GString) text = g_string_new ("Subject: x");
  for (guint i = 0; i < 1000; i++)
    g_string_append (text, "語");
  g_autoptr (GBytes) bytes = g_bytes_new (text->str, text->len);
  g_autoptr (BodySource) message = body_source_new_bytes (bytes);
  g_autoptr (MessageSummary) summary = message_summary_new (message, NULL);
  g_assert_cmpint (g_utf8_strlen (summary->subject, -1), ==, 400);
  g_assert_true (g_utf8_validate (summary->subject, -1, NULL));
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  TABLE_ADD ("/summary/row", rows, test_row);
  g_test_add_func ("/summary/long", test_long);
  return g_test_run ();
}
