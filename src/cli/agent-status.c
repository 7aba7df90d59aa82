/* Read from the lock files and the outboxes: a running agent isn't asked, so it can't be slow to
 * answer. */
#include "cli/agent-status.h"

#include <stdio.h>
#include <sysexits.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "cli/agent-lock.h"
#include "cli/agent-say.h"
#include "cli/agent-serve.h"
#include "cli/output.h"
#include "net/clock.h"
#include "store/outbox.h"

typedef struct {
  guint waiting;
  gint64 next; /* when the first of them is due */
} Waiting;

static void
count (const OutboxItem *item, gpointer data)
{
  Waiting *waiting = data;

  waiting->waiting++;
  waiting->next = MIN (waiting->next, item->not_before);
}

static void
print_waiting (const Waiting *waiting)
{
  g_autofree char *when = agent_moment (waiting->next);

  if (waiting->waiting == 0)
    printf (_ ("  nothing waits\n"));
  else if (waiting->next <= clock_instant ().wall)
    printf (ngettext ("  %u message waits, and is due\n", "  %u messages wait, the first of them is due\n",
                      waiting->waiting),
            waiting->waiting);
  else
    printf (ngettext ("  %u message waits, and is due at %s\n",
                      "  %u messages wait, the first of them is due at %s\n", waiting->waiting),
            waiting->waiting, when);
}

static gboolean
print_outbox (const char *directory, GError **error)
{
  const OutboxFilter filter
      = { .states = 1U << OUTBOX_QUEUED | 1U << OUTBOX_SENDING, .owner = OUTBOX_ANYBODY };
  g_autoptr (Outbox) outbox = outbox_open (directory, FALSE, error);
  Waiting waiting = { .next = G_MAXINT64 };

  if (!outbox && *error)
    return FALSE;
  if (outbox && !outbox_list (outbox, &filter, count, &waiting, error))
    return FALSE;
  print_waiting (&waiting);
  return TRUE;
}

static gboolean
print_agent (const char *directory)
{
  g_autofree char *name = visible_text (directory, -1);
  AgentHolder holder;
  gboolean held = agent_lock_is_held (directory, &holder);

  if (held) {
    g_autofree char *since = agent_moment (holder.since);
    printf (_ ("%s: served by process %d, since %s\n"), name, (int)holder.process, since);
  } else {
    printf (_ ("%s: no agent runs\n"), name);
  }
  return held;
}

int
agent_status (const Config *config)
{
  g_autoptr (GPtrArray) directories = agent_directories (config);
  int status = EX_OK;

  for (guint i = 0; i < directories->len; i++) {
    const char *directory = g_ptr_array_index (directories, i);
    g_autoptr (GError) error = NULL;
    if (!print_agent (directory))
      status = EX_UNAVAILABLE;
    if (!print_outbox (directory, &error)) {
      agent_say ("%s", error->message);
      status = toukan_error_exit_status (error);
    }
  }
  return output_flush (status);
}
