/* Asking a configuration: which accounts there are, which one is meant, where a value
 * comes from, and what is wrong. */
#include "config/account-check.h"
#include "config/config-private.h"
#include "config/nearest.h"
#include "config/option-parse.h"
#include "base/domain.h"
#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"

#include <string.h>

const char *const *
config_account_names (const Config *config)
{
  return (const char *const *)config->names;
}

const char *const *
config_file_names (const Config *config)
{
  return (const char *const *)config->file_names;
}

/* --- which account --------------------------------------------------------------- */

/* What is the same for two spellings of one address: the local part without case, as
 * nearly every server takes it, and the domain as A-labels. NULL: no address. */
static char *
address_key (const char *text)
{
  gsize length;
  const char *begin = address_in (text, &length);
  g_autofree char *address = g_strndup (begin, length);
  char *at = strrchr (address, '@');
  if (at == NULL)
    return NULL;
  *at = '\0';
  g_autofree char *local
      = g_utf8_validate (address, -1, NULL) ? g_utf8_casefold (address, -1) : g_strdup (address);
  g_autofree char *domain = domain_to_ascii (at + 1, NULL);
  return g_strconcat (local, "@", domain != NULL ? domain : at + 1, NULL);
}

static const AccountPlace *
find_name (const Config *config, const char *name)
{
  for (guint i = 0; name != NULL && i < config->places->len; i++) {
    const AccountPlace *place = g_ptr_array_index (config->places, i);
    if (strcmp (place->account->name, name) == 0)
      return place;
  }
  return NULL;
}

/* Where several accounts have the sender's address, the default one goes first. */
static const AccountPlace *
find_sender (const Config *config, const char *sender)
{
  g_autofree char *wanted = sender != NULL ? address_key (sender) : NULL;
  const AccountPlace *preferred = find_name (config, config->default_account);
  const AccountPlace *found = NULL;
  for (guint i = 0; wanted != NULL && i < config->places->len; i++) {
    const AccountPlace *place = g_ptr_array_index (config->places, i);
    g_autofree char *key = place->account->from != NULL ? address_key (place->account->from) : NULL;
    if (g_strcmp0 (key, wanted) == 0 && (found == NULL || place == preferred))
      found = place;
  }
  return found;
}

static void
refuse_empty (const Config *config, GError **error)
{
  g_autofree char *file = visible_text (config->user_file, -1);
  g_autoptr (GString) text = g_string_new (NULL);
  g_string_printf (text,
                   _ ("no mail server is configured yet. Write these five lines, with your own names in "
                      "them, into %s:"),
                   file);
  g_string_append (text, "\n\n"
                         "    [account example]\n"
                         "    from = Hanako Yamada <hanako@example.org>\n"
                         "    host = mail.example.org\n"
                         "    user = hanako\n"
                         "    password-command = pass show mail/example.org\n");
  /* A comment, for whoever copies all of it. */
  g_string_append_printf (
      text, "\n    # %s\n",
      _ ("On a server, where cron and the like send, see \"toukan agent --system\" in toukan(1)"));
  if (config->unreadable != NULL) {
    g_autofree char *other = visible_text (config->unreadable, -1);
    g_string_append_c (text, '\n');
    g_string_append_printf (text, _ ("(There is also %s, which you may not read.)"), other);
  }
  g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION, text->str);
}

static const char *
name_at (gsize index, gconstpointer data)
{
  return ((const char *const *)data)[index];
}

static void
refuse_name (const Config *config, const char *name, GError **error)
{
  g_autofree char *bad = visible_text (name, -1);
  g_autofree char *all = g_strjoinv (", ", config->names);
  const char *near = nearest_name (name, g_strv_length (config->names), name_at, config->names);
  if (near != NULL)
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION,
                 _ ("there is no account \"%s\": did you mean \"%s\"?"), bad, near);
  else
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION,
                 _ ("there is no account \"%s\": those configured are %s"), bad, all);
}

static void
refuse_choice (const Config *config, const char *sender, GError **error)
{
  g_autofree char *all = g_strjoinv (", ", config->names);
  g_autofree char *shown = sender != NULL ? visible_text (sender, -1) : NULL;
  if (shown != NULL)
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION,
                 _ ("no account is for the sender %s: choose one of %s with -a, or write default-account "
                    "into [defaults]"),
                 shown, all);
  else
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION,
                 _ ("there are several accounts: choose one of %s with -a, or write default-account into "
                    "[defaults]"),
                 all);
}

static gboolean
is_empty (const Config *config)
{
  if (config->places->len == 0)
    return TRUE;
  const AccountPlace *first = g_ptr_array_index (config->places, 0);
  return config->implied && first->account->hosts == NULL;
}

static const AccountPlace *
choose (const Config *config, const char *name, const char *sender, GError **error)
{
  const AccountPlace *place;
  if (is_empty (config)) {
    refuse_empty (config, error);
    return NULL;
  }
  if (name != NULL) {
    if ((place = find_name (config, name)) == NULL)
      refuse_name (config, name, error);
    return place;
  }
  if ((place = find_sender (config, sender)) != NULL)
    return place;
  if ((place = find_name (config, config->default_account)) != NULL)
    return place;
  if (config->places->len == 1)
    return g_ptr_array_index (config->places, 0);
  refuse_choice (config, sender, error);
  return NULL;
}

/* --- what is wrong ------------------------------------------------------------------ */

static const char *
origin_of (const AccountPlace *place, const Option *option)
{
  return place->origins[option - option_at (0)];
}

/* Names the place where the option stands, or the account where it stands nowhere. */
static GError *
fault_to_error (const AccountPlace *place, const AccountFault *fault)
{
  g_autofree char *account = g_strdup_printf (_ ("account \"%s\""), place->account->name);
  const char *origin
      = option_is_set (fault->option, place->account) ? origin_of (place, fault->option) : NULL;
  return g_error_new (TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION, "%s%s%s: %s", origin != NULL ? origin : "",
                      origin != NULL ? ": " : "", account, fault->text);
}

const Account *
config_account_named (const Config *config, const char *name)
{
  const AccountPlace *place = find_name (config, name);
  return place != NULL ? place->account : NULL;
}

const Account *
config_account (const Config *config, const char *name, const char *sender, GError **error)
{
  const AccountPlace *place = choose (config, name, sender, error);
  if (place == NULL)
    return NULL;
  g_autoptr (GPtrArray) faults = account_check (place->account);
  for (guint i = 0; i < faults->len; i++) {
    const AccountFault *fault = g_ptr_array_index (faults, i);
    if (!fault->only_told) {
      g_propagate_error (error, fault_to_error (place, fault));
      return NULL;
    }
  }
  return place->account;
}

static void
collect_faults (const AccountPlace *place, GPtrArray *faults, GPtrArray *all)
{
  for (guint i = 0; i < faults->len; i++)
    g_ptr_array_add (all, fault_to_error (place, g_ptr_array_index (faults, i)));
}

static GPtrArray *
all_faults (const Config *config, const char *name)
{
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify)g_error_free);
  for (guint i = 0; i < config->faults->len; i++)
    g_ptr_array_add (all, g_error_copy (g_ptr_array_index (config->faults, i)));
  for (guint i = 0; i < config->places->len; i++) {
    const AccountPlace *place = g_ptr_array_index (config->places, i);
    if (name != NULL && strcmp (place->account->name, name) != 0)
      continue;
    g_autoptr (GPtrArray) contradictions = account_check (place->account);
    g_autoptr (GPtrArray) unreadable = account_check_files (place->account);
    collect_faults (place, contradictions, all);
    collect_faults (place, unreadable, all);
  }
  return all;
}

GPtrArray *
config_check (const Config *config, const char *name, GError **error)
{
  const gboolean empty = is_empty (config) && config->faults->len == 0;
  GError *nothing = NULL;
  if (!empty && name != NULL && find_name (config, name) == NULL) {
    refuse_name (config, name, error);
    return NULL;
  }
  if (!empty)
    return all_faults (config, name);
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify)g_error_free);
  refuse_empty (config, &nothing);
  g_ptr_array_add (all, nothing);
  return all;
}

const char *
config_origin (const Config *config, const Account *account, const Option *option)
{
  for (guint i = 0; i < config->places->len; i++) {
    const AccountPlace *place = g_ptr_array_index (config->places, i);
    if (place->account == account)
      return origin_of (place, option);
  }
  g_assert_not_reached ();
}
