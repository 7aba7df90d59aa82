/* `toukan agent`: sends what the outbox holds, when it is due. */
#include <stdio.h>
#include <sysexits.h>

#include "base/i18n.h"
#include "cli/agent-serve.h"
#include "cli/agent-status.h"
#include "cli/deliver.h"
#include "cli/system-doors.h"
#include "cli/verb-options.h"
#include "cli/verb.h"

typedef struct {
  char **set;
  gboolean once, status, system;
} AgentOptions;

static void
agent_options_clear (AgentOptions *options)
{
  g_strfreev (options->set);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (AgentOptions, agent_options_clear)

static gboolean
parse_options (AgentOptions *options, int *argc, char ***argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "once", 0, 0, G_OPTION_ARG_NONE, &options->once, N_ ("Send what is due now, and end"), NULL },
    { "status", 0, 0, G_OPTION_ARG_NONE, &options->status,
      N_ ("Say whether an agent runs, and what is due next"), NULL },
    { "system", 0, 0, G_OPTION_ARG_NONE, &options->system,
      N_ ("Serve the outbox of this machine, for all its users"), NULL },
    { "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->set, N_ ("Override an option of the configuration"),
      N_ ("KEY=VALUE") },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
  };
  return verb_parse_options (entries, NULL,
                             _ ("Sends what the outbox holds when it is due, and at once when there is "
                                "a network for it."),
                             argc, argv, error);
}

/* The system's state has its place, unless the command line names another. */
static void
set_state_directory (AgentOptions *options)
{
  g_autoptr (GStrvBuilder) set = g_strv_builder_new ();

  g_strv_builder_add (set, "state-dir=" SYSTEM_STATE_DIRECTORY);
  if (options->set)
    g_strv_builder_addv (set, (const char **)options->set);
  g_strfreev (options->set);
  options->set = g_strv_builder_end (set);
}

static int
run (int argc, char **argv)
{
  g_auto (AgentOptions) options = { .once = FALSE };
  g_autoptr (GError) error = NULL;

  g_set_prgname ("toukan agent");
  if (!parse_options (&options, &argc, &argv, &error))
    return deliver_fail (error);
  if (argc > 1 || options.once + options.status + options.system > 1) {
    fprintf (stderr, _ ("toukan: write \"toukan agent\", with --once, --status or --system\n"));
    return EX_USAGE;
  }
  if (options.system && !system_begin (&error))
    return deliver_fail (error);
  if (options.system)
    set_state_directory (&options);
  AgentWish wish
      = { .set = (const char *const *)options.set, .once = options.once, .system = options.system };
  if (!options.status)
    return agent_serve (&wish);
  g_autoptr (Config) config = config_load (wish.set, &error);
  return config ? agent_status (config) : deliver_fail (error);
}

const Verb verb_agent = { "agent", N_ ("send what the outbox holds, when it is due"), run };
