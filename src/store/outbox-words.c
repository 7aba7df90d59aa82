/* Values as words of the file, and back. A word that a later version may have added and
 * that this one doesn't know says nothing. */
#include "store/outbox-private.h"

#include <string.h>

static const char *const state_names[] = {
  [OUTBOX_DRAFT] = "draft",         [OUTBOX_HELD] = "held",         [OUTBOX_QUEUED] = "queued",
  [OUTBOX_SENDING] = "sending",     [OUTBOX_IN_DOUBT] = "in-doubt", [OUTBOX_FINISHED] = "finished",
  [OUTBOX_CANCELLED] = "cancelled",
};

const char *
outbox_state_name (OutboxState state)
{
  g_assert ((gsize)state < G_N_ELEMENTS (state_names));
  return state_names[state];
}

gboolean
outbox_state_parse (const char *name, OutboxState *ret_state)
{
  for (guint i = 0; name && i < G_N_ELEMENTS (state_names); i++)
    if (strcmp (state_names[i], name) == 0) {
      *ret_state = (OutboxState)i;
      return TRUE;
    }
  return FALSE;
}
