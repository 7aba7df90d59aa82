/* Transactions: what fits this server, RSET, MAIL and RCPT, and what their replies mean.
 * Whom the replies concern is kept in dialogue-fate.c. */
#include "core/dialogue-private.h"

#include <string.h>

#include "core/future-release.h"

static SendAdvice reset_advice (gpointer owner, const WindowCommand *command);
static SendAdvice mail_advice (gpointer owner, const WindowCommand *command);
static void reset_answered (gpointer owner, const WindowCommand *command, const Reply *reply);
static void mail_answered (gpointer owner, const WindowCommand *command, const Reply *reply);
static void rcpt_answered (gpointer owner, const WindowCommand *command, const Reply *reply);

const CommandKind COMMAND_RESET = { .name = "RSET",
                                    .stage = STAGE_MAIL,
                                    .patience = PATIENCE_COMMAND,
                                    .may_be_sent = reset_advice,
                                    .answered = reset_answered };

static const CommandKind COMMAND_MAIL = { .name = "MAIL",
                                          .stage = STAGE_MAIL,
                                          .patience = PATIENCE_COMMAND,
                                          .guards = GUARD_TLS,
                                          .may_be_sent = mail_advice,
                                          .answered = mail_answered };

const CommandKind COMMAND_RCPT = { .name = "RCPT",
                                   .stage = STAGE_RCPT,
                                   .patience = PATIENCE_COMMAND,
                                   .guards = GUARD_TLS,
                                   .answered = rcpt_answered };

/* ---- fit for this server? -------------------------------------------------------- */

/* CAUSE_NONE: yes. */
static Cause
transaction_unfit (const Transaction *transaction, const Capabilities *capabilities)
{
  const BodyForm *form = &transaction->form;
  if (capabilities->size != 0 && form->size > capabilities->size)
    return CAUSE_TOO_BIG;
  if (transaction->envelope->require_tls && !capabilities_have (capabilities, CAPABILITY_REQUIRETLS))
    return CAUSE_NEEDS_REQUIRETLS;
  if (form->smtputf8 && !capabilities_have (capabilities, CAPABILITY_SMTPUTF8))
    return CAUSE_NEEDS_SMTPUTF8;
  if (form->kind == BODY_8BITMIME && !capabilities_have (capabilities, CAPABILITY_8BITMIME))
    return CAUSE_MESSAGE;
  if (form->kind == BODY_BINARYMIME && !capabilities_have (capabilities, CAPABILITY_BINARYMIME))
    return CAUSE_MESSAGE;
  if (!future_release_is_possible (transaction->envelope, capabilities))
    return CAUSE_HOLD_NOT_OFFERED;
  return CAUSE_NONE;
}

static Cause
cause_of_address (const char *address, gboolean utf8)
{
  return g_str_is_ascii (address) || utf8 ? CAUSE_ADDRESS : CAUSE_NEEDS_SMTPUTF8;
}

/* ---- the commands of a transaction ------------------------------------------------- */

/* Its RCPT, or its fate. Octets pushed. */
static gsize
push_rcpt (Dialogue *dialogue, Transaction *transaction, guint index)
{
  const EnvelopeRecipient *recipient = envelope_recipient (transaction->envelope, index);
  gboolean utf8 = transaction->form.smtputf8;
  GString *line = g_string_new (NULL);
  if (!command_rcpt (line, recipient, utf8, dialogue->capabilities)) {
    g_string_free (line, TRUE);
    Verdict verdict = { .kind = OUTCOME_PERMANENT,
                        .stage = STAGE_RCPT,
                        .cause = cause_of_address (recipient->address, utf8) };
    recipient_decide (transaction, index, RECIPIENT_DECIDED, &verdict);
    recipient_post (dialogue, transaction, index);
    return 0;
  }
  gsize octets = line->len;
  window_push (dialogue->window, &COMMAND_RCPT, transaction, line)->recipient = index;
  transaction->n_tried++;
  transaction->n_unanswered++;
  return octets;
}

/* Within LIMITS (RFC 9422): would INDEX be one domain too many? Notes its domain in SEEN. */
static gboolean
domain_is_beyond (const Transaction *transaction, guint index, const Capabilities *capabilities,
                  GHashTable *seen)
{
  guint most = capabilities->rcpt_domain_max;
  const char *at = strrchr (envelope_recipient (transaction->envelope, index)->address, '@');
  if (most == 0 || at == NULL)
    return FALSE;
  g_autofree char *domain = g_ascii_strdown (at + 1, -1);
  if (g_hash_table_contains (seen, domain))
    return FALSE;
  if (g_hash_table_size (seen) >= most)
    return TRUE;
  g_hash_table_add (seen, g_steal_pointer (&domain));
  return FALSE;
}

static gsize
push_rcpts (Dialogue *dialogue, Transaction *transaction)
{
  const Capabilities *capabilities = dialogue->capabilities;
  g_autoptr (GHashTable) domains = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gsize octets = 0;
  for (guint i = 0; i < transaction->outcome->n_recipients; i++) {
    if (transaction->states[i] != RECIPIENT_PENDING)
      continue;
    gboolean full = capabilities->rcpt_max != 0 && transaction->n_tried >= capabilities->rcpt_max;
    if (full || domain_is_beyond (transaction, i, capabilities, domains)) {
      transaction->states[i] = RECIPIENT_UNTRIED;
      transaction->has_untried = TRUE;
    } else {
      octets += push_rcpt (dialogue, transaction, i);
    }
  }
  return octets;
}

static void
transaction_queue (Dialogue *dialogue, Transaction *transaction, gboolean window_ends)
{
  const char *sender = transaction->envelope->sender;
  GString *mail = g_string_new (NULL);
  if (!command_mail (mail, transaction->envelope, &transaction->form, dialogue->capabilities)) {
    g_string_free (mail, TRUE);
    Cause cause = cause_of_address (sender, transaction->form.smtputf8);
    transaction_decide (transaction, OUTCOME_PERMANENT, STAGE_MAIL, cause, NULL, NULL);
    return;
  }
  GString *reset = g_string_new (NULL);
  command_rset (reset);
  gsize group = mail->len + reset->len;
  window_push (dialogue->window, &COMMAND_RESET, transaction, reset);
  window_push (dialogue->window, &COMMAND_MAIL, transaction, mail);
  group += push_rcpts (dialogue, transaction);
  if (transaction->n_tried == 0) {
    window_drop_waiting (dialogue->window, transaction, NULL);
    return;
  }
  dialogue->n_begun++;
  gboolean quit_follows = window_ends && transaction->n_tried == 1 && !transaction->has_untried;
  body_queue (dialogue, transaction, group, quit_follows);
}

void
transaction_begin (Dialogue *dialogue, DeliveryId id, const Envelope *envelope, const gboolean *pending,
                   const BodyForm *form, gboolean window_ends)
{
  Transaction *transaction = transaction_new (id, envelope, pending, form);
  g_queue_push_tail (&dialogue->transactions, transaction);
  if (dialogue->phase != PHASE_READY) {
    Verdict over = { .kind = OUTCOME_TRANSPORT, .stage = STAGE_MAIL, .cause = CAUSE_CLOSED };
    transaction_abandon (dialogue, transaction, dialogue->phase < PHASE_FAREWELL ? &over : &dialogue->ending);
    return;
  }
  Cause unfit = transaction_unfit (transaction, dialogue->capabilities);
  if (unfit == CAUSE_NONE) {
    transaction_queue (dialogue, transaction, window_ends);
  } else {
    Stage stage = unfit == CAUSE_MESSAGE ? STAGE_MESSAGE : STAGE_MAIL;
    OutcomeKind kind = unfit == CAUSE_HOLD_NOT_OFFERED ? OUTCOME_TEMPORARY : OUTCOME_PERMANENT;
    transaction_decide (transaction, kind, stage, unfit, NULL, NULL);
  }
  if (window_ends)
    session_push_quit (dialogue);
}

/* ---- RSET and MAIL -------------------------------------------------------------------- */

/* The transaction that was begun before this one and is still in flight; NULL: none. */
static const Transaction *
transaction_before (const Dialogue *dialogue, const Transaction *transaction)
{
  const GList *link = g_queue_find ((GQueue *)&dialogue->transactions, transaction);
  return link->prev != NULL ? link->prev->data : NULL;
}

/* What is to leave in one flight is held back until it is in hand, with its permit where
 * it completes the message. And until a server has shown that it parses BDAT, no other
 * message follows a BDAT: they would all be in doubt, or be run as commands. */
static SendAdvice
mail_advice (gpointer owner, const WindowCommand *command)
{
  const Dialogue *dialogue = owner;
  const Transaction *transaction = command->subject;
  if (transaction->supplied < transaction->first_flight)
    return SEND_LATER;
  if (transaction->one_flight && !transaction->permitted)
    return SEND_LATER;
  if (transaction->bdat && !dialogue->bdat_proven && transaction_before (dialogue, transaction) != NULL)
    return SEND_LATER;
  return SEND_NOW;
}

/* While a BDAT message is in flight nobody knows whether it will close its transaction
 * (none of its recipients accepted: Postfix keeps the sender), and a MAIL refused for
 * being nested would let its RCPTs join the wrong one. The final dot always closes
 * (RFC 5321, 4.1.1.4). BDAT LAST is out by now: RSET is harmless. */
static SendAdvice
reset_advice (gpointer owner, const WindowCommand *command)
{
  const Dialogue *dialogue = owner;
  if (mail_advice (owner, command) == SEND_LATER)
    return SEND_LATER;
  const Transaction *before = transaction_before (dialogue, command->subject);
  gboolean open = before == NULL ? dialogue->transaction_open : !before->dot_put;
  return open ? SEND_NOW : SEND_NEVER;
}

static void
reset_answered (gpointer owner, const WindowCommand *command, const Reply *reply)
{
  Dialogue *dialogue = owner;
  if (reply_is_positive (reply))
    dialogue->transaction_open = FALSE;
  else if (reply->code != 421 && dialogue->phase != PHASE_FAREWELL)
    dialogue_end (dialogue, CLOSE_NOW, OUTCOME_TRANSPORT, STAGE_MAIL, CAUSE_PROTOCOL, reply,
                  "RSET was refused");
}

/* A refused parameter of MAIL refuses the wish that the server keep it, not the message. */
static gboolean
hold_is_refused (const Transaction *transaction, const Reply *reply)
{
  gboolean wished = transaction->envelope->hold_until != 0 || transaction->envelope->hold_for != 0;
  return wished && (reply->code == 501 || reply->code == 504 || reply->code == 555);
}

static void
mail_answered (gpointer owner, const WindowCommand *command, const Reply *reply)
{
  Dialogue *dialogue = owner;
  Transaction *transaction = command->subject;
  if (reply_is_positive (reply)) {
    dialogue->transaction_open = TRUE;
    return;
  }
  transaction->mail_refused = TRUE;
  if (hold_is_refused (transaction, reply))
    transaction_decide (transaction, OUTCOME_TEMPORARY, STAGE_MAIL, CAUSE_HOLD_NOT_OFFERED, reply, NULL);
  else
    transaction_decide (transaction, outcome_kind_of_reply (reply), STAGE_MAIL, CAUSE_REPLY, reply, NULL);
  transaction->n_unanswered -= window_drop_waiting (dialogue->window, transaction, &COMMAND_RCPT);
  body_nobody_left (dialogue, transaction, reply);
}

/* ---- RCPT -------------------------------------------------------------------------------- */

/* "Too many" says nothing of the recipient (RFC 5321, 4.5.3.1.10; RFC 3463, X.5.3), once
 * others have been taken: it has its turn in another transaction. */
static gboolean
reply_means_too_many (const Reply *reply)
{
  return reply->code == 452
         || (reply->enhanced.class != 0 && reply->enhanced.subject == 5 && reply->enhanced.detail == 3);
}

static void
leave_for_another (Dialogue *dialogue, Transaction *transaction, guint recipient, const Reply *reply)
{
  Verdict verdict
      = { .kind = OUTCOME_NONE, .stage = STAGE_RCPT, .cause = CAUSE_REPLY, .reply = (Reply *)reply };
  recipient_decide (transaction, recipient, RECIPIENT_UNTRIED, &verdict);
  transaction->has_untried = TRUE;
  guint dropped = window_drop_waiting (dialogue->window, transaction, &COMMAND_RCPT);
  transaction->n_unanswered -= dropped;
  /* In lock-step all behind it are still here; in a group none is. */
  for (guint i = recipient + 1; dropped > 0 && i < transaction->outcome->n_recipients; i++)
    if (transaction->states[i] == RECIPIENT_PENDING)
      transaction->states[i] = RECIPIENT_UNTRIED;
}

static void
rcpt_answered (gpointer owner, const WindowCommand *command, const Reply *reply)
{
  Dialogue *dialogue = owner;
  Transaction *transaction = command->subject;
  guint recipient = command->recipient;
  transaction->n_unanswered--;
  if (transaction->states[recipient] == RECIPIENT_DECIDED) {
    /* Given up meanwhile, or MAIL was refused: then this can't be, and is noted. */
    transaction->n_claimed += reply_is_positive (reply);
    if (transaction->mail_refused && reply_is_positive (reply))
      transaction->states[recipient] = RECIPIENT_CLAIMED;
    return;
  }
  Verdict verdict
      = { .kind = OUTCOME_ACCEPTED, .stage = STAGE_RCPT, .cause = CAUSE_REPLY, .reply = (Reply *)reply };
  if (reply_is_positive (reply)) {
    transaction->n_accepted++;
    recipient_decide (transaction, recipient, RECIPIENT_ACCEPTED, &verdict);
  } else if (transaction->n_accepted > 0 && reply_means_too_many (reply)) {
    leave_for_another (dialogue, transaction, recipient, reply);
  } else {
    verdict.kind = outcome_kind_of_reply (reply);
    recipient_decide (transaction, recipient, RECIPIENT_DECIDED, &verdict);
  }
  recipient_post (dialogue, transaction, recipient);
  if (transaction->n_unanswered == 0 && transaction->n_accepted == 0)
    body_nobody_left (dialogue, transaction, reply);
}
