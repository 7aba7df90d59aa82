/* What sysadmins' scripts take apart: columns as Postfix's postqueue(1) prints them. */
#include "cli/mailq.h"

#include <sysexits.h>
#include <unistd.h>

#include "base/visible.h"
#include "cli/deliver.h"
#include "cli/outbox-places.h"
#include "cli/output.h"
#include "cli/report.h"
#include "cli/system-outbox.h"
#include "net/clock.h"

#define HEAD "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n"
#define REASON_COLUMNS 76 /* a reason ends there */
#define RECIPIENT_INDENT 41

/* ctime(3), without its year and without the locale's words. Free with g_free(). */
static char *
arrival_words (gint64 time)
{
  static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
  static const char *const months[]
      = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_local (time / TICKS_PER_SECOND);
  if (!date)
    return g_strdup ("-");
  return g_strdup_printf ("%s %s %2d %02d:%02d:%02d", days[g_date_time_get_day_of_week (date) - 1],
                          months[g_date_time_get_month (date) - 1], g_date_time_get_day_of_month (date),
                          g_date_time_get_hour (date), g_date_time_get_minute (date),
                          g_date_time_get_second (date));
}

void
mailq_add (Mailq *mailq, const MailqRow *row)
{
  const char *mark = row->active ? "*" : row->held ? "!" : "";
  g_autofree char *id = g_strconcat (row->id, mark, NULL);
  g_autofree char *arrived = arrival_words (row->arrived);
  g_autofree char *sender = visible_text (*row->sender ? row->sender : "MAILER-DAEMON", -1);
  if (mailq->n++ == 0)
    fputs (HEAD, mailq->out);
  mailq->octets += row->size;
  fprintf (mailq->out, "%-11s %7" G_GUINT64_FORMAT " %-20s %s\n", id, row->size, arrived, sender);
  if (row->reason) {
    g_autofree char *reason = visible_text (row->reason, -1);
    const glong length = g_utf8_strlen (reason, -1);
    fprintf (mailq->out, "%*s(%s)\n", (int)MAX (0, REASON_COLUMNS - length), "", reason);
  }
  for (gsize i = 0; row->recipients[i]; i++) {
    g_autofree char *recipient = visible_text (row->recipients[i], -1);
    fprintf (mailq->out, "%*s%s\n", RECIPIENT_INDENT, "", recipient);
  }
  fputc ('\n', mailq->out);
}

/* The server's words alone where there are any, as they are what scripts look for. */
static char *
item_reason (const OutboxItem *item)
{
  for (guint i = 0; i < item->envelope->recipients->len; i++) {
    const Verdict *verdict = &item->verdicts[i];
    if (verdict->kind == OUTCOME_NONE || verdict->kind == OUTCOME_ACCEPTED
        || (!item->pending[i] && verdict->kind != OUTCOME_IN_DOUBT))
      continue;
    if (verdict->kind == OUTCOME_IN_DOUBT)
      return g_strdup ("in doubt: sent, and no answer came");
    return verdict->reply ? reply_to_string (verdict->reply) : report_verdict (verdict);
  }
  return g_strdup (item->reason);
}

static gboolean
is_shown (const OutboxItem *item, guint recipient)
{
  return item->pending[recipient] || item->verdicts[recipient].kind == OUTCOME_IN_DOUBT;
}

void
mailq_add_item (Mailq *mailq, const OutboxItem *item, gint64 now)
{
  g_autoptr (GPtrArray) recipients = g_ptr_array_new ();
  g_autofree char *id = g_strdup_printf ("%" G_GINT64_FORMAT, item->id);
  g_autofree char *reason = item_reason (item);
  if (item->state == OUTBOX_FINISHED || item->state == OUTBOX_CANCELLED)
    return;
  for (guint i = 0; i < item->envelope->recipients->len; i++)
    if (is_shown (item, i))
      g_ptr_array_add (recipients, envelope_recipient (item->envelope, i)->address);
  g_ptr_array_add (recipients, NULL);
  const OutboxStanding standing = outbox_item_standing (item, now);
  const MailqRow row = {
    .id = id,
    .active = standing == STANDING_SENDING,
    .held = standing == STANDING_HELD || standing == STANDING_DRAFT || standing == STANDING_IN_DOUBT,
    .size = item->size,
    .arrived = item->submitted,
    .sender = item->envelope->sender,
    .reason = reason,
    .recipients = (const char *const *)recipients->pdata,
  };
  mailq_add (mailq, &row);
}

void
mailq_end (const Mailq *mailq)
{
  if (mailq->n == 0)
    fputs ("Mail queue is empty\n", mailq->out);
  else
    fprintf (mailq->out, "-- %" G_GUINT64_FORMAT " Kbytes in %u Request%s.\n", mailq->octets / 1024, mailq->n,
             mailq->n == 1 ? "" : "s");
}

/* --- of the configuration ---------------------------------------------------------------------- */

typedef struct {
  Mailq *mailq;
  const char *account;
  gint64 now;
} Printing;

static void
on_item (const OutboxItem *item, gpointer data)
{
  const Printing *printing = data;
  if (!printing->account || g_strcmp0 (item->account, printing->account) == 0)
    mailq_add_item (printing->mailq, item, printing->now);
}

/* What the system outbox has of this user's; of everybody's for root. */
static int
print_system (Printing *printing)
{
  g_autoptr (GError) error = NULL;

  if (!system_outbox_list (on_item, printing, &error))
    return deliver_fail (error);
  mailq_end (printing->mailq);
  return output_flush (EX_OK);
}

int
mailq_print (const char *name, const char *const *overrides)
{
  const guint over = 1u << OUTBOX_FINISHED | 1u << OUTBOX_CANCELLED;
  const OutboxFilter filter = { .states = ((2u << OUTBOX_CANCELLED) - 1) & ~over, .owner = OUTBOX_ANYBODY };
  Mailq mailq = { .out = stdout };
  Printing printing = { &mailq, name, clock_instant ().wall };
  g_autoptr (GError) error = NULL;
  if (!name && system_outbox_takes_over (overrides))
    return print_system (&printing);
  g_autoptr (Config) config = config_load (overrides, &error);
  g_autoptr (GPtrArray) places = config ? outbox_places_open (config, name, &error) : NULL;
  if (!places)
    return deliver_fail (error);
  for (guint i = 0; i < places->len; i++)
    if (!outbox_list (((OutboxPlace *)places->pdata[i])->outbox, &filter, on_item, &printing, &error))
      return deliver_fail (error);
  mailq_end (&mailq);
  return output_flush (EX_OK);
}
