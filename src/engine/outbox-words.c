/* One table for each thing that has a name on disk. */
#include "engine/outbox-words.h"

#include <string.h>

#include "base/i18n.h"
#include "base/visible.h"
#include "engine/report-words.h"
#include "engine/when.h"

const char *
outbox_standing_words (OutboxStanding standing)
{
  static const char *const words[] = {
    [STANDING_DRAFT] = N_ ("draft"),         [STANDING_HELD] = N_ ("held"),
    [STANDING_SCHEDULED] = N_ ("scheduled"), [STANDING_WAITING] = N_ ("waiting"),
    [STANDING_DEFERRED] = N_ ("deferred"),   [STANDING_SENDING] = N_ ("being sent"),
    [STANDING_IN_DOUBT] = N_ ("IN DOUBT"),   [STANDING_SENT] = N_ ("sent"),
    [STANDING_PARTLY] = N_ ("partly sent"),  [STANDING_REFUSED] = N_ ("refused"),
    [STANDING_EXPIRED] = N_ ("expired"),     [STANDING_CANCELLED] = N_ ("cancelled"),
  };
  g_assert ((gsize)standing < G_N_ELEMENTS (words));
  return _ (words[standing]);
}

char *
outbox_when_words (const OutboxItem *item, gint64 now)
{
  switch (outbox_item_standing (item, now)) {
  case STANDING_SCHEDULED:
  case STANDING_DEFERRED:
    return item->not_before > now ? when_format_near (item->not_before, now) : g_strdup (_ ("now"));
  case STANDING_WAITING:
    return g_strdup (_ ("now"));
  case STANDING_SENT:
  case STANDING_PARTLY:
  case STANDING_REFUSED:
  case STANDING_EXPIRED:
  case STANDING_CANCELLED:
    return when_format (item->finished != 0 ? item->finished : item->changed, now);
  default:
    return when_format (item->changed, now);
  }
}

void
outbox_say (FILE *out, gint64 id, const char *words)
{
  g_autofree char *number = g_strdup_printf ("%" G_GINT64_FORMAT, id);
  fprintf (out, _ ("message %s: %s\n"), number, words);
}

/* The words of the store that are no names of causes. */
static const struct {
  const char *word;
  const char *clause;
} reasons[] = {
  { "user", N_ ("somebody holds it") },
  { "no-account", N_ ("its account is not configured") },
  { "account", N_ ("its account is held: the server refused the login") },
  { "undo", N_ ("it can still be taken back") },
  { "scheduled", N_ ("it has a time of its own") },
  { "expired", N_ ("it was tried for as long as the account says") },
};

/* The latest of those who are still to be served. */
static const Verdict *
pending_verdict (const OutboxItem *item)
{
  for (guint i = 0; i < item->envelope->recipients->len; i++)
    if (item->pending[i] && item->verdicts[i].kind != OUTCOME_NONE)
      return &item->verdicts[i];
  return NULL;
}

char *
outbox_reason_words (const OutboxItem *item)
{
  for (gsize i = 0; item->reason && i < G_N_ELEMENTS (reasons); i++)
    if (strcmp (item->reason, reasons[i].word) == 0)
      return g_strdup (_ (reasons[i].clause));
  const Verdict *verdict = pending_verdict (item);
  if (verdict)
    return report_verdict (verdict);
  return item->reason ? visible_text (item->reason, -1) : NULL;
}

char *
outbox_recipient_words (const OutboxItem *item)
{
  const guint n = item->envelope->recipients->len;
  if (n == 0)
    return g_strdup ("-");
  g_autofree char *first = visible_text (envelope_recipient (item->envelope, 0)->address, -1);
  return n == 1 ? g_strdup (first) : g_strdup_printf ("%s +%u", first, n - 1);
}

char *
outbox_subject_words (const OutboxItem *item)
{
  return item->subject && *item->subject ? visible_text (item->subject, -1) : g_strdup (_ ("(none)"));
}
