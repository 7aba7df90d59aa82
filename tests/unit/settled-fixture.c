/* A message of hanako's, and what one try did to it. */
#include "tests/unit/settled-fixture.h"

static gboolean
is_pending (RetryKind decision, OutcomeKind kind)
{
  gboolean undecided = kind != OUTCOME_ACCEPTED && kind != OUTCOME_PERMANENT && kind != OUTCOME_CANCELLED;
  return undecided && (decision == RETRY_LATER || decision == RETRY_HOLD_ACCOUNT);
}

static void
settle_recipient (Settled *settled, guint index, const SettledFate *fate)
{
  g_autofree char *address = g_strdup_printf ("r%u@example.com", index);
  g_autoptr (Reply) reply = fate->code != 0 ? reply_new (fate->code, fate->words) : NULL;
  Verdict *verdict = &settled->outcome->recipients[index];

  if (reply != NULL && reply->code >= 500)
    reply->enhanced = (EnhancedCode){ 5, 1, 1 };
  envelope_add (settled->item.envelope, address);
  verdict_set (verdict, fate->kind, STAGE_RCPT, fate->cause, reply, NULL);
  verdict_copy (&settled->item.verdicts[index], verdict);
  settled->asked[index] = !fate->before;
  settled->item.pending[index] = is_pending (settled->settled.decision.kind, fate->kind);
}

Settled *
settled_new (RetryKind decision, const SettledFate *fates, guint n)
{
  Settled *settled = g_new0 (Settled, 1);

  settled->account = account_new ();
  settled->account->name = g_strdup ("work");
  settled->account->from = g_strdup ("Hanako <hanako@example.org>");
  settled->outcome = outcome_new (n);
  settled->asked = g_new0 (gboolean, n);
  settled->item = (OutboxItem){ .id = 12,
                                .account = (char *)"work",
                                .envelope = envelope_new ("hanako@example.org"),
                                .pending = g_new0 (gboolean, n),
                                .verdicts = g_new0 (Verdict, n),
                                .from = (char *)"hanako@example.org",
                                .subject = (char *)"会議のお知らせ",
                                .message_id = (char *)"<1@example.org>",
                                .size = 100,
                                .submitted = G_GINT64_CONSTANT (1795312500000000),
                                .tries = 1 };
  settled->settled = (OutboxSettled){ .item = &settled->item,
                                      .account = settled->account,
                                      .outcome = settled->outcome,
                                      .decision = { .kind = decision, .counts = TRUE },
                                      .tried = TRUE,
                                      .asked = settled->asked,
                                      .path = "587/IPv4 mail.example.org [192.0.2.1]" };
  for (guint i = 0; i < n; i++)
    settle_recipient (settled, i, &fates[i]);
  outcome_summarize (settled->outcome);
  settled->item.state = decision == RETRY_OVER || decision == RETRY_EXPIRED ? OUTBOX_FINISHED
                        : decision == RETRY_IN_DOUBT                        ? OUTBOX_IN_DOUBT
                                                                            : OUTBOX_QUEUED;
  return settled;
}

void
settled_free (Settled *settled)
{
  for (gsize i = 0; i < settled->outcome->n_recipients; i++)
    verdict_clear (&settled->item.verdicts[i]);
  g_free (settled->asked);
  g_free (settled->item.verdicts);
  g_free (settled->item.pending);
  envelope_free (settled->item.envelope);
  outcome_free (settled->outcome);
  account_free (settled->account);
  g_free (settled);
}
