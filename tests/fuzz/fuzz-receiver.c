/* The server side: any octets, in two sorts of pieces, give the same replies, each a
 * reply to our own parser; and events keep their order. The first octet chooses the
 * answers and whether the input is fed octet by octet. */
#include <stdint.h>
#include <string.h>

#include "core/receiver.h"

int LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length);

typedef struct {
  Receiver *receiver;
  guint switches;
  gboolean in_message;
  gboolean closed;
  GByteArray *output;
} Owner;

static void
owner_event (Owner *owner, const ReceiverEvent *event)
{
  g_assert (!owner->closed);
  switch (event->kind) {
  case RECEIVER_WANTS_TLS:
    receiver_tls_established (owner->receiver);
    break;
  case RECEIVER_WANTS_AUTH:
    receiver_auth_answer (owner->receiver, event->length == 0 ? 334 : 235, event->octets, event->length, "u");
    break;
  case RECEIVER_WANTS_SENDER:
    g_assert (event->envelope != NULL && event->envelope->sender != NULL);
    receiver_answer (owner->receiver, owner->switches & 1 ? 250 : 0, NULL);
    break;
  case RECEIVER_WANTS_RECIPIENT:
    g_assert (envelope_recipient (event->envelope, event->index) != NULL);
    receiver_answer (owner->receiver, owner->switches & 2 && event->index > 0 ? 550 : 0, NULL);
    break;
  case RECEIVER_WANTS_MESSAGE:
    g_assert (!owner->in_message && event->envelope->recipients->len > 0);
    owner->in_message = TRUE;
    break;
  case RECEIVER_BODY:
    g_assert (owner->in_message && event->length > 0);
    break;
  case RECEIVER_WANTS_VERDICT:
    g_assert (owner->in_message);
    owner->in_message = FALSE;
    receiver_answer (owner->receiver, owner->switches & 4 ? 452 : 0, NULL);
    break;
  case RECEIVER_RESET:
    owner->in_message = FALSE;
    break;
  case RECEIVER_COMMAND:
    g_assert (strpbrk (event->text, "\r\n") == NULL);
    break;
  case RECEIVER_WANTS_CLOSE:
    owner->closed = TRUE;
    break;
  }
}

static GByteArray *
converse (guint switches, const uint8_t *octets, size_t length, size_t piece)
{
  static const char *const mechanisms[] = { "PLAIN", "EXTERNAL", NULL };
  ReceiverSettings settings
      = { .server_name = "s",
          .capabilities = (2 * CAPABILITY_FUTURERELEASE - 1) & ~(guint)CAPABILITY_STARTTLS,
          .future_release_interval = 600,
          .future_release_until = G_GINT64_CONSTANT (1795597200000000),
          .size_limit = switches & 8 ? 100 : 0,
          .rcpt_max = 3,
          .mechanisms = mechanisms };
  g_autoptr (Receiver) receiver = receiver_new (&settings);
  Owner owner = { .receiver = receiver, .switches = switches, .output = g_byte_array_new () };
  for (size_t at = 0; at < length; at += piece) {
    piece = MIN (piece, length - at);
    receiver_receive (receiver, octets + at, piece);
    for (ReceiverEvent event; receiver_next_event (receiver, &event);)
      owner_event (&owner, &event);
    g_autoptr (GByteArray) output = receiver_take_output (receiver);
    if (output != NULL)
      g_byte_array_append (owner.output, output->data, output->len);
  }
  return owner.output;
}

static void
check_replies (const GByteArray *output)
{
  g_autoptr (ReplyParser) parser = reply_parser_new ();
  reply_parser_set_line_limit (parser, REPLY_LINE_LIMIT_AUTH * 2);
  for (gsize at = 0, used = 0; at < output->len; at += used) {
    g_autoptr (Reply) reply = NULL;
    g_assert (reply_parser_feed (parser, output->data + at, output->len - at, &used, &reply)
              == REPLY_COMPLETE);
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *octets, size_t length)
{
  if (length == 0)
    return 0;
  g_autoptr (GByteArray) whole = converse (octets[0], octets + 1, length - 1, SIZE_MAX);
  g_autoptr (GByteArray) single = converse (octets[0], octets + 1, length - 1, 1);
  check_replies (whole);
  g_assert_cmpmem (whole->data, whole->len, single->data, single->len);
  return 0;
}
