/* The SMTP server as a value: its life, its lines, and how it speaks. Input is kept
 * until receiver_next_event() works it off, one command at a time, and no further while
 * an answer is due: so replies come in order and pipelining is nothing special. */
#include "core/receiver-private.h"

#include <string.h>

#include "base/secret.h"

/* ---- output -------------------------------------------------------------- */

gboolean
receiver_offers (const Receiver *receiver, CapabilityFlag flag)
{
  return (receiver->settings.capabilities & flag) != 0;
}

/* Where the enhanced code that TEXT begins with ends; TEXT itself without one. */
static const char *
behind_enhanced_code (const char *text)
{
  gsize length = strspn (text, "0123456789.");
  return length >= 5 && text[length] == ' ' ? text + length + 1 : text;
}

static void
say_line (Receiver *receiver, guint code, char separator, const char *text)
{
  g_autofree char *line = g_strdup_printf ("%03u%c%s\r\n", code, separator, text);
  g_byte_array_append (receiver->output, (const guint8 *)line, (guint)strlen (line));
}

static void
say_as_it_is (Receiver *receiver, guint code, const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (gsize i = 0; lines[i] != NULL; i++)
    say_line (receiver, code, lines[i + 1] == NULL ? ' ' : '-', g_strdelimit (lines[i], "\r", ' '));
  if (code == 421 && receiver->mode != MODE_OVER) {
    receiver_reset (receiver);
    receiver->mode = MODE_OVER;
    receiver->wait = WAIT_NONE;
    receiver_push (receiver, RECEIVER_WANTS_CLOSE);
  }
}

void
receiver_say (Receiver *receiver, guint code, const char *text)
{
  gboolean enhanced = receiver_offers (receiver, CAPABILITY_ENHANCEDSTATUSCODES);
  say_as_it_is (receiver, code, enhanced ? text : behind_enhanced_code (text));
}

const ReceiverReply *
receiver_override (const Receiver *receiver, const char *verb)
{
  for (gsize i = 0; i < receiver->settings.n_replies; i++)
    if (g_ascii_strcasecmp (receiver->settings.replies[i].verb, verb) == 0)
      return &receiver->settings.replies[i];
  return NULL;
}

gboolean
receiver_say_for (Receiver *receiver, const char *verb, guint code, const char *text)
{
  const ReceiverReply *override = receiver_override (receiver, verb);
  if (override == NULL)
    receiver_say (receiver, code, text);
  else
    say_as_it_is (receiver, override->code, override->text);
  return override == NULL || override->code / 100 == code / 100;
}

void
receiver_refuse (Receiver *receiver, guint code, const char *text)
{
  receiver_say (receiver, code, text);
  if (++receiver->errors >= RECEIVER_ERROR_LIMIT && receiver->mode != MODE_OVER)
    receiver_say (receiver, 421, "4.7.0 Too many errors");
}

GByteArray *
receiver_take_output (Receiver *receiver)
{
  if (receiver->output->len == 0)
    return NULL;
  GByteArray *output = receiver->output;
  receiver->output = g_byte_array_new ();
  return output;
}

/* ---- events -------------------------------------------------------------- */

ReceiverEvent *
receiver_push (Receiver *receiver, ReceiverEventKind kind)
{
  g_assert (receiver->n_queued < RECEIVER_QUEUE_LENGTH);
  ReceiverEvent *event = &receiver->queue[receiver->n_queued++];
  *event = (ReceiverEvent){ .kind = kind };
  if (kind == RECEIVER_WANTS_SENDER || kind == RECEIVER_WANTS_RECIPIENT || kind == RECEIVER_WANTS_MESSAGE
      || kind == RECEIVER_WANTS_VERDICT) {
    event->envelope = receiver->envelope;
    event->form = &receiver->form;
  }
  return event;
}

/* Drops the transaction, if there is one. */
void
receiver_reset (Receiver *receiver)
{
  if (receiver->envelope == NULL)
    return;
  g_clear_pointer (&receiver->envelope, envelope_free);
  receiver->n_accepted = 0;
  receiver->body_begun = FALSE;
  receiver_push (receiver, RECEIVER_RESET);
}

/* ---- life ---------------------------------------------------------------- */

Receiver *
receiver_new (const ReceiverSettings *settings)
{
  Receiver *receiver = g_new0 (Receiver, 1);
  receiver->settings = *settings;
  receiver->wait = WAIT_GREETING;
  receiver->input = g_byte_array_new ();
  receiver->output = g_byte_array_new ();
  receiver->octets = g_byte_array_new ();
  receiver->text = g_string_new (NULL);
  if (!settings->silent_start)
    receiver_greet (receiver);
  return receiver;
}

void
receiver_free (Receiver *receiver)
{
  if (receiver == NULL)
    return;
  envelope_free (receiver->envelope);
  g_free (receiver->user);
  g_free (receiver->mechanism);
  g_string_free (receiver->text, TRUE);
  secret_wipe (receiver->octets->data, receiver->octets->len);
  g_byte_array_unref (receiver->octets);
  secret_wipe (receiver->input->data, receiver->input->len);
  g_byte_array_unref (receiver->input);
  g_byte_array_unref (receiver->output);
  g_free (receiver);
}

void
receiver_greet (Receiver *receiver)
{
  if (receiver->wait != WAIT_GREETING)
    return;
  const char *greeting = receiver->settings.greeting != NULL ? receiver->settings.greeting : "ESMTP";
  g_autofree char *text = g_strdup_printf ("%s %s", receiver->settings.server_name, greeting);
  receiver->wait = WAIT_NONE;
  receiver_say (receiver, 220, text);
}

void
receiver_shut_down (Receiver *receiver, guint code, const char *text)
{
  if (receiver->mode == MODE_OVER)
    return;
  say_as_it_is (receiver, code, text);
  if (receiver->mode == MODE_OVER)
    return;
  receiver_reset (receiver);
  receiver->mode = MODE_OVER;
  receiver->wait = WAIT_NONE;
  receiver_push (receiver, RECEIVER_WANTS_CLOSE);
}

void
receiver_tls_established (Receiver *receiver)
{
  g_assert (receiver->mode == MODE_TLS || receiver->wait == WAIT_GREETING || !receiver->introduced);
  /* What was learnt in the clear is forgotten (RFC 3207, section 4.2), and what came behind
   * STARTTLS isn't taken for protected (section 6). */
  receiver->mode = MODE_COMMAND;
  receiver->encrypted = TRUE;
  receiver->introduced = FALSE;
  g_clear_pointer (&receiver->user, g_free);
  g_byte_array_set_size (receiver->input, 0);
  receiver->taken = 0;
}

void
receiver_set_mechanisms (Receiver *receiver, const char *const *mechanisms)
{
  receiver->settings.mechanisms = mechanisms;
}

const char *
receiver_user (const Receiver *receiver)
{
  return receiver->user;
}

gboolean
receiver_is_waiting (const Receiver *receiver)
{
  return receiver->wait != WAIT_NONE;
}

/* ---- input --------------------------------------------------------------- */

void
receiver_receive (Receiver *receiver, const guint8 *octets, gsize length)
{
  if (receiver->mode == MODE_OVER || receiver->mode == MODE_TLS || length == 0)
    return;
  gsize kept = receiver->input->len - receiver->taken;
  if (receiver->wait != WAIT_NONE && kept + length > RECEIVER_INPUT_LIMIT) {
    receiver_shut_down (receiver, 421, "4.7.0 Too much input at once");
    return;
  }
  g_byte_array_append (receiver->input, octets, (guint)length);
}

/* Forgets what is worked off; it may have been a password. */
static void
drop_taken (Receiver *receiver)
{
  if (receiver->taken == 0)
    return;
  secret_wipe (receiver->input->data, receiver->taken);
  g_byte_array_remove_range (receiver->input, 0, (guint)receiver->taken);
  receiver->taken = 0;
}

/* One line without its line end, the caller's to wipe; NULL: none is whole yet, or it
 * was refused. *ret_refused tells which. */
static char *
take_line (Receiver *receiver, gboolean *ret_refused)
{
  const char *start = (const char *)receiver->input->data + receiver->taken;
  gsize available = receiver->input->len - receiver->taken;
  const char *end = available == 0 ? NULL : memchr (start, '\n', available);
  gsize length = end == NULL ? available : (gsize)(end - start) + 1;
  gboolean auth = receiver->mode == MODE_AUTH || (length > 5 && g_ascii_strncasecmp (start, "AUTH ", 5) == 0);
  gsize limit = auth ? RECEIVER_LINE_LIMIT_AUTH : RECEIVER_LINE_LIMIT;

  *ret_refused = FALSE;
  if (end == NULL && length < limit && !receiver->skipping_line)
    return NULL;
  receiver->taken += length;
  if (end == NULL) {
    receiver->skipping_line = TRUE;
    return NULL;
  }
  *ret_refused = TRUE;
  if (receiver->skipping_line || length > limit) {
    receiver->skipping_line = FALSE;
    receiver_refuse (receiver, 500, "5.5.2 Line too long");
    return NULL;
  }
  /* Another server might take this for a line's end, or for none: one meaning only. */
  if (length < 2 || start[length - 2] != '\r') {
    receiver_shut_down (receiver, 521, "5.5.2 Bare line feed");
    return NULL;
  }
  if (memchr (start, '\r', length - 2) != NULL || memchr (start, '\0', length) != NULL) {
    receiver_refuse (receiver, 500, "5.5.2 Control character in a command");
    return NULL;
  }
  *ret_refused = FALSE;
  return g_strndup (start, length - 2);
}

/* Takes one line. FALSE: none is there. */
static gboolean
step_line (Receiver *receiver)
{
  gsize taken = receiver->taken;
  gboolean refused;
  char *line = take_line (receiver, &refused);
  if (line == NULL) {
    if (refused && receiver->mode == MODE_AUTH)
      receiver->mode = MODE_COMMAND;
    return refused || receiver->taken > taken;
  }
  if (receiver->mode == MODE_AUTH)
    receiver_auth_line (receiver, line);
  else
    receiver_command (receiver, line);
  secret_wipe_string (line);
  return TRUE;
}

/* Works off some input. FALSE: there is nothing to do. */
static gboolean
step (Receiver *receiver)
{
  if (receiver->wait != WAIT_NONE || receiver->mode == MODE_TLS || receiver->mode == MODE_OVER)
    return FALSE;
  gboolean available = receiver->input->len > receiver->taken;
  if (receiver->mode == MODE_DATA && available)
    receiver_take_data (receiver);
  else if (receiver->mode == MODE_BDAT && (available || receiver->chunk_left == 0))
    receiver_take_chunk (receiver);
  else if (receiver->mode == MODE_COMMAND || receiver->mode == MODE_AUTH)
    return step_line (receiver);
  else
    return FALSE;
  return TRUE;
}

gboolean
receiver_next_event (Receiver *receiver, ReceiverEvent *ret_event)
{
  while (receiver->n_given == receiver->n_queued) {
    receiver->n_given = receiver->n_queued = 0;
    secret_wipe (receiver->octets->data, receiver->octets->len);
    g_byte_array_set_size (receiver->octets, 0);
    gboolean more = step (receiver);
    if (receiver->n_queued == 0 && !more) {
      drop_taken (receiver);
      return FALSE;
    }
  }
  *ret_event = receiver->queue[receiver->n_given++];
  return TRUE;
}

/* ---- answers ------------------------------------------------------------- */

static void
answer_sender (Receiver *receiver, guint code, const char *text)
{
  gboolean good = TRUE;
  if (code == 0)
    good = receiver_say_for (receiver, "MAIL", 250, "2.1.0 Sender ok");
  else
    say_as_it_is (receiver, code, text);
  if (!good || (code != 0 && code / 100 != 2))
    g_clear_pointer (&receiver->envelope, envelope_free);
}

static void
answer_recipient (Receiver *receiver, guint code, const char *text)
{
  gboolean good = TRUE;
  if (code == 0)
    good = receiver_say_for (receiver, "RCPT", 250, "2.1.5 Recipient ok");
  else
    say_as_it_is (receiver, code, text);
  if (receiver->envelope == NULL)
    return;
  if (good && code / 100 != 4 && code / 100 != 5)
    receiver->n_accepted++;
  else if (receiver->recipient_is_new)
    envelope_remove_last (receiver->envelope);
}

static void
answer_verdict (Receiver *receiver, guint code, const char *text)
{
  g_clear_pointer (&receiver->envelope, envelope_free);
  receiver->n_accepted = 0;
  receiver->body_begun = FALSE;
  if (code == 0)
    receiver_say_for (receiver, "END", 250, "2.0.0 Message taken");
  else
    say_as_it_is (receiver, code, text);
}

/* The words where the owner gave a code alone. */
static const char *
usual_text (guint code)
{
  static const char *const texts[]
      = { [2] = "2.0.0 Ok", [4] = "4.0.0 Try again later", [5] = "5.0.0 Refused" };
  return code / 100 == 2 || code / 100 == 4 || code / 100 == 5 ? texts[code / 100] : "";
}

void
receiver_answer (Receiver *receiver, guint code, const char *text)
{
  ReceiverWait wait = receiver->wait;
  if (text == NULL)
    text = usual_text (code);
  receiver->wait = WAIT_NONE;
  if (wait == WAIT_SENDER)
    answer_sender (receiver, code, text);
  else if (wait == WAIT_RECIPIENT)
    answer_recipient (receiver, code, text);
  else if (wait == WAIT_VERDICT)
    answer_verdict (receiver, code, text);
  else
    receiver->wait = wait; /* it is over already: the owner answers too late */
}

void
receiver_auth_answer (Receiver *receiver, guint code, const guint8 *octets, gsize length, const char *user)
{
  if (receiver->wait != WAIT_AUTH)
    return;
  receiver->wait = WAIT_NONE;
  receiver->mode = MODE_COMMAND;
  if (code == 334) {
    g_autofree char *challenge = length == 0 ? g_strdup ("") : g_base64_encode (octets, length);
    say_line (receiver, code, ' ', challenge);
    receiver->mode = MODE_AUTH;
  } else if (code == 235) {
    if (receiver_say_for (receiver, "AUTH", code, "2.7.0 Welcome")) {
      g_free (receiver->user);
      receiver->user = g_strdup (user);
    }
  } else if (code == 535) {
    receiver_refuse (receiver, code, "5.7.8 Credentials invalid");
  } else {
    say_as_it_is (receiver, code, usual_text (code));
  }
}
