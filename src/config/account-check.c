/* Options that contradict each other are found here and not at the server, where the
 * same mistake would look like a refused login. */
#include "config/account-check.h"
#include "base/i18n.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void
fault_free (gpointer data)
{
  AccountFault *fault = data;
  g_free (fault->text);
  g_free (fault);
}

static void
add (GPtrArray *faults, const char *option, gboolean only_told, char *text)
{
  AccountFault *fault = g_new (AccountFault, 1);
  *fault = (AccountFault){ option_find (option), only_told, text };
  g_ptr_array_add (faults, fault);
}

static gboolean
logs_in (const Account *account)
{
  return account->auth != AUTH_OFF && account->user != NULL;
}

static gboolean
has_password (const Account *account)
{
  return account->password != NULL || account->password_command != NULL;
}

/* --- rules: each adds at most one fault ------------------------------------- */

static void
check_host (const Account *account, GPtrArray *faults)
{
  if (account->hosts == NULL)
    add (faults, "host", FALSE,
         g_strdup (_ ("there is no host: write as an example \"host = mail.example.org\"")));
}

static void
check_one_password (const Account *account, GPtrArray *faults)
{
  if (account->password != NULL && account->password_command != NULL)
    add (faults, "password", FALSE,
         g_strdup (_ ("both password and password-command are set: take one of them out "
                      "(\"password-command =\" takes back what stands elsewhere)")));
}

static void
check_user_has_secret (const Account *account, GPtrArray *faults)
{
  if (logs_in (account) && !has_password (account) && account->token_command == NULL
      && account->tls_client_certificate == NULL)
    add (faults, "user", FALSE,
         g_strdup (_ ("user is set, and nothing to log in with: add password-command, password or "
                      "token-command, or write \"auth = off\"")));
}

static void
check_secret_has_user (const Account *account, GPtrArray *faults)
{
  if (account->auth == AUTH_OFF || account->user != NULL)
    return;
  const char *option = account->token_command != NULL      ? "token-command"
                       : account->password_command != NULL ? "password-command"
                       : account->password != NULL         ? "password"
                                                           : NULL;
  if (option != NULL)
    add (
        faults, option, FALSE,
        g_strdup_printf (_ ("%s is set, and no user: add \"user = NAME\", or write \"auth = off\""), option));
}

static void
check_required_login (const Account *account, GPtrArray *faults)
{
  if (account->auth == AUTH_REQUIRED && account->user == NULL && account->tls_client_certificate == NULL)
    add (faults, "auth", FALSE, g_strdup (_ ("auth is required, and there is no user: add \"user = NAME\"")));
}

static void
check_certificate_pair (const Account *account, GPtrArray *faults)
{
  if (account->tls_client_certificate != NULL && account->tls_client_key == NULL)
    add (faults, "tls-client-certificate", FALSE,
         g_strdup (_ ("tls-client-certificate needs its key: add tls-client-key")));
  if (account->tls_client_certificate == NULL && account->tls_client_key != NULL)
    add (faults, "tls-client-key", FALSE,
         g_strdup (_ ("tls-client-key needs its certificate: add tls-client-certificate")));
}

/* What MECHANISM needs and ACCOUNT lacks; NULL: nothing. */
static const char *
lacking (const Account *account, const AuthMechanism *mechanism)
{
  if (mechanism->needs_token && account->token_command == NULL)
    return "token-command";
  if (mechanism->needs_password && !has_password (account))
    return "password-command";
  if (mechanism->needs_certificate && account->tls_client_certificate == NULL)
    return "tls-client-certificate";
  return NULL;
}

static void
check_mechanisms (const Account *account, GPtrArray *faults)
{
  for (gsize i = 0; account->auth_mechanisms != NULL && account->auth_mechanisms[i] != NULL; i++) {
    const char *name = account->auth_mechanisms[i];
    const char *option = lacking (account, auth_mechanism_find (name));
    if (option != NULL) {
      add (faults, "auth", FALSE,
           g_strdup_printf (_ ("auth names %s, which needs %s: add it, or take %s out"), name, option, name));
      return;
    }
  }
}

static void
check_implicit_tls (const Account *account, GPtrArray *faults)
{
  for (guint i = 0; account->tls == TLS_OFF && account->ports != NULL && i < account->ports->len; i++)
    if (g_array_index (account->ports, LadderPort, i).implicit_tls) {
      add (faults, "tls", FALSE,
           g_strdup (_ ("tls is off, and a port is \"/implicit\", which is TLS: change one of them")));
      return;
    }
}

static void
check_login_in_clear (const Account *account, GPtrArray *faults)
{
  if (account->tls == TLS_OFF && logs_in (account) && !account->auth_without_tls)
    add (faults, "tls", TRUE,
         g_strdup (_ ("tls is off, and so the login can't be used: a password never crosses an unencrypted "
                      "connection unless \"auth-without-tls = yes\" says so")));
}

static void
check_failure_mail (const Account *account, GPtrArray *faults)
{
  if (account->failure_mail != NULL && strcmp (account->failure_mail, "off") != 0
      && account->failure_maildir == NULL && account->failure_account == NULL)
    add (faults, "failure-mail", FALSE,
         g_strdup (_ ("failure-mail has no way to get there: add failure-maildir or failure-account")));
}

GPtrArray *
account_check (const Account *account)
{
  static void (*const rules[]) (const Account *, GPtrArray *) = {
    check_host,           check_one_password,     check_user_has_secret, check_secret_has_user,
    check_required_login, check_certificate_pair, check_mechanisms,      check_implicit_tls,
    check_login_in_clear, check_failure_mail,
  };
  GPtrArray *faults = g_ptr_array_new_with_free_func (fault_free);
  for (gsize i = 0; i < G_N_ELEMENTS (rules); i++)
    rules[i](account, faults);
  return faults;
}

GPtrArray *
account_check_files (const Account *account)
{
  GPtrArray *faults = g_ptr_array_new_with_free_func (fault_free);
  for (gsize i = 0; i < option_count (); i++) {
    const Option *option = option_at (i);
    const gboolean directory = option->type == OPTION_DIRECTORY;
    if (option->type != OPTION_FILE && !directory)
      continue;
    g_autofree char *name = option_get (option, account);
    if (*name == '\0')
      continue;
    const gboolean exists = g_file_test (name, G_FILE_TEST_EXISTS);
    if (!exists && option->made)
      continue;
    if (exists && g_file_test (name, G_FILE_TEST_IS_DIR) != directory)
      add (faults, option->name, FALSE,
           g_strdup_printf (directory ? _ ("%s: \"%s\" is no directory")
                                      : _ ("%s: \"%s\" is a directory, and a file is wanted"),
                            option->name, name));
    else if (access (name, directory ? R_OK | X_OK : R_OK) != 0)
      add (faults, option->name, FALSE,
           g_strdup_printf (_ ("%s: can't read \"%s\": %s"), option->name, name, g_strerror (errno)));
  }
  return faults;
}
