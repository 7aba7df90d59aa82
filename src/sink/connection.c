/* One connection. The receiver decides what is said; this file decides when it is sent,
 * and when not at all. */
#include "sink/connection-private.h"

#include <string.h>

#include "net/clock.h"

#define LINGER_SECONDS 5 /* for a client that doesn't close when we have */

/* ---- the log ------------------------------------------------------------- */

Log *
connection_begin_event (Connection *connection, const char *event)
{
  Log *log = connection->context->log;
  log_begin (log, event);
  log_number (log, "id", connection->id);
  return log;
}

/* ---- the end ------------------------------------------------------------- */

static gboolean
say_ended (gpointer data)
{
  Connection *connection = data;
  connection->end_source = 0;
  connection->ended (connection, connection->data);
  return G_SOURCE_REMOVE;
}

/* The owner is told from a clean stack. */
static void
end (Connection *connection, const char *reason)
{
  if (connection->over)
    return;
  connection->over = connection->deaf = TRUE;
  g_clear_pointer (&connection->stream, stream_free);
  Log *log = connection_begin_event (connection, "closed");
  log_number (log, "octets", connection->octets);
  log_number (log, "commands", connection->commands);
  log_text (log, "reason", reason);
  log_end (log);
  connection->end_source = g_idle_add (say_ended, connection);
}

static gboolean
on_linger (gpointer data)
{
  Connection *connection = data;
  connection->linger_timer = 0;
  end (connection, "the client didn't close");
  return G_SOURCE_REMOVE;
}

static void
clear_timer (guint *timer)
{
  if (*timer != 0)
    g_source_remove (*timer);
  *timer = 0;
}

void
connection_free (Connection *connection)
{
  clear_timer (&connection->reply_timer);
  clear_timer (&connection->greeting_timer);
  clear_timer (&connection->linger_timer);
  clear_timer (&connection->end_source);
  stream_free (connection->stream);
  receiver_free (connection->receiver);
  sink_auth_free (connection->auth);
  mail_file_free (connection->file);
  g_byte_array_unref (connection->held);
  g_free (connection->mechanisms);
  g_free (connection->tls);
  g_free (connection);
}

/* ---- output -------------------------------------------------------------- */

static void
start_tls (Connection *connection)
{
  const SinkOptions *options = connection->options;
  const Certificates *certificates = connection->context->certificates;
  gboolean own_ca = g_strcmp0 (options->client_ca, "ask") == 0;
  const TlsServerSettings settings = {
    .certificate = certificates->certificate,
    .key = certificates->key,
    .client_ca_file = own_ca ? certificates->ca : options->client_ca,
    .client_required = options->require_client_certificate,
    .tls12_only = options->tls12,
  };
  g_autoptr (GError) error = NULL;
  if (options->stall_tls) {
    connection->deaf = TRUE;
    return;
  }
  Tls *tls = tls_new_server (&settings, &error);
  if (tls == NULL)
    end (connection, error->message);
  else
    stream_start_tls (connection->stream, tls, NULL);
}

/* Sends what is held, and does what was to follow it. */
static void
release (Connection *connection)
{
  if (connection->over)
    return;
  Then then = connection->then;
  connection->then = THEN_NOTHING;
  stream_write (connection->stream, connection->held->data, connection->held->len);
  g_byte_array_set_size (connection->held, 0);
  if (then == THEN_TLS) {
    if (connection->options->inject != NULL)
      stream_write (connection->stream, (const guint8 *)connection->options->inject,
                    connection->options->inject_length);
    start_tls (connection);
  } else if (then == THEN_CLOSE) {
    stream_close_gracefully (connection->stream);
    connection->linger_timer = g_timeout_add_seconds (LINGER_SECONDS, on_linger, connection);
  }
}

static gboolean
on_reply_timer (gpointer data)
{
  Connection *connection = data;
  connection->reply_timer = 0;
  release (connection);
  return G_SOURCE_REMOVE;
}

void
connection_collect_output (Connection *connection)
{
  g_autoptr (GByteArray) output = receiver_take_output (connection->receiver);
  if (output != NULL)
    g_byte_array_append (connection->held, output->data, output->len);
}

static void
release_in_time (Connection *connection)
{
  if (connection->over || (connection->held->len == 0 && connection->then == THEN_NOTHING))
    return;
  if (connection->options->reply_delay == 0)
    release (connection);
  else if (connection->reply_timer == 0)
    connection->reply_timer = g_timeout_add ((guint)(connection->options->reply_delay / TICKS_PER_MS),
                                             on_reply_timer, connection);
}

/* ---- faults -------------------------------------------------------------- */

static gboolean
is_now (const Moment *moment, MomentKind kind, guint64 number)
{
  return moment->kind == kind && (kind == MOMENT_END || number >= moment->number);
}

/* Replies that are on their way still go. */
void
connection_close (Connection *connection)
{
  release (connection);
  if (!connection->over)
    stream_flush (connection->stream);
  end (connection, "told to");
}

/* Closes or falls silent where that was asked for. TRUE: it did. */
gboolean
connection_fail_on_purpose (Connection *connection, MomentKind kind, guint64 number)
{
  const SinkOptions *options = connection->options;
  if (connection->over || connection->deaf)
    return TRUE;
  if (is_now (&options->close_at, kind, number)) {
    connection_close (connection);
  } else if (is_now (&options->silent_at, kind, number)) {
    release (connection);
    connection->deaf = TRUE;
  } else if (kind == MOMENT_OCTET && number >= options->stop_reading_at) {
    connection->deaf = TRUE;
    stream_set_reading (connection->stream, FALSE);
  }
  return connection->deaf;
}

/* How many of LENGTH octets go before the next thing that happens at an octet. */
static gsize
octets_until_fault (const Connection *connection, gsize length)
{
  const SinkOptions *options = connection->options;
  const guint64 places[] = {
    options->close_at.kind == MOMENT_OCTET ? options->close_at.number : G_MAXUINT64,
    options->silent_at.kind == MOMENT_OCTET ? options->silent_at.number : G_MAXUINT64,
    options->stop_reading_at,
  };
  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    if (places[i] > connection->octets && places[i] - connection->octets < length)
      length = (gsize)(places[i] - connection->octets);
  return length;
}

/* Works off what the receiver has to say. Output is collected before each event, so
 * that a command at which something fails gets no reply any more. */
static void
pump (Connection *connection)
{
  ReceiverEvent event;
  do
    connection_collect_output (connection);
  while (!connection->deaf && receiver_next_event (connection->receiver, &event)
         && (connection_on_event (connection, &event), TRUE));
  if (!connection->deaf)
    connection_collect_output (connection); /* a reply without an event: BDAT to nobody */
  release_in_time (connection);
}

/* ---- the stream's events ------------------------------------------------- */

static void
on_received (Stream *stream, const guint8 *octets, gsize length, gpointer data)
{
  Connection *connection = data;
  while (length > 0 && !connection->deaf) {
    gsize piece = octets_until_fault (connection, length);
    connection->octets += piece;
    receiver_receive (connection->receiver, octets, piece);
    pump (connection);
    connection_fail_on_purpose (connection, MOMENT_OCTET, connection->octets);
    octets += piece;
    length -= piece;
  }
}

static gboolean
on_greeting_timer (gpointer data)
{
  Connection *connection = data;
  const SinkOptions *options = connection->options;
  connection->greeting_timer = 0;
  if (connection->too_many)
    receiver_shut_down (connection->receiver, 421, "4.7.0 Too many connections");
  else if (options->greeting_code != 220)
    receiver_shut_down (connection->receiver, options->greeting_code, options->greeting_text);
  else
    receiver_greet (connection->receiver);
  pump (connection);
  return G_SOURCE_REMOVE;
}

static void
greet (Connection *connection)
{
  Ticks delay = connection->options->greeting_delay;
  if (delay > 0)
    connection->greeting_timer = g_timeout_add ((guint)(delay / TICKS_PER_MS), on_greeting_timer, connection);
  else
    on_greeting_timer (connection);
}

/* Whom a client certificate names: its common name. */
static char *
common_name (const char *subject)
{
  const char *start = subject == NULL ? NULL : strstr (subject, "CN=");
  return start == NULL ? NULL : g_strndup (start + 3, strcspn (start + 3, ",+"));
}

static void
on_secured (Stream *stream, gpointer data)
{
  Connection *connection = data;
  const TlsFacts *facts = tls_facts (stream_tls (stream));
  g_autofree char *name = common_name (facts->peer_subject);
  g_autoptr (GBytes) binding = tls_binding (stream_tls (stream));
  connection->tls = g_strdup_printf ("%s %s", facts->version, facts->cipher);
  Log *log = connection_begin_event (connection, "tls");
  log_text (log, "version", facts->version);
  log_text (log, "cipher", facts->cipher);
  log_text (log, "client", name);
  log_end (log);

  sink_auth_free (connection->auth);
  connection->auth = sink_auth_new (connection->options, binding, name);
  connection->mechanisms = sink_auth_offer (connection->auth);
  if (connection->mechanisms[0] != NULL)
    receiver_set_mechanisms (connection->receiver, connection->mechanisms);
  receiver_tls_established (connection->receiver);
  if (connection->implicit_tls)
    greet (connection);
}

static void
on_tls_failed (Stream *stream, OutcomeKind kind, Cause cause, const char *detail, gpointer data)
{
  Connection *connection = data;
  Log *log = connection_begin_event (connection, "tls");
  log_text (log, "error", detail != NULL ? detail : cause_name (cause));
  log_end (log);
  end (connection, "TLS failed");
}

static void
on_closed (Stream *stream, const char *detail, gpointer data)
{
  end (data, detail != NULL ? detail : "by the client");
}

/* ---- the beginning ------------------------------------------------------- */

static void
make_receiver (Connection *connection)
{
  const SinkOptions *options = connection->options;
  const ReceiverSettings settings = {
    .server_name = options->name,
    .greeting = options->greeting_text,
    .capabilities = options->capabilities,
    .size_limit = options->size,
    .rcpt_max = options->rcpt_max,
    .future_release_interval = (guint64)(options->future_release / TICKS_PER_SECOND),
    .future_release_until = ticks_after (clock_instant ().wall, options->future_release),
    .mechanisms = (const char *const *)options->mechanisms,
    .auth_needs_tls = !options->auth_in_clear,
    .mail_needs_auth = options->require_auth,
    .mail_needs_tls = options->require_tls,
    .old_auth_form = options->old_auth,
    .silent_start = TRUE,
    .replies = (const ReceiverReply *)(const void *)options->replies->data,
    .n_replies = options->replies->len,
  };
  connection->receiver = receiver_new (&settings);
  connection->auth = sink_auth_new (options, NULL, NULL);
}

Connection *
connection_new (const ConnectionContext *context, int fd, const ConnectionFacts *facts, ConnectionEnded ended,
                gpointer data)
{
  static const StreamEvents events = {
    .received = on_received,
    .secured = on_secured,
    .tls_failed = on_tls_failed,
    .closed = on_closed,
  };
  Connection *connection = g_new0 (Connection, 1);
  connection->context = context;
  connection->options = context->options;
  connection->id = facts->id;
  connection->implicit_tls = facts->implicit_tls;
  connection->too_many = facts->too_many;
  connection->ended = ended;
  connection->data = data;
  connection->held = g_byte_array_new ();
  connection->stream = stream_new (fd, &events, connection);
  make_receiver (connection);

  Log *log = connection_begin_event (connection, "connection");
  log_text (log, "peer", facts->peer);
  log_text (log, "local", facts->local);
  log_end (log);

  connection->deaf = context->options->silent;
  if (connection_fail_on_purpose (connection, MOMENT_OCTET, 0)
      || connection_fail_on_purpose (connection, MOMENT_COMMAND, 0))
    return connection;
  if (facts->implicit_tls)
    start_tls (connection);
  else
    greet (connection);
  return connection;
}

void
connection_shut_down (Connection *connection)
{
  if (connection->over)
    return;
  receiver_shut_down (connection->receiver, 421, "4.3.2 Shutting down");
  connection_collect_output (connection);
  connection->then = THEN_NOTHING;
  if (!connection->deaf && (stream_tls (connection->stream) == NULL || connection->tls != NULL)) {
    release (connection);
    stream_flush (connection->stream);
  }
  end (connection, "shutting down");
}
