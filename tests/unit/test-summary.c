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
check (const struct row *row, const Summary *summary)
{
  g_assert_cmpstr (summary->from, ==, row->from);
  g_assert_cmpstr (summary->subject, ==, row->subject);
  g_assert_cmpstr (summary->message_id, ==, row->message_id);
}

static void
test_row (gconstpointer data)
{
  const struct row *row = data;
  g_auto (Summary) summary, again;
  g_autoptr (GBytes) bytes = g_bytes_new_static (row->text, strlen (row->text));
  g_autoptr (BodySource) message = body_source_new_bytes (bytes);
  summary_read (&summary, row->text, strlen (row->text));
  g_assert_true (summary_read_body (&again, message, NULL));
  check (row, &summary);
  check (row, &again);
}

/* Long ones are cut, at a character. */
static void
test_long (void)
{
  g_autoptr (GString) text = g_string_new ("Subject: x");
  g_auto (Summary) summary;
  for (guint i = 0; i < 1000; i++)
    g_string_append (text, "語");
  summary_read (&summary, text->str, text->len);
  g_assert_cmpuint (strlen (summary.subject), ==, 1000);
  g_assert_true (g_utf8_validate (summary.subject, -1, NULL));
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  TABLE_ADD ("/summary/row", rows, test_row);
  g_test_add_func ("/summary/long", test_long);
  return g_test_run ();
}
