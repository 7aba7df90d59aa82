/* Files become accounts: the table's defaults, then [defaults], then [account NAME], then
 * --set; within a group the user's file over the system's. Each value remembers where it
 * came from. */
#include "config/config-private.h"
#include "config/nearest.h"
#include "base/error.h"
#include "base/i18n.h"
#include "base/secret.h"
#include "base/visible.h"

#include <errno.h>
#include <string.h>

#define IMPLIED_ACCOUNT "default"
#define DEFAULT_ACCOUNT "default-account"
#define OVERRIDE_ORIGIN "--set"

static void
place_free (gpointer data)
{
  AccountPlace *place = data;
  account_free (place->account);
  for (gsize i = 0; i < option_count (); i++)
    g_free (place->origins[i]);
  g_free (place->origins);
  g_free (place);
}

void
config_free (Config *config)
{
  if (config == NULL)
    return;
  g_ptr_array_unref (config->places);
  g_ptr_array_unref (config->files);
  g_ptr_array_unref (config->faults);
  keymap_free (config->keymap);
  g_strfreev (config->names);
  g_strfreev (config->file_names);
  g_free (config->default_account);
  g_free (config->default_account_origin);
  g_free (config->user_file);
  g_free (config->unreadable);
  g_free (config);
}

static Config *
config_new (const char *user_file)
{
  Config *config = g_new0 (Config, 1);
  config->files = g_ptr_array_new_with_free_func ((GDestroyNotify)config_file_free);
  config->places = g_ptr_array_new_with_free_func (place_free);
  config->faults = g_ptr_array_new_with_free_func ((GDestroyNotify)g_error_free);
  config->keymap = keymap_new ();
  config->user_file = g_strdup (user_file);
  return config;
}

/* --- values ------------------------------------------------------------------ */

static gsize
index_of (const Option *option)
{
  return (gsize)(option - option_at (0));
}

/* ~ is the home folder; what isn't absolute lies beside the file that says it. */
static char *
expand_path (const char *text, const char *folder)
{
  if (text[0] == '~' && (text[1] == '/' || text[1] == '\0'))
    return g_build_filename (g_get_home_dir (), text + 1, NULL);
  return g_canonicalize_filename (text, g_path_is_absolute (folder) ? folder : NULL);
}

static gboolean
is_path (const Option *option, const char *text)
{
  return option->type == OPTION_FILE || option->type == OPTION_DIRECTORY
         || (option->type == OPTION_LOG && strchr (text, '/') != NULL);
}

static gboolean
set_value (Account *account, const Option *option, const char *text, const char *folder, GError **error)
{
  if (*text == '\0' || !is_path (option, text))
    return option_set (option, account, text, error);
  g_autofree char *path = expand_path (text, folder);
  return option_set (option, account, path, error);
}

/* Takes ORIGIN. */
static void
place_set (AccountPlace *place, const Option *option, const char *text, const char *folder, char *origin)
{
  g_autofree char *kept = origin;
  if (!set_value (place->account, option, text, folder, NULL))
    return; /* its fault was noted when the file or --set was checked */
  char **slot = &place->origins[index_of (option)];
  g_free (*slot);
  *slot = g_steal_pointer (&kept);
}

static void
place_apply_file (AccountPlace *place, const ConfigFile *file, ConfigGroup group)
{
  for (guint i = 0; i < file->entries->len; i++) {
    const ConfigEntry *entry = g_ptr_array_index (file->entries, i);
    const Option *option = option_find (entry->key);
    if (option == NULL || entry->group != group
        || (group == CONFIG_GROUP_ACCOUNT && strcmp (entry->account, place->account->name) != 0))
      continue;
    place_set (place, option, entry->value, file->folder, g_strdup_printf ("%s:%u", file->name, entry->line));
  }
}

/* "key = value" of --set; blanks around both don't count. FALSE: no "=" or no key. */
static gboolean
split_override (const char *override, char **ret_key, char **ret_value)
{
  const char *equals = strchr (override, '=');
  if (equals == NULL || equals == override)
    return FALSE;
  *ret_key = g_strstrip (g_strndup (override, (gsize)(equals - override)));
  *ret_value = g_strstrip (g_strdup (equals + 1));
  return TRUE;
}

static void
place_apply_overrides (AccountPlace *place, const char *const *overrides)
{
  g_autofree char *here = g_get_current_dir ();
  for (gsize i = 0; overrides != NULL && overrides[i] != NULL; i++) {
    g_autofree char *key = NULL;
    char *value = NULL;
    const Option *option = split_override (overrides[i], &key, &value) ? option_find (key) : NULL;
    if (option != NULL)
      place_set (place, option, value, here, g_strdup (OVERRIDE_ORIGIN));
    secret_wipe_string (value);
  }
}

static AccountPlace *
place_new (const Config *config, const char *name, const char *const *overrides)
{
  AccountPlace *place = g_new0 (AccountPlace, 1);
  place->account = account_new ();
  place->account->name = g_strdup (name);
  place->origins = g_new0 (char *, option_count ());
  for (gsize i = 0; i < option_count (); i++)
    place_set (place, option_at (i), option_at (i)->fallback != NULL ? option_at (i)->fallback : "", "/",
               g_strdup ("default"));
  for (guint i = 0; i < config->files->len; i++)
    place_apply_file (place, g_ptr_array_index (config->files, i), CONFIG_GROUP_DEFAULTS);
  for (guint i = 0; i < config->files->len; i++)
    place_apply_file (place, g_ptr_array_index (config->files, i), CONFIG_GROUP_ACCOUNT);
  place_apply_overrides (place, overrides);
  return place;
}

/* --- what is wrong with single values ------------------------------------------- */

static const char *
key_at (gsize index, gconstpointer data)
{
  return index < option_count () ? option_at (index)->name : DEFAULT_ACCOUNT;
}

/* "unknown option …", with its neighbour. Free with g_free(). */
static char *
unknown_key (const char *key)
{
  g_autofree char *bad = visible_text (key, -1);
  const char *near = nearest_name (key, option_count () + 1, key_at, NULL);
  if (near != NULL)
    return g_strdup_printf (_ ("unknown option \"%s\": did you mean \"%s\"?"), bad, near);
  return g_strdup_printf (_ ("unknown option \"%s\": \"toukan config options\" lists those that exist"), bad);
}

/* Why KEY = VALUE can't be; NULL: it can. Free with g_free(). */
static char *
check_pair (const char *key, const char *value, const char *folder)
{
  const Option *option = option_find (key);
  g_autoptr (Account) scratch = account_new ();
  g_autoptr (GError) error = NULL;
  if (option == NULL)
    return unknown_key (key);
  return set_value (scratch, option, value, folder, &error) ? NULL : g_strdup (error->message);
}

static char *
check_key (Config *config, const ConfigEntry *entry)
{
  g_autoptr (GError) error = NULL;
  return keymap_set (config->keymap, entry->key, entry->value, &error) ? NULL : g_strdup (error->message);
}

static void
check_file (Config *config, const ConfigFile *file)
{
  for (guint i = 0; i < file->entries->len; i++) {
    const ConfigEntry *entry = g_ptr_array_index (file->entries, i);
    g_autofree char *why = NULL;
    if (entry->group == CONFIG_GROUP_KEYS) {
      why = check_key (config, entry);
    } else if (strcmp (entry->key, DEFAULT_ACCOUNT) != 0) {
      why = check_pair (entry->key, entry->value, file->folder);
    } else if (entry->group == CONFIG_GROUP_ACCOUNT) {
      why = g_strdup (_ ("default-account belongs to [defaults]"));
    } else {
      g_free (config->default_account);
      g_free (config->default_account_origin);
      config->default_account = *entry->value != '\0' ? g_strdup (entry->value) : NULL;
      config->default_account_origin = g_strdup_printf ("%s:%u", file->name, entry->line);
    }
    if (why != NULL)
      config_fault (config->faults, TOUKAN_ERROR_CONFIGURATION, file->name, entry->line, "%s", why);
  }
}

static void
check_overrides (Config *config, const char *const *overrides)
{
  for (gsize i = 0; overrides != NULL && overrides[i] != NULL; i++) {
    g_autofree char *key = NULL;
    g_autofree char *why = NULL;
    char *value = NULL;
    if (!split_override (overrides[i], &key, &value))
      why = g_strdup (_ ("write it as in \"--set tls=off\""));
    else
      why = check_pair (key, value, "/");
    secret_wipe_string (value);
    if (why != NULL)
      config_fault (config->faults, TOUKAN_ERROR_CONFIGURATION, OVERRIDE_ORIGIN, 0, "%s", why);
  }
}

static const char *
account_name_at (gsize index, gconstpointer data)
{
  return ((const char *const *)data)[index];
}

static void
check_default_account (Config *config)
{
  const char *const *names = (const char *const *)config->names;
  if (config->default_account == NULL || g_strv_contains (names, config->default_account))
    return;
  g_autofree char *bad = visible_text (config->default_account, -1);
  const char *near
      = nearest_name (config->default_account, g_strv_length (config->names), account_name_at, names);
  if (near != NULL)
    config_fault (config->faults, TOUKAN_ERROR_CONFIGURATION, config->default_account_origin, 0,
                  _ ("default-account: there is no [account %s]: did you mean \"%s\"?"), bad, near);
  else
    config_fault (config->faults, TOUKAN_ERROR_CONFIGURATION, config->default_account_origin, 0,
                  _ ("default-account: there is no [account %s]"), bad);
}

/* --- the whole ---------------------------------------------------------------- */

static gboolean
has_option (const Config *config)
{
  for (guint i = 0; i < config->files->len; i++) {
    const ConfigFile *file = g_ptr_array_index (config->files, i);
    for (guint j = 0; j < file->entries->len; j++) {
      const ConfigEntry *entry = g_ptr_array_index (file->entries, j);
      if (entry->group != CONFIG_GROUP_KEYS && option_find (entry->key) != NULL)
        return TRUE;
    }
  }
  return FALSE;
}

/* The user's own accounts first, then the system's. */
static GStrv
collect_names (Config *config, const char *const *overrides)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  for (guint i = config->files->len; i-- > 0;) {
    const GPtrArray *accounts = ((const ConfigFile *)g_ptr_array_index (config->files, i))->accounts;
    for (guint j = 0; j < accounts->len; j++)
      if (g_hash_table_add (seen, g_ptr_array_index (accounts, j)))
        g_strv_builder_add (names, g_ptr_array_index (accounts, j));
  }
  config->implied = g_hash_table_size (seen) == 0;
  if (config->implied && (has_option (config) || (overrides != NULL && overrides[0] != NULL)))
    g_strv_builder_add (names, IMPLIED_ACCOUNT);
  return g_strv_builder_end (names);
}

static void
build (Config *config, const char *const *overrides)
{
  g_autoptr (GStrvBuilder) file_names = g_strv_builder_new ();
  for (guint i = 0; i < config->files->len; i++) {
    const ConfigFile *file = g_ptr_array_index (config->files, i);
    g_strv_builder_add (file_names, file->name);
    check_file (config, file);
  }
  check_overrides (config, overrides);
  config->file_names = g_strv_builder_end (file_names);
  config->names = collect_names (config, overrides);
  check_default_account (config);
  for (gsize i = 0; config->names[i] != NULL; i++)
    g_ptr_array_add (config->places, place_new (config, config->names[i], overrides));
}

Config *
config_read (const char *const *files, const char *const *overrides)
{
  const guint n = g_strv_length ((char **)files);
  Config *config = config_new (n > 0 ? files[n - 1] : "");
  for (guint i = 0; i < n; i++) {
    int failure = 0;
    ConfigFile *file = config_file_read (files[i], &failure, config->faults);
    if (file != NULL)
      g_ptr_array_add (config->files, file);
    else if (failure == EACCES && i + 1 < n)
      config->unreadable = g_strdup (files[i]);
    else if (failure != ENOENT && failure != ENOTDIR)
      config_fault (config->faults, TOUKAN_ERROR_CONFIGURATION, files[i], 0, _ ("can't be read: %s"),
                    g_strerror (failure));
  }
  build (config, overrides);
  return config;
}

/* CONFIG, if nothing is wrong with it; otherwise the first thing that is. */
static Config *
sound_or_error (Config *config, GError **error)
{
  if (config->faults->len == 0)
    return config;
  const GError *first = g_ptr_array_index (config->faults, 0);
  g_propagate_error (error, g_error_copy (first));
  config_free (config);
  return NULL;
}

Config *
config_load_files (const char *const *files, const char *const *overrides, GError **error)
{
  return sound_or_error (config_read (files, overrides), error);
}

Config *
config_load (const char *const *overrides, GError **error)
{
  g_auto (GStrv) files = config_default_files ();
  return config_load_files ((const char *const *)files, overrides, error);
}

Config *
config_load_text (const char *name, const char *text, gsize length, const char *const *overrides,
                  GError **error)
{
  Config *config = config_new (name);
  g_ptr_array_add (config->files, config_file_parse (name, text, length, config->faults));
  build (config, overrides);
  return sound_or_error (config, error);
}

const Keymap *
config_keymap (const Config *config)
{
  return config->keymap;
}

char *
config_user_file (void)
{
  const char *named = g_getenv ("TOUKAN_CONFIG");
  if (named != NULL && *named != '\0')
    return g_strdup (named);
  return g_build_filename (g_get_user_config_dir (), "toukan", "config", NULL);
}

GStrv
config_default_files (void)
{
  g_autoptr (GStrvBuilder) files = g_strv_builder_new ();
  g_autofree char *own = config_user_file ();
  g_strv_builder_add_many (files, SYSCONFDIR "/toukan/config", own, NULL);
  return g_strv_builder_end (files);
}
