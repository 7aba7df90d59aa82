#include "core/capabilities.h"
#include "../lib/table.h"

static const struct row {
  const char *about;
  const char *reply; /* lines of the EHLO reply behind the first */
  guint flags;
  guint64 size;
  guint mail_max, rcpt_max, rcpt_domain_max;
  guint64 interval;
  const char *mechanisms;
} rows[] = {
  { "nothing", "", 0, 0, 0, 0, 0, 0, "" },
  { "each keyword",
    "PIPELINING\nSIZE\n8BITMIME\nSMTPUTF8\nDSN\nCHUNKING\nBINARYMIME\nENHANCEDSTATUSCODES\nSTARTTLS\n"
    "AUTH\nLIMITS\nREQUIRETLS\nFUTURERELEASE",
    (1 << 13) - 1, 0, 0, 0, 0, 0, "" },
  { "no case", "pipelining\nStartTLS", CAPABILITY_PIPELINING | CAPABILITY_STARTTLS, 0, 0, 0, 0, 0, "" },
  { "unknown ones", "X-FOO\nVRFY\nETRN\nPIPELININGX", 0, 0, 0, 0, 0, 0, "" },
  { "parameters where none belong", "PIPELINING yes", CAPABILITY_PIPELINING, 0, 0, 0, 0, 0, "" },
  { "SIZE", "SIZE 10240000", CAPABILITY_SIZE, 10240000, 0, 0, 0, 0, "" },
  { "SIZE 0 is no limit", "SIZE 0", CAPABILITY_SIZE, 0, 0, 0, 0, 0, "" },
  { "SIZE beyond 64 bits is none", "SIZE 18446744073709551616", CAPABILITY_SIZE, 0, 0, 0, 0, 0, "" },
  { "SIZE at 64 bits", "SIZE 18446744073709551615", CAPABILITY_SIZE, G_MAXUINT64, 0, 0, 0, 0, "" },
  { "SIZE with a sign", "SIZE -1", CAPABILITY_SIZE, 0, 0, 0, 0, 0, "" },
  { "SIZE with rubbish", "SIZE 10MB", CAPABILITY_SIZE, 0, 0, 0, 0, 0, "" },
  { "AUTH", "AUTH PLAIN LOGIN", CAPABILITY_AUTH, 0, 0, 0, 0, 0, "PLAIN LOGIN" },
  { "AUTH=", "AUTH=PLAIN LOGIN", CAPABILITY_AUTH, 0, 0, 0, 0, 0, "PLAIN LOGIN" },
  { "both forms", "AUTH PLAIN SCRAM-SHA-1\nAUTH=PLAIN LOGIN", CAPABILITY_AUTH, 0, 0, 0, 0, 0,
    "PLAIN SCRAM-SHA-1 LOGIN" },
  { "the old form without case", "auth=login", CAPABILITY_AUTH, 0, 0, 0, 0, 0, "LOGIN" },
  { "mechanisms without case", "AUTH plain Plain PLAIN", CAPABILITY_AUTH, 0, 0, 0, 0, 0, "PLAIN" },
  { "runs of spaces and tabs", "AUTH  PLAIN\t LOGIN ", CAPABILITY_AUTH, 0, 0, 0, 0, 0, "PLAIN LOGIN" },
  { "names that can't be", "AUTH PL/AIN A.B \303\204 THIS-NAME-IS-FAR-TOO-LONG OK", CAPABILITY_AUTH, 0, 0, 0,
    0, 0, "OK" },
  { "LIMITS", "LIMITS RCPTMAX=20 MAILMAX=5 RCPTDOMAINMAX=1", CAPABILITY_LIMITS, 0, 5, 20, 1, 0, "" },
  { "LIMITS without case", "limits rcptmax=7", CAPABILITY_LIMITS, 0, 0, 7, 0, 0, "" },
  { "LIMITS with rubbish", "LIMITS RCPTMAX=x MAILMAX= FOO=3 RCPTMAX", CAPABILITY_LIMITS, 0, 0, 0, 0, 0, "" },
  { "LIMITS beyond six digits", "LIMITS RCPTMAX=4294967297", CAPABILITY_LIMITS, 0, 0, 0, 0, 0, "" },
  { "FUTURERELEASE", "FUTURERELEASE 604800 2026-12-31T00:00:00Z", CAPABILITY_FUTURERELEASE, 0, 0, 0, 0,
    604800, "" },
  { "blank lines", "\n \nSIZE 5", CAPABILITY_SIZE, 5, 0, 0, 0, 0, "" },
};

static void
test_row (gconstpointer data)
{
  const struct row *row = data;
  g_autofree char *text = g_strdup_printf ("mx.example.org greets you\n%s", row->reply);
  g_autoptr (Reply) reply = reply_new (250, text);
  g_autoptr (Capabilities) capabilities = capabilities_parse (reply);
  g_autofree char *mechanisms = g_strjoinv (" ", capabilities->mechanisms);
  g_assert_cmphex (capabilities->flags, ==, row->flags);
  g_assert_cmpuint (capabilities->size, ==, row->size);
  g_assert_cmpuint (capabilities->mail_max, ==, row->mail_max);
  g_assert_cmpuint (capabilities->rcpt_max, ==, row->rcpt_max);
  g_assert_cmpuint (capabilities->rcpt_domain_max, ==, row->rcpt_domain_max);
  g_assert_cmpuint (capabilities->future_release_interval, ==, row->interval);
  g_assert_cmpstr (mechanisms, ==, row->mechanisms);
  g_assert_cmpstr (capabilities->server_name, ==, "mx.example.org");
  g_assert_cmpuint (g_strv_length (capabilities->keywords), ==, reply->n_lines - 1);
}

/* A keyword on the first line is the server's name, not an offer. */
static void
test_first_line (void)
{
  g_autoptr (Reply) reply = reply_new (250, "STARTTLS");
  g_autoptr (Capabilities) capabilities = capabilities_parse (reply);
  g_assert_cmphex (capabilities->flags, ==, 0);
  g_assert_cmpstr (capabilities->server_name, ==, "STARTTLS");
}

static void
test_bounded_mechanisms (void)
{
  g_autoptr (GString) text = g_string_new ("mx\nAUTH");
  for (guint i = 0; i < 5000; i++)
    g_string_append_printf (text, " M%u", i);
  g_autoptr (Reply) reply = reply_new (250, text->str);
  g_autoptr (Capabilities) capabilities = capabilities_parse (reply);
  g_assert_cmpuint (g_strv_length (capabilities->mechanisms), ==, 64);
}

static void
test_queries (void)
{
  g_autoptr (Reply) reply = reply_new (250, "mx\nAUTH SCRAM-SHA-256\nDSN");
  g_autoptr (Capabilities) capabilities = capabilities_parse (reply);
  g_assert_true (capabilities_have (capabilities, CAPABILITY_DSN));
  g_assert_false (capabilities_have (capabilities, CAPABILITY_SIZE));
  g_assert_true (capabilities_have_mechanism (capabilities, "scram-sha-256"));
  g_assert_false (capabilities_have_mechanism (capabilities, "SCRAM-SHA-256-PLUS"));
  g_assert_cmpstr (capability_name (CAPABILITY_8BITMIME), ==, "8BITMIME");
  g_autoptr (Capabilities) empty = capabilities_new_empty ();
  g_assert_cmphex (empty->flags, ==, 0);
  g_assert_false (capabilities_have_mechanism (empty, "PLAIN"));
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  TABLE_ADD ("/capabilities", rows, test_row);
  g_test_add_func ("/capabilities-first-line", test_first_line);
  g_test_add_func ("/capabilities-bounded", test_bounded_mechanisms);
  g_test_add_func ("/capabilities-queries", test_queries);
  return g_test_run ();
}
