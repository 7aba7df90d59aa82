/* Taking in a message: DATA with its dots (RFC 5321, section 4.5.2) and BDAT with its
 * counts (RFC 3030). Only CRLF ends a line and only CRLF.CRLF ends DATA; a message
 * with a bare CR, a bare LF or a NUL is read to its end and refused whole, so that no
 * two servers can disagree on where it ends. */
#include "core/receiver-private.h"

static void
begin_message (Receiver *receiver)
{
  receiver->body_begun = TRUE;
  receiver->body_broken = FALSE;
  receiver->body_size = 0;
  receiver_push (receiver, RECEIVER_WANTS_MESSAGE);
}

static gboolean
is_too_big (const Receiver *receiver)
{
  return receiver->settings.size_limit != 0 && receiver->body_size > receiver->settings.size_limit;
}

/* Shows what was decoded. A message that is refused already is only counted. */
static void
push_body (Receiver *receiver)
{
  receiver->body_size += receiver->octets->len;
  if (receiver->octets->len == 0 || receiver->body_broken || is_too_big (receiver))
    return;
  ReceiverEvent *event = receiver_push (receiver, RECEIVER_BODY);
  event->octets = receiver->octets->data;
  event->length = receiver->octets->len;
}

static void
end_message (Receiver *receiver)
{
  receiver->mode = MODE_COMMAND;
  if (receiver->body_broken || is_too_big (receiver)) {
    gboolean broken = receiver->body_broken;
    receiver_reset (receiver);
    if (broken)
      receiver_refuse (receiver, 550, "5.6.0 Bare CR, bare LF or NUL in the message");
    else
      receiver_say (receiver, 552, "5.3.4 Message too big");
    return;
  }
  receiver->wait = WAIT_VERDICT;
  receiver_push (receiver, RECEIVER_WANTS_VERDICT);
}

/* ---- DATA ---------------------------------------------------------------- */

void
receiver_begin_data (Receiver *receiver)
{
  receiver->mode = MODE_DATA;
  receiver->data = DATA_LINE_START;
  begin_message (receiver);
}

static DataState
take_text_octet (Receiver *receiver, guint8 octet)
{
  if (octet == '\n' || octet == '\0')
    receiver->body_broken = TRUE;
  g_byte_array_append (receiver->octets, &octet, 1);
  return octet == '\r' ? DATA_CR : DATA_TEXT;
}

/* Takes one octet; TRUE when it was the last of CRLF.CRLF. */
static gboolean
take_data_octet (Receiver *receiver, guint8 octet)
{
  DataState state = receiver->data;
  if (state == DATA_DOT_CR && octet == '\n')
    return TRUE;
  if (state == DATA_CR && octet == '\n') {
    g_byte_array_append (receiver->octets, &octet, 1);
    receiver->data = DATA_LINE_START;
  } else if (state == DATA_LINE_START && octet == '.') {
    receiver->data = DATA_DOT;
  } else if (state == DATA_DOT && octet == '\r') {
    receiver->data = DATA_DOT_CR;
  } else {
    if (state == DATA_CR || state == DATA_DOT_CR)
      receiver->body_broken = TRUE;
    receiver->data = take_text_octet (receiver, octet);
  }
  return FALSE;
}

void
receiver_take_data (Receiver *receiver)
{
  gboolean ended = FALSE;
  while (!ended && receiver->taken < receiver->input->len)
    ended = take_data_octet (receiver, receiver->input->data[receiver->taken++]);
  push_body (receiver);
  if (ended)
    end_message (receiver);
}

/* ---- BDAT ---------------------------------------------------------------- */

void
receiver_begin_chunk (Receiver *receiver, guint64 octets, gboolean last)
{
  receiver->mode = MODE_BDAT;
  receiver->chunk_left = octets;
  receiver->chunk_last = last;
  /* The octets come all the same: they are dropped, never run as commands. */
  receiver->chunk_refused = receiver->envelope == NULL || receiver->n_accepted == 0;
  if (!receiver->chunk_refused && !receiver->body_begun) {
    transparency_init (&receiver->chunk_form, FALSE);
    begin_message (receiver);
  }
}

static void
take_chunk_octets (Receiver *receiver)
{
  gsize available = receiver->input->len - receiver->taken;
  gsize length = (gsize)MIN ((guint64)available, receiver->chunk_left);
  const guint8 *octets = receiver->input->data + receiver->taken;
  receiver->taken += length;
  receiver->chunk_left -= length;
  if (receiver->chunk_refused || length == 0)
    return;
  if (receiver->form.kind == BODY_BINARYMIME)
    g_byte_array_append (receiver->octets, octets, (guint)length);
  else if (!receiver->body_broken
           && !transparency_append (&receiver->chunk_form, receiver->octets, octets, length))
    receiver->body_broken = TRUE;
  push_body (receiver);
}

/* A chunk that the owner wants refused; its octets have been read all the same. */
static gboolean
chunk_is_overridden (Receiver *receiver)
{
  const ReceiverReply *override = receiver_override (receiver, "BDAT");
  if (override == NULL || override->code / 100 == 2)
    return FALSE;
  receiver_reset (receiver);
  receiver_say_for (receiver, "BDAT", 250, "");
  return TRUE;
}

static void
end_chunk (Receiver *receiver)
{
  receiver->mode = MODE_COMMAND;
  if (chunk_is_overridden (receiver))
    return;
  if (receiver->chunk_refused) {
    receiver_refuse (receiver, 503, "5.5.1 No recipient for this chunk");
    return;
  }
  if (receiver->chunk_last)
    receiver->body_broken = receiver->body_broken || receiver->chunk_form.after_cr;
  /* A refusal before the last chunk saves the client the rest. */
  if (receiver->chunk_last || receiver->body_broken || is_too_big (receiver))
    end_message (receiver);
  else
    receiver_say_for (receiver, "BDAT", 250, "2.0.0 Chunk taken");
}

void
receiver_take_chunk (Receiver *receiver)
{
  take_chunk_octets (receiver);
  if (receiver->chunk_left == 0)
    end_chunk (receiver);
}
