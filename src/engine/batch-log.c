/* A line for each recipient of a try: fates of a batch come one by one. */
#include "engine/batch-log.h"

#include <string.h>

#include "engine/send-log.h"

gboolean
batch_log (const BatchNews *news, const Account *account, const char *sender, GError **error)
{
  const BatchRow *row = news->row;
  const BatchRecipient *recipient = &row->recipients[news->recipient];

  if (recipient->fate == BATCH_WAITING /* it was put back */ || g_strcmp0 (account->log, "off") == 0)
    return TRUE;
  g_autoptr (Envelope) envelope = envelope_new (row->sender ? row->sender : sender);
  g_autoptr (Outcome) outcome = outcome_new (1);
  const LogEntry entry = { .account = account,
                           .envelope = envelope,
                           .outcome = outcome,
                           .size = row->size,
                           .at = recipient->at,
                           .path = recipient->path };
  envelope_add (envelope, recipient->address);
  verdict_copy (&outcome->recipients[0], &recipient->verdict);
  outcome_summarize (outcome);
  return log_write (&entry, error);
}
