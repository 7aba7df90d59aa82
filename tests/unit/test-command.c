#include "core/command.h"
#include "../lib/table.h"

/* ---- addresses ----------------------------------------------------------- */

enum { REFUSED, ASCII, ONLY_UTF8 };

static const struct mailbox_row {
  const char *about;
  const char *address;
  int safe;
} mailbox_rows[] = {
  { "plain", "a@example.org", ASCII },
  { "one label", "root@localhost", ASCII },
  { "specials of atext", "!#$%&'*+-/=?^_`{|}~@example.org", ASCII },
  { "dots between atoms", "a.b.c@example.org", ASCII },
  { "quoted", "\"a b\"@example.org", ASCII },
  { "quoted pair", "\"a\\\"b\\\\\"@example.org", ASCII },
  { "quoted at sign", "\"a@b\"@example.org", ASCII },
  { "an IPv4 literal", "a@[192.0.2.1]", ASCII },
  { "an IPv6 literal", "a@[IPv6:2001:db8::1]", ASCII },
  { "an A-label", "a@xn--bcher-kva.example", ASCII },
  { "a long local part",
    "a1234567890123456789012345678901234567890123456789012345678901234567890@example.org", ASCII },
  { "a U-label", "a@b\303\274cher.example", ONLY_UTF8 },
  { "a UTF-8 local part", "b\303\274cher@example.org", ONLY_UTF8 },
  { "a UTF-8 quoted local part", "\"b\303\274 x\"@example.org", ONLY_UTF8 },
  { "a zero width joiner", "\340\244\225\340\245\215\342\200\215\340\244\267@example.org", ONLY_UTF8 },
  { "empty", "", REFUSED },
  { "no domain", "a", REFUSED },
  { "an empty domain", "a@", REFUSED },
  { "an empty local part", "@example.org", REFUSED },
  { "two at signs", "a@b@example.org", REFUSED },
  { "a dot first", ".a@example.org", REFUSED },
  { "a dot last", "a.@example.org", REFUSED },
  { "two dots", "a..b@example.org", REFUSED },
  { "a dot before the domain", "a@.example.org", REFUSED },
  { "a dot behind the domain", "a@example.org.", REFUSED },
  { "two dots in the domain", "a@example..org", REFUSED },
  { "a hyphen first", "a@-example.org", REFUSED },
  { "a hyphen last", "a@example-.org", REFUSED },
  { "an underscore in the domain", "a@ex_ample.org", REFUSED },
  { "a space", "a b@example.org", REFUSED },
  { "a space behind", "a@example.org ", REFUSED },
  { "a parameter", "a@example.org SIZE=1", REFUSED },
  { "a closing bracket", "a@example.org>", REFUSED },
  { "a closing bracket and a parameter", "a@example.org> NOTIFY=NEVER", REFUSED },
  { "an angle bracket in quotes", "\"a> NOTIFY=NEVER \"@example.org", REFUSED },
  { "an escaped angle bracket in quotes", "\"a\\> x\"@example.org", REFUSED },
  { "CRLF and a command", "a@example.org\r\nRCPT TO:<b@example.org", REFUSED },
  { "CR", "a\r@example.org", REFUSED },
  { "LF", "a\n@example.org", REFUSED },
  { "CR in quotes", "\"a\rb\"@example.org", REFUSED },
  { "LF behind a backslash", "\"a\\\nb\"@example.org", REFUSED },
  { "a tab in quotes", "\"a\tb\"@example.org", REFUSED },
  { "DEL", "a\177@example.org", REFUSED },
  { "a quote that doesn't end", "\"a@example.org", REFUSED },
  { "a backslash at the end", "\"a\\", REFUSED },
  { "a backslash outside quotes", "a\\b@example.org", REFUSED },
  { "a quote inside an atom", "a\"b\"@example.org", REFUSED },
  { "a comment", "a(c)@example.org", REFUSED },
  { "a route", "@relay.example:a@example.org", REFUSED },
  { "a list", "a@example.org,b@example.org", REFUSED },
  { "a group", "x:a@example.org;", REFUSED },
  { "a display name", "A <a@example.org>", REFUSED },
  { "a literal with rubbish", "a@[192.0.2.1 x]", REFUSED },
  { "a literal that isn't closed", "a@[192.0.2.1", REFUSED },
  { "a literal with a scope", "a@[IPv6:fe80::1%eth0]", REFUSED },
  { "an IPv6 literal without tag", "a@[2001:db8::1]", REFUSED },
  { "an IPv4 literal with the tag", "a@[IPv6:192.0.2.1]", REFUSED },
  { "an empty literal", "a@[]", REFUSED },
  { "broken UTF-8", "a\303@example.org", REFUSED },
  { "overlong UTF-8", "a\300\200@example.org", REFUSED },
  { "U+0085, a line end to some", "a\302\205@example.org", REFUSED },
  { "U+2028, a line end to some", "a\342\200\250@example.org", REFUSED },
  { "U+202E turns text round", "a\342\200\256@example.org", REFUSED },
  { "U+00A0 looks like a space", "a\302\240b@example.org", REFUSED },
  { "U+3000 looks like a space", "a@ex\343\200\200ample.org", REFUSED },
  { "a label of 64", "a@a123456789012345678901234567890123456789012345678901234567890123.org", REFUSED },
};

static void
test_mailbox (gconstpointer data)
{
  const struct mailbox_row *row = data;
  g_autofree char *copy = g_strdup (row->address);
  g_assert_cmpint (command_mailbox_is_safe (copy, FALSE), ==, row->safe == ASCII);
  g_assert_cmpint (command_mailbox_is_safe (copy, TRUE), ==, row->safe != REFUSED);
}

static void
test_mailbox_length (void)
{
  g_autoptr (GString) address = g_string_new (NULL);
  while (address->len < 308)
    g_string_append_c (address, 'a');
  g_string_append (address, "@example.org");
  g_assert_true (command_mailbox_is_safe (address->str, FALSE));
  g_string_prepend_c (address, 'a');
  g_assert_false (command_mailbox_is_safe (address->str, FALSE));
}

/* ---- commands ------------------------------------------------------------ */

static Capabilities *
capabilities_of (const char *keywords)
{
  g_autofree char *text = g_strdup_printf ("mx\n%s", keywords);
  g_autoptr (Reply) reply = reply_new (250, text);
  return capabilities_parse (reply);
}

/* A whole line was appended, or nothing. */
static void
assert_line (gboolean good, const GString *out, const char *expected)
{
  g_assert_true (g_str_has_prefix (out->str, "BEFORE\r\n"));
  g_assert_cmpint (good, ==, expected != NULL);
  g_autofree char *line
      = expected == NULL ? g_strdup ("BEFORE\r\n") : g_strdup_printf ("BEFORE\r\n%s\r\n", expected);
  g_assert_cmpstr (out->str, ==, line);
  g_assert_cmpuint (out->len, ==, strlen (line));
}

#define EVERYTHING "SIZE\n8BITMIME\nBINARYMIME\nSMTPUTF8\nDSN\nREQUIRETLS"

static const struct mail_row {
  const char *about;
  const char *sender;
  BodyForm form;
  DsnReturn ret;
  const char *envid;
  gboolean require_tls;
  const char *keywords;
  const char *line; /* NULL: refused */
} mail_rows[] = {
  { "nothing offered",
    "a@example.org",
    { 5, BODY_8BITMIME, FALSE },
    DSN_RETURN_FULL,
    "x",
    TRUE,
    "",
    "MAIL FROM:<a@example.org>" },
  { "all offered",
    "a@example.org",
    { 5, BODY_8BITMIME, TRUE },
    DSN_RETURN_FULL,
    "x",
    TRUE,
    EVERYTHING,
    "MAIL FROM:<a@example.org> SIZE=5 BODY=8BITMIME SMTPUTF8 RET=FULL ENVID=x REQUIRETLS" },
  { "all offered, nothing needed",
    "a@example.org",
    { 5, BODY_7BIT, FALSE },
    DSN_RETURN_DEFAULT,
    NULL,
    FALSE,
    EVERYTHING,
    "MAIL FROM:<a@example.org> SIZE=5" },
  { "the null reverse-path",
    "",
    { 5, BODY_7BIT, FALSE },
    DSN_RETURN_HEADERS,
    NULL,
    FALSE,
    EVERYTHING,
    "MAIL FROM:<> SIZE=5 RET=HDRS" },
  { "binary",
    "",
    { 5, BODY_BINARYMIME, FALSE },
    DSN_RETURN_DEFAULT,
    NULL,
    FALSE,
    EVERYTHING,
    "MAIL FROM:<> SIZE=5 BODY=BINARYMIME" },
  { "the largest size",
    "",
    { G_MAXUINT64, BODY_7BIT, FALSE },
    DSN_RETURN_DEFAULT,
    NULL,
    FALSE,
    "SIZE",
    "MAIL FROM:<> SIZE=18446744073709551615" },
  { "ENVID as xtext",
    "",
    { 0, BODY_7BIT, FALSE },
    DSN_RETURN_DEFAULT,
    "a+b=c d",
    FALSE,
    "DSN",
    "MAIL FROM:<> ENVID=a+2Bb+3Dc+20d" },
  { "ENVID with CRLF", "", { 0, BODY_7BIT, FALSE }, DSN_RETURN_DEFAULT, "a\r\nb", FALSE, "DSN", NULL },
  { "ENVID empty", "", { 0, BODY_7BIT, FALSE }, DSN_RETURN_DEFAULT, "", FALSE, "DSN", NULL },
  { "ENVID too long",
    "",
    { 0, BODY_7BIT, FALSE },
    DSN_RETURN_DEFAULT,
    "====================================",
    FALSE,
    "DSN",
    NULL },
  { "UTF-8 and offered",
    "\303\244@example.org",
    { 0, BODY_7BIT, TRUE },
    DSN_RETURN_DEFAULT,
    NULL,
    FALSE,
    "SMTPUTF8",
    "MAIL FROM:<\303\244@example.org> SMTPUTF8" },
  { "UTF-8 and not offered",
    "\303\244@example.org",
    { 0, BODY_7BIT, TRUE },
    DSN_RETURN_DEFAULT,
    NULL,
    FALSE,
    "SIZE",
    NULL },
  { "UTF-8 and not asked for",
    "\303\244@example.org",
    { 0, BODY_7BIT, FALSE },
    DSN_RETURN_DEFAULT,
    NULL,
    FALSE,
    "SMTPUTF8",
    NULL },
  { "an injected command",
    "a@example.org>\r\nDATA",
    { 0, BODY_7BIT, FALSE },
    DSN_RETURN_DEFAULT,
    NULL,
    FALSE,
    "",
    NULL },
  { "an injected parameter",
    "a@example.org> AUTH=<x@y",
    { 0, BODY_7BIT, FALSE },
    DSN_RETURN_DEFAULT,
    NULL,
    FALSE,
    "",
    NULL },
};

static void
test_mail (gconstpointer data)
{
  const struct mail_row *row = data;
  g_autoptr (Capabilities) capabilities = capabilities_of (row->keywords);
  g_autoptr (Envelope) envelope = envelope_new (row->sender);
  envelope->ret = row->ret;
  envelope->envid = g_strdup (row->envid);
  envelope->require_tls = row->require_tls;
  g_autoptr (GString) out = g_string_new ("BEFORE\r\n");
  gboolean good = command_mail (out, envelope, &row->form, capabilities);
  assert_line (good, out, row->line);
}

static const struct rcpt_row {
  const char *about;
  const char *address;
  guint notify;
  const char *orcpt;
  gboolean smtputf8;
  const char *keywords;
  const char *line;
} rcpt_rows[] = {
  { "plain", "a@example.org", 0, NULL, FALSE, "DSN", "RCPT TO:<a@example.org>" },
  { "no DSN offered", "a@example.org", DSN_NOTIFY_NEVER, "rfc822;a@b", FALSE, "", "RCPT TO:<a@example.org>" },
  { "never", "a@example.org", DSN_NOTIFY_NEVER, NULL, FALSE, "DSN", "RCPT TO:<a@example.org> NOTIFY=NEVER" },
  { "all but never", "a@example.org", DSN_NOTIFY_SUCCESS | DSN_NOTIFY_FAILURE | DSN_NOTIFY_DELAY, NULL, FALSE,
    "DSN", "RCPT TO:<a@example.org> NOTIFY=SUCCESS,FAILURE,DELAY" },
  { "never and failure", "a@example.org", DSN_NOTIFY_NEVER | DSN_NOTIFY_FAILURE, NULL, FALSE, "DSN", NULL },
  { "ORCPT", "a@example.org", 0, "rfc822;x+y@b.example", FALSE, "DSN",
    "RCPT TO:<a@example.org> ORCPT=rfc822;x+2By@b.example" },
  { "ORCPT without type", "a@example.org", 0, "x@b.example", FALSE, "DSN", NULL },
  { "ORCPT with an empty type", "a@example.org", 0, ";x@b.example", FALSE, "DSN", NULL },
  { "ORCPT without address", "a@example.org", 0, "rfc822;", FALSE, "DSN", NULL },
  { "ORCPT with a space in the type", "a@example.org", 0, "rfc822 X=1;x@b", FALSE, "DSN", NULL },
  { "ORCPT with CRLF", "a@example.org", 0, "rfc822;x\r\nDATA", FALSE, "DSN", NULL },
  { "ORCPT beyond ASCII", "a@example.org", 0, "rfc822;\303\244@b", FALSE, "DSN", NULL },
  { "UTF-8", "\303\244@example.org", 0, NULL, TRUE, "SMTPUTF8", "RCPT TO:<\303\244@example.org>" },
  { "UTF-8 that MAIL didn't announce", "\303\244@example.org", 0, NULL, FALSE, "SMTPUTF8", NULL },
  { "UTF-8 that wasn't offered", "\303\244@example.org", 0, NULL, TRUE, "", NULL },
  { "the null path", "", 0, NULL, FALSE, "", NULL },
  { "an injected parameter", "a@example.org> NOTIFY=NEVER", 0, NULL, FALSE, "", NULL },
};

static void
test_rcpt (gconstpointer data)
{
  const struct rcpt_row *row = data;
  g_autoptr (Capabilities) capabilities = capabilities_of (row->keywords);
  EnvelopeRecipient recipient
      = { .address = (char *)row->address, .notify = row->notify, .orcpt = (char *)row->orcpt };
  g_autoptr (GString) out = g_string_new ("BEFORE\r\n");
  gboolean good = command_rcpt (out, &recipient, row->smtputf8, capabilities);
  assert_line (good, out, row->line);
}

static const struct hello_row {
  const char *about;
  const char *name;
  gboolean good;
} hello_rows[] = {
  { "a domain", "client.example.org", TRUE },
  { "one label", "localhost", TRUE },
  { "an IPv4 literal", "[192.0.2.1]", TRUE },
  { "an IPv6 literal", "[IPv6:2001:db8::1]", TRUE },
  { "empty", "", FALSE },
  { "a space", "a b", FALSE },
  { "CRLF", "a\r\nMAIL FROM:<>", FALSE },
  { "LF", "a\n", FALSE },
  { "UTF-8", "b\303\274cher.example", FALSE },
  { "an angle bracket", "<a>", FALSE },
  { "a dot", ".", FALSE },
};

static void
test_hello (gconstpointer data)
{
  const struct hello_row *row = data;
  g_autoptr (GString) ehlo = g_string_new ("BEFORE\r\n");
  g_autoptr (GString) helo = g_string_new ("BEFORE\r\n");
  g_autofree char *ehlo_line = g_strdup_printf ("EHLO %s", row->name);
  g_autofree char *helo_line = g_strdup_printf ("HELO %s", row->name);
  gboolean good = command_ehlo (ehlo, row->name);
  assert_line (good, ehlo, row->good ? ehlo_line : NULL);
  good = command_helo (helo, row->name);
  assert_line (good, helo, row->good ? helo_line : NULL);
}

static const struct auth_row {
  const char *about;
  const char *mechanism, *initial;
  const char *line;
} auth_rows[] = {
  { "no initial response", "LOGIN", NULL, "AUTH LOGIN" },
  { "an empty one", "EXTERNAL", "", "AUTH EXTERNAL =" },
  { "base64", "PLAIN", "AGEAYg==", "AUTH PLAIN AGEAYg==" },
  { "not base64", "PLAIN", "a b", NULL },
  { "CRLF in it", "PLAIN", "AGEA\r\nQUIT", NULL },
  { "base64 cut short", "PLAIN", "AGEAYg=", NULL },
  { "padding inside", "PLAIN", "AG==AGEA", NULL },
  { "only padding", "PLAIN", "====", NULL },
  { "a mechanism with a space", "PLAIN X", NULL, NULL },
  { "a mechanism with CRLF", "PLAIN\r\nQUIT", NULL, NULL },
  { "a mechanism in lower case", "plain", NULL, NULL },
  { "an empty mechanism", "", NULL, NULL },
  { "a mechanism too long", "ABCDEFGHIJKLMNOPQRSTU", NULL, NULL },
};

static void
test_auth (gconstpointer data)
{
  const struct auth_row *row = data;
  g_autoptr (GString) out = g_string_new ("BEFORE\r\n");
  gboolean good = command_auth (out, row->mechanism, row->initial);
  assert_line (good, out, row->line);
}

static void
test_auth_length (void)
{
  g_autofree char *initial = g_strnfill (12276, 'A');
  g_autoptr (GString) out = g_string_new (NULL);
  g_assert_false (command_auth (out, "XOAUTH2", initial));
  initial[12272] = '\0';
  g_assert_true (command_auth (out, "XOAUTH2", initial));
  g_assert_cmpuint (out->len, ==, 12288 - 1);
}

static void
test_plain_commands (void)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_assert_true (command_starttls (out) && command_data (out) && command_bdat (out, 0, FALSE)
                 && command_bdat (out, G_MAXUINT64, TRUE) && command_rset (out) && command_noop (out)
                 && command_quit (out));
  g_assert_cmpstr (
      out->str, ==,
      "STARTTLS\r\nDATA\r\nBDAT 0\r\nBDAT 18446744073709551615 LAST\r\nRSET\r\nNOOP\r\nQUIT\r\n");
}

static void
test_xtext (void)
{
  g_autofree char *xtext = command_xtext ("a+b=c d\r\n\303\244~!");
  g_assert_cmpstr (xtext, ==, "a+2Bb+3Dc+20d+0D+0A+C3+A4~!");
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  TABLE_ADD ("/command/mailbox", mailbox_rows, test_mailbox);
  TABLE_ADD ("/command/mail", mail_rows, test_mail);
  TABLE_ADD ("/command/rcpt", rcpt_rows, test_rcpt);
  TABLE_ADD ("/command/hello", hello_rows, test_hello);
  TABLE_ADD ("/command/auth", auth_rows, test_auth);
  g_test_add_func ("/command/mailbox-length", test_mailbox_length);
  g_test_add_func ("/command/auth-length", test_auth_length);
  g_test_add_func ("/command/plain", test_plain_commands);
  g_test_add_func ("/command/xtext", test_xtext);
  return g_test_run ();
}
