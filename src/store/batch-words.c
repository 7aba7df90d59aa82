/* Values as words of the file, and back; and what is freed. Pure. */
#include "store/batch-private.h"

#include <string.h>

static const char *const fate_names[BATCH_FATES] = {
  [BATCH_WAITING] = "waiting",   [BATCH_DEFERRED] = "deferred", [BATCH_IN_DOUBT] = "in-doubt",
  [BATCH_ACCEPTED] = "accepted", [BATCH_REFUSED] = "refused",   [BATCH_LEFT_OUT] = "left-out",
};

static const char *const state_names[] = {
  [BATCH_LOADING] = "loading",
  [BATCH_READY] = "ready",
  [BATCH_PAUSED] = "paused",
  [BATCH_CANCELLED] = "cancelled",
};

const char *
batch_fate_name (BatchFate fate)
{
  g_assert ((gsize)fate < G_N_ELEMENTS (fate_names));
  return fate_names[fate];
}

BatchFate
batch_fate_parse (const char *name)
{
  for (guint i = 0; name && i < G_N_ELEMENTS (fate_names); i++)
    if (strcmp (fate_names[i], name) == 0)
      return (BatchFate)i;
  return BATCH_LEFT_OUT;
}

const char *
batch_state_name (BatchState state)
{
  g_assert ((gsize)state < G_N_ELEMENTS (state_names));
  return state_names[state];
}

gboolean
batch_state_parse (const char *name, BatchState *ret_state)
{
  for (guint i = 0; name && i < G_N_ELEMENTS (state_names); i++)
    if (strcmp (state_names[i], name) == 0) {
      *ret_state = (BatchState)i;
      return TRUE;
    }
  return FALSE;
}

/* --- plans --------------------------------------------------------------------------------- */

#define STOP_AFTER_DEFAULT 10

void
batch_plan_init (BatchPlan *plan)
{
  *plan = (BatchPlan){ .window = BATCH_WINDOW_DEFAULT,
                       .pacing
                       = { .connections = BATCH_CONNECTIONS_DEFAULT, .stop_after = STOP_AFTER_DEFAULT } };
}

void
batch_plan_clear (BatchPlan *plan)
{
  g_clear_pointer (&plan->account, g_free);
  g_clear_pointer (&plan->overrides, g_strfreev);
  g_clear_pointer (&plan->sender, g_free);
}

/* --- rows ---------------------------------------------------------------------------------- */

void
batch_row_free (BatchRow *row)
{
  if (!row)
    return;
  for (guint i = 0; i < row->n_recipients; i++) {
    g_free (row->recipients[i].address);
    g_free (row->recipients[i].path);
    verdict_clear (&row->recipients[i].verdict);
  }
  g_free (row->recipients);
  g_clear_pointer (&row->content, g_bytes_unref);
  g_free (row->key);
  g_free (row->sender);
  g_free (row->message_id);
  g_free (row);
}

void
batch_info_free (BatchInfo *info)
{
  if (!info)
    return;
  g_free (info->name);
  g_free (info->reason);
  verdict_clear (&info->verdict);
  g_free (info);
}

/* --- the name that the server has given a message ---------------------------------------------- */

/* What those say that are met: Postfix, OpenSMTPD and sendmail, Exim ("OK id=1a-2b-3c"), Gmail ("OK  1700
 * abc - gsmtp": none that is worth a row). */
static const char *const announcements[]
    = { "queued as ", "id=", "Message accepted: ", "Message queued as " };

const char *
batch_queue_id (const Verdict *verdict, gsize *ret_length)
{
  const char *line = verdict->reply && verdict->reply->n_lines > 0
                         ? verdict->reply->lines[verdict->reply->n_lines - 1]
                         : NULL;

  for (gsize i = 0; line && verdict->kind == OUTCOME_ACCEPTED && i < G_N_ELEMENTS (announcements); i++) {
    const char *found = strstr (line, announcements[i]);
    if (!found)
      continue;
    found += strlen (announcements[i]);
    *ret_length = strcspn (found, " \t,;()<>");
    return *ret_length > 0 ? found : NULL;
  }
  return NULL;
}
