/* Files on disk: which are read, which win, who may read them, and what `config check`
 * finds in them. */
#include "base/error.h"
#include "config/config.h"
#include "tests/lib/tap.h"

#include <glib/gstdio.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
  char *folder, *system, *user;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("toukan-config-XXXXXX", NULL);
  fixture->system = g_build_filename (fixture->folder, "system", NULL);
  fixture->user = g_build_filename (fixture->folder, "it's mine", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_chmod (fixture->system, 0600);
  g_unlink (fixture->system);
  g_unlink (fixture->user);
  g_rmdir (fixture->folder);
  g_free (fixture->folder);
  g_free (fixture->system);
  g_free (fixture->user);
}

static void
write_file (const char *name, const char *text, int mode)
{
  g_assert_true (g_file_set_contents (name, text, -1, NULL));
  g_assert_cmpint (g_chmod (name, mode), ==, 0);
}

static Config *
load (const Fixture *fixture, GError **error)
{
  const char *const files[] = { fixture->system, fixture->user, NULL };
  return config_load_files (files, NULL, error);
}

static void
test_user_over_system (Fixture *fixture, gconstpointer data)
{
  write_file (
      fixture->system,
      "[defaults]\ntls=off\nladder=strict\n[account s]\nhost=s\n[account w]\nhost=w\nuser=x\nauth=off\n",
      0644);
  write_file (fixture->user, "[defaults]\ntls=when-offered\n[account w]\nhost=mine\n", 0644);
  g_autoptr (Config) config = load (fixture, NULL);
  const Account *account = config_account (config, "w", NULL, NULL);
  g_autofree char *mine = g_strconcat (fixture->user, ":2", NULL);
  g_autofree char *theirs = g_strconcat (fixture->system, ":3", NULL);
  g_assert_cmpint (account->tls, ==, TLS_WHEN_OFFERED);
  g_assert_cmpstr (config_origin (config, account, option_find ("tls")), ==, mine);
  g_assert_cmpint (account->ladder, ==, LADDER_STRICT);
  g_assert_cmpstr (config_origin (config, account, option_find ("ladder")), ==, theirs);
  g_assert_cmpstr (account->hosts[0], ==, "mine");
  g_assert_cmpstr (account->user, ==, "x");
  g_assert_cmpstr (config_account_names (config)[0], ==, "w");
  g_assert_cmpstr (config_account_names (config)[1], ==, "s");
  g_assert_cmpuint (g_strv_length ((char **)config_file_names (config)), ==, 2);
}

/* What the system says of one account is nearer to it than what a user says of all. */
static void
test_account_over_defaults (Fixture *fixture, gconstpointer data)
{
  write_file (fixture->system, "[account w]\nhost=w\ntls=off\n", 0644);
  write_file (fixture->user, "[defaults]\ntls=when-offered\n", 0644);
  g_autoptr (Config) config = load (fixture, NULL);
  g_assert_cmpint (config_account (config, "w", NULL, NULL)->tls, ==, TLS_OFF);
}

static void
test_default_account_layers (Fixture *fixture, gconstpointer data)
{
  write_file (fixture->system, "[defaults]\ndefault-account=a\n[account a]\nhost=h\n[account b]\nhost=h\n",
              0644);
  write_file (fixture->user, "[defaults]\ndefault-account=b\n", 0644);
  g_autoptr (Config) config = load (fixture, NULL);
  g_assert_cmpstr (config_account (config, NULL, NULL, NULL)->name, ==, "b");
}

static void
test_missing (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Config) config = load (fixture, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length ((char **)config_file_names (config)), ==, 0);
  g_assert_null (config_account (config, NULL, NULL, &error));
  g_assert_nonnull (strstr (error->message, fixture->user));
}

static void
test_relative_to_own_file (Fixture *fixture, gconstpointer data)
{
  write_file (fixture->user, "[account a]\nhost=h\ntls-ca-file=../ca.pem\n", 0644);
  g_autoptr (Config) config = load (fixture, NULL);
  g_autofree char *parent = g_path_get_dirname (fixture->folder);
  g_autofree char *expected = g_build_filename (parent, "ca.pem", NULL);
  g_assert_cmpstr (config_account (config, NULL, NULL, NULL)->tls_ca_file, ==, expected);
}

/* --- permissions --------------------------------------------------------------------- */

#define SECRET "[account a]\nhost=h\nuser=x\npassword=hunter2\n"
#define OPEN "[account a]\nhost=h\nuser=x\npassword-command=c\n"

static const struct {
  const char *text;
  int mode;
  const char *remedy; /* NULL: read */
} modes[] = {
  { SECRET, 0600, NULL },
  { SECRET, 0640, NULL },
  { SECRET, 0644, "chmod 640 " },
  { SECRET, 0604, "chmod 640 " },
  { SECRET, 0646, "chmod o-w " },
  { OPEN, 0644, NULL },
  { OPEN, 0664, NULL },
  { OPEN, 0602, "chmod o-w " },
  { "[account a]\nhost=h\npassword=\n", 0644, NULL },
  { "[defaults]\npassword=x\n", 0644, "chmod 640 " },
};

static void
test_mode (Fixture *fixture, gconstpointer data)
{
  const gsize row = GPOINTER_TO_SIZE (data);
  g_autoptr (GError) error = NULL;
  write_file (fixture->user, modes[row].text, modes[row].mode);
  g_autoptr (Config) config G_GNUC_UNUSED = load (fixture, &error);
  if (modes[row].remedy == NULL) {
    g_assert_no_error (error);
    return;
  }
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_PERMISSION);
  g_autofree char *quoted = g_shell_quote (fixture->user);
  g_autofree char *remedy = g_strconcat (modes[row].remedy, quoted, NULL);
  g_assert_nonnull (strstr (error->message, remedy));
  g_assert_null (strstr (error->message, "hunter2"));
}

/* Runs FUNCTION as somebody for whom permissions count: the superuser reads everything. */
static void
run_as_ordinary_user (const Fixture *fixture, void (*function) (const Fixture *fixture))
{
  if (geteuid () != 0) {
    function (fixture);
    return;
  }
  const uid_t nobody = 65534;
  g_assert_cmpint (g_chmod (fixture->folder, 0755), ==, 0);
  const pid_t child = fork ();
  if (child == 0) {
    g_assert_cmpint (setresuid (nobody, nobody, nobody), ==, 0);
    function (fixture);
    _exit (0);
  }
  int status;
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
}

static void
expect_unreadable_system (const Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Config) config = load (fixture, &error);
  g_assert_no_error (error);
  g_assert_null (config_account (config, NULL, NULL, &error));
  g_assert_nonnull (strstr (error->message, "which you may not read"));
}

/* The system's file may be for others: then it is as if it weren't there. */
static void
test_unreadable_system (Fixture *fixture, gconstpointer data)
{
  write_file (fixture->system, SECRET, 0000);
  run_as_ordinary_user (fixture, expect_unreadable_system);
}

static void
expect_unreadable_user (const Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_assert_null (load (fixture, &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION);
  g_assert_nonnull (strstr (error->message, ": can't be read: Permission denied"));
}

static void
test_unreadable_user (Fixture *fixture, gconstpointer data)
{
  write_file (fixture->user, OPEN, 0000);
  run_as_ordinary_user (fixture, expect_unreadable_user);
}

static void
test_not_a_file (Fixture *fixture, gconstpointer data)
{
  const char *const files[] = { fixture->folder, NULL };
  g_autoptr (GError) error = NULL;
  g_assert_null (config_load_files (files, NULL, &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION);
  g_assert_nonnull (strstr (error->message, ": can't be read: Is a directory"));
}

static void
test_device (Fixture *fixture, gconstpointer data)
{
  const char *const files[] = { "/dev/null", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (Config) config G_GNUC_UNUSED = config_load_files (files, NULL, &error);
  g_assert_no_error (error);
}

static void
test_too_long (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = g_strnfill (256 * 1024 + 1, '\n');
  write_file (fixture->user, text, 0600);
  g_autoptr (GError) error = NULL;
  g_assert_null (load (fixture, &error));
  g_assert_nonnull (strstr (error->message, ": can't be read: File too large"));
}

/* --- check ----------------------------------------------------------------------------- */

static char *
check (const Fixture *fixture)
{
  const char *const files[] = { fixture->system, fixture->user, NULL };
  g_autoptr (Config) config = config_read (files, NULL);
  g_autoptr (GPtrArray) faults = config_check (config, NULL, NULL);
  g_autoptr (GString) text = g_string_new (NULL);
  for (guint i = 0; i < faults->len; i++) {
    const GError *fault = g_ptr_array_index (faults, i);
    const char *message = fault->message;
    if (g_str_has_prefix (message, fixture->user))
      message += strlen (fixture->user);
    g_string_append_printf (text, "%s\n", message);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
test_check_tells_all (Fixture *fixture, gconstpointer data)
{
  write_file (fixture->user,
              "[account a]\nprots = 25\ntls = off\nuser = x\nladder = no\n"
              "[account b]\nhost = h\ntls-ca-file = /nonexistent\ntls-ca-dir = /dev/null\n"
              "[account c]\nhost = h\ntls = off\nuser = x\npassword-command = p\n",
              0600);
  g_autofree char *text = check (fixture);
  g_assert_cmpstr (
      text, ==,
      ":2: unknown option \"prots\": did you mean \"ports\"?\n"
      ":5: ladder: \"no\" is none of race, strict\n"
      "account \"a\": there is no host: write as an example \"host = mail.example.org\"\n"
      ":4: account \"a\": user is set, and nothing to log in with: add password-command, password or "
      "token-command, or write \"auth = off\"\n"
      ":3: account \"a\": tls is off, and so the login can't be used: a password never crosses an "
      "unencrypted connection unless \"auth-without-tls = yes\" says so\n"
      ":8: account \"b\": tls-ca-file: can't read \"/nonexistent\": No such file or directory\n"
      ":9: account \"b\": tls-ca-dir: \"/dev/null\" is no directory\n"
      ":12: account \"c\": tls is off, and so the login can't be used: a password never crosses an "
      "unencrypted connection unless \"auth-without-tls = yes\" says so\n");
}

static void
test_check_sound (Fixture *fixture, gconstpointer data)
{
  write_file (fixture->user, "[account a]\nhost = h\ntls-ca-file = system\ntls-ca-dir = .\n", 0600);
  write_file (fixture->system, "# nothing\n", 0600);
  g_autofree char *text = check (fixture);
  g_assert_cmpstr (text, ==, "");
}

static void
test_check_kinds_of_file (Fixture *fixture, gconstpointer data)
{
  write_file (fixture->user, "[account a]\nhost = h\ntls-ca-file = .\n", 0600);
  g_autofree char *text = check (fixture);
  g_autofree char *expected = g_strdup_printf (
      ":3: account \"a\": tls-ca-file: \"%s\" is a directory, and a file is wanted\n", fixture->folder);
  g_assert_cmpstr (text, ==, expected);
}

static void
test_check_nothing (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = check (fixture);
  g_assert_true (g_str_has_prefix (text, "no mail server is configured yet."));
}

static void
test_default_files (Fixture *fixture, gconstpointer data)
{
  g_setenv ("TOUKAN_CONFIG", "/x/y", TRUE);
  g_auto (GStrv) files = config_default_files ();
  g_assert_cmpstr (files[0], ==, SYSCONFDIR "/toukan/config");
  g_assert_cmpstr (files[1], ==, "/x/y");
  g_assert_null (files[2]);
  g_setenv ("TOUKAN_CONFIG", "", TRUE);
  g_autofree char *own = config_user_file ();
  g_assert_true (g_str_has_suffix (own, "/toukan/config"));
  g_assert_true (g_str_has_prefix (own, g_get_user_config_dir ()));
}

#define ADD(path, row, function)                                                                             \
  g_test_add ("/config-files/" path, Fixture, GSIZE_TO_POINTER (row), set_up, function, tear_down)

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  ADD ("user-over-system", 0, test_user_over_system);
  ADD ("account-over-defaults", 0, test_account_over_defaults);
  ADD ("default-account-layers", 0, test_default_account_layers);
  ADD ("missing", 0, test_missing);
  ADD ("relative-to-own-file", 0, test_relative_to_own_file);
  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++) {
    g_autofree char *name = g_strdup_printf ("/config-files/mode/%" G_GSIZE_FORMAT " %o", i, modes[i].mode);
    g_test_add (name, Fixture, GSIZE_TO_POINTER (i), set_up, test_mode, tear_down);
  }
  ADD ("unreadable-system", 0, test_unreadable_system);
  ADD ("unreadable-user", 0, test_unreadable_user);
  ADD ("not-a-file", 0, test_not_a_file);
  ADD ("device", 0, test_device);
  ADD ("too-long", 0, test_too_long);
  ADD ("check/tells-all", 0, test_check_tells_all);
  ADD ("check/sound", 0, test_check_sound);
  ADD ("check/kinds-of-file", 0, test_check_kinds_of_file);
  ADD ("check/nothing", 0, test_check_nothing);
  ADD ("default-files", 0, test_default_files);
  return g_test_run ();
}
