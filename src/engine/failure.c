/* One try may bring two kinds of bad news, and each recipient hears of itself once: what an
 * earlier try said was told then. */
#include "engine/failure.h"

static const char *const kind_names[] = {
  [FAILURE_REFUSED] = "refused",
  [FAILURE_EXPIRED] = "expired",
  [FAILURE_IN_DOUBT] = "in-doubt",
  [FAILURE_HELD] = "held",
};

const char *
failure_kind_name (FailureKind kind)
{
  g_assert ((gsize)kind < G_N_ELEMENTS (kind_names));
  return kind_names[kind];
}

/* Whether what this try did to recipient INDEX is news, and of which kind. Who is in doubt
 * and still pending is sent to again. */
static gboolean
is_news (const OutboxSettled *settled, guint index, FailureKind *ret_kind)
{
  gboolean waits = settled->item->pending[index];

  switch (settled->outcome->recipients[index].kind) {
  case OUTCOME_NONE:
  case OUTCOME_ACCEPTED:
  case OUTCOME_CANCELLED:
    return FALSE;
  case OUTCOME_PERMANENT:
    *ret_kind = FAILURE_REFUSED;
    return TRUE;
  case OUTCOME_IN_DOUBT:
    *ret_kind = waits ? FAILURE_HELD : FAILURE_IN_DOUBT;
    break;
  case OUTCOME_TEMPORARY:
  case OUTCOME_TRANSPORT:
  case OUTCOME_SECURITY:
    *ret_kind = waits ? FAILURE_HELD : FAILURE_EXPIRED;
    break;
  }
  return !waits || (settled->decision.kind == RETRY_HOLD_ACCOUNT && settled->first_hold);
}

static Failure *
failure_new (const OutboxSettled *settled, FailureKind kind, gint64 now)
{
  const OutboxItem *item = settled->item;
  Failure *failure = g_new0 (Failure, 1);

  *failure = (Failure){
    .kind = kind,
    .id = item->id,
    .account = g_strdup (item->account),
    .owner = item->owner,
    .envelope = envelope_copy (item->envelope),
    .members = g_array_new (FALSE, FALSE, sizeof (guint)),
    .outcome = outcome_copy (settled->outcome),
    .from = g_strdup (item->from),
    .subject = g_strdup (item->subject),
    .message_id = g_strdup (item->message_id),
    .size = item->size,
    .submitted = item->submitted,
    .at = now,
  };
  return failure;
}

void
failure_free (Failure *failure)
{
  if (!failure)
    return;
  g_free (failure->account);
  envelope_free (failure->envelope);
  g_array_unref (failure->members);
  outcome_free (failure->outcome);
  g_free (failure->from);
  g_free (failure->subject);
  g_free (failure->message_id);
  g_free (failure);
}

GPtrArray *
failures_of (const OutboxSettled *settled, gint64 now)
{
  Failure *found[G_N_ELEMENTS (kind_names)] = { NULL };
  GPtrArray *failures = g_ptr_array_new_with_free_func ((GDestroyNotify)failure_free);
  gsize n = settled->tried ? settled->outcome->n_recipients : 0;

  for (guint i = 0; i < n; i++) {
    FailureKind kind = FAILURE_REFUSED;
    if (!settled->asked[i] || !is_news (settled, i, &kind))
      continue;
    if (!found[kind]) {
      found[kind] = failure_new (settled, kind, now);
      g_ptr_array_add (failures, found[kind]);
    }
    g_array_append_val (found[kind]->members, i);
  }
  return failures;
}

const EnvelopeRecipient *
failure_recipient (const Failure *failure, guint member)
{
  return envelope_recipient (failure->envelope, g_array_index (failure->members, guint, member));
}

const Verdict *
failure_verdict (const Failure *failure, guint member)
{
  return &failure->outcome->recipients[g_array_index (failure->members, guint, member)];
}
