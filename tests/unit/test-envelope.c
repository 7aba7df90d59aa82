#include "core/envelope.h"
#include "../lib/table.h"

static const struct same_row {
  const char *about;
  const char *first, *second;
  gboolean same;
} same_rows[] = {
  { "the same twice", "a@example.org", "a@example.org", TRUE },
  { "domain without case", "a@example.org", "a@EXAMPLE.Org", TRUE },
  { "U-label without case", "a@b\303\274cher.example", "a@B\303\234CHER.example", TRUE },
  { "local part with case", "a@example.org", "A@example.org", FALSE },
  { "another domain", "a@example.org", "a@example.com", FALSE },
  { "an at sign in quotes", "\"a@B\"@example.org", "\"a@b\"@example.org", FALSE },
  { "no domain, compared as it is", "root", "Root", FALSE },
  { "octets that are no UTF-8", "a@\377X", "a@\377x", TRUE },
};

static void
test_same (gconstpointer data)
{
  const struct same_row *row = data;
  g_autoptr (Envelope) envelope = envelope_new ("");
  g_assert_cmpuint (envelope_add (envelope, row->first), ==, 0);
  g_assert_cmpuint (envelope_add (envelope, row->second), ==, row->same ? 0 : 1);
  g_assert_cmpuint (envelope->recipients->len, ==, row->same ? 1 : 2);
  g_assert_cmpstr (envelope_recipient (envelope, 0)->address, ==, row->first);
}

static void
test_copy (void)
{
  g_autoptr (Envelope) envelope = envelope_new ("s@example.org");
  envelope->ret = DSN_RETURN_HEADERS;
  envelope->envid = g_strdup ("id");
  envelope->require_tls = TRUE;
  envelope_add (envelope, "a@example.org");
  envelope_add (envelope, "b@example.org");
  EnvelopeRecipient *second = g_ptr_array_index (envelope->recipients, 1);
  second->notify = DSN_NOTIFY_DELAY;
  second->orcpt = g_strdup ("rfc822;b@old.example");

  g_autoptr (Envelope) copy = envelope_copy (envelope);
  g_assert_cmpstr (copy->sender, ==, "s@example.org");
  g_assert_cmpint (copy->ret, ==, DSN_RETURN_HEADERS);
  g_assert_cmpstr (copy->envid, ==, "id");
  g_assert_true (copy->require_tls);
  g_assert_cmpuint (copy->recipients->len, ==, 2);
  g_assert_cmpint (envelope_recipient (copy, 1)->notify, ==, DSN_NOTIFY_DELAY);
  g_assert_cmpstr (envelope_recipient (copy, 1)->orcpt, ==, "rfc822;b@old.example");
  g_assert_cmpuint (envelope_add (copy, "a@EXAMPLE.ORG"), ==, 0);
  g_assert_cmpuint (envelope_add (copy, "c@example.org"), ==, 2);
  g_assert_cmpuint (envelope->recipients->len, ==, 2);
}

static void
test_remove_last (void)
{
  g_autoptr (Envelope) envelope = envelope_new ("");
  envelope_add (envelope, "a@example.org");
  g_assert_cmpuint (envelope_add (envelope, "b@example.org"), ==, 1);
  envelope_remove_last (envelope);
  g_assert_cmpuint (envelope->recipients->len, ==, 1);
  g_assert_cmpuint (envelope_add (envelope, "a@example.org"), ==, 0);
  g_assert_cmpuint (envelope_add (envelope, "b@EXAMPLE.org"), ==, 1);
  g_assert_cmpstr (envelope_recipient (envelope, 1)->address, ==, "b@EXAMPLE.org");
}

static const struct notify_row {
  const char *about, *words;
  gboolean good;
  guint notify;
} notify_rows[] = {
  { "never", "never", TRUE, DSN_NOTIFY_NEVER },
  { "one", "SUCCESS", TRUE, DSN_NOTIFY_SUCCESS },
  { "several", "Failure,delay", TRUE, DSN_NOTIFY_FAILURE | DSN_NOTIFY_DELAY },
  { "one twice", "delay,delay", TRUE, DSN_NOTIFY_DELAY },
  { "never beside another", "never,failure", FALSE, 0 },
  { "nothing", "", FALSE, 0 },
  { "an empty place", "success,", FALSE, 0 },
  { "another word", "always", FALSE, 0 },
  { "a blank", "success, failure", FALSE, 0 },
};

static void
test_notify (gconstpointer data)
{
  const struct notify_row *row = data;
  guint notify = 0;
  g_assert_cmpint (dsn_notify_parse (row->words, &notify), ==, row->good);
  if (row->good)
    g_assert_cmpuint (notify, ==, row->notify);
}

static void
test_return (void)
{
  DsnReturn ret = DSN_RETURN_DEFAULT;
  g_assert_false (dsn_return_parse ("half", &ret));
  g_assert_false (dsn_return_parse ("", &ret));
  g_assert_true (dsn_return_parse ("full", &ret) && ret == DSN_RETURN_FULL);
  g_assert_true (dsn_return_parse ("HDRS", &ret) && ret == DSN_RETURN_HEADERS);
}

/* A list as long as the program accepts takes no quadratic time. */
static void
test_many (void)
{
  g_autoptr (Envelope) envelope = envelope_new ("");
  for (guint pass = 0; pass < 2; pass++)
    for (guint i = 0; i < 100000; i++) {
      g_autofree char *address = g_strdup_printf ("r%u@example.org", i);
      g_assert_cmpuint (envelope_add (envelope, address), ==, i);
    }
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  TABLE_ADD ("/envelope/same", same_rows, test_same);
  TABLE_ADD ("/envelope/notify", notify_rows, test_notify);
  g_test_add_func ("/envelope/return", test_return);
  g_test_add_func ("/envelope/copy", test_copy);
  g_test_add_func ("/envelope/remove-last", test_remove_last);
  g_test_add_func ("/envelope/many", test_many);
  return g_test_run ();
}
