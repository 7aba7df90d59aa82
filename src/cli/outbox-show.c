/* The history of a message as one would tell it. */
#include "cli/outbox-show.h"

#include "base/i18n.h"
#include "base/visible.h"
#include "cli/cell.h"
#include "cli/outbox-words.h"
#include "cli/report.h"
#include "cli/when.h"

/* --- what it is ----------------------------------------------------------------------------- */

/* "  Label:  text", the texts below each other, whatever the language's labels. */
static void
append_field (GString *out, const char *label, const char *text)
{
  g_autoptr (GString) first = g_string_new ("  ");
  if (!text || !*text)
    return;
  g_autofree char *shown = visible_text (text, -1);
  cell_append (first, label, 12);
  cell_append_wrapped (out, first->str, shown);
}

static char *
size_words (guint64 size)
{
  g_autofree char *octets = g_strdup_printf ("%" G_GUINT64_FORMAT, size);
  return g_strdup_printf (_ ("%s octets"), octets);
}

static void
append_message (GString *out, const OutboxItem *item, gint64 now)
{
  g_autofree char *id = g_strdup_printf ("%" G_GINT64_FORMAT, item->id);
  g_autofree char *size = size_words (item->size);
  g_autofree char *submitted = when_format (item->submitted, now);
  g_string_append_printf (out, _ ("Message %s: %s\n"), id,
                          outbox_standing_words (outbox_item_standing (item, now)));
  append_field (out, _ ("From:"), item->from);
  append_field (out, _ ("Subject:"), item->subject);
  append_field (out, _ ("Message-ID:"), item->message_id);
  append_field (out, _ ("Sender:"), *item->envelope->sender ? item->envelope->sender : "<>");
  append_field (out, _ ("Account:"), item->account);
  append_field (out, _ ("Size:"), size);
  append_field (out, _ ("Submitted:"), submitted);
}

/* --- who --------------------------------------------------------------------------------------- */

static const char *
fate_words (const Verdict *verdict, gboolean pending)
{
  switch (verdict->kind) {
  case OUTCOME_ACCEPTED:
    return _ ("accepted");
  case OUTCOME_IN_DOUBT:
    return _ ("IN DOUBT");
  case OUTCOME_CANCELLED:
    return _ ("cancelled");
  case OUTCOME_PERMANENT:
    return _ ("refused");
  case OUTCOME_NONE:
    return pending ? _ ("waiting") : _ ("not tried");
  default:
    return pending ? _ ("waiting") : _ ("given up");
  }
}

/* What a server said to who was accepted, for who asks it; why somebody was not. */
static char *
fate_remark (const Verdict *verdict)
{
  if (verdict->kind == OUTCOME_NONE || verdict->kind == OUTCOME_CANCELLED)
    return NULL;
  if (verdict->kind != OUTCOME_ACCEPTED)
    return report_verdict (verdict);
  g_autofree char *reply = verdict->reply ? reply_to_string (verdict->reply) : NULL;
  return reply ? visible_text (reply, -1) : NULL;
}

static void
append_recipients (GString *out, const OutboxItem *item)
{
  g_string_append_printf (out, "\n%s\n", _ ("Recipients"));
  for (guint i = 0; i < item->envelope->recipients->len; i++) {
    const Verdict *verdict = &item->verdicts[i];
    g_autofree char *address = visible_text (envelope_recipient (item->envelope, i)->address, -1);
    g_autofree char *remark = fate_remark (verdict);
    g_autofree char *words = g_strdup_printf ("%s: %s%s%s", address, fate_words (verdict, item->pending[i]),
                                              remark ? ": " : "", remark ? remark : "");
    cell_append_wrapped (out, "  ", words);
  }
}

/* --- what was tried --------------------------------------------------------------------------- */

static const char *
attempt_headline (OutcomeKind kind)
{
  switch (kind) {
  case OUTCOME_ACCEPTED:
    return _ ("accepted");
  case OUTCOME_IN_DOUBT:
    return _ ("sent, and the answer never came");
  case OUTCOME_CANCELLED:
    return _ ("cancelled");
  case OUTCOME_NONE:
    return _ ("begun");
  default:
    return NULL; /* the reason says it */
  }
}

/* "587/IPv4 mail.example.org [192.0.2.1], TLSv1.3, login by PLAIN, 1.2 s: accepted" */
static char *
attempt_words (const OutboxAttempt *attempt)
{
  g_autoptr (GString) words = g_string_new (NULL);
  const char *headline = attempt_headline (attempt->verdict.kind);
  g_autofree char *path = attempt->path ? visible_text (attempt->path, -1) : NULL;
  g_string_append (words, path ? path : _ ("no path was reached"));
  if (attempt->tls) {
    g_autofree char *tls = visible_text (attempt->tls, -1);
    g_string_append_printf (words, ", %s", tls);
  }
  if (attempt->mechanism) {
    g_autofree char *mechanism = visible_text (attempt->mechanism, -1);
    g_string_append_printf (words, _ (", login by %s"), mechanism);
  }
  if (attempt->network) {
    g_autofree char *network = visible_text (attempt->network, -1);
    g_string_append_printf (words, _ (", over %s"), network);
  }
  g_string_append_printf (words, _ (", %.1f s"), (double)attempt->lasted / TICKS_PER_SECOND);
  g_autofree char *why = headline ? NULL : report_verdict (&attempt->verdict);
  g_string_append_printf (words, ": %s", headline ? headline : why);
  return g_string_free (g_steal_pointer (&words), FALSE);
}

static void
append_moment (GString *out, gint64 time, gint64 now, const char *words)
{
  g_autofree char *when = when_format (time, now);
  g_autoptr (GString) first = g_string_new ("  ");
  cell_append (first, when, 16);
  cell_append_wrapped (out, first->str, words);
}

static void
append_history (GString *out, const OutboxItem *item, const GPtrArray *attempts, gint64 now)
{
  g_string_append_printf (out, "\n%s\n", _ ("History"));
  append_moment (out, item->submitted, now, _ ("put into the outbox"));
  for (guint i = 0; i < attempts->len; i++) {
    const OutboxAttempt *attempt = attempts->pdata[i];
    g_autofree char *words = attempt_words (attempt);
    append_moment (out, attempt->at, now, words);
  }
  if (item->finished != 0)
    append_moment (out, item->finished, now, outbox_standing_words (outbox_item_standing (item, now)));
}

/* --- what follows -------------------------------------------------------------------------------- */

static char *
follows_deferred (const OutboxItem *item, const Account *account, gint64 now)
{
  g_autofree char *next = outbox_when_words (item, now);
  g_autoptr (GString) words = g_string_new (NULL);
  if (item->not_before <= now)
    g_string_append (words, _ ("It is due: `toukan outbox flush`, or whatever sends next, takes it along."));
  else if (item->with_network)
    g_string_append_printf (words, _ ("It is due %s, or as soon as this machine is on another network."),
                            next);
  else
    g_string_append_printf (words, _ ("It is due %s."), next);
  if (account) {
    g_autofree char *end = when_format (item->submitted + account->give_up, now);
    g_string_append_printf (words, _ (" A try that fails after %s is the last."), end);
  }
  return g_string_free (g_steal_pointer (&words), FALSE);
}

static char *
follows_by_person (const OutboxItem *item, const char *format)
{
  g_autofree char *id = g_strdup_printf ("%" G_GINT64_FORMAT, item->id);
  g_auto (GStrv) parts = g_strsplit (format, "ID", -1);
  return g_strjoinv (id, parts);
}

static char *
follows_sending (const OutboxItem *item)
{
  g_autofree char *holder = item->holder ? visible_text (item->holder, -1) : NULL;
  return holder ? g_strdup_printf (_ ("It is being sent by %s."), holder)
                : g_strdup (_ ("Whoever was sending it is gone: the next that sends takes it over."));
}

static char *
follows_kept_by_server (const OutboxItem *item, gint64 now)
{
  g_autofree char *until = when_format (item->hold_until, now);
  return g_strdup_printf (_ ("The server keeps it until %s."), until);
}

/* NULL: nothing. */
static char *
follows_words (const OutboxItem *item, const Account *account, gint64 now)
{
  g_autofree char *next = when_format (item->not_before, now);
  switch (outbox_item_standing (item, now)) {
  case STANDING_DRAFT:
  case STANDING_HELD:
    return follows_by_person (item, _ ("It stays until `toukan outbox release ID`."));
  case STANDING_SCHEDULED:
    return g_strdup_printf (_ ("It leaves %s, by whatever sends then."), next);
  case STANDING_WAITING:
  case STANDING_DEFERRED:
    return follows_deferred (item, account, now);
  case STANDING_SENDING:
    return follows_sending (item);
  case STANDING_IN_DOUBT:
    return follows_by_person (item, _ ("It was sent, and the answer never came: it may have arrived. Ask the "
                                       "recipient, then `toukan outbox resolve ID sent` or `toukan outbox "
                                       "resolve ID resend`."));
  case STANDING_SENT:
    return item->hold_until > now ? follows_kept_by_server (item, now) : NULL;
  default:
    return NULL;
  }
}

static void
append_follows (GString *out, const OutboxItem *item, const Account *account, gint64 now)
{
  g_autofree char *follows = follows_words (item, account, now);
  const gboolean over = item->state == OUTBOX_FINISHED || item->state == OUTBOX_CANCELLED;
  g_autofree char *reason = over ? NULL : outbox_reason_words (item);
  if (!follows && !reason)
    return;
  g_string_append_printf (out, "\n%s\n", _ ("What follows"));
  if (reason) {
    /* TRANSLATORS: a clause without a full stop, such as "somebody holds it" */
    g_autofree char *why = g_strdup_printf (_ ("Why it is here: %s."), reason);
    cell_append_wrapped (out, "  ", why);
  }
  if (follows)
    cell_append_wrapped (out, "  ", follows);
  if (!over && item->account && !account)
    cell_append_wrapped (out, "  ", _ ("Its account is not configured any more: it waits until it is."));
}

char *
outbox_show (const OutboxItem *item, const GPtrArray *attempts, const Account *account, gint64 now)
{
  GString *out = g_string_new (NULL);
  append_message (out, item, now);
  append_recipients (out, item);
  append_history (out, item, attempts, now);
  append_follows (out, item, account, now);
  return g_string_free (out, FALSE);
}
