/* One item as a value, and what a person would call it. Pure. */
#include "store/outbox.h"

#include <string.h>

void
outbox_item_free (OutboxItem *item)
{
  if (!item)
    return;
  for (guint i = 0; item->envelope && i < item->envelope->recipients->len; i++)
    verdict_clear (&item->verdicts[i]);
  envelope_free (item->envelope);
  g_free (item->reason);
  g_free (item->account);
  g_strfreev (item->overrides);
  g_free (item->pending);
  g_free (item->verdicts);
  g_free (item->from);
  g_free (item->subject);
  g_free (item->message_id);
  g_free (item->holder);
  g_free (item);
}

OutboxItem *
outbox_item_copy (const OutboxItem *item)
{
  guint n = item->envelope->recipients->len;
  OutboxItem *copy = g_memdup2 (item, sizeof *item);

  copy->reason = g_strdup (item->reason);
  copy->account = g_strdup (item->account);
  copy->overrides = g_strdupv (item->overrides);
  copy->envelope = envelope_copy (item->envelope);
  copy->pending = g_memdup2 (item->pending, n * sizeof (gboolean));
  copy->verdicts = g_new0 (Verdict, n);
  for (guint i = 0; i < n; i++)
    verdict_copy (&copy->verdicts[i], &item->verdicts[i]);
  copy->from = g_strdup (item->from);
  copy->subject = g_strdup (item->subject);
  copy->message_id = g_strdup (item->message_id);
  copy->holder = g_strdup (item->holder);
  return copy;
}

/* --- what a person would call it ---------------------------------------------------------------- */

static guint
count_accepted (const OutboxItem *item)
{
  guint n = 0;

  for (guint i = 0; i < item->envelope->recipients->len; i++)
    n += item->verdicts[i].kind == OUTCOME_ACCEPTED ? 1 : 0;
  return n;
}

static OutboxStanding
standing_of_finished (const OutboxItem *item)
{
  guint accepted = count_accepted (item);

  if (accepted == item->envelope->recipients->len)
    return STANDING_SENT;
  if (g_strcmp0 (item->reason, "expired") == 0)
    return STANDING_EXPIRED;
  return accepted > 0 ? STANDING_PARTLY : STANDING_REFUSED;
}

/* Waiting for a moment that somebody chose isn't waiting because something failed. */
static gboolean
is_scheduled (const OutboxItem *item)
{
  return g_strcmp0 (item->reason, "scheduled") == 0 || g_strcmp0 (item->reason, "undo") == 0
         || (!item->reason && item->tries == 0);
}

static OutboxStanding
standing_of_queued (const OutboxItem *item, gint64 now)
{
  if (item->not_before <= now)
    return STANDING_WAITING;
  return is_scheduled (item) ? STANDING_SCHEDULED : STANDING_DEFERRED;
}

OutboxStanding
outbox_item_standing (const OutboxItem *item, gint64 now)
{
  switch (item->state) {
  case OUTBOX_DRAFT:
    return STANDING_DRAFT;
  case OUTBOX_HELD:
    return STANDING_HELD;
  case OUTBOX_QUEUED:
    return standing_of_queued (item, now);
  case OUTBOX_SENDING:
    return item->holder ? STANDING_SENDING : STANDING_WAITING;
  case OUTBOX_IN_DOUBT:
    return item->holder ? STANDING_SENDING : STANDING_IN_DOUBT;
  case OUTBOX_FINISHED:
    return standing_of_finished (item);
  case OUTBOX_CANCELLED:
    return STANDING_CANCELLED;
  }
  g_assert_not_reached ();
}

static const char *const standing_names[] = {
  [STANDING_DRAFT] = "draft",       [STANDING_HELD] = "held",         [STANDING_SCHEDULED] = "scheduled",
  [STANDING_WAITING] = "waiting",   [STANDING_DEFERRED] = "deferred", [STANDING_SENDING] = "sending",
  [STANDING_IN_DOUBT] = "in-doubt", [STANDING_SENT] = "sent",         [STANDING_PARTLY] = "partly",
  [STANDING_REFUSED] = "refused",   [STANDING_EXPIRED] = "expired",   [STANDING_CANCELLED] = "cancelled",
};

const char *
outbox_standing_name (OutboxStanding standing)
{
  g_assert ((gsize)standing < G_N_ELEMENTS (standing_names));
  return standing_names[standing];
}
