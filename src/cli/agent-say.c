/* Lines of the agent's: the service manager keeps them, with their time. */
#include "cli/agent-say.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/i18n.h"
#include "base/ticks.h"
#include "base/visible.h"

void
agent_say (const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_autofree char *text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  fprintf (stderr, "toukan: %s\n", text);
}

char *
agent_moment (gint64 wall)
{
  g_autoptr (GDateTime) moment = g_date_time_new_from_unix_local (wall / TICKS_PER_SECOND);

  return moment ? g_date_time_format (moment, "%Y-%m-%d %H:%M:%S") : g_strdup ("?");
}

void
agent_say_holder (const char *directory, const AgentHolder *holder)
{
  g_autofree char *since = agent_moment (holder->since);
  g_autofree char *name = visible_text (directory, -1);

  agent_say (_ ("an agent serves %s already: process %d, since %s"), name, (int)holder->process, since);
}
