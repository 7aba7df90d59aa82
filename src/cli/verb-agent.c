/* `toukan agent`: sends what the outbox holds, when it is due. */
#include <stdio.h>
#include <sysexits.h>

#include "base/error.h"
#include "base/i18n.h"
#include "cli/agent-serve.h"
#include "cli/agent-status.h"
#include "cli/deliver.h"
#include "cli/verb.h"

typedef struct {
  char **set;
  gboolean once, status;
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
    { "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->set, N_ ("Override an option of the configuration"),
      N_ ("KEY=VALUE") },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_option_context_set_summary (context,
                                _ ("Sends what the outbox holds when it is due, and at once when there is "
                                   "a network for it."));
  g_option_context_set_translation_domain (context, "toukan");
  g_option_context_add_main_entries (context, entries, "toukan");
  if (g_option_context_parse (context, argc, argv, error))
    return TRUE;
  (*error)->domain = TOUKAN_ERROR;
  (*error)->code = TOUKAN_ERROR_USAGE;
  return FALSE;
}

static int
run (int argc, char **argv)
{
  g_auto (AgentOptions) options = { .once = FALSE };
  g_autoptr (GError) error = NULL;

  g_set_prgname ("toukan agent");
  if (!parse_options (&options, &argc, &argv, &error))
    return deliver_fail (error);
  if (argc > 1 || (options.once && options.status)) {
    fprintf (stderr,
             _ ("toukan: write \"toukan agent\", \"toukan agent --once\" or \"toukan agent --status\"\n"));
    return EX_USAGE;
  }
  AgentWish wish = { .set = (const char *const *)options.set, .once = options.once };
  if (!options.status)
    return agent_serve (&wish);
  g_autoptr (Config) config = config_load (wish.set, &error);
  return config ? agent_status (config) : deliver_fail (error);
}

const Verb verb_agent = { "agent", N_ ("send what the outbox holds, when it is due"), run };
