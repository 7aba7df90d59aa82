/* Nothing is sent here: the message goes into the outbox, and somebody else sends it. */
#include "cli/deliver-private.h"

#include <stdio.h>
#include <sysexits.h>

#include "base/i18n.h"
#include "engine/background.h"
#include "cli/output.h"
#include "engine/state.h"
#include "engine/when.h"
#include "net/clock.h"

static gboolean
put (const Letter *letter, const char *directory, OutboxWish *wish, gint64 *ret_id, GError **error)
{
  g_autoptr (Outbox) outbox = outbox_open (directory, TRUE, error);

  if (!outbox)
    return FALSE;
  if (outbox_warning (outbox))
    fprintf (stderr, _ ("toukan: warning: outbox: %s\n"), outbox_warning (outbox));
  return outbox_put (outbox, letter->account, letter->envelope, letter->message, wish, ret_id, error);
}

static void
say_kept (const Letter *letter, gint64 id, const OutboxWish *wish, gint64 now)
{
  g_autofree char *when = when_format (wish->not_before, now);
  g_autofree char *near = when_format_near (wish->not_before, now);
  g_autofree char *number = g_strdup_printf ("%" G_GINT64_FORMAT, id);

  if (letter->view->json)
    kept_print_json (id, wish->reason, wish->not_before, EX_OK);
  if (g_strcmp0 (wish->reason, "undo") == 0)
    /* TRANSLATORS: when ("in 10 s"), and a number */
    fprintf (stderr, _ ("toukan: it leaves %s; toukan outbox cancel %s takes it back\n"), near, number);
  else if (wish->reason)
    /* TRANSLATORS: a number, and when ("tomorrow 9:00") */
    fprintf (stderr, _ ("toukan: in the outbox as %s; it leaves %s\n"), number, when);
  else if (letter->view->verbose)
    fprintf (stderr, _ ("toukan: in the outbox as %s\n"), number);
}

/* Of two moments to wait for, the later counts. */
static void
choose_time (const Letter *letter, OutboxWish *wish, gint64 now)
{
  gint64 undo = letter->account->undo_window > 0 ? ticks_after (now, letter->account->undo_window) : 0;

  wish->not_before = MAX (undo, letter->wish->not_before);
  wish->hold_until = letter->wish->not_before;
  wish->reason = wish->not_before == 0 ? NULL : undo > wish->hold_until ? "undo" : "scheduled";
}

int
deliver_later (const Letter *letter, DeliveryMode mode)
{
  g_autofree char *directory = state_directory (letter->account);
  g_autoptr (GError) error = NULL;
  g_autoptr (MessageSummary) summary = message_summary_new (letter->message, &error);
  g_auto (GStrv) overrides = accounts_keepable (letter->wish->overrides);
  gint64 now = clock_instant ().wall;
  gint64 id = 0;

  if (!summary)
    return deliver_refuse (error);
  OutboxWish wish = deliver_outbox_wish (letter, summary, overrides);
  wish.state = OUTBOX_QUEUED;
  choose_time (letter, &wish, now);
  if (!put (letter, directory, &wish, &id, &error))
    return deliver_refuse (error);
  say_kept (letter, id, &wish, now);
  if (mode == DELIVERY_BACKGROUND || (mode == DELIVERY_FOREGROUND && g_strcmp0 (wish.reason, "undo") == 0))
    if (!background_start (directory, letter->account->undo_window, &error))
      fprintf (stderr, _ ("toukan: warning: %s\n"), error->message);
  return letter->view->json ? output_flush (EX_OK) : EX_OK;
}
