/* `toukan paths`: what is remembered of paths, why, and until when; and how to forget it. */
#include <stdio.h>
#include <sysexits.h>

#include "base/domain.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "cli/deliver.h"
#include "cli/output.h"
#include "cli/paths-table.h"
#include "cli/verb-options.h"
#include "cli/verb.h"
#include "config/config.h"
#include "engine/state.h"
#include "net/clock.h"

typedef struct {
  char *account;
  char **set;
  gboolean json, forget;
} PathsOptions;

static void
paths_options_clear (PathsOptions *options)
{
  g_free (options->account);
  g_strfreev (options->set);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (PathsOptions, paths_options_clear)

static gboolean
parse_options (PathsOptions *options, int *argc, char ***argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "account", 'a', 0, G_OPTION_ARG_STRING, &options->account, N_ ("Where this account keeps its state"),
      N_ ("NAME") },
    { "forget", 0, 0, G_OPTION_ARG_NONE, &options->forget,
      N_ ("Forget what is known of HOST, or everything, and its history"), NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options->json, N_ ("Print one JSON object for each path"), NULL },
    { "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->set, N_ ("Override an option of the configuration"),
      N_ ("KEY=VALUE") },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
  };
  return verb_parse_options (entries, "[HOST]", _ ("Prints what is remembered of the paths on each network."),
                             argc, argv, error);
}

/* HOST as the ladder knows it. Free with g_free(). */
static char *
host_as_kept (const char *host)
{
  IpAddress address;
  char *ascii;

  if (ip_address_parse (host, &address))
    return ip_address_to_string (&address);
  ascii = domain_to_ascii (host, NULL);
  return ascii ? ascii : g_strdup (host);
}

static int
forget (PathStore *store, const char *host)
{
  g_autofree char *kept = host ? host_as_kept (host) : NULL;
  guint n = 0;
  gboolean forgotten = path_store_forget (store, kept, &n);

  state_warn (store);
  if (!forgotten)
    return EX_IOERR;
  printf (ngettext ("%u path forgotten\n", "%u paths forgotten\n", n), n);
  return EX_OK;
}

/* --- the present network ------------------------------------------------------------------ */

typedef struct {
  GHashTable *networks;
  guint pending;
} Asking;

static void
on_network (const char *network, const char *description, gpointer data)
{
  Asking *asking = data;

  if (network)
    g_hash_table_add (asking->networks, g_strdup (network));
  asking->pending--;
}

/* By which networks addresses of the world outside are reached: nothing is sent to these,
 * which are for documentation (RFC 5737, RFC 3849). */
static GHashTable *
present_networks (PathStore *store)
{
  static const char *const outside[] = { "192.0.2.1", "2001:db8:ffff::1" };
  g_autoptr (Identity) identity = state_identity (store);
  Asking asking = { .networks = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL) };

  for (gsize i = 0; i < G_N_ELEMENTS (outside); i++) {
    IpAddress address;
    ip_address_parse (outside[i], &address);
    asking.pending++;
    identity_ask (identity, &address, on_network, &asking);
  }
  while (asking.pending > 0)
    g_main_context_iteration (NULL, TRUE);
  return asking.networks;
}

static int
show (PathStore *store, const Account *account, gboolean json)
{
  g_autoptr (PathMemory) memory = path_memory_new ();
  PathsView view = { .memory = memory, .now = clock_instant () };
  gboolean loaded = path_store_load (store, memory, view.now);

  state_warn (store);
  if (!loaded)
    return EX_IOERR;
  g_autoptr (GHashTable) present = path_memory_is_empty (memory) ? NULL : present_networks (store);
  view.present = present && g_hash_table_size (present) > 0 ? present : NULL;
  g_autofree char *text = json ? paths_json (&view) : paths_table (&view);
  fputs (text, stdout);
  if (!json && account && !account->path_memory)
    printf (_ ("The account \"%s\" doesn't use it: path-memory = no\n"), account->name);
  return EX_OK;
}

static int
run (int argc, char **argv)
{
  g_auto (PathsOptions) options = { .json = FALSE };
  g_autoptr (GError) error = NULL;
  const Account *account = NULL;

  g_set_prgname ("toukan paths");
  if (!parse_options (&options, &argc, &argv, &error))
    return deliver_fail (error);
  if (argc > (options.forget ? 2 : 1)) {
    fprintf (stderr, _ ("toukan: write \"toukan paths\", or \"toukan paths --forget HOST\"\n"));
    return EX_USAGE;
  }
  g_autoptr (Config) config = config_load ((const char *const *)options.set, &error);
  if (!config || !state_choose_account (config, options.account, &account, &error))
    return deliver_fail (error);
  g_autofree char *directory = state_directory (account);
  g_autoptr (PathStore) store = path_store_new (directory);
  return output_flush (options.forget ? forget (store, argc > 1 ? argv[1] : NULL)
                                      : show (store, account, options.json));
}

const Verb verb_paths = { "paths", N_ ("show or forget what is remembered of paths"), run };
