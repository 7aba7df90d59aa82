/* What becomes of a message is chosen here: with an outbox or without, now or later. */
#include "cli/deliver.h"

#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "cli/deliver-private.h"
#include "engine/state.h"
#include "engine/memory-source.h"
#include "net/clock.h"

int
deliver_fail (const GError *error)
{
  fprintf (stderr, "toukan: %s\n", error->message);
  return toukan_error_exit_status (error);
}

int
deliver_refuse (const GError *error)
{
  fprintf (
      stderr,
      _ ("toukan: nothing was sent, since the outbox can't keep it: %s. Mend that and try again, or send it "
         "without keeping it, with --set outbox=no\n"),
      error->message);
  return EX_TEMPFAIL;
}

void
deliver_warn (const char *text, gpointer data)
{
  fprintf (stderr, _ ("toukan: warning: %s\n"), text);
}

OutboxWish
deliver_outbox_wish (const Letter *letter, const MessageSummary *summary, GStrv overrides)
{
  return (OutboxWish){
    .owner = letter->wish->has_owner ? letter->wish->owner : (guint32)getuid (),
    .overrides = (const char *const *)overrides,
    .from = summary->from,
    .subject = summary->subject,
    .message_id = summary->message_id,
  };
}

static int
deliver_by_outbox (const Letter *letter)
{
  g_autofree char *directory = state_directory (letter->account);
  g_autoptr (Accounts) accounts = accounts_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (MessageSummary) summary = message_summary_new (letter->message, &error);
  g_auto (GStrv) overrides = accounts_keepable (letter->wish->overrides);
  OutboxSourceRules rules = { .directory = directory,
                              .find_account = accounts_find,
                              .data = accounts,
                              .only_own = !letter->account->flush_along };
  OutboxSource *source = summary ? outbox_source_new (&rules, &error) : NULL;

  if (!source)
    return deliver_refuse (error);
  OutboxWish wish = deliver_outbox_wish (letter, summary, overrides);
  wish.state = OUTBOX_SENDING;
  wish.hold_until = letter->wish->not_before;
  outbox_source_wish (source, &wish);
  Letter known = *letter;
  known.accounts = accounts;
  return deliver_now (&known, outbox_source_work (source), source);
}

static int
deliver_from_memory (const Letter *letter, DeliveryMode mode)
{
  g_autoptr (GError) error = NULL;

  if (mode == DELIVERY_FOREGROUND && letter->wish->not_before == 0)
    return deliver_now (letter, memory_source_new (), NULL);
  error = g_error_new_literal (TOUKAN_ERROR, TOUKAN_ERROR_USAGE,
                               _ ("a message can't be kept for later, since the account has outbox = no"));
  return deliver_fail (error);
}

/* A server that can hold it takes it now; where none does, the source waits for its time. */
static gboolean
must_wait (const Letter *letter)
{
  return letter->account->undo_window > 0
         || (letter->wish->not_before != 0 && !letter->account->future_release);
}

int
deliver (const Account *account, const Envelope *envelope, BodySource *message, const DeliverWish *wish,
         const DeliverView *view)
{
  Letter letter = { account, envelope, message, wish, view, NULL };
  DeliveryMode mode = wish->has_mode ? wish->mode : account->delivery;

  if (!account->outbox)
    return deliver_from_memory (&letter, mode);
  if (mode != DELIVERY_FOREGROUND || must_wait (&letter))
    return deliver_later (&letter, mode);
  return deliver_by_outbox (&letter);
}
