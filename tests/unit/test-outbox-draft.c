/* A message as text that somebody edits: nothing is lost on the way there and back, and
 * what is wrong is said with its line. */
#include "base/error.h"
#include "cli/outbox-draft.h"
#include "tests/lib/table.h"

#define MESSAGE "From: a@example.org\nSubject: s\n\nbody\n"

static Envelope *
envelope (void)
{
  Envelope *made = envelope_new ("a@example.org");
  EnvelopeRecipient *second;
  envelope_add (made, "b@example.org");
  second = g_ptr_array_index (made->recipients, envelope_add (made, "c@example.net"));
  second->notify = DSN_NOTIFY_NEVER;
  second->orcpt = g_strdup ("rfc822;c@x");
  made->ret = DSN_RETURN_HEADERS;
  made->envid = g_strdup ("id");
  made->require_tls = TRUE;
  made->hold_until = 5;
  return made;
}

static char *
recipients_of (const Envelope *some)
{
  g_autoptr (GString) list = g_string_new (NULL);
  for (guint i = 0; i < some->recipients->len; i++)
    g_string_append_printf (list, "%s ", envelope_recipient (some, i)->address);
  return g_string_free (g_steal_pointer (&list), FALSE);
}

static void
test_there_and_back (void)
{
  g_autoptr (Envelope) before = envelope (), after = NULL;
  const char crlf[] = "From: a@example.org\r\nSubject: s\r\n\r\nbody\rbare\n.\r\n";
  g_autoptr (GString) text = outbox_draft_write (before, crlf, sizeof crlf - 1);
  g_autoptr (GString) message = NULL;
  g_autoptr (GError) error = NULL;
  g_assert_cmpstr (text->str, ==,
                   "X-Toukan-Sender: a@example.org\nX-Toukan-Recipient: b@example.org\n"
                   "X-Toukan-Recipient: c@example.net\nFrom: a@example.org\nSubject: s\n\nbody\rbare\n.\n");
  g_assert_true (outbox_draft_read (text, before, &after, &message, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (message->str, ==, "From: a@example.org\nSubject: s\n\nbody\rbare\n.\n");
  g_autofree char *list = recipients_of (after);
  g_assert_cmpstr (list, ==, "b@example.org c@example.net ");
  g_assert_cmpint (envelope_recipient (after, 1)->notify, ==, DSN_NOTIFY_NEVER);
  g_assert_cmpstr (envelope_recipient (after, 1)->orcpt, ==, "rfc822;c@x");
  g_assert_cmpint (after->ret, ==, DSN_RETURN_HEADERS);
  g_assert_cmpstr (after->envid, ==, "id");
  g_assert_true (after->require_tls);
  g_assert_cmpint (after->hold_until, ==, 5);
}

#define TOP "X-Toukan-Sender: a@example.org\nX-Toukan-Recipient: b@example.org\n"

static const struct row {
  const char *about;
  const char *text;
  const char *sender, *recipients, *message; /* NULL: refused, */
  const char *why;                           /*   with this */
} rows[] = {
  { "as it was", TOP MESSAGE, "a@example.org", "b@example.org ", MESSAGE, NULL },
  { "lines at other places",
    "From: a@example.org\nx-toukan-recipient: d@example.org\nSubject: s\n"
    "X-TOUKAN-SENDER:  e@example.org \n\nbody\n",
    "e@example.org", "d@example.org ", MESSAGE, NULL },
  { "several in one line, folded",
    "X-Toukan-Sender: <>\nX-Toukan-Recipient: B <b@example.org>,\n c@example.org\n" MESSAGE, "",
    "b@example.org c@example.org ", MESSAGE, NULL },
  { "one twice", TOP "X-Toukan-Recipient: b@EXAMPLE.org\n" MESSAGE, "a@example.org", "b@example.org ",
    MESSAGE, NULL },
  { "an empty body", TOP "From: a@example.org\n", "a@example.org", "b@example.org ", "From: a@example.org\n",
    NULL },
  { "such lines in the body", TOP "From: a@example.org\n\nX-Toukan-Recipient: no\n", "a@example.org",
    "b@example.org ", "From: a@example.org\n\nX-Toukan-Recipient: no\n", NULL },
  { "the null sender, written as nothing", "X-Toukan-Sender:\nX-Toukan-Recipient: b@example.org\n" MESSAGE,
    "", "b@example.org ", MESSAGE, NULL },
  { "nothing", "", NULL, NULL, NULL, "the line X-Toukan-Sender is missing" },
  { "no sender", "X-Toukan-Recipient: b@example.org\n" MESSAGE, NULL, NULL, NULL,
    "the line X-Toukan-Sender is missing" },
  { "nobody", "X-Toukan-Sender: a@example.org\n" MESSAGE, NULL, NULL, NULL,
    "no line X-Toukan-Recipient says who shall have it" },
  { "no From", TOP "Subject: s\n\nbody\n", NULL, NULL, NULL, "the line From is missing" },
  { "no header line", TOP "From: a@example.org\nDear B,\n\nbody\n", NULL, NULL, NULL,
    "line 4: \"Dear B,\" is no header line; an empty line ends the header" },
  { "the header swallowed by an empty line", "\n" TOP MESSAGE, NULL, NULL, NULL,
    "the line X-Toukan-Sender is missing" },
};

static void
test_read (gconstpointer data)
{
  const struct row *row = data;
  g_autoptr (Envelope) before = envelope (), after = NULL;
  g_autoptr (GString) text = g_string_new (row->text), message = NULL;
  g_autoptr (GError) error = NULL;
  g_assert_cmpint (outbox_draft_read (text, before, &after, &message, &error), ==, row->sender != NULL);
  if (!row->sender) {
    g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA);
    g_assert_cmpstr (error->message, ==, row->why);
    return;
  }
  g_autofree char *list = recipients_of (after);
  g_assert_cmpstr (after->sender, ==, row->sender);
  g_assert_cmpstr (list, ==, row->recipients);
  g_assert_cmpstr (message->str, ==, row->message);
}

/* The line is said; what is wrong with the address is the address parser's to say. */
static void
test_bad_address (void)
{
  static const char *const texts[] = {
    "X-Toukan-Sender: a@example.org\nX-Toukan-Recipient: b@@example.org\n" MESSAGE,
    "X-Toukan-Sender: a@example.org\nX-Toukan-Recipient: |command\n" MESSAGE,
    "X-Toukan-Sender: a@example.org\nX-Toukan-Recipient: -oQ/tmp@example.org\n" MESSAGE,
    "From: a@example.org\nX-Toukan-Sender: two words\nX-Toukan-Recipient: b@example.org\n\n",
  };
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (Envelope) before = envelope (), after = NULL;
    g_autoptr (GString) text = g_string_new (texts[i]), message = NULL;
    g_autoptr (GError) error = NULL;
    g_assert_false (outbox_draft_read (text, before, &after, &message, &error));
    g_assert_true (g_str_has_prefix (error->message, "line 2: "));
  }
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  g_test_add_func ("/outbox-draft/there and back", test_there_and_back);
  TABLE_ADD ("/outbox-draft/read", rows, test_read);
  g_test_add_func ("/outbox-draft/bad address", test_bad_address);
  return g_test_run ();
}
