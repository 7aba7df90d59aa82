/* What the receiver asks of its owner, answered as the options say. */
#include "sink/connection-private.h"

#include "core/future-release.h"
#include "net/clock.h"

static char *
hold_until (const Envelope *envelope)
{
  const gint64 moment = future_release_moment (envelope, clock_instant ().wall);
  return moment != 0 ? future_release_write_time (moment) : NULL;
}

static void
log_message (Connection *connection, const Envelope *envelope)
{
  g_autoptr (GPtrArray) recipients = g_ptr_array_new ();
  for (guint i = 0; i < envelope->recipients->len; i++)
    g_ptr_array_add (recipients, envelope_recipient (envelope, i)->address);
  Log *log = connection_begin_event (connection, "message");
  log_text (log, "sender", envelope->sender);
  log_texts (log, "recipients", recipients);
  log_number (log, "size", mail_file_size (connection->file));
  log_text (log, "sha256", mail_file_sha256 (connection->file));
  log_text (log, "user", receiver_user (connection->receiver));
  log_text (log, "tls", connection->tls);
  g_autofree char *until = hold_until (envelope);
  log_text (log, "hold-until", until);
  log_text (log, "file", mail_file_path (connection->file));
  log_end (log);
}

static void
on_command (Connection *connection, const ReceiverEvent *event)
{
  connection->commands++;
  Log *log = connection_begin_event (connection, "command");
  log_text (log, "command", event->text);
  log_end (log);
  connection_fail_on_purpose (connection, MOMENT_COMMAND, connection->commands);
}

static void
on_wants_auth (Connection *connection, const ReceiverEvent *event)
{
  SinkAuthAnswer answer
      = sink_auth_step (connection->auth, event->mechanism, event->octets, event->length, event->initial);
  if (answer.code != 334) {
    Log *log = connection_begin_event (connection, "auth");
    log_text (log, "mechanism", sink_auth_mechanism (connection->auth));
    log_text (log, "user", answer.user);
    log_number (log, "code", answer.code);
    log_end (log);
  }
  if (answer.challenge != NULL) {
    receiver_auth_answer (connection->receiver, answer.code, answer.challenge->data, answer.challenge->len,
                          NULL);
    g_byte_array_unref (answer.challenge);
  } else {
    receiver_auth_answer (connection->receiver, answer.code, NULL, 0, answer.user);
  }
}

/* A number below a thousand that SEED alone decides: for the same words, and time after time. */
static guint
chance_of (const SinkOptions *options, const char *words)
{
  g_autofree char *text = g_strdup_printf ("%u %s", options->seed, words);
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
  digest[8] = '\0';
  return (guint)(g_ascii_strtoull (digest, NULL, 16) % 1000);
}

static gboolean
chance_falls (const SinkOptions *options, guint of_a_thousand)
{
  static GRand *chances;
  if (of_a_thousand == 0)
    return FALSE;
  if (chances == NULL)
    chances = g_rand_new_with_seed (options->seed);
  return (guint)g_rand_int_range (chances, 0, 1000) < of_a_thousand;
}

static void
on_wants_recipient (Connection *connection, const ReceiverEvent *event)
{
  const char *address = envelope_recipient (event->envelope, event->index)->address;
  const GArray *replies = connection->options->recipients;
  for (guint i = 0; i < replies->len; i++) {
    const SinkRecipientReply *reply = &g_array_index (replies, SinkRecipientReply, i);
    if (g_ascii_strcasecmp (reply->address, address) == 0) {
      receiver_answer (connection->receiver, reply->code, reply->text);
      return;
    }
  }
  if (connection->options->refused > 0
      && chance_of (connection->options, address) < connection->options->refused)
    receiver_answer (connection->receiver, 550, "5.1.1 No such user");
  else if (chance_falls (connection->options, connection->options->deferred))
    receiver_answer (connection->receiver, 450, "4.2.1 Not now");
  else
    receiver_answer (connection->receiver, 0, NULL);
}

static void
on_wants_message (Connection *connection, const ReceiverEvent *event)
{
  g_autofree char *until = hold_until (event->envelope);
  const MailOrigin origin = {
    .user = receiver_user (connection->receiver),
    .tls = connection->tls,
    .hold_until = until,
  };
  g_autoptr (GError) error = NULL;
  mail_file_free (connection->file);
  connection->file = mail_file_new (connection->options->maildir, event->envelope, &origin, &error);
  if (connection->file == NULL) {
    receiver_shut_down (connection->receiver, 421, "4.3.0 Can't store the message");
    g_printerr ("toukan-sink: %s\n", error->message);
  }
}

/* The message is whole: it is kept unless another reply than success is wanted. */
static void
on_wants_verdict (Connection *connection, const ReceiverEvent *event)
{
  const ReceiverReply *reply = sink_options_reply (connection->options, "END");
  g_autoptr (MailFile) file = g_steal_pointer (&connection->file);
  g_autoptr (GError) error = NULL;
  if (reply != NULL && reply->code / 100 != 2) {
    receiver_answer (connection->receiver, 0, NULL);
    return;
  }
  if (chance_falls (connection->options, connection->options->dropped)) {
    connection_close (connection); /* before it is anybody's */
    return;
  }
  if (!mail_file_finish (file, &error)) {
    g_printerr ("toukan-sink: %s\n", error->message);
    receiver_answer (connection->receiver, 451, "4.3.0 Can't store the message");
    return;
  }
  connection->file = g_steal_pointer (&file);
  connection->messages++;
  log_message (connection, event->envelope);
  g_clear_pointer (&connection->file, mail_file_free);
  if (connection_fail_on_purpose (connection, MOMENT_END, 0))
    return;
  if (chance_falls (connection->options, connection->options->dropped)) {
    connection_close (connection); /* and its sender will never know */
    return;
  }
  receiver_answer (connection->receiver, 0, NULL);
  if (connection->messages == connection->options->close_after_messages) {
    connection_collect_output (connection);
    connection->then = THEN_CLOSE;
    connection->deaf = TRUE;
  }
}

void
connection_on_event (Connection *connection, const ReceiverEvent *event)
{
  switch (event->kind) {
  case RECEIVER_WANTS_TLS:
    connection->then = THEN_TLS;
    break;
  case RECEIVER_WANTS_AUTH:
    on_wants_auth (connection, event);
    break;
  case RECEIVER_WANTS_SENDER:
    receiver_answer (connection->receiver, 0, NULL);
    break;
  case RECEIVER_WANTS_RECIPIENT:
    on_wants_recipient (connection, event);
    break;
  case RECEIVER_WANTS_MESSAGE:
    on_wants_message (connection, event);
    break;
  case RECEIVER_BODY:
    if (connection->file != NULL)
      mail_file_write (connection->file, event->octets, event->length);
    break;
  case RECEIVER_WANTS_VERDICT:
    on_wants_verdict (connection, event);
    break;
  case RECEIVER_RESET:
    g_clear_pointer (&connection->file, mail_file_free);
    break;
  case RECEIVER_COMMAND:
    on_command (connection, event);
    break;
  case RECEIVER_WANTS_CLOSE:
    connection_collect_output (connection);
    connection->then = THEN_CLOSE;
    connection->deaf = TRUE;
    break;
  }
}
