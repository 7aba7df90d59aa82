/* How a session begins and ends: greeting, EHLO or HELO, STARTTLS, QUIT; and the gate
 * through which every command has to go. */
#include "core/dialogue-private.h"

static void greeting_answered (gpointer owner, const WindowCommand *command, const Reply *reply);
static void ehlo_answered (gpointer owner, const WindowCommand *command, const Reply *reply);
static void helo_answered (gpointer owner, const WindowCommand *command, const Reply *reply);
static void starttls_answered (gpointer owner, const WindowCommand *command, const Reply *reply);
static void quit_answered (gpointer owner, const WindowCommand *command, const Reply *reply);
static SendAdvice quit_advice (gpointer owner, const WindowCommand *command);

/* The greeting is the reply to a command without octets: having connected. */
const CommandKind COMMAND_GREETING = { .name = "greeting",
                                       .stage = STAGE_GREETING,
                                       .patience = PATIENCE_GREETING,
                                       .ends_group = TRUE,
                                       .answered = greeting_answered };

static const CommandKind COMMAND_EHLO = { .name = "EHLO",
                                          .stage = STAGE_EHLO,
                                          .patience = PATIENCE_COMMAND,
                                          .ends_group = TRUE,
                                          .answered = ehlo_answered };

static const CommandKind COMMAND_HELO = { .name = "HELO",
                                          .stage = STAGE_EHLO,
                                          .patience = PATIENCE_COMMAND,
                                          .ends_group = TRUE,
                                          .answered = helo_answered };

static const CommandKind COMMAND_STARTTLS = { .name = "STARTTLS",
                                              .stage = STAGE_STARTTLS,
                                              .patience = PATIENCE_COMMAND,
                                              .ends_group = TRUE,
                                              .answered = starttls_answered };

const CommandKind COMMAND_QUIT = { .name = "QUIT",
                                   .stage = STAGE_QUIT,
                                   .patience = PATIENCE_QUIT,
                                   .ends_group = TRUE,
                                   .may_be_sent = quit_advice,
                                   .answered = quit_answered };

/* ---- the gate ------------------------------------------------------------ */

static void
post_command (Dialogue *dialogue, const WindowCommand *command)
{
  if (command->line->len < 2)
    return;
  Event *event = dialogue_post (dialogue, DIALOGUE_COMMAND);
  event->text = command->shown != NULL ? g_strdup (command->shown)
                                       : g_strndup (command->line->str, command->line->len - 2);
}

/* Makes room first, so that growing leaves no copy of a secret behind. */
static void
reserve_output (GByteArray *output, gsize octets)
{
  guint length = output->len;
  g_byte_array_set_size (output, length + (guint)octets);
  g_byte_array_set_size (output, length);
}

/* The last word on what may cross in the clear, whatever led here. */
gboolean
session_gate (gpointer owner, const WindowCommand *command)
{
  Dialogue *dialogue = owner;
  guint guards = dialogue->encrypted ? 0 : command->kind->guards;
  if ((guards & GUARD_TLS) && dialogue->settings.tls == TLS_REQUIRED)
    return FALSE;
  if ((guards & GUARD_LOGIN) && !dialogue->settings.auth.without_tls)
    return FALSE;
  if (command->secret)
    reserve_output (dialogue->output, command->line->len + 64);
  post_command (dialogue, command);
  return TRUE;
}

/* ---- greeting, EHLO, HELO ------------------------------------------------- */

static void
push_hello (Dialogue *dialogue, const CommandKind *kind, gboolean (*encode) (GString *, const char *))
{
  GString *line = g_string_new (NULL);
  if (encode (line, dialogue->settings.helo_name)) {
    window_push (dialogue->window, kind, NULL, line);
    return;
  }
  g_string_free (line, TRUE);
  dialogue_end (dialogue, CLOSE_POLITE, OUTCOME_PERMANENT, STAGE_EHLO, CAUSE_ADDRESS, NULL,
                "helo-name is no host name");
}

/* The start of the session, and again once TLS is up. */
void
session_start (Dialogue *dialogue)
{
  dialogue->phase = PHASE_SETUP;
  dialogue->capabilities = NULL; /* what was said in the clear is forgotten */
  if (dialogue->greeted) {
    dialogue->established = TRUE;
    dialogue_post (dialogue, DIALOGUE_ESTABLISHED);
    push_hello (dialogue, &COMMAND_EHLO, command_ehlo);
    return;
  }
  window_push (dialogue->window, &COMMAND_GREETING, NULL, NULL);
  window_send (dialogue->window, dialogue->output);
  window_taken (dialogue->window);
}

static void
session_established (Dialogue *dialogue)
{
  if (dialogue->established)
    return;
  dialogue->established = TRUE;
  dialogue_post (dialogue, DIALOGUE_ESTABLISHED);
}

/* What a reply that isn't the one hoped for means while the session is being set up. */
static void
setup_failed (Dialogue *dialogue, Stage stage, const Reply *reply)
{
  CloseManner manner = reply->code == 421 ? CLOSE_NOW : CLOSE_POLITE;
  if (reply->code < 400)
    dialogue_end (dialogue, CLOSE_NOW, OUTCOME_TRANSPORT, stage, CAUSE_PROTOCOL, reply, "unexpected reply");
  else
    dialogue_end (dialogue, manner, outcome_kind_of_reply (reply), stage, CAUSE_REPLY, reply, NULL);
}

static void
greeting_answered (gpointer owner, const WindowCommand *command, const Reply *reply)
{
  Dialogue *dialogue = owner;
  if (reply->code != 220) {
    setup_failed (dialogue, STAGE_GREETING, reply);
    return;
  }
  dialogue->greeted = TRUE;
  dialogue_post (dialogue, DIALOGUE_GREETED)->reply = reply_copy (reply);
  if (dialogue->encrypted || dialogue->settings.tls == TLS_OFF)
    session_established (dialogue);
  push_hello (dialogue, &COMMAND_EHLO, command_ehlo);
}

static void
session_login (Dialogue *dialogue)
{
  session_established (dialogue);
  auth_start (dialogue);
}

/* Takes what EHLO or HELO said, and goes on: under TLS, into TLS, or not at all. */
static void
session_capable (Dialogue *dialogue, Capabilities *capabilities)
{
  TlsRule rule = dialogue->settings.tls;
  g_ptr_array_add (dialogue->capabilities_seen, capabilities);
  dialogue->capabilities = capabilities;
  dialogue_post (dialogue, DIALOGUE_CAPABLE)->said.capabilities = capabilities;
  gboolean in_clear = !dialogue->encrypted && rule != TLS_OFF;
  if (in_clear && capabilities_have (capabilities, CAPABILITY_STARTTLS)) {
    GString *line = g_string_new (NULL);
    command_starttls (line);
    window_push (dialogue->window, &COMMAND_STARTTLS, NULL, line);
  } else if (in_clear && rule == TLS_REQUIRED) {
    dialogue_end (dialogue, CLOSE_POLITE, OUTCOME_SECURITY, STAGE_STARTTLS, CAUSE_TLS_NOT_OFFERED, NULL,
                  NULL);
  } else {
    session_login (dialogue);
  }
}

/* EHLO was refused: HELO offers neither TLS nor AUTH, so only where neither is a must. */
static void
ehlo_refused (Dialogue *dialogue, const Reply *reply)
{
  if (!dialogue->encrypted && dialogue->settings.tls == TLS_REQUIRED)
    dialogue_end (dialogue, CLOSE_POLITE, OUTCOME_SECURITY, STAGE_EHLO, CAUSE_TLS_NOT_OFFERED, reply, NULL);
  else if (dialogue->settings.auth.rule == AUTH_REQUIRED)
    dialogue_end (dialogue, CLOSE_POLITE, OUTCOME_SECURITY, STAGE_EHLO, CAUSE_AUTH_NOT_OFFERED, reply, NULL);
  else if (dialogue->settings.tls == TLS_REQUIRED)
    setup_failed (dialogue, STAGE_EHLO, reply);
  else
    push_hello (dialogue, &COMMAND_HELO, command_helo);
}

static void
ehlo_answered (gpointer owner, const WindowCommand *command, const Reply *reply)
{
  Dialogue *dialogue = owner;
  if (reply->code == 250)
    session_capable (dialogue, capabilities_parse (reply));
  else if (reply_is_permanent (reply))
    ehlo_refused (dialogue, reply);
  else
    setup_failed (dialogue, STAGE_EHLO, reply);
}

static void
helo_answered (gpointer owner, const WindowCommand *command, const Reply *reply)
{
  Dialogue *dialogue = owner;
  if (reply->code == 250)
    session_capable (dialogue, capabilities_new_empty ());
  else
    setup_failed (dialogue, STAGE_EHLO, reply);
}

/* ---- STARTTLS -------------------------------------------------------------- */

static void
starttls_answered (gpointer owner, const WindowCommand *command, const Reply *reply)
{
  Dialogue *dialogue = owner;
  if (reply->code == 421)
    return; /* the end of the session, whatever it answers */
  if (reply->code == 220)
    dialogue->phase = PHASE_TLS;
  else if (dialogue->settings.tls == TLS_REQUIRED)
    dialogue_end (dialogue, CLOSE_POLITE, OUTCOME_SECURITY, STAGE_STARTTLS, CAUSE_TLS_REFUSED, reply, NULL);
  else if (reply_is_positive (reply))
    setup_failed (dialogue, STAGE_STARTTLS, reply);
  else
    session_login (dialogue);
}

/* ---- ready, and QUIT --------------------------------------------------------- */

void
session_ready (Dialogue *dialogue)
{
  dialogue->phase = PHASE_READY;
  window_set_pipelining (dialogue->window, capabilities_have (dialogue->capabilities, CAPABILITY_PIPELINING));
}

void
session_push_quit (Dialogue *dialogue)
{
  if (dialogue->quitting)
    return;
  GString *line = g_string_new (NULL);
  command_quit (line);
  window_push (dialogue->window, &COMMAND_QUIT, NULL, line);
  dialogue->quitting = TRUE;
}

/* Recipients that are left for another transaction would need this session. */
static SendAdvice
quit_advice (gpointer owner, const WindowCommand *command)
{
  return transactions_may_leave_some (owner) ? SEND_LATER : SEND_NOW;
}

static void
quit_answered (gpointer owner, const WindowCommand *command, const Reply *reply)
{
  dialogue_end (owner, CLOSE_NOW, OUTCOME_ACCEPTED, STAGE_QUIT, CAUSE_REPLY, reply, NULL);
}
