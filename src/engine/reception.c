/* The receiver on a stream. Nothing is read while an answer is due or output waits for the
 * client: so one that never reads costs no memory, and the end of its input is noticed only
 * when all that came before was worked off (`printf … | sendmail -bs`). */
#include "engine/reception.h"

#include "base/error.h"
#include "core/receiver.h"
#include "engine/timer.h"
#include "mail/body-writer.h"
#include "net/clock.h"
#include "net/stream.h"

#include <string.h>

/* For a client that doesn't even take our farewell. */
#define FAREWELL_PATIENCE (5 * TICKS_PER_SECOND)

struct Reception {
  ReceptionRules rules;
  ReceptionEvents events;
  gpointer data;

  Receiver *receiver;
  Stream *stream;
  Timer *timer;
  BodyWriter *writer;    /* NULL: no message is coming in */
  GError *trouble;       /* why the message can't be kept; what comes of it is dropped */
  BodySource *message;   /* lent to the owner until it answers */
  const char *last_word; /* 421, as soon as no answer is due; NULL: it goes on */
  gboolean pumping;
  gboolean closing; /* once the output has left */
  guint end_source; /* not 0: it is over */
};

/* --- the end -------------------------------------------------------------------- */

static gboolean
say_ended (gpointer data)
{
  Reception *reception = data;

  reception->events.ended (reception, reception->data);
  return G_SOURCE_REMOVE;
}

/* The owner is told from a clean stack. */
static void
end (Reception *reception)
{
  if (reception->end_source != 0)
    return;
  g_clear_pointer (&reception->stream, stream_free);
  timer_set (reception->timer, TICKS_NEVER);
  reception->end_source = g_idle_add (say_ended, reception);
}

static void
drop_message (Reception *reception)
{
  g_clear_pointer (&reception->writer, body_writer_free);
  g_clear_pointer (&reception->message, body_source_unref);
  g_clear_error (&reception->trouble);
}

void
reception_free (Reception *reception)
{
  if (!reception)
    return;
  if (reception->end_source != 0)
    g_source_remove (reception->end_source);
  drop_message (reception);
  stream_free (reception->stream);
  timer_free (reception->timer);
  receiver_free (reception->receiver);
  g_free (reception);
}

/* --- the message ------------------------------------------------------------------ */

guint
reception_refusal (const GError *error, const char **ret_text)
{
  if (g_error_matches (error, TOUKAN_ERROR, TOUKAN_ERROR_TEMPORARY)) {
    *ret_text = "4.3.1 No room to keep the message";
    return 452;
  }
  *ret_text = "4.3.0 The message can't be kept";
  return 451;
}

static void
answer_trouble (Reception *reception, const GError *error)
{
  const char *text;
  guint code = reception_refusal (error, &text);

  reception_answer (reception, code, text);
}

static void
take_body (Reception *reception, const guint8 *octets, gsize length)
{
  if (!reception->trouble && !body_writer_append (reception->writer, octets, length, &reception->trouble))
    g_clear_pointer (&reception->writer, body_writer_free); /* its room, at once */
}

static void
take_message (Reception *reception, const Envelope *envelope)
{
  if (!reception->trouble)
    reception->message = body_writer_finish (reception->writer, &reception->trouble);
  if (reception->message)
    reception->events.message (reception, envelope, reception->message, reception->data);
  else
    answer_trouble (reception, reception->trouble);
}

/* --- the conversation --------------------------------------------------------------- */

/* As on the command line (mail/address.h): to some program this would be an option, a command
 * or a file. */
static void
answer_recipient (Reception *reception, const char *address)
{
  if (*address != '\0' && strchr ("-|/", *address))
    receiver_answer (reception->receiver, 553, "5.1.3 Not an address to send to");
  else
    receiver_answer (reception->receiver, 0, NULL);
}

static void
handle_event (Reception *reception, const ReceiverEvent *event)
{
  switch (event->kind) {
  case RECEIVER_WANTS_SENDER:
    reception->events.sender (reception, event->envelope, event->form, reception->data);
    break;
  case RECEIVER_WANTS_RECIPIENT:
    answer_recipient (reception, envelope_recipient (event->envelope, event->index)->address);
    break;
  case RECEIVER_WANTS_MESSAGE:
    drop_message (reception);
    reception->writer = body_writer_new ();
    break;
  case RECEIVER_BODY:
    take_body (reception, event->octets, event->length);
    break;
  case RECEIVER_WANTS_VERDICT:
    take_message (reception, event->envelope);
    break;
  case RECEIVER_RESET:
    drop_message (reception);
    break;
  case RECEIVER_WANTS_CLOSE:
    reception->closing = TRUE;
    break;
  case RECEIVER_COMMAND: /* nobody logs these */
  case RECEIVER_WANTS_TLS:
  case RECEIVER_WANTS_AUTH: /* neither is offered */
    break;
  }
}

static void
move_output (Reception *reception)
{
  g_autoptr (GByteArray) output = receiver_take_output (reception->receiver);

  if (output)
    stream_write (reception->stream, output->data, output->len);
}

/* Only what brings the conversation on counts: an octet now and then doesn't. */
static void
be_patient (Reception *reception)
{
  Ticks patience
      = reception->closing ? MIN (FAREWELL_PATIENCE, reception->rules.patience) : reception->rules.patience;
  gboolean ours = !reception->closing && receiver_is_waiting (reception->receiver);

  timer_set (reception->timer, ours ? TICKS_NEVER : clock_now () + patience);
}

static void
go_on (Reception *reception)
{
  gboolean ready = !reception->closing && !receiver_is_waiting (reception->receiver);

  stream_set_reading (reception->stream, ready && stream_pending (reception->stream) == 0);
}

static void
pump (Reception *reception)
{
  ReceiverEvent event;
  gboolean progress = FALSE;

  if (reception->pumping || reception->end_source != 0)
    return;
  reception->pumping = TRUE;
  if (reception->last_word && !receiver_is_waiting (reception->receiver))
    receiver_shut_down (reception->receiver, 421, reception->last_word);
  while (receiver_next_event (reception->receiver, &event)) {
    progress = TRUE;
    handle_event (reception, &event);
    if (reception->last_word && !receiver_is_waiting (reception->receiver))
      receiver_shut_down (reception->receiver, 421, reception->last_word);
  }
  reception->pumping = FALSE;
  move_output (reception);
  if (reception->closing)
    stream_close_gracefully (reception->stream);
  if (progress)
    be_patient (reception);
  go_on (reception);
}

void
reception_answer (Reception *reception, guint code, const char *text)
{
  if (reception->end_source != 0)
    return;
  receiver_answer (reception->receiver, code, text);
  drop_message (reception);
  if (reception->pumping)
    return;
  pump (reception);
  if (reception->end_source == 0)
    be_patient (reception);
}

void
reception_shut_down (Reception *reception, const char *text)
{
  reception->last_word = text;
  pump (reception);
}

/* --- the stream's and the timer's events ------------------------------------------------ */

static void
on_received (Stream *stream, const guint8 *octets, gsize length, gpointer data)
{
  Reception *reception = data;

  receiver_receive (reception->receiver, octets, length);
  pump (reception);
}

static void
on_drained (Stream *stream, gpointer data)
{
  Reception *reception = data;

  if (reception->closing)
    end (reception);
  else
    go_on (reception);
}

static void
on_closed (Stream *stream, const char *detail, gpointer data)
{
  end (data);
}

static void
on_timer (gpointer data)
{
  Reception *reception = data;

  if (reception->closing) {
    end (reception);
    return;
  }
  receiver_shut_down (reception->receiver, 421, "4.4.2 Nothing came for too long");
  pump (reception);
}

/* --- the beginning ------------------------------------------------------------------------ */

static Receiver *
make_receiver (const ReceptionRules *rules)
{
  ReceiverSettings settings = {
    .server_name = rules->server_name,
    .greeting = "ESMTP toukan",
    .capabilities = CAPABILITY_PIPELINING | CAPABILITY_SIZE | CAPABILITY_8BITMIME | CAPABILITY_DSN
                    | CAPABILITY_SMTPUTF8 | CAPABILITY_ENHANCEDSTATUSCODES | CAPABILITY_CHUNKING
                    | CAPABILITY_LIMITS,
    .size_limit = rules->size_limit,
    .rcpt_max = rules->recipients_limit,
    .bare_addresses = TRUE,
  };

  return receiver_new (&settings);
}

Reception *
reception_new (int in, int out, const ReceptionRules *rules, const ReceptionEvents *events, gpointer data)
{
  static const StreamEvents stream_events = {
    .received = on_received,
    .drained = on_drained,
    .closed = on_closed,
  };
  Reception *reception = g_new0 (Reception, 1);

  reception->rules = *rules;
  reception->events = *events;
  reception->data = data;
  reception->receiver = make_receiver (rules);
  reception->timer = timer_new (on_timer, reception);
  reception->stream = in == out ? stream_new (in, &stream_events, reception)
                                : stream_new_pair (in, out, &stream_events, reception);
  pump (reception);
  be_patient (reception);
  return reception;
}
