/* Texts of configuration: which value wins and where it is said to come from, which
 * account is meant, and every way in which a text can be wrong, with place and words. */
#include "base/error.h"
#include "config/config.h"
#include "tests/lib/table.h"

static Config *
load (const char *text, const char *const *overrides, GError **error)
{
  return config_load_text ("/etc/t", text, strlen (text), overrides, error);
}

/* --- faults ------------------------------------------------------------------------ */

typedef struct {
  const char *about, *text, *message;
} Row;

static const Row faults[] = {
  { "unknown option", "[account a]\nprots = 25\n",
    "/etc/t:2: unknown option \"prots\": did you mean \"ports\"?" },
  { "unknown option in defaults", "# c\n\n[defaults]\ndefault-acount = a\n",
    "/etc/t:4: unknown option \"default-acount\": did you mean \"default-account\"?" },
  { "nothing near", "[account a]\nmailbox = x\n",
    "/etc/t:2: unknown option \"mailbox\": \"toukan config options\" lists those that exist" },
  { "bad value", "[account a]\n\n  tls =  maybe  \n",
    "/etc/t:3: tls: \"maybe\" is none of required, when-offered, off" },
  { "no unit", "[defaults]\nport-patience=3", "/etc/t:2: port-patience: \"3\" has no unit: write \"3s\"" },
  { "implicit beside 25", "[defaults]\nports = 465/implicit 25\n",
    "/etc/t:2: ports: \"465/implicit\" wants TLS from the first octet, and 25 never has it: write "
    "\"465/implicit, "
    "587\"" },
  { "twice in a group", "[account a]\nuser = x\n\nuser = y\n",
    "/etc/t:4: \"user\" is here for the second time: it is in line 2 already" },
  { "twice in a group that comes twice",
    "[account a]\nuser = x\n[account b]\nuser = x\n[account a]\nuser = y\n",
    "/etc/t:6: \"user\" is here for the second time: it is in line 2 already" },
  { "unknown group", "[acount work]\n",
    "/etc/t:1: unknown group [acount work]: did you mean [account work]?" },
  { "default", "[default]\n", "/etc/t:1: unknown group [default]: did you mean [defaults]?" },
  { "a bare name", "[work]\n", "/etc/t:1: unknown group [work]: did you mean [account work]?" },
  { "account without name", "[account]\n",
    "/etc/t:1: [account] lacks the account's name: write it as in [account work]" },
  { "account with blank name", "[account  ]\n",
    "/etc/t:1: [account] lacks the account's name: write it as in [account work]" },
  { "group not closed", "[account a\n",
    "/etc/t:1: a group is written alone on its line, as in [account work]" },
  { "group and more", "[account a] user = x\n",
    "/etc/t:1: a group is written alone on its line, as in [account work]" },
  { "bracket in name", "[account [a]\n",
    "/etc/t:1: the name of an account holds no control characters and no brackets" },
  { "control in name", "[account a\x1b]\n",
    "/etc/t:1: the name of an account holds no control characters and no brackets" },
  { "before any group", "user = x\n",
    "/etc/t:1: this line stands before any group: write [defaults] or, as an example, [account work] above "
    "it" },
  { "no equals", "[account a]\nuser x\n",
    "/etc/t:2: neither a group, as in [account work], nor a line such as \"tls = required\"" },
  { "no key", "[account a]\n= x\n",
    "/etc/t:2: neither a group, as in [account work], nor a line such as \"tls = required\"" },
  { "not UTF-8", "[account a]\nuser = \xff\n", "/etc/t:2: the line isn't valid UTF-8" },
  { "bad escape", "[account a]\npassword = a\\d\n",
    "/etc/t:2: password: a backslash is written twice (\\\\); alone it begins \\s, \\t, \\n or \\r" },
  { "escape at the end", "[account a]\npassword = a\\\n",
    "/etc/t:2: password: a backslash is written twice (\\\\); alone it begins \\s, \\t, \\n or \\r" },
  { "default-account in an account", "[account a]\ndefault-account = a\n",
    "/etc/t:2: default-account belongs to [defaults]" },
  { "default-account that isn't there", "[defaults]\ndefault-account = wrok\n[account work]\nhost = h\n",
    "/etc/t:2: default-account: there is no [account wrok]: did you mean \"work\"?" },
  { "default-account with nothing near", "[defaults]\ndefault-account = home\n[account work]\nhost = h\n",
    "/etc/t:2: default-account: there is no [account home]" },
  { "CRLF and byte order mark", "\xef\xbb\xbf[account a]\r\ntls = x\r\n",
    "/etc/t:2: tls: \"x\" is none of required, when-offered, off" },
};

static void
test_fault (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (Config) config = load (row->text, NULL, &error);
  g_assert_null (config);
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION);
  g_assert_cmpstr (error->message, ==, row->message);
}

static void
test_nul (void)
{
  static const char text[] = "[account a]\nuser = a\0b\n";
  g_autoptr (GError) error = NULL;
  g_assert_null (config_load_text ("t", text, sizeof (text) - 1, NULL, &error));
  g_assert_cmpstr (error->message, ==, "t:2: there is a NUL octet in the line");
}

static void
test_long_line (void)
{
  g_autofree char *filler = g_strnfill (8192, 'x');
  g_autofree char *text = g_strconcat ("[account a]\nuser = ", filler, "\n", NULL);
  g_autoptr (GError) error = NULL;
  g_assert_null (load (text, NULL, &error));
  g_assert_cmpstr (error->message, ==, "/etc/t:2: the line is longer than 8192 octets");
}

static void
test_many_accounts (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  for (guint i = 0; i < 1001; i++)
    g_string_append_printf (text, "[account %u]\n", i);
  g_autoptr (GError) error = NULL;
  g_assert_null (load (text->str, NULL, &error));
  g_assert_cmpstr (error->message, ==, "/etc/t:1001: more than 1000 accounts");
}

/* A secret that is wrong is never shown. */
static void
test_secret_not_shown (void)
{
  g_autoptr (GError) error = NULL;
  g_assert_null (load ("[account a]\npassword = hunter\\2\n", NULL, &error));
  g_assert_null (strstr (error->message, "hunter"));
}

/* --- accounts as wholes ------------------------------------------------------------- */

#define HOST "[account a]\nhost = h\n"

static const Row contradictions[] = {
  { "no host", "[account a]\nuser = x\n",
    "account \"a\": there is no host: write as an example \"host = mail.example.org\"" },
  { "two passwords", HOST "user = x\npassword-command = c\npassword = p\n",
    "/etc/t:5: account \"a\": both password and password-command are set: take one of them out "
    "(\"password-command =\" takes back what stands elsewhere)" },
  { "user without secret", HOST "user = x\n",
    "/etc/t:3: account \"a\": user is set, and nothing to log in with: add password-command, password or "
    "token-command, or write \"auth = off\"" },
  { "password without user", HOST "password = p\n",
    "/etc/t:3: account \"a\": password is set, and no user: add \"user = NAME\", or write \"auth = off\"" },
  { "token without user", HOST "token-command = c\n",
    "/etc/t:3: account \"a\": token-command is set, and no user: add \"user = NAME\", or write \"auth = "
    "off\"" },
  { "auth required without user", HOST "auth = required\n",
    "/etc/t:3: account \"a\": auth is required, and there is no user: add \"user = NAME\"" },
  { "certificate without key", HOST "tls-client-certificate = c\n",
    "/etc/t:3: account \"a\": tls-client-certificate needs its key: add tls-client-key" },
  { "key without certificate", HOST "tls-client-key = c\n",
    "/etc/t:3: account \"a\": tls-client-key needs its certificate: add tls-client-certificate" },
  { "mechanism without token", HOST "user = x\npassword = p\nauth = PLAIN, XOAUTH2\n",
    "/etc/t:5: account \"a\": auth names XOAUTH2, which needs token-command: add it, or take XOAUTH2 out" },
  { "mechanism without password", HOST "user = x\ntoken-command = p\nauth = PLAIN, XOAUTH2\n",
    "/etc/t:5: account \"a\": auth names PLAIN, which needs password-command: add it, or take PLAIN out" },
  { "mechanism without certificate", HOST "user = x\npassword = p\nauth = EXTERNAL\n",
    "/etc/t:5: account \"a\": auth names EXTERNAL, which needs tls-client-certificate: add it, or take "
    "EXTERNAL "
    "out" },
  { "implicit port without tls", HOST "tls = off\nports = 465/implicit\n",
    "/etc/t:3: account \"a\": tls is off, and a port is \"/implicit\", which is TLS: change one of them" },
  { "failure-mail without a way", HOST "failure-mail = a@b.example\n",
    "/etc/t:3: account \"a\": failure-mail has no way to get there: add failure-maildir or failure-account" },
};

static void
test_contradiction (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (Config) config = load (row->text, NULL, &error);
  g_assert_no_error (error);
  g_assert_null (config_account (config, NULL, NULL, &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION);
  g_assert_cmpstr (error->message, ==, row->message);
}

static const Row sound[] = {
  { "host alone", HOST, NULL },
  { "auth off needs no secret", HOST "user = x\nauth = off\n", NULL },
  { "secret without user, auth off", HOST "password = x\nauth = off\n", NULL },
  { "user with a certificate", HOST "user = x\ntls-client-certificate = c\ntls-client-key = k\n", NULL },
  { "auth required with a certificate",
    HOST "auth = required\ntls-client-certificate = c\ntls-client-key = k\n", NULL },
  { "failure-mail off", HOST "failure-mail = off\n", NULL },
  { "failure-mail into a Maildir", HOST "failure-mail = a@b.example\nfailure-maildir = m\n", NULL },
  { "failure-mail by an account", HOST "failure-mail = a@b.example\nfailure-account = x\n", NULL },
  { "tls off with implicit elsewhere", HOST "tls = off\nports = 25\n", NULL },
  { "password taken back",
    "[defaults]\npassword-command = c\n" HOST "user = x\npassword = p\npassword-command =\n", NULL },
  /* `config check` tells this; a server that asks for no login takes the mail all the same */
  { "login in the clear", HOST "tls = off\nuser = x\npassword = p\n", NULL },
};

static void
test_sound (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (Config) config = load (row->text, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (config_account (config, NULL, NULL, &error));
  g_assert_no_error (error);
}

/* --- precedence and origin --------------------------------------------------------- */

static const char layered[] = "[defaults]\n"
                              "tls = off\n"
                              "connect-timeout = 7s\n"
                              "tls-ca-file = ca.pem\n"
                              "[account a]\n"
                              "host = a.example.org\n"
                              "connect-timeout = 8s\n"
                              "tls-ca-file = ~/ca.pem\n"
                              "[account b]\n"
                              "host = b.example.org\n";

typedef struct {
  const char *about, *account, *option, *value, *origin;
} OriginRow;

static const OriginRow origins[] = {
  { "the table", "a", "ports", "587, 25", "default" },
  { "the table, nothing", "a", "user", "", "default" },
  { "defaults", "a", "tls", "off", "/etc/t:2" },
  { "account over defaults", "a", "connect-timeout", "8s", "/etc/t:7" },
  { "the other account", "b", "connect-timeout", "7s", "/etc/t:3" },
  { "own host", "b", "host", "b.example.org", "/etc/t:10" },
  { "relative to the file", "b", "tls-ca-file", "/etc/ca.pem", "/etc/t:4" },
  { "override", "a", "data-timeout", "2min", "--set" },
  { "override in every account", "b", "data-timeout", "2min", "--set" },
  { "override over a file", "a", "family", "ipv4", "--set" },
  { "the last override", "a", "ladder", "strict", "--set" },
};

static void
test_origin (gconstpointer data)
{
  static const char *const overrides[]
      = { "data-timeout=2min", " family = ipv4 ", "ladder=race", "ladder=strict", NULL };
  const OriginRow *row = data;
  g_autoptr (Config) config = load (layered, overrides, NULL);
  const Account *account = config_account (config, row->account, NULL, NULL);
  g_autofree char *value = option_get (option_find (row->option), account);
  g_assert_cmpstr (value, ==, row->value);
  g_assert_cmpstr (config_origin (config, account, option_find (row->option)), ==, row->origin);
}

static void
test_home (void)
{
  g_autoptr (Config) config = load (layered, NULL, NULL);
  const Account *account = config_account (config, "a", NULL, NULL);
  g_autofree char *expected = g_build_filename (g_get_home_dir (), "ca.pem", NULL);
  g_assert_cmpstr (account->tls_ca_file, ==, expected);
}

static void
test_escapes (void)
{
  g_autoptr (Config) config
      = load ("[account a]\nhost = h\nuser = \\sx\\s\npassword =  a b\\\\\\s  \n", NULL, NULL);
  const Account *account = config_account (config, "a", NULL, NULL);
  g_assert_cmpstr (account->user, ==, " x ");
  g_assert_cmpstr (account->password, ==, "a b\\ ");
}

/* What GKeyFile reads, we read as it does (but for blanks at the end of a value). */
static void
test_like_gkeyfile (void)
{
  static const char text[]
      = "# a comment\n\n  [account a]  \n  user=a = b\\sc\\\\d\n\tpassword-command = x \\t y\n#user=no\n"
        "helo-name= h.example.org\n[account b]\nuser = = c\n";
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_assert_true (g_key_file_load_from_data (file, text, sizeof (text) - 1, 0, NULL));
  static const char *const overrides[] = { "host=h", "auth=off", NULL };
  g_autoptr (Config) config = load (text, overrides, NULL);
  g_auto (GStrv) groups = g_key_file_get_groups (file, NULL);
  for (gsize i = 0; groups[i] != NULL; i++) {
    const Account *account = config_account (config, groups[i] + strlen ("account "), NULL, NULL);
    g_auto (GStrv) keys = g_key_file_get_keys (file, groups[i], NULL, NULL);
    for (gsize j = 0; keys[j] != NULL; j++) {
      g_autofree char *theirs = g_key_file_get_string (file, groups[i], keys[j], NULL);
      g_autofree char *ours = option_get (option_find (keys[j]), account);
      g_assert_cmpstr (ours, ==, theirs);
    }
  }
}

static const Row bad_overrides[] = {
  { "unknown", "prots=25", "--set: unknown option \"prots\": did you mean \"ports\"?" },
  { "bad value", "tls=x", "--set: tls: \"x\" is none of required, when-offered, off" },
  { "no equals", "tls", "--set: write it as in \"--set tls=off\"" },
  { "no key", "=off", "--set: write it as in \"--set tls=off\"" },
  { "empty", "", "--set: write it as in \"--set tls=off\"" },
};

static void
test_bad_override (gconstpointer data)
{
  const Row *row = data;
  const char *const overrides[] = { row->text, NULL };
  g_autoptr (GError) error = NULL;
  g_assert_null (load (HOST, overrides, &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION);
  g_assert_cmpstr (error->message, ==, row->message);
}

/* --- which account ------------------------------------------------------------------- */

#define WORK "[account work]\nhost = h\nfrom = Hanako <Hanako@Example.org>\n"
#define HOME "[account home]\nhost = h\nfrom = hana@例え.jp\n"
#define SAME "[account same]\nhost = h\nfrom = hanako@example.org\n"
#define DEFAULT_SAME "[defaults]\ndefault-account = same\n"
#define DEFAULT_WORK "[defaults]\ndefault-account = work\n"

typedef struct {
  const char *about, *text, *name, *sender;
  const char *account; /* NULL: refused */
  const char *message;
} ChoiceRow;

static const ChoiceRow choices[] = {
  { "by name", WORK HOME, "home", "hanako@example.org", "home", NULL },
  { "by sender", WORK HOME, NULL, "hanako@example.org", "work", NULL },
  { "by sender with its name", WORK HOME, NULL, "H. Y. <hanako@EXAMPLE.org>", "work", NULL },
  { "by sender in A-labels", WORK HOME, NULL, "hana@xn--r8jz45g.jp", "home", NULL },
  { "sender over default", DEFAULT_WORK WORK HOME, NULL, "hana@例え.jp", "home", NULL },
  { "default for a strange sender", DEFAULT_WORK HOME WORK, NULL, "x@example.com", "work", NULL },
  { "default without sender", DEFAULT_WORK HOME WORK, NULL, NULL, "work", NULL },
  { "the first of two alike", WORK SAME, NULL, "hanako@example.org", "work", NULL },
  { "the default of two alike", DEFAULT_SAME WORK SAME, NULL, "hanako@example.org", "same", NULL },
  { "the only one", WORK, NULL, "x@example.com", "work", NULL },
  { "only defaults", "[defaults]\nhost = h\n", NULL, NULL, "default", NULL },
  { "wrong name", WORK HOME, "wrok", NULL, NULL, "there is no account \"wrok\": did you mean \"work\"?" },
  { "strange name", WORK HOME, "office", NULL, NULL,
    "there is no account \"office\": those configured are work, home" },
  { "several", WORK HOME, NULL, NULL, NULL,
    "there are several accounts: choose one of work, home with -a, or write default-account into "
    "[defaults]" },
  { "several and a strange sender", WORK HOME, NULL, "x@example.com", NULL,
    "no account is for the sender x@example.com: choose one of work, home with -a, or write default-account "
    "into "
    "[defaults]" },
  { "a sender that is no address", WORK HOME, NULL, "root", NULL,
    "no account is for the sender root: choose one of work, home with -a, or write default-account into "
    "[defaults]" },
};

static void
test_choice (gconstpointer data)
{
  const ChoiceRow *row = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (Config) config = load (row->text, NULL, &error);
  g_assert_no_error (error);
  const Account *account = config_account (config, row->name, row->sender, &error);
  g_assert_cmpstr (error != NULL ? error->message : NULL, ==, row->message);
  g_assert_cmpstr (account != NULL ? account->name : NULL, ==, row->account);
}

static void
test_names (void)
{
  g_autoptr (Config) config = load (WORK HOME "[account work]\n", NULL, NULL);
  const char *const *names = config_account_names (config);
  g_assert_cmpuint (g_strv_length ((char **)names), ==, 2);
  g_assert_cmpstr (names[0], ==, "work");
  g_assert_cmpstr (names[1], ==, "home");
}

static void
assert_five_lines (const char *text, const char *const *overrides)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Config) config = load (text, overrides, &error);
  g_assert_no_error (error);
  g_assert_null (config_account (config, NULL, "a@example.org", &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION);
  g_assert_cmpstr (
      error->message, ==,
      "no mail server is configured yet. Write these five lines, with your own names in them, into "
      "/etc/t:\n\n"
      "    [account example]\n"
      "    from = Hanako Yamada <hanako@example.org>\n"
      "    host = mail.example.org\n"
      "    user = hanako\n"
      "    password-command = pass show mail/example.org\n\n"
      "    # On a server, where cron and the like send, see \"toukan agent --system\" in toukan(1)\n");
}

static void
test_no_configuration (void)
{
  static const char *const overrides[] = { "tls=off", NULL };
  assert_five_lines ("", NULL);
  assert_five_lines ("# nothing yet\n", NULL);
  assert_five_lines ("[defaults]\n", NULL);
  assert_five_lines ("", overrides);
}

/* The five lines, taken at their word, are a configuration. */
static void
test_five_lines_work (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Config) empty = load ("", NULL, NULL);
  g_assert_null (config_account (empty, NULL, NULL, &error));
  g_autoptr (GError) none = NULL;
  g_autoptr (Config) config = load (strchr (error->message, '\n'), NULL, &none);
  g_assert_no_error (none);
  const Account *account = config_account (config, NULL, NULL, &none);
  g_assert_no_error (none);
  g_assert_cmpstr (account->hosts_ascii[0], ==, "mail.example.org");
}

static void
test_only_overrides (void)
{
  static const char *const overrides[] = { "host=h", "tls=off", NULL };
  g_autoptr (Config) config = load ("", overrides, NULL);
  const Account *account = config_account (config, NULL, NULL, NULL);
  g_assert_cmpstr (account->name, ==, "default");
  g_assert_cmpint (account->tls, ==, TLS_OFF);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  TABLE_ADD ("/config/fault", faults, test_fault);
  TABLE_ADD ("/config/contradiction", contradictions, test_contradiction);
  TABLE_ADD ("/config/sound", sound, test_sound);
  TABLE_ADD ("/config/origin", origins, test_origin);
  TABLE_ADD ("/config/bad-override", bad_overrides, test_bad_override);
  TABLE_ADD ("/config/choice", choices, test_choice);
  g_test_add_func ("/config/nul", test_nul);
  g_test_add_func ("/config/long-line", test_long_line);
  g_test_add_func ("/config/many-accounts", test_many_accounts);
  g_test_add_func ("/config/secret-not-shown", test_secret_not_shown);
  g_test_add_func ("/config/home", test_home);
  g_test_add_func ("/config/escapes", test_escapes);
  g_test_add_func ("/config/like-gkeyfile", test_like_gkeyfile);
  g_test_add_func ("/config/names", test_names);
  g_test_add_func ("/config/no-configuration", test_no_configuration);
  g_test_add_func ("/config/five-lines-work", test_five_lines_work);
  g_test_add_func ("/config/only-overrides", test_only_overrides);
  return g_test_run ();
}
