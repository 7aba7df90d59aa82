/* Accounts are copied and freed by the table, so that a new option can't be forgotten
 * here. */
#include "config/account.h"
#include "config/option.h"

static char **
text_field (const Option *option, Account *account)
{
  return (char **)((char *)account + option->offset);
}

static void
clear_text (const Option *option, Account *account)
{
  char **field = text_field (option, account);
  if (option->type == OPTION_SECRET)
    secret_wipe_string (*field);
  else
    g_free (*field);
  *field = NULL;
}

void
option_clear (const Option *option, Account *account)
{
  switch (option->type) {
  case OPTION_HOSTS:
    g_clear_pointer (&account->hosts, g_strfreev);
    g_clear_pointer (&account->hosts_ascii, g_strfreev);
    break;
  case OPTION_PORTS:
    g_clear_pointer (&account->ports, g_array_unref);
    break;
  case OPTION_FAMILY:
    g_clear_pointer (&account->families, g_array_unref);
    break;
  case OPTION_AUTH:
    account->auth = AUTH_AUTO;
    g_clear_pointer (&account->auth_mechanisms, g_strfreev);
    break;
  case OPTION_DURATION:
  case OPTION_CHOICE:
  case OPTION_BOOLEAN:
    break; /* always hold something: there is nothing to free */
  case OPTION_TEXT:
  case OPTION_ADDRESS:
  case OPTION_FILE:
  case OPTION_DIRECTORY:
  case OPTION_FINGERPRINT:
  case OPTION_COMMAND:
  case OPTION_SECRET:
  case OPTION_DOMAIN:
  case OPTION_LOG:
  case OPTION_ADDRESS_OR_OFF:
    clear_text (option, account);
    break;
  }
}

static GArray *
array_copy (GArray *array)
{
  return array != NULL ? g_array_copy (array) : NULL;
}

/* ACCOUNT's field still points to what the original owns. */
static void
duplicate_field (const Option *option, Account *account)
{
  switch (option->type) {
  case OPTION_HOSTS:
    account->hosts = g_strdupv (account->hosts);
    account->hosts_ascii = g_strdupv (account->hosts_ascii);
    break;
  case OPTION_PORTS:
    account->ports = array_copy (account->ports);
    break;
  case OPTION_FAMILY:
    account->families = array_copy (account->families);
    break;
  case OPTION_AUTH:
    account->auth_mechanisms = g_strdupv (account->auth_mechanisms);
    break;
  case OPTION_DURATION:
  case OPTION_CHOICE:
  case OPTION_BOOLEAN:
    break; /* the value itself */
  case OPTION_TEXT:
  case OPTION_ADDRESS:
  case OPTION_FILE:
  case OPTION_DIRECTORY:
  case OPTION_FINGERPRINT:
  case OPTION_COMMAND:
  case OPTION_SECRET:
  case OPTION_DOMAIN:
  case OPTION_LOG:
  case OPTION_ADDRESS_OR_OFF:
    *text_field (option, account) = g_strdup (*text_field (option, account));
    break;
  }
}

Account *
account_new (void)
{
  return g_new0 (Account, 1);
}

Account *
account_copy (const Account *account)
{
  Account *copy = g_memdup2 (account, sizeof (Account));
  copy->name = g_strdup (account->name);
  for (gsize i = 0; i < option_count (); i++)
    duplicate_field (option_at (i), copy);
  return copy;
}

void
account_free (Account *account)
{
  if (account == NULL)
    return;
  for (gsize i = 0; i < option_count (); i++)
    option_clear (option_at (i), account);
  g_free (account->name);
  g_free (account);
}
