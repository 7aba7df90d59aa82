/* Bodies: DATA and the final dot, or BDAT. The octets that complete a message are put in
 * two places only, put_chunk() and put_end(), and in both only with a permit. */
#include "core/dialogue-private.h"

#include <string.h>

#define BODY_PIECE ((gsize)64 * 1024)    /* octets asked for at a time */
#define OUTPUT_AHEAD ((gsize)256 * 1024) /* octets that may wait for the network */

static SendAdvice chunk_advice (gpointer owner, const WindowCommand *command);
static gboolean put_data (gpointer owner, WindowCommand *command, GByteArray *out);
static gboolean put_end (gpointer owner, WindowCommand *command, GByteArray *out);
static gboolean put_chunk (gpointer owner, WindowCommand *command, GByteArray *out);
static void data_answered (gpointer owner, const WindowCommand *command, const Reply *reply);
static void end_answered (gpointer owner, const WindowCommand *command, const Reply *reply);
static void chunk_answered (gpointer owner, const WindowCommand *command, const Reply *reply);
static void last_chunk_answered (gpointer owner, const WindowCommand *command, const Reply *reply);

const CommandKind COMMAND_DATA = { .name = "DATA",
                                   .stage = STAGE_DATA,
                                   .patience = PATIENCE_COMMAND,
                                   .ends_group = TRUE,
                                   .intermediate = 354,
                                   .guards = GUARD_TLS,
                                   .put = put_data,
                                   .answered = data_answered };

/* The body of DATA with its dot: a command whose line is empty. */
const CommandKind COMMAND_END = { .name = "end of data",
                                  .stage = STAGE_END,
                                  .patience = PATIENCE_DATA,
                                  .guards = GUARD_TLS,
                                  .put = put_end,
                                  .answered = end_answered };

const CommandKind COMMAND_CHUNK = { .name = "BDAT",
                                    .stage = STAGE_BODY,
                                    .patience = PATIENCE_COMMAND,
                                    .guards = GUARD_TLS,
                                    .may_be_sent = chunk_advice,
                                    .put = put_chunk,
                                    .answered = chunk_answered };

const CommandKind COMMAND_LAST_CHUNK = { .name = "BDAT LAST",
                                         .stage = STAGE_END,
                                         .patience = PATIENCE_DATA,
                                         .guards = GUARD_TLS,
                                         .may_be_sent = chunk_advice,
                                         .put = put_chunk,
                                         .answered = last_chunk_answered };

/* ---- the commands ------------------------------------------------------------- */

static void
push_chunk (Dialogue *dialogue, Transaction *transaction, guint64 octets, gboolean last)
{
  GString *line = g_string_new (NULL);
  command_bdat (line, octets, last);
  const CommandKind *kind = last ? &COMMAND_LAST_CHUNK : &COMMAND_CHUNK;
  window_push (dialogue->window, kind, transaction, line)->octets = octets;
}

/* All chunks at once: their sizes follow from that of the message. */
static void
push_chunks (Dialogue *dialogue, Transaction *transaction)
{
  guint64 left = transaction->form.size;
  guint64 most = MAX (dialogue->settings.chunk_size, 1);
  guint64 first = transaction->first_flight;
  if (first > 0 && first < left) {
    push_chunk (dialogue, transaction, first, FALSE);
    left -= first;
  }
  for (; left > most && !transaction->one_flight; left -= most)
    push_chunk (dialogue, transaction, most, FALSE);
  push_chunk (dialogue, transaction, left, TRUE);
}

void
body_queue (Dialogue *dialogue, Transaction *transaction, gsize group, gboolean quit_follows)
{
  gboolean offered = capabilities_have (dialogue->capabilities, CAPABILITY_CHUNKING);
  transaction->bdat = offered && dialogue->settings.chunking;
  transparency_init (&transaction->transparency, !transaction->bdat);
  if (!transaction->bdat) {
    GString *line = g_string_new (NULL);
    command_data (line);
    window_push (dialogue->window, &COMMAND_DATA, transaction, line);
    window_push (dialogue->window, &COMMAND_END, transaction, NULL);
    return;
  }
  g_autoptr (GString) header = g_string_new (NULL);
  command_bdat (header, transaction->form.size, TRUE);
  gsize around = group + header->len;
  gsize room = dialogue->settings.initial_window > around ? dialogue->settings.initial_window - around : 0;
  if (!window_pipelining (dialogue->window))
    room = 0;
  gsize quit = quit_follows ? strlen ("QUIT\r\n") : 0;
  guint64 size = transaction->form.size;
  transaction->one_flight = room >= quit && size <= room - quit;
  /* Never all of it: the last octet would go without a permit. */
  transaction->first_flight = transaction->one_flight || size == 0 ? size : MIN (room, size - 1);
  push_chunks (dialogue, transaction);
}

/* ---- octets ------------------------------------------------------------------- */

gboolean
body_is_whole (const Transaction *transaction)
{
  return transaction->supplied == transaction->form.size;
}

gboolean
body_is_over (const Transaction *transaction)
{
  gboolean nobody = transaction->n_unanswered == 0 && transaction->n_accepted == 0;
  return transaction->given_up || nobody || body_is_whole (transaction);
}

/* Moves up to MOST octets of what was supplied. */
static void
body_move (Transaction *transaction, GByteArray *out, gsize most)
{
  guint octets = (guint)MIN (most, transaction->body->len);
  if (octets == 0)
    return;
  transaction->body_begun = TRUE;
  g_byte_array_append (out, transaction->body->data, octets);
  g_byte_array_remove_range (transaction->body, 0, octets);
}

static gboolean
put_data (gpointer owner, WindowCommand *command, GByteArray *out)
{
  Transaction *transaction = command->subject;
  transaction->data_sent = TRUE;
  return TRUE;
}

static gboolean
put_end (gpointer owner, WindowCommand *command, GByteArray *out)
{
  Transaction *transaction = command->subject;
  if (transaction->given_up)
    return FALSE;
  if (transaction->n_accepted > 0) {
    body_move (transaction, out, G_MAXUINT);
    if (!body_is_whole (transaction) || !transaction->permitted)
      return FALSE;
    transaction->end = END_QUEUED;
  }
  /* With nobody accepted, and no octet out, the lone dot completes a message to no one. */
  g_byte_array_append (out, (const guint8 *)".\r\n", 3);
  transaction->dot_put = TRUE;
  dialogue_post_text (owner, DIALOGUE_COMMAND, ".");
  return TRUE;
}

/* The first chunk may go before anybody is accepted; and a message that goes in one
 * flight. The octets of "BDAT 0 LAST" complete a message by themselves. */
static SendAdvice
chunk_advice (gpointer owner, const WindowCommand *command)
{
  const Transaction *transaction = command->subject;
  gboolean first = !transaction->body_begun;
  gboolean known = transaction->n_accepted > 0;
  if (transaction->given_up || transaction->chunk_refused.kind != OUTCOME_NONE)
    return SEND_LATER;
  if (command->octets == 0 && !transaction->permitted)
    return SEND_LATER;
  return known || transaction->one_flight || (transaction->first_flight > 0 && first) ? SEND_NOW : SEND_LATER;
}

static gboolean
put_chunk (gpointer owner, WindowCommand *command, GByteArray *out)
{
  Transaction *transaction = command->subject;
  gboolean last = command->kind == &COMMAND_LAST_CHUNK;
  transaction->body_begun = TRUE;
  if (transaction->given_up)
    return FALSE;
  guint64 may_go = command->octets;
  if (last && !transaction->permitted && may_go > 0)
    may_go--;
  gsize before = transaction->body->len;
  body_move (transaction, out, (gsize)MIN (may_go, G_MAXUINT));
  command->octets -= before - transaction->body->len;
  if (command->octets > 0)
    return FALSE;
  if (last)
    transaction->end = END_QUEUED;
  return TRUE;
}

/* ---- asking for octets and permits ----------------------------------------------- */

/* How many octets can be put to use now. */
static guint64
body_wish (const Dialogue *dialogue, const Transaction *transaction)
{
  guint64 missing = transaction->form.size - transaction->supplied;
  const WindowCommand *next = window_next (dialogue->window);
  if (transaction->supplied < transaction->first_flight)
    return transaction->first_flight - transaction->supplied;
  if (next == NULL || next->subject != transaction || next->progress != COMMAND_BEGUN)
    return 0;
  if (next->kind == &COMMAND_END)
    return transaction->n_accepted > 0 ? missing : 0;
  guint64 held = transaction->body->len;
  return next->octets > held ? MIN (missing, next->octets - held) : 0;
}

/* With a window, that of DATA is asked for as soon as the message is begun: a permit costs
 * a write to the disk, and so those of a window are one. */
static gboolean
permit_is_due (const Dialogue *dialogue, const Transaction *transaction)
{
  if (transaction->permit_asked)
    return FALSE;
  if (!transaction->bdat && transactions_at_once (dialogue) > 1)
    return transaction->n_tried > 0;
  if (!body_is_whole (transaction))
    return FALSE;
  if (transaction->one_flight)
    return TRUE;
  return transaction->n_accepted > 0 && (transaction->bdat || transaction->data_ready);
}

static void
transaction_ask_for_body (Dialogue *dialogue, Transaction *transaction)
{
  gboolean room = dialogue->output->len + dialogue->unsent < OUTPUT_AHEAD;
  gsize wish = (gsize)MIN (body_wish (dialogue, transaction), BODY_PIECE);
  if (transaction->body_asked == 0 && room && wish > 0) {
    transaction->body_asked = wish;
    Event *event = dialogue_post (dialogue, DIALOGUE_WANTS_BODY);
    event->said.id = transaction->id;
    event->said.limit = wish;
  }
  if (permit_is_due (dialogue, transaction)) {
    transaction->permit_asked = TRUE;
    dialogue_post (dialogue, DIALOGUE_WANTS_END_PERMIT)->said.id = transaction->id;
  }
}

void
body_ask (Dialogue *dialogue)
{
  for (GList *link = dialogue->transactions.head; link != NULL; link = link->next) {
    Transaction *transaction = link->data;
    if (!transaction->told)
      transaction_ask_for_body (dialogue, transaction);
  }
}

static void
body_refuse (Dialogue *dialogue, Transaction *transaction, const char *why)
{
  transaction_give_up (dialogue, transaction, OUTCOME_PERMANENT, STAGE_MESSAGE, CAUSE_MESSAGE, NULL, why);
}

void
body_take (Dialogue *dialogue, Transaction *transaction, const guint8 *octets, gsize length)
{
  gsize asked = transaction->body_asked;
  transaction->body_asked = 0;
  if (length == 0 || length > asked) {
    body_refuse (dialogue, transaction, "the message has not the size that was declared");
  } else if (!transparency_append (&transaction->transparency, transaction->body, octets, length)) {
    body_refuse (dialogue, transaction, "a bare CR, bare LF or NUL in the message");
  } else {
    transaction->supplied += length;
    if (body_is_whole (transaction) && !transparency_may_end (&transaction->transparency))
      body_refuse (dialogue, transaction, "the message does not end with a line end");
  }
}

/* ---- what the replies mean -------------------------------------------------------- */

/* A body that has begun and can't go on leaves no other way. A 421 says more than that. */
static void
close_gently (Dialogue *dialogue, const Reply *reply, const char *detail)
{
  if (reply->code != 421)
    dialogue_end (dialogue, CLOSE_NOW, OUTCOME_ACCEPTED, STAGE_BODY, CAUSE_REPLY, reply, detail);
}

void
body_nobody_left (Dialogue *dialogue, Transaction *transaction, const Reply *reply)
{
  if (transaction->data_sent)
    return; /* its reply is awaited; 354 wants a lone dot */
  if (transaction->end != END_HERE)
    return; /* all of it is out: the reply decides nothing */
  if (transaction->body_begun)
    close_gently (dialogue, reply, "no recipient was accepted, and a BDAT had begun");
  else
    window_drop_waiting (dialogue->window, transaction, NULL);
}

static void
data_answered (gpointer owner, const WindowCommand *command, const Reply *reply)
{
  Dialogue *dialogue = owner;
  Transaction *transaction = command->subject;
  if (reply->code == 354) {
    gboolean nobody = transaction->n_accepted == 0 && transaction->n_claimed == 0;
    transaction->data_ready = TRUE;
    /* A lone dot would be an empty message to those whom the server took all the same. */
    transaction->must_close = !nobody && (transaction->given_up || transaction->mail_refused);
    transaction->given_up = transaction->must_close;
    return;
  }
  if (reply_is_positive (reply)) {
    dialogue_end (dialogue, CLOSE_NOW, OUTCOME_TRANSPORT, STAGE_DATA, CAUSE_PROTOCOL, reply,
                  "unexpected reply");
    return;
  }
  transaction_decide (transaction, outcome_kind_of_reply (reply), STAGE_DATA, CAUSE_REPLY, reply, NULL);
  window_drop_waiting (dialogue->window, transaction, NULL);
}

/* The reply to the end gives its fate to everybody who was accepted. */
static void
transaction_ended (Dialogue *dialogue, Transaction *transaction, const WindowCommand *command,
                   const Reply *reply)
{
  gboolean early = command->left != LEFT_WHOLE;
  OutcomeKind kind = reply_is_positive (reply) ? OUTCOME_ACCEPTED : outcome_kind_of_reply (reply);
  gboolean contradicted = kind == OUTCOME_ACCEPTED && transaction->chunk_refused.kind != OUTCOME_NONE;
  for (guint i = 0; kind == OUTCOME_ACCEPTED && i < transaction->outcome->n_recipients; i++)
    contradicted = contradicted || transaction->states[i] == RECIPIENT_CLAIMED;
  if (contradicted) {
    dialogue_end (dialogue, CLOSE_NOW, OUTCOME_TRANSPORT, STAGE_END, CAUSE_PROTOCOL, reply,
                  "the server refused and accepted the same message");
    return;
  }
  const Verdict *refused = &transaction->chunk_refused;
  if (refused->kind != OUTCOME_NONE)
    transaction_decide (transaction, refused->kind, refused->stage, refused->cause, refused->reply, NULL);
  transaction_decide (transaction, kind, STAGE_END, CAUSE_REPLY, reply, NULL);
  if (early)
    close_gently (dialogue, reply, NULL);
}

static void
end_answered (gpointer owner, const WindowCommand *command, const Reply *reply)
{
  Dialogue *dialogue = owner;
  dialogue->transaction_open = FALSE;
  transaction_ended (dialogue, command->subject, command, reply);
}

/* Offered and not parsed: what follows would be run as commands. */
static gboolean
bdat_was_refused (Dialogue *dialogue, Transaction *transaction, const Reply *reply)
{
  if (transaction->n_accepted == 0 || (reply->code != 500 && reply->code != 502 && reply->code != 503))
    return FALSE;
  transaction_decide (transaction, OUTCOME_TRANSPORT, STAGE_BODY, CAUSE_BDAT_REFUSED, reply, NULL);
  dialogue_end (dialogue, CLOSE_NOW, OUTCOME_TRANSPORT, STAGE_BODY, CAUSE_BDAT_REFUSED, reply, NULL);
  return TRUE;
}

static void
chunk_answered (gpointer owner, const WindowCommand *command, const Reply *reply)
{
  Dialogue *dialogue = owner;
  Transaction *transaction = command->subject;
  if (reply_is_positive (reply) || bdat_was_refused (dialogue, transaction, reply))
    return;
  OutcomeKind kind = outcome_kind_of_reply (reply);
  if (transaction->end == END_TAKEN) {
    /* The last chunk is out: only its own reply settles that nothing was accepted. */
    verdict_set (&transaction->chunk_refused, kind, STAGE_BODY, CAUSE_REPLY, reply, NULL);
    return;
  }
  transaction_decide (transaction, kind, STAGE_BODY, CAUSE_REPLY, reply, NULL);
  close_gently (dialogue, reply, NULL);
}

static void
last_chunk_answered (gpointer owner, const WindowCommand *command, const Reply *reply)
{
  Dialogue *dialogue = owner;
  Transaction *transaction = command->subject;
  if (bdat_was_refused (dialogue, transaction, reply))
    return;
  if (transaction->n_accepted > 0)
    dialogue->bdat_proven = TRUE;
  if (reply_is_positive (reply))
    dialogue->transaction_open = FALSE;
  transaction_ended (dialogue, transaction, command, reply);
}
