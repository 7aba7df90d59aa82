/* What each command of the client does. One row a verb. */
#include "core/receiver-private.h"

#include <string.h>

#include "base/secret.h"
#include "core/future-release.h"

typedef void (*CommandRun) (Receiver *receiver, const char *arguments);

/* ---- EHLO ---------------------------------------------------------------- */

/* What is offered now: TLS and login change it. */
static gboolean
is_offered_now (const Receiver *receiver, CapabilityFlag flag)
{
  const ReceiverSettings *settings = &receiver->settings;
  if (!receiver_offers (receiver, flag))
    return FALSE;
  if (flag == CAPABILITY_STARTTLS)
    return !receiver->encrypted;
  if (flag == CAPABILITY_REQUIRETLS) /* RFC 8689, section 2 */
    return receiver->encrypted;
  if (flag == CAPABILITY_LIMITS)
    return settings->rcpt_max != 0;
  if (flag == CAPABILITY_FUTURERELEASE)
    return settings->future_release_interval != 0 && settings->future_release_until != 0;
  if (flag == CAPABILITY_AUTH)
    return settings->mechanisms != NULL && (receiver->encrypted || !settings->auth_needs_tls);
  return TRUE;
}

/* Binding and client certificates are TLS's own. */
static gboolean
mechanism_is_offered (const Receiver *receiver, const char *mechanism)
{
  return receiver->encrypted
         || (!g_str_has_suffix (mechanism, "-PLUS") && strcmp (mechanism, "EXTERNAL") != 0);
}

static void
append_mechanisms (const Receiver *receiver, GString *out, const char *keyword, char separator)
{
  g_string_append_printf (out, "\n%s", keyword);
  const char *const *mechanisms = receiver->settings.mechanisms;
  for (gsize i = 0; mechanisms[i] != NULL; i++)
    if (mechanism_is_offered (receiver, mechanisms[i])) {
      g_string_append_printf (out, "%c%s", separator, mechanisms[i]);
      separator = ' ';
    }
}

static void
append_capability (const Receiver *receiver, GString *out, CapabilityFlag flag)
{
  const ReceiverSettings *settings = &receiver->settings;
  const char *name = capability_name (flag);
  if (flag == CAPABILITY_AUTH) {
    append_mechanisms (receiver, out, name, ' ');
    if (settings->old_auth_form)
      append_mechanisms (receiver, out, name, '=');
  } else if (flag == CAPABILITY_SIZE && settings->size_limit != 0) {
    g_string_append_printf (out, "\n%s %" G_GUINT64_FORMAT, name, settings->size_limit);
  } else if (flag == CAPABILITY_LIMITS) {
    g_string_append_printf (out, "\n%s RCPTMAX=%u", name, settings->rcpt_max);
  } else if (flag == CAPABILITY_FUTURERELEASE) {
    g_autofree char *until = future_release_write_time (settings->future_release_until);
    g_string_append_printf (out, "\n%s %" G_GUINT64_FORMAT " %s", name, settings->future_release_interval,
                            until);
  } else {
    g_string_append_printf (out, "\n%s", name);
  }
}

static void
run_ehlo (Receiver *receiver, const char *arguments)
{
  if (*arguments == '\0') {
    receiver_refuse (receiver, 501, "5.5.4 Who are you?");
    return;
  }
  g_autoptr (GString) text = g_string_new (receiver->settings.server_name);
  for (guint flag = 1; flag <= CAPABILITY_FUTURERELEASE; flag <<= 1)
    if (is_offered_now (receiver, (CapabilityFlag)flag))
      append_capability (receiver, text, (CapabilityFlag)flag);
  receiver_reset (receiver);
  if (receiver_say_for (receiver, "EHLO", 250, text->str))
    receiver->introduced = TRUE;
}

static void
run_helo (Receiver *receiver, const char *arguments)
{
  if (*arguments == '\0') {
    receiver_refuse (receiver, 501, "5.5.4 Who are you?");
    return;
  }
  receiver_reset (receiver);
  if (receiver_say_for (receiver, "HELO", 250, receiver->settings.server_name))
    receiver->introduced = TRUE;
}

/* ---- STARTTLS ------------------------------------------------------------ */

static void
run_starttls (Receiver *receiver, const char *arguments)
{
  if (!receiver_offers (receiver, CAPABILITY_STARTTLS)) {
    receiver_refuse (receiver, 502, "5.5.1 Not offered");
  } else if (receiver->encrypted) {
    receiver_refuse (receiver, 503, "5.5.1 Under TLS already");
  } else if (*arguments != '\0') {
    receiver_refuse (receiver, 501, "5.5.4 No parameters here");
  } else if (receiver_say_for (receiver, "STARTTLS", 220, "2.0.0 Go ahead")) {
    receiver_reset (receiver);
    receiver->mode = MODE_TLS;
    receiver_push (receiver, RECEIVER_WANTS_TLS);
  }
}

/* ---- AUTH ---------------------------------------------------------------- */

static gboolean
mechanism_is_known (const Receiver *receiver, const char *mechanism)
{
  const char *const *mechanisms = receiver->settings.mechanisms;
  for (gsize i = 0; mechanisms != NULL && mechanisms[i] != NULL; i++)
    if (g_ascii_strcasecmp (mechanisms[i], mechanism) == 0)
      return mechanism_is_offered (receiver, mechanisms[i]);
  return FALSE;
}

/* Appends what TEXT means to the octets of the next event. Strict: GLib's decoder
 * passes over what it doesn't know. */
static gboolean
base64_take (Receiver *receiver, const char *text)
{
  gsize digits = strspn (text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
  gsize padding = strspn (text + digits, "=");
  if (padding > 2 || (digits + padding) % 4 != 0 || text[digits + padding] != '\0')
    return FALSE;
  gsize length = 0;
  guchar *octets = g_base64_decode (text, &length);
  g_byte_array_append (receiver->octets, octets, (guint)length);
  secret_wipe (octets, length);
  g_free (octets);
  return TRUE;
}

static ReceiverEvent *
ask_auth (Receiver *receiver)
{
  receiver->wait = WAIT_AUTH;
  ReceiverEvent *event = receiver_push (receiver, RECEIVER_WANTS_AUTH);
  event->octets = receiver->octets->data;
  event->length = receiver->octets->len;
  return event;
}

static void
run_auth (Receiver *receiver, const char *arguments)
{
  gsize name_length = strcspn (arguments, " ");
  const char *initial = arguments[name_length] == ' ' ? arguments + name_length + 1 : NULL;
  g_free (receiver->mechanism);
  receiver->mechanism = g_ascii_strup (arguments, (gssize)name_length);

  if (!receiver_offers (receiver, CAPABILITY_AUTH) || receiver->settings.mechanisms == NULL)
    receiver_refuse (receiver, 502, "5.5.1 Not offered");
  else if (receiver->settings.auth_needs_tls && !receiver->encrypted)
    receiver_refuse (receiver, 538, "5.7.11 Encryption required");
  else if (receiver->user != NULL || receiver->envelope != NULL)
    receiver_refuse (receiver, 503, "5.5.1 Not now");
  else if (!mechanism_is_known (receiver, receiver->mechanism))
    receiver_refuse (receiver, 504, "5.5.4 Unknown mechanism");
  else if (receiver_override (receiver, "AUTH") != NULL
           && receiver_override (receiver, "AUTH")->code / 100 != 2)
    receiver_say_for (receiver, "AUTH", 235, "");
  else if (initial != NULL && strcmp (initial, "=") != 0 && !base64_take (receiver, initial))
    receiver_refuse (receiver, 501, "5.5.2 Not base64");
  else {
    ReceiverEvent *event = ask_auth (receiver);
    event->mechanism = receiver->mechanism;
    event->initial = initial == NULL;
  }
}

void
receiver_auth_line (Receiver *receiver, const char *line)
{
  g_string_assign (receiver->text, strcmp (line, "*") == 0 ? "*" : "***");
  receiver_push (receiver, RECEIVER_COMMAND)->text = receiver->text->str;
  receiver->mode = MODE_COMMAND;
  if (strcmp (line, "*") == 0)
    receiver_refuse (receiver, 501, "5.7.0 Given up");
  else if (!base64_take (receiver, line))
    receiver_refuse (receiver, 501, "5.5.2 Not base64");
  else
    ask_auth (receiver);
}

/* ---- the transaction ----------------------------------------------------- */

static void
run_mail (Receiver *receiver, const char *arguments)
{
  ReceiverFault fault;
  if (!receiver->introduced)
    receiver_refuse (receiver, 503, "5.5.1 EHLO first");
  else if (receiver->settings.mail_needs_tls && !receiver->encrypted)
    receiver_refuse (receiver, 530, "5.7.0 STARTTLS first");
  else if (receiver->settings.mail_needs_auth && receiver->user == NULL)
    receiver_refuse (receiver, 530, "5.7.0 Authentication required");
  else if (receiver->envelope != NULL)
    receiver_refuse (receiver, 503, "5.5.1 One transaction at a time");
  else if (!receiver_parse_mail (receiver, arguments, &receiver->envelope, &receiver->form, &fault))
    receiver_refuse (receiver, fault.code, fault.text);
  else {
    receiver->wait = WAIT_SENDER;
    receiver_push (receiver, RECEIVER_WANTS_SENDER);
  }
}

/* Puts RECIPIENT into the envelope and takes what it owns. */
static void
ask_recipient (Receiver *receiver, EnvelopeRecipient *recipient)
{
  guint before = receiver->envelope->recipients->len;
  receiver->recipient = envelope_add (receiver->envelope, recipient->address);
  receiver->recipient_is_new = receiver->envelope->recipients->len > before;
  EnvelopeRecipient *added = g_ptr_array_index (receiver->envelope->recipients, receiver->recipient);
  added->notify = recipient->notify;
  g_free (added->orcpt);
  added->orcpt = recipient->orcpt;
  g_free (recipient->address);
  receiver->wait = WAIT_RECIPIENT;
  receiver_push (receiver, RECEIVER_WANTS_RECIPIENT)->index = receiver->recipient;
}

static void
run_rcpt (Receiver *receiver, const char *arguments)
{
  EnvelopeRecipient recipient;
  ReceiverFault fault;
  guint rcpt_max = receiver->settings.rcpt_max;
  if (receiver->envelope == NULL || receiver->body_begun)
    receiver_refuse (receiver, 503, "5.5.1 MAIL first");
  else if (!receiver_parse_rcpt (receiver, arguments, &recipient, &fault))
    receiver_refuse (receiver, fault.code, fault.text);
  else if (rcpt_max != 0 && receiver->envelope->recipients->len >= rcpt_max) {
    g_free (recipient.address);
    g_free (recipient.orcpt);
    receiver_say (receiver, 452, "4.5.3 Too many recipients");
  } else {
    ask_recipient (receiver, &recipient);
  }
}

static void
run_data (Receiver *receiver, const char *arguments)
{
  if (receiver->envelope == NULL || receiver->body_begun)
    receiver_refuse (receiver, 503, "5.5.1 MAIL first");
  else if (receiver->form.kind == BODY_BINARYMIME) /* RFC 3030, section 3 */
    receiver_refuse (receiver, 503, "5.5.1 BINARYMIME needs BDAT");
  else if (*arguments != '\0')
    receiver_refuse (receiver, 501, "5.5.4 No parameters here");
  else if (receiver->n_accepted == 0)
    receiver_say (receiver, 554, "5.5.1 No valid recipients");
  else if (receiver_say_for (receiver, "DATA", 354, "End with a dot on a line of its own"))
    receiver_begin_data (receiver);
}

static gboolean
bdat_is_unknown (const Receiver *receiver)
{
  const ReceiverReply *override = receiver_override (receiver, "BDAT");
  return !receiver_offers (receiver, CAPABILITY_CHUNKING)
         || (override != NULL && (override->code == 500 || override->code == 502));
}

static void
run_bdat (Receiver *receiver, const char *arguments)
{
  guint64 octets = 0;
  g_auto (GStrv) words = g_strsplit (arguments, " ", -1);
  guint n_words = g_strv_length (words);
  gboolean last = n_words == 2 && g_ascii_strcasecmp (words[1], "LAST") == 0;
  if (bdat_is_unknown (receiver))
    receiver_say_for (receiver, "BDAT", 502, "5.5.1 Not offered");
  else if (n_words < 1 || n_words > 2 || (n_words == 2 && !last)
           || !g_ascii_string_to_unsigned (words[0], 10, 0, G_MAXINT64, &octets, NULL))
    /* How many octets follow is unknown, so whatever follows can't be trusted. */
    receiver_shut_down (receiver, 421, "4.5.4 Syntax: BDAT octets [LAST]");
  else
    receiver_begin_chunk (receiver, octets, last);
}

/* ---- the others ---------------------------------------------------------- */

static void
run_rset (Receiver *receiver, const char *arguments)
{
  if (receiver_say_for (receiver, "RSET", 250, "2.0.0 Forgotten"))
    receiver_reset (receiver);
}

static void
run_noop (Receiver *receiver, const char *arguments)
{
  receiver_say_for (receiver, "NOOP", 250, "2.0.0 Ok");
}

static void
run_vrfy (Receiver *receiver, const char *arguments)
{
  receiver_say_for (receiver, "VRFY", 252, "2.5.0 Send some mail and see");
}

static void
run_help (Receiver *receiver, const char *arguments)
{
  receiver_say_for (receiver, "HELP", 214, "2.0.0 RFC 5321");
}

static void
run_quit (Receiver *receiver, const char *arguments)
{
  const ReceiverReply *override = receiver_override (receiver, "QUIT");
  receiver_shut_down (receiver, override != NULL ? override->code : 221,
                      override != NULL ? override->text : "2.0.0 Bye");
}

static const struct {
  const char *verb;
  CommandRun run;
} commands[] = {
  { "EHLO", run_ehlo }, { "HELO", run_helo }, { "STARTTLS", run_starttls }, { "AUTH", run_auth },
  { "MAIL", run_mail }, { "RCPT", run_rcpt }, { "DATA", run_data },         { "BDAT", run_bdat },
  { "RSET", run_rset }, { "NOOP", run_noop }, { "VRFY", run_vrfy },         { "HELP", run_help },
  { "QUIT", run_quit },
};

/* The command for a log: an initial response is a secret. */
static void
push_command (Receiver *receiver, const char *line)
{
  g_string_assign (receiver->text, line);
  if (g_ascii_strncasecmp (line, "AUTH ", 5) == 0) {
    gsize visible = 5 + strcspn (line + 5, " ");
    if (line[visible] == ' ') {
      g_string_truncate (receiver->text, visible);
      g_string_append (receiver->text, " ***");
    }
  }
  receiver_push (receiver, RECEIVER_COMMAND)->text = receiver->text->str;
}

void
receiver_command (Receiver *receiver, char *line)
{
  push_command (receiver, g_strchomp (line));
  gsize verb_length = strcspn (line, " ");
  const char *arguments = line + verb_length + strspn (line + verb_length, " ");
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    if (strlen (commands[i].verb) == verb_length
        && g_ascii_strncasecmp (commands[i].verb, line, verb_length) == 0) {
      commands[i].run (receiver, arguments);
      return;
    }
  receiver_refuse (receiver, 500, "5.5.1 Unknown command");
}
