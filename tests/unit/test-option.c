/* Every type of option, good values and bad, with the very words of the refusal; and the
 * table itself, from which manual and parser are made. */
#include "base/error.h"
#include "config/option.h"
#include "tests/lib/table.h"

typedef struct {
  const char *about, *option, *text;
  const char *shown; /* what option_get() makes of it; NULL: refused */
  const char *message;
} Row;

#define GOOD(option, text, shown)                                                                            \
  {                                                                                                          \
    option " = " text, option, text, shown, NULL                                                             \
  }
#define BAD(option, text, message)                                                                           \
  {                                                                                                          \
    option " = " text, option, text, NULL, message                                                           \
  }

static const Row rows[] = {
  GOOD ("user", "hanako", "hanako"),
  GOOD ("user", "花子 y", "花子 y"),
  GOOD ("user", "", ""),
  BAD ("user", "a\tb", "user: a control character (tab, line break, …) can't be part of it"),

  GOOD ("from", "hanako@example.org", "hanako@example.org"),
  GOOD ("from", "Hanako Yamada <hanako@example.org>", "Hanako Yamada <hanako@example.org>"),
  GOOD ("from", "花子 <花子@例え.jp>", "花子 <花子@例え.jp>"),
  GOOD ("from", "", ""),
  BAD ("from", "hanako",
       "from: \"hanako\" is no address: write \"hanako@example.org\", or \"Hanako Yamada "
       "<hanako@example.org>\""),
  BAD ("from", "@example.org",
       "from: \"@example.org\" is no address: write \"hanako@example.org\", or \"Hanako Yamada "
       "<hanako@example.org>\""),
  BAD ("from", "hanako@",
       "from: \"hanako@\" is no address: write \"hanako@example.org\", or \"Hanako Yamada "
       "<hanako@example.org>\""),
  BAD ("from", "Hanako <hanako>",
       "from: \"Hanako <hanako>\" is no address: write \"hanako@example.org\", or \"Hanako Yamada "
       "<hanako@example.org>\""),
  BAD ("from", "a@example.org, b@example.org",
       "from: \"a@example.org, b@example.org\" is no address: write \"hanako@example.org\", or \"Hanako "
       "Yamada "
       "<hanako@example.org>\""),

  GOOD ("host", "mail.example.org", "mail.example.org"),
  GOOD ("host", "a.example.org,b.example.org  c.example.org", "a.example.org, b.example.org, c.example.org"),
  GOOD ("host", "2001:db8::1, 192.0.2.1 [2001:db8::2]", "2001:db8::1, 192.0.2.1, [2001:db8::2]"),
  GOOD ("host", "メール.例え.jp", "メール.例え.jp"),
  GOOD ("host", "", ""),
  BAD ("host", "mail.example.org:587",
       "host: \"mail.example.org:587\" is no name and no IPv6 address; ports are written in \"ports\""),

  GOOD ("ports", "587, 25", "587, 25"),
  GOOD ("ports", "587 25,2525", "587, 25, 2525"),
  GOOD ("ports", "465/implicit, 587", "465/implicit, 587"),
  GOOD ("ports", "1, 65535", "1, 65535"),
  BAD ("ports", "0",
       "ports: \"0\" is no port: write a number from 1 to 65535, or, for TLS from the first octet, as in "
       "\"465/implicit\""),
  BAD ("ports", "65536",
       "ports: \"65536\" is no port: write a number from 1 to 65535, or, for TLS from the first octet, as in "
       "\"465/implicit\""),
  BAD ("ports", "-25",
       "ports: \"-25\" is no port: write a number from 1 to 65535, or, for TLS from the first octet, as in "
       "\"465/implicit\""),
  BAD ("ports", "465/tls",
       "ports: \"465/tls\" is no port: write a number from 1 to 65535, or, for TLS from the first octet, as "
       "in "
       "\"465/implicit\""),
  BAD ("ports", "submission",
       "ports: \"submission\" is no port: write a number from 1 to 65535, or, for TLS from the first octet, "
       "as in "
       "\"465/implicit\""),
  BAD ("ports", "587, 25, 587", "ports: 587 is named twice"),
  BAD ("ports", "587, 25, 465/implicit",
       "ports: \"465/implicit\" wants TLS from the first octet, and 25 never has it: write \"465/implicit, "
       "587\""),
  BAD ("ports", "25/implicit",
       "ports: \"25/implicit\" wants TLS from the first octet, and 25 never has it: write \"465/implicit, "
       "587\""),
  BAD ("ports", ",", "ports: no port is named: write \"587, 25\""),
  BAD ("ports", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", "ports: more than 16 ports"),
  BAD ("ports", "", "ports: its value is missing: write \"ports = 587, 25\""),

  GOOD ("family", "ipv6-first", "ipv6-first"),
  GOOD ("family", "ipv4-first", "ipv4-first"),
  GOOD ("family", "ipv6", "ipv6"),
  GOOD ("family", "ipv4", "ipv4"),
  BAD ("family", "IPv4", "family: \"IPv4\" is none of ipv6-first, ipv4-first, ipv6, ipv4"),

  GOOD ("ladder", "race", "race"),
  GOOD ("ladder", "strict", "strict"),
  BAD ("ladder", "both", "ladder: \"both\" is none of race, strict"),
  GOOD ("tls", "required", "required"),
  GOOD ("tls", "when-offered", "when-offered"),
  GOOD ("tls", "off", "off"),
  BAD ("tls", "no", "tls: \"no\" is none of required, when-offered, off"),
  BAD ("tls", "\x1b[2J", "tls: \"<U+001B>[2J\" is none of required, when-offered, off"),

  GOOD ("attempt-delay", "250ms", "250ms"),
  GOOD ("connect-timeout", "5000ms", "5s"),
  GOOD ("greeting-timeout", "60s", "1min"),
  GOOD ("data-timeout", "10min", "10min"),
  BAD ("attempt-delay", "250", "attempt-delay: \"250\" has no unit: write \"250ms\""),
  BAD ("port-patience", "3", "port-patience: \"3\" has no unit: write \"3s\""),
  BAD ("data-timeout", "10", "data-timeout: \"10\" has no unit: write \"10min\""),
  BAD (
      "port-patience", "1.5s",
      "port-patience: \"1.5s\" is no duration: write a whole number and its unit (ms, s, min, h or d), as in "
      "\"3s\""),
  BAD ("port-patience", "-3s",
       "port-patience: \"-3s\" is no duration: write a whole number and its unit (ms, s, min, h or d), as in "
       "\"3s\""),
  BAD (
      "port-patience", "soon",
      "port-patience: \"soon\" is no duration: write a whole number and its unit (ms, s, min, h or d), as in "
      "\"3s\""),
  BAD ("connect-timeout", "9ms", "connect-timeout: 9ms is out of range: write 10ms to 10min"),
  BAD ("connect-timeout", "601s", "connect-timeout: 601s is out of range: write 10ms to 10min"),
  BAD ("connect-timeout", "0", "connect-timeout: 0 is out of range: write 10ms to 10min"),

  GOOD ("chunking", "yes", "yes"),
  GOOD ("chunking", "true", "yes"),
  GOOD ("chunking", "on", "yes"),
  GOOD ("chunking", "no", "no"),
  GOOD ("chunking", "false", "no"),
  GOOD ("chunking", "off", "no"),
  BAD ("chunking", "1", "chunking: \"1\" is neither yes nor no"),
  BAD ("chunking", "", "chunking: its value is missing: write \"chunking = yes\""),

  GOOD ("tls-ca-file", "/etc/ca.pem", "/etc/ca.pem"),
  GOOD ("tls-ca-dir", "/etc/ssl/certs", "/etc/ssl/certs"),

  GOOD ("tls-fingerprint",
        "6B:5C:A0:1D:3E:0F:92:67:41:C8:BE:9A:D0:25:71:F3:0C:84:E6:5A:B7:19:2D:C3:48:FF:60:8E:13:D9:72:A5",
        "6b5ca01d3e0f926741c8be9ad02571f30c84e65ab7192dc348ff608e13d972a5"),
  GOOD ("tls-fingerprint", "6b5ca01d3e0f926741c8be9ad02571f30c84e65ab7192dc348ff608e13d972a5",
        "6b5ca01d3e0f926741c8be9ad02571f30c84e65ab7192dc348ff608e13d972a5"),
  BAD ("tls-fingerprint", "6b5ca0",
       "tls-fingerprint: \"6b5ca0\" is no SHA-256 fingerprint: write 64 hexadecimal digits, with or without "
       "colons"),
  BAD ("tls-fingerprint", "xb5ca01d3e0f926741c8be9ad02571f30c84e65ab7192dc348ff608e13d972a5",
       "tls-fingerprint: \"xb5ca01d3e0f926741c8be9ad02571f30c84e65ab7192dc348ff608e13d9…\" is no SHA-256 "
       "fingerprint: write 64 hexadecimal digits, with or without colons"),
  BAD ("tls-fingerprint", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
       "tls-fingerprint: 40 digits are a SHA-1 fingerprint: write that of SHA-256, as \"openssl x509 -noout "
       "-fingerprint -sha256 -in FILE\" prints it"),

  GOOD ("password-command", "pass show \"a b\" | head -1", "pass show \"a b\" | head -1"),
  GOOD ("password", "hunter2", "(set)"),
  GOOD ("password", "", ""),

  GOOD ("auth", "auto", "auto"),
  GOOD ("auth", "required", "required"),
  GOOD ("auth", "off", "off"),
  GOOD ("auth", "scram-sha-256, PLAIN", "SCRAM-SHA-256, PLAIN"),
  GOOD ("auth", "auto PLAIN", "PLAIN"),
  GOOD ("auth", "required, CRAM-MD5", "required, CRAM-MD5"),
  BAD ("auth", "off, PLAIN", "auth: off stands alone: \"PLAIN\" can't follow it"),
  GOOD ("helo-name", "laptop.example.org", "laptop.example.org"),
  GOOD ("helo-name", "[192.0.2.1]", "[192.0.2.1]"),
  GOOD ("tls-name", "例え.jp", "xn--r8jz45g.jp"),

  GOOD ("outbox", "off", "no"),
  GOOD ("delivery", "queue", "queue"),
  GOOD ("in-doubt", "resend", "resend"),
  GOOD ("rewrite-from", "if-local", "if-local"),
  GOOD ("undo-window", "10s", "10s"),
  GOOD ("log", "journal", "journal"),
  GOOD ("log", "/var/log/toukan", "/var/log/toukan"),
  BAD ("log", "systemd",
       "log: \"systemd\" is none of off, syslog, journal, and no file, which is written "
       "with its place: \"~/.local/state/toukan/log\""),
  GOOD ("query-command", "khard email --parsable '%s'", "khard email --parsable '%s'"),
  GOOD ("query-command", "", ""),
  GOOD ("signature", "/home/hanako/.signature", "/home/hanako/.signature"),
  GOOD ("review", "no", "no"),
  BAD ("review", "never", "review: \"never\" is neither yes nor no"),
  GOOD ("edit-headers", "yes", "yes"),
  GOOD ("ask-on-silence", "off", "no"),
  GOOD ("attachment-words", "添付, 同封", "添付, 同封"),
  BAD ("attachment-words", "a\nb",
       "attachment-words: a control character (tab, line break, …) can't be part of it"),
  GOOD ("failure-mail", "off", "off"),
  GOOD ("failure-mail", "hanako@example.org", "hanako@example.org"),
  BAD ("failure-mail", "hanako",
       "failure-mail: \"hanako\" is no address: write \"hanako@example.org\", or \"hanako@example.org\""),
};

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  const Option *option = option_find (row->option);
  g_autoptr (Account) account = account_new ();
  g_autoptr (GError) error = NULL;
  if (option->fallback != NULL)
    g_assert_true (option_set (option, account, option->fallback, NULL));
  g_autofree char *before = option_get (option, account);

  const gboolean good = option_set (option, account, row->text, &error);
  g_assert_cmpstr (error != NULL ? error->message : NULL, ==, row->message);
  g_assert_cmpint (good, ==, row->shown != NULL);
  if (!good)
    g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION);
  g_autofree char *after = option_get (option, account);
  g_assert_cmpstr (after, ==, good ? row->shown : before);
}

/* Names that the resolver will be asked for, whatever was written. */
static void
test_hosts_ascii (void)
{
  g_autoptr (Account) account = account_new ();
  g_assert_true (
      option_set (option_find ("host"), account, "Mail.Example.ORG 例え.jp [2001:DB8:0::1]", NULL));
  g_autofree char *ascii = g_strjoinv (" ", account->hosts_ascii);
  g_assert_cmpstr (ascii, ==, "mail.example.org xn--r8jz45g.jp 2001:db8::1");
}

static void
test_bad_hosts (void)
{
  static const char *const bad[] = { "-a.example.org", "a..b", "a b;c", "<x>", "a/b" };
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (Account) account = account_new ();
    g_autoptr (GError) error = NULL;
    g_assert_false (option_set (option_find ("host"), account, bad[i], &error));
    g_assert_true (g_str_has_prefix (error->message, "host: no host name: "));
    g_assert_null (account->hosts);
  }
}

/* The mechanisms that exist are listed; which these are is the core's to say. */
static void
test_bad_mechanism (void)
{
  static const char *const bad[] = { "NTLM", "PLAIN, required", "auto, NTLM" };
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (Account) account = account_new ();
    g_autoptr (GError) error = NULL;
    g_assert_false (option_set (option_find ("auth"), account, bad[i], &error));
    g_assert_nonnull (strstr (error->message, "\" is none of auto, required, off, "));
    g_assert_nonnull (strstr (error->message, "SCRAM-SHA-256, "));
    g_assert_null (account->auth_mechanisms);
  }
}

static void
test_too_many_hosts (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  for (guint i = 0; i < 33; i++)
    g_string_append_printf (text, "h%u ", i);
  g_autoptr (Account) account = account_new ();
  g_autoptr (GError) error = NULL;
  g_assert_false (option_set (option_find ("host"), account, text->str, &error));
  g_assert_cmpstr (error->message, ==, "host: more than 32 hosts");
}

/* --- the table ------------------------------------------------------------------- */

/* The defaults that the project promises. */
static const struct {
  const char *name, *fallback;
} promised[] = {
  { "from", NULL },
  { "host", NULL },
  { "ports", "587, 25" },
  { "family", "ipv6-first" },
  { "ladder", "race" },
  { "attempt-delay", "250ms" },
  { "port-patience", "3s" },
  { "connect-timeout", "5s" },
  { "greeting-patience", "5s" },
  { "greeting-timeout", "60s" },
  { "command-timeout", "5min" },
  { "data-timeout", "10min" },
  { "resolve-timeout", "10s" },
  { "tls", "required" },
  { "tls-ca-file", NULL },
  { "tls-ca-dir", NULL },
  { "tls-fingerprint", NULL },
  { "tls-client-certificate", NULL },
  { "tls-client-key", NULL },
  { "tls-name", NULL },
  { "user", NULL },
  { "password-command", NULL },
  { "password", NULL },
  { "token-command", NULL },
  { "auth", "auto" },
  { "auth-without-tls", "no" },
  { "helo-name", NULL },
  { "chunking", "yes" },
  { "tunnel", NULL },
  { "path-memory", "yes" },
  { "state-dir", NULL },
  { "outbox", "yes" },
  { "delivery", "foreground" },
  { "give-up", "5d" },
  { "in-doubt", "hold" },
  { "flush-along", "yes" },
  { "undo-window", "0s" },
  { "future-release", "no" },
  { "log", "off" },
  { "notify", "yes" },
  { "on-failure", NULL },
  { "failure-mail", "off" },
  { "failure-maildir", NULL },
  { "failure-account", NULL },
  { "record", NULL },
  { "keep-sent", "30d" },
  { "domain", NULL },
  { "rewrite-from", "no" },
  { "aliases", NULL },
  { "query-command", NULL },
  { "signature", NULL },
  { "review", "yes" },
  { "edit-headers", "no" },
  { "ask-on-silence", "yes" },
  { "attachment-words", NULL },
};

static void
test_promised (void)
{
  g_assert_cmpuint (option_count (), ==, G_N_ELEMENTS (promised));
  for (gsize i = 0; i < G_N_ELEMENTS (promised); i++) {
    const Option *option = option_find (promised[i].name);
    g_assert_nonnull (option);
    g_assert_cmpstr (option->fallback, ==, promised[i].fallback);
  }
}

static void
test_table_sound (void)
{
  for (gsize i = 0; i < option_count (); i++) {
    const Option *option = option_at (i);
    g_autoptr (Account) account = account_new ();
    g_autoptr (GError) error = NULL;
    const char *sample = option->example != NULL ? option->example : option->fallback;
    g_assert_nonnull (sample);
    g_assert_true (option_set (option, account, sample, &error));
    g_assert_no_error (error);
    g_assert_true (option_is_set (option, account));
    g_assert_true (g_str_has_suffix (option->help, "."));
    g_assert_nonnull (option_kind (option));
    g_assert_true (option_find (option->name) == option);
    option_clear (option, account);
  }
  g_assert_null (option_find ("prots"));
  g_assert_cmpstr (option_nearest ("prots"), ==, "ports");
}

static void
set_all (Account *account, const char *const (*pairs)[2], gsize n)
{
  for (gsize i = 0; i < n; i++)
    g_assert_true (option_set (option_find (pairs[i][0]), account, pairs[i][1], NULL));
}

/* Values end up in the fields that their names say. */
static void
test_duration_fields (void)
{
  static const char *const pairs[][2] = {
    { "attempt-delay", "1s" },     { "port-patience", "2s" },    { "connect-timeout", "3s" },
    { "greeting-patience", "4s" }, { "greeting-timeout", "5s" }, { "command-timeout", "6s" },
    { "data-timeout", "7s" },      { "resolve-timeout", "8s" },
  };
  g_autoptr (Account) account = account_new ();
  set_all (account, pairs, G_N_ELEMENTS (pairs));
  const Ticks spans[] = {
    account->attempt_delay,    account->port_patience,   account->connect_timeout, account->greeting_patience,
    account->greeting_timeout, account->command_timeout, account->data_timeout,    account->resolve_timeout,
  };
  for (gsize i = 0; i < G_N_ELEMENTS (spans); i++)
    g_assert_cmpint (spans[i], ==, (Ticks)(i + 1) * TICKS_PER_SECOND);
}

static void
test_other_fields (void)
{
  static const char *const pairs[][2] = {
    { "tls", "when-offered" },   { "ladder", "strict" },
    { "chunking", "yes" },       { "auth-without-tls", "no" },
    { "ports", "465/implicit" }, { "family", "ipv4-first" },
    { "auth", "off" },           { "path-memory", "yes" },
  };
  g_autoptr (Account) account = account_new ();
  set_all (account, pairs, G_N_ELEMENTS (pairs));
  g_assert_true (account->tls == TLS_WHEN_OFFERED && account->ladder == LADDER_STRICT
                 && account->auth == AUTH_OFF);
  g_assert_true (account->chunking && account->path_memory && !account->auth_without_tls);
  const LadderPort *port = &g_array_index (account->ports, LadderPort, 0);
  g_assert_true (account->ports->len == 1 && port->port == 465 && port->implicit_tls);
  const Family *families = &g_array_index (account->families, Family, 0);
  g_assert_true (account->families->len == 2 && families[0] == FAMILY_IPV4 && families[1] == FAMILY_IPV6);
}

static void
test_copy (void)
{
  g_autoptr (Account) account = account_new ();
  account->name = g_strdup ("work");
  for (gsize i = 0; i < option_count (); i++) {
    const Option *option = option_at (i);
    g_assert_true (
        option_set (option, account, option->example != NULL ? option->example : option->fallback, NULL));
  }
  g_autoptr (Account) copy = account_copy (account);
  g_assert_cmpstr (copy->name, ==, "work");
  g_assert_cmpstr (copy->password, ==, account->password);
  g_assert_true (copy->password != account->password);
  for (gsize i = 0; i < option_count (); i++) {
    g_autofree char *a = option_get (option_at (i), account);
    g_autofree char *b = option_get (option_at (i), copy);
    g_assert_cmpstr (a, ==, b);
  }
  g_autoptr (Account) nothing = account_new ();
  g_autoptr (Account) nothing_copied = account_copy (nothing);
  g_assert_null (nothing_copied->hosts);
  account_free (NULL);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  TABLE_ADD ("/option/value", rows, test_row);
  g_test_add_func ("/option/hosts-ascii", test_hosts_ascii);
  g_test_add_func ("/option/bad-hosts", test_bad_hosts);
  g_test_add_func ("/option/bad-mechanism", test_bad_mechanism);
  g_test_add_func ("/option/too-many-hosts", test_too_many_hosts);
  g_test_add_func ("/option/promised", test_promised);
  g_test_add_func ("/option/table-sound", test_table_sound);
  g_test_add_func ("/option/duration-fields", test_duration_fields);
  g_test_add_func ("/option/other-fields", test_other_fields);
  g_test_add_func ("/option/copy", test_copy);
  return g_test_run ();
}
