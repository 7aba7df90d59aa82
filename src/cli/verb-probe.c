/* `toukan probe`: every path to the server without a message, and what follows from it. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/domain.h"
#include "base/i18n.h"
#include "cli/deliver.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/probe-view.h"
#include "cli/verb-options.h"
#include "cli/verb.h"
#include "config.h"
#include "config/config.h"
#include "engine/painter.h"
#include "engine/probe.h"
#include "engine/state.h"
#include "net/clock.h"

#define FRAME 50 /* ms between two pictures */

typedef struct {
  char *account;
  char **set;
  gboolean json, history;
} ProbeOptions;

typedef struct {
  Painter *painter; /* NULL: --json */
  GMainLoop *loop;
  Probe *probe;
  int signal; /* that cut it short; 0: none */
} Run;

static void
probe_options_clear (ProbeOptions *options)
{
  g_free (options->account);
  g_strfreev (options->set);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ProbeOptions, probe_options_clear)

static gboolean
parse_options (ProbeOptions *options, int *argc, char ***argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "account", 'a', 0, G_OPTION_ARG_STRING, &options->account, N_ ("Probe for this account"), N_ ("NAME") },
    { "history", 0, 0, G_OPTION_ARG_NONE, &options->history,
      N_ ("Probe nothing; show how often each path ended how on this machine"), NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options->json,
      N_ ("Print one JSON object for each path, and one for the whole"), NULL },
    { "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->set, N_ ("Override an option of the configuration"),
      N_ ("KEY=VALUE") },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
  };
  return verb_parse_options (entries, "[HOST]",
                             _ ("Tries every path to the account's server, or to HOST, without a "
                                "message and without logging in, and says what follows."),
                             argc, argv, error);
}

/* --- probing -------------------------------------------------------------------------- */

static void
on_event (const EngineEvent *event, gpointer data)
{
  Run *run = data;

  if (run->painter)
    painter_take (run->painter, event);
}

static void
on_done (Probe *probe, gpointer data)
{
  g_main_loop_quit (((Run *)data)->loop);
}

static gboolean
frame_is_due (gpointer data)
{
  painter_tick (data);
  return G_SOURCE_CONTINUE;
}

/* What is known by then is worth showing. */
static void
on_interrupt (int signal_number, gpointer data)
{
  Run *run = data;

  run->signal = signal_number;
  probe_stop (run->probe);
}

static void
run_probe (Run *run)
{
  guint frames = run->painter ? g_timeout_add (FRAME, frame_is_due, run->painter) : 0;

  interrupt_watch (on_interrupt, run);
  probe_start (run->probe);
  g_main_loop_run (run->loop);
  interrupt_unwatch ();
  if (frames)
    g_source_remove (frames);
}

static void
show_text (Run *run, const ProbeView *view)
{
  g_autofree char *table = probe_table (view), *words = probe_words (view);
  g_autofree char *whole = g_strconcat ("\n", table, *table ? "\n" : "", words, NULL);
  g_auto (GStrv) lines = g_strsplit (whole, "\n", -1);

  painter_finish (run->painter);
  for (gsize i = 0; lines[i] && lines[i + 1]; i++)
    painter_say (run->painter, TIMELINE_PLAIN, g_strdup (lines[i]));
}

static int
probe_account (const Account *account, gboolean json)
{
  g_autoptr (PathStore) store = state_open (account);
  g_autoptr (PathMemory) memory = state_load (store);
  g_autoptr (Identity) identity = state_identity (store);
  g_autoptr (Painter) painter = json ? NULL : painter_new (TIMELINE_OF_PROBE);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Run run = { .painter = painter, .loop = loop };
  g_autoptr (Probe) probe = probe_new (account, identity, on_event, on_done, &run);
  const ProbeRules rules = probe_rules (account);
  ProbeView view = { .report = probe_report (probe), .rules = &rules };

  /* The painter turns UTF-8 into what the terminal wants. */
  bind_textdomain_codeset (PACKAGE, "UTF-8");
  run.probe = probe;
  run_probe (&run);
  probe_count (view.report, &rules, memory, clock_now ());
  state_save (store, memory);
  g_autoptr (GArray) advice = probe_advise (view.report, &rules, memory, clock_now ());
  view.advice = advice;
  int status = run.signal ? 128 + run.signal : probe_exit_status (&view);
  if (json) {
    g_autofree char *lines = probe_json (&view, status);
    fputs (lines, stdout);
  } else {
    show_text (&run, &view);
  }
  return status;
}

/* --- which account -------------------------------------------------------------------- */

/* Nothing but the defaults, and HOST. */
static Config *
config_of_defaults (const char *const *overrides, GError **error)
{
  static const char text[] = "[account probe]\n";

  return config_load_text ("probe", text, strlen (text), overrides, error);
}

static gboolean
has_accounts (const Config *config)
{
  return config_account_names (config)[0] != NULL;
}

static int
probe_host (const ProbeOptions *options, const char *host)
{
  g_autoptr (GPtrArray) set = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  g_autoptr (Config) config = NULL;

  for (char **override = options->set; override && *override; override++)
    g_ptr_array_add (set, g_strdup (*override));
  if (host)
    g_ptr_array_add (set, g_strconcat ("host=", host, NULL));
  g_ptr_array_add (set, NULL);
  config = config_load ((const char *const *)set->pdata, &error);
  if (config && host && !options->account && !has_accounts (config)) {
    config_free (config);
    config = config_of_defaults ((const char *const *)set->pdata, &error);
  }
  const Account *account = config ? config_account (config, options->account, NULL, &error) : NULL;
  return account ? probe_account (account, options->json) : deliver_fail (error);
}

/* --- history ------------------------------------------------------------------------------ */

static int
show_history (const ProbeOptions *options)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Config) config = config_load ((const char *const *)options->set, &error);
  const Account *account = NULL;

  if (!config || !state_choose_account (config, options->account, &account, &error))
    return deliver_fail (error);
  g_autofree char *directory = state_directory (account);
  g_autoptr (PathStore) store = path_store_new (directory);
  g_autofree char *text = options->json ? probe_history_json (store) : probe_history_table (store);
  state_warn (store);
  if (!text)
    return EX_IOERR;
  fputs (text, stdout);
  return EX_OK;
}

static int
run (int argc, char **argv)
{
  g_auto (ProbeOptions) options = { .json = FALSE };
  g_autoptr (GError) error = NULL;

  g_set_prgname ("toukan probe");
  if (!parse_options (&options, &argc, &argv, &error))
    return deliver_fail (error);
  if (argc > (options.history ? 1 : 2)) {
    fprintf (stderr,
             _ ("toukan: write \"toukan probe\", \"toukan probe HOST\" or \"toukan probe --history\"\n"));
    return EX_USAGE;
  }
  return output_flush (options.history ? show_history (&options)
                                       : probe_host (&options, argc > 1 ? argv[1] : NULL));
}

const Verb verb_probe = { "probe", N_ ("try every path to the server, and say what follows"), run };
