/* Which changes of an account are another login, and what a fingerprint gives away. */
#include <string.h>

#include "config/config.h"
#include "engine/account-hold.h"
#include "tests/lib/tap.h"

#define ACCOUNT                                                                                              \
  "[account t]\nfrom = me@example.org\nhost = mail.example.org\nuser = me\npassword-command = cat secret\n"

static Config *
config_with (const char *more)
{
  g_autofree char *text = g_strconcat (ACCOUNT, more, NULL);
  g_autoptr (GError) error = NULL;
  Config *config = config_load_text ("test", text, strlen (text), NULL, &error);

  g_assert_no_error (error);
  return config;
}

typedef struct {
  const char *name, *more;
  gboolean same;
} Row;

static const Row rows[] = {
  { "itself", "", TRUE },
  { "ports", "ports = 2525\n", FALSE },
  { "tls", "tls = when-offered\n", FALSE },
  { "tls-name", "tls-name = other.example.org\n", FALSE },
  { "auth", "auth = PLAIN\n", FALSE },
  { "token-command", "token-command = cat token\n", FALSE },
  { "tunnel", "tunnel = nc %h %p\n", FALSE },
  { "give-up", "give-up = 1d\n", TRUE },
  { "connect-timeout", "connect-timeout = 1s\n", TRUE },
  { "record", "record = ~/Maildir\n", TRUE },
};

static void
test_settings (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (Config) before = config_with ("");
  g_autoptr (Config) after = config_with (row->more);
  g_autofree char *fingerprint = account_fingerprint (config_account_named (before, "t"), NULL);

  g_assert_cmpint (account_fingerprint_has_settings (fingerprint, config_account_named (after, "t")), ==,
                   row->same);
}

static void
test_secret (void)
{
  g_autoptr (Config) config = config_with ("");
  const Account *account = config_account_named (config, "t");
  g_autoptr (Secret) first = secret_new ("hunter2", 7);
  g_autoptr (Secret) second = secret_new ("hunter3", 7);
  g_autofree char *fingerprint = account_fingerprint (account, first);
  g_autofree char *without = account_fingerprint (account, NULL);

  g_assert_true (account_fingerprint_has_secret (fingerprint, first));
  g_assert_false (account_fingerprint_has_secret (fingerprint, second));
  g_assert_false (account_fingerprint_has_secret (fingerprint, NULL));
  g_assert_false (account_fingerprint_has_secret (without, first));
  g_assert_null (strstr (fingerprint, "hunter2"));
}

/* Two that are of the same don't look the same. */
static void
test_salt (void)
{
  g_autoptr (Config) config = config_with ("");
  g_autofree char *one = account_fingerprint (config_account_named (config, "t"), NULL);
  g_autofree char *other = account_fingerprint (config_account_named (config, "t"), NULL);
  g_auto (GStrv) parts = g_strsplit (one, ":", -1);

  g_assert_cmpstr (one, !=, other);
  g_assert_null (strstr (other, parts[0]));
  g_assert_null (strstr (other, parts[1]));
}

static void
test_nonsense (void)
{
  static const char *const texts[] = { NULL, "", ":", "a:b", "a:b:c:d", "::" };
  g_autoptr (Config) config = config_with ("");

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_assert_false (account_fingerprint_has_settings (texts[i], config_account_named (config, "t")));
    g_assert_false (account_fingerprint_has_secret (texts[i], NULL));
  }
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = g_strdup_printf ("/account-hold/settings/%s", rows[i].name);
    g_test_add_data_func (path, &rows[i], test_settings);
  }
  g_test_add_func ("/account-hold/secret", test_secret);
  g_test_add_func ("/account-hold/salt", test_salt);
  g_test_add_func ("/account-hold/nonsense", test_nonsense);
  return g_test_run ();
}
