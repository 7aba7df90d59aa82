/* `toukan config`: what is in force and where it comes from, what is wrong, and which
 * options there are. */
#include "base/i18n.h"
#include "base/visible.h"
#include "engine/cell.h"
#include "cli/deliver.h"
#include "cli/option-list.h"
#include "cli/output.h"
#include "cli/verb-options.h"
#include "cli/verb.h"
#include "config/config.h"

#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

typedef struct {
  char *account, *format;
  char **set;
  gboolean json;
} ConfigOptions;

static void
config_options_clear (ConfigOptions *options)
{
  g_free (options->account);
  g_free (options->format);
  g_strfreev (options->set);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ConfigOptions, config_options_clear)

static gboolean
parse_options (ConfigOptions *options, int *argc, char ***argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "account", 'a', 0, G_OPTION_ARG_STRING, &options->account, N_ ("This account only"), N_ ("NAME") },
    { "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->set, N_ ("Override an option of the configuration"),
      N_ ("KEY=VALUE") },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options->json, N_ ("show: print one JSON object for each account"),
      NULL },
    { "format", 0, 0, G_OPTION_ARG_STRING, &options->format,
      N_ ("options: text (default), man, sample or names"), N_ ("FORMAT") },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
  };
  return verb_parse_options (entries, "show|check|options",
                             _ ("show      every option in force, and where it comes from\n"
                                "check     what is wrong with the configuration\n"
                                "options   all options that there are"),
                             argc, argv, error);
}

/* --- show ---------------------------------------------------------------------------- */

/* Longer values push their origin aside; they don't push that of all others. */
#define VALUE_WIDTH_LIMIT 40

/* What the option holds, safe to show. Free with g_free(). */
static char *
shown_value (const Option *option, const Account *account)
{
  g_autofree char *value = option_get (option, account);
  return *value != '\0' ? visible_text (value, -1) : g_strdup ("-");
}

static void
show_table (const Config *config, const Account *account)
{
  g_autoptr (GString) out = g_string_new (NULL);
  gsize names = 0;
  gsize values = 0;
  for (gsize i = 0; i < option_count (); i++) {
    g_autofree char *value = shown_value (option_at (i), account);
    const gsize width = cell_width (value);
    names = MAX (names, strlen (option_at (i)->name));
    values = MAX (values, width <= VALUE_WIDTH_LIMIT ? width : 0);
  }
  g_string_append_printf (out, "[account %s]\n", account->name);
  for (gsize i = 0; i < option_count (); i++) {
    const Option *option = option_at (i);
    g_autofree char *value = shown_value (option, account);
    g_autofree char *origin = visible_text (config_origin (config, account, option), -1);
    cell_append (out, option->name, names);
    cell_append (out, value, values);
    g_string_append_printf (out, "%s\n", origin);
  }
  fputs (out->str, stdout);
}

static JsonNode *
json_value (const Option *option, const Account *account)
{
  g_autofree char *value = option_get (option, account);
  JsonNode *node = json_node_new (*value != '\0' ? JSON_NODE_VALUE : JSON_NODE_NULL);
  if (*value != '\0')
    json_node_set_string (node, value);
  return node;
}

static void
show_json (const Config *config, const Account *account)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  g_autoptr (JsonObject) object = json_object_new ();
  JsonObject *members = json_object_new ();
  for (gsize i = 0; i < option_count (); i++) {
    const Option *option = option_at (i);
    g_autofree char *origin = g_utf8_make_valid (config_origin (config, account, option), -1);
    JsonObject *member = json_object_new ();
    json_object_set_member (member, "value", json_value (option, account));
    json_object_set_string_member (member, "origin", origin);
    json_object_set_object_member (members, option->name, member);
  }
  json_object_set_string_member (object, "account", account->name);
  json_object_set_object_member (object, "options", members);
  json_node_set_object (root, object);
  g_autofree char *text = json_to_string (root, FALSE);
  printf ("%s\n", text);
}

/* An account with contradictions is shown too: that is how one finds them. */
static gboolean
show_accounts (const Config *config, const ConfigOptions *options, GError **error)
{
  const char *const *names = config_account_names (config);
  const char *const chosen[] = { options->account, NULL };
  if ((names[0] == NULL || options->account != NULL)
      && config_account_named (config, options->account) == NULL) {
    config_account (config, options->account, NULL, error);
    return FALSE;
  }
  if (options->account != NULL)
    names = chosen;
  for (gsize i = 0; names[i] != NULL; i++) {
    const Account *account = config_account_named (config, names[i]);
    if (options->json) {
      show_json (config, account);
      continue;
    }
    if (i > 0)
      putchar ('\n');
    show_table (config, account);
  }
  return TRUE;
}

static int
run_show (const ConfigOptions *options)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Config) config = config_load ((const char *const *)options->set, &error);
  if (config == NULL || !show_accounts (config, options, &error))
    return deliver_fail (error);
  return EX_OK;
}

/* --- check --------------------------------------------------------------------------- */

/* $TOUKAN_CONFIG that names nothing is no fault when mail is sent (the system's file may
 * do), but it is hardly meant. */
static gboolean
check_named_file (void)
{
  const char *named = g_getenv ("TOUKAN_CONFIG");
  if (named == NULL || *named == '\0' || g_file_test (named, G_FILE_TEST_EXISTS))
    return TRUE;
  g_autofree char *shown = visible_text (named, -1);
  fprintf (stderr, _ ("%s: there is no such file, and TOUKAN_CONFIG names it\n"), shown);
  return FALSE;
}

static int
run_check (const ConfigOptions *options)
{
  g_auto (GStrv) files = config_default_files ();
  g_autoptr (Config) config = config_read ((const char *const *)files, (const char *const *)options->set);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) faults = config_check (config, options->account, &error);
  if (faults == NULL)
    return deliver_fail (error);
  for (guint i = 0; i < faults->len; i++)
    fprintf (stderr, "%s\n", ((const GError *)g_ptr_array_index (faults, i))->message);
  const gboolean good = faults->len == 0 && check_named_file ();
  const char *const *read = config_file_names (config);
  for (gsize i = 0; good && read[i] != NULL; i++) {
    g_autofree char *shown = visible_text (read[i], -1);
    printf (_ ("%s: no faults\n"), shown);
  }
  return good ? EX_OK : EX_CONFIG;
}

/* --- options ------------------------------------------------------------------------- */

static int
run_options (const ConfigOptions *options)
{
  g_autofree char *list = option_list (options->format != NULL ? options->format : "text");
  if (list == NULL) {
    g_autofree char *shown = visible_text (options->format, -1);
    fprintf (stderr, _ ("toukan: \"%s\" is none of %s\n"), shown, OPTION_LIST_FORMATS);
    return EX_USAGE;
  }
  fputs (list, stdout);
  return EX_OK;
}

static const struct {
  const char *name;
  int (*run) (const ConfigOptions *options);
} actions[] = {
  { "show", run_show },
  { "check", run_check },
  { "options", run_options },
};

static int
run (int argc, char **argv)
{
  g_auto (ConfigOptions) options = { .json = FALSE };
  g_autoptr (GError) error = NULL;
  g_set_prgname ("toukan config");
  if (!parse_options (&options, &argc, &argv, &error))
    return deliver_fail (error);
  for (gsize i = 0; argc == 2 && i < G_N_ELEMENTS (actions); i++)
    if (strcmp (argv[1], actions[i].name) == 0)
      return output_flush (actions[i].run (&options));
  fprintf (
      stderr,
      _ ("toukan: write \"toukan config show\", \"toukan config check\" or \"toukan config options\"\n"));
  return EX_USAGE;
}

const Verb verb_config = { "config", N_ ("show or check the configuration, or list all options"), run };
