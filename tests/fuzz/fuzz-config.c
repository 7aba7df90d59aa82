/* The configuration: whatever the text, it is read or refused with a place; and what was
 * read can be shown, and read again to the same effect. */
#include <stdint.h>
#include <string.h>

#include "config/config.h"

int LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length);

static void
check_option (const Config *config, const Account *account, const Option *option)
{
  g_autoptr (Account) again = account_new ();
  g_autofree char *shown = option_get (option, account);
  g_assert (g_utf8_validate (shown, -1, NULL));
  g_assert (*config_origin (config, account, option) != '\0');
  if (option->type == OPTION_SECRET)
    return;
  g_assert (option_set (option, again, shown, NULL));
  g_autofree char *shown_again = option_get (option, again);
  g_assert (strcmp (shown, shown_again) == 0);
}

static void
check_account (const Config *config, const char *name)
{
  const Account *account = config_account_named (config, name);
  g_autoptr (GError) error = NULL;
  g_assert (account != NULL);
  for (gsize i = 0; i < option_count (); i++)
    check_option (config, account, option_at (i));
  g_assert ((config_account (config, name, NULL, &error) == account) == (error == NULL));
  if (account->from != NULL)
    config_account (config, NULL, account->from, NULL);
}

int
LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Config) config = config_load_text ("/x/f", (const char *)octets, length, NULL, &error);
  if (config == NULL) {
    g_assert (g_str_has_prefix (error->message, "/x/f:") && g_utf8_validate (error->message, -1, NULL));
    return 0;
  }
  const char *const *names = config_account_names (config);
  for (gsize i = 0; names[i] != NULL && i < 20; i++)
    check_account (config, names[i]);
  return 0;
}
