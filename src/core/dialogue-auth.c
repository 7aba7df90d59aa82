/* AUTH (RFC 4954): the exchange, and what its end means. Once a proof or a password has
 * been refused that is final: servers ban for a second one. */
#include "core/dialogue-private.h"

#include <string.h>

#include "base/secret.h"

#define COMMAND_LINE_LIMIT 512    /* RFC 5321, 4.5.3.1.4: what every server takes */
#define RESPONSE_LINE_LIMIT 12288 /* RFC 4954, section 4 */
#define CHALLENGES_LIMIT 16       /* no mechanism has that many */

static void auth_answered (gpointer owner, const WindowCommand *command, const Reply *reply);
static void cancel_answered (gpointer owner, const WindowCommand *command, const Reply *reply);

static const CommandKind COMMAND_AUTH = { .name = "AUTH",
                                          .stage = STAGE_AUTH,
                                          .patience = PATIENCE_COMMAND,
                                          .ends_group = TRUE,
                                          .intermediate = 334,
                                          .guards = GUARD_TLS | GUARD_LOGIN,
                                          .answered = auth_answered };

static const CommandKind COMMAND_AUTH_RESPONSE = { .name = "response",
                                                   .stage = STAGE_AUTH,
                                                   .patience = PATIENCE_COMMAND,
                                                   .ends_group = TRUE,
                                                   .intermediate = 334,
                                                   .guards = GUARD_TLS | GUARD_LOGIN,
                                                   .answered = auth_answered };

static const CommandKind COMMAND_AUTH_CANCEL = { .name = "cancel",
                                                 .stage = STAGE_AUTH,
                                                 .patience = PATIENCE_COMMAND,
                                                 .ends_group = TRUE,
                                                 .intermediate = 334,
                                                 .answered = cancel_answered };

void
auth_clear (AuthExchange *auth)
{
  for (gsize i = 0; i < G_N_ELEMENTS (auth->tried); i++)
    g_clear_pointer (&auth->tried[i], g_free);
  g_clear_pointer (&auth->held, secret_wipe_string);
  g_clear_pointer (&auth->detail, g_free);
}

/* ---- how it can end ----------------------------------------------------------- */

static void
auth_end (Dialogue *dialogue, OutcomeKind kind, Cause cause, const Reply *reply, const char *detail)
{
  CloseManner manner = reply != NULL && reply->code == 421 ? CLOSE_NOW : CLOSE_POLITE;
  dialogue_end (dialogue, manner, kind, STAGE_AUTH, cause, reply, detail);
}

static void
auth_over (Dialogue *dialogue)
{
  auth_clear (&dialogue->auth);
  reply_parser_set_line_limit (dialogue->parser, REPLY_LINE_LIMIT);
  session_ready (dialogue);
}

/* "*" takes the place of a response; whatever the server says to it, the verdict stands. */
static void
auth_cancel (Dialogue *dialogue, OutcomeKind kind, Cause cause, const char *detail)
{
  verdict_set (&dialogue->auth.cancelled, kind, STAGE_AUTH, cause, NULL, detail);
  window_push (dialogue->window, &COMMAND_AUTH_CANCEL, NULL, g_string_new ("*\r\n"));
}

static void
cancel_answered (gpointer owner, const WindowCommand *command, const Reply *reply)
{
  Dialogue *dialogue = owner;
  const Verdict *verdict = &dialogue->auth.cancelled;
  auth_end (dialogue, verdict->kind, verdict->cause, reply->code == 421 ? reply : NULL, verdict->detail);
}

/* ---- which mechanism ------------------------------------------------------------ */

/* SECRET_SHOWN: what people see of a line that holds a secret. */
static void
auth_push (Dialogue *dialogue, const CommandKind *kind, GString *line, char *secret_shown)
{
  WindowCommand *command = window_push (dialogue->window, kind, NULL, line);
  command->secret = secret_shown != NULL;
  command->shown = secret_shown;
}

static void
auth_push_bare (Dialogue *dialogue)
{
  GString *line = g_string_new (NULL);
  command_auth (line, dialogue->auth.mechanism->name, NULL);
  auth_push (dialogue, &COMMAND_AUTH, line, NULL);
}

static void
auth_ask (Dialogue *dialogue, gboolean initial, GBytes *challenge)
{
  AuthExchange *auth = &dialogue->auth;
  auth->asked = TRUE;
  auth->initial = initial;
  Event *event = dialogue_post (dialogue, DIALOGUE_WANTS_AUTH);
  event->said.mechanism = auth->mechanism->name;
  event->said.initial = initial;
  event->octets = challenge;
}

static void
auth_use (Dialogue *dialogue, const AuthMechanism *mechanism)
{
  AuthExchange *auth = &dialogue->auth;
  auth->mechanism = mechanism;
  auth->n_sent = auth->n_challenges = 0;
  auth->verified = FALSE;
  g_clear_pointer (&auth->held, secret_wipe_string);
  g_clear_pointer (&auth->detail, g_free);
  dialogue->phase = PHASE_AUTH;
  reply_parser_set_line_limit (dialogue->parser, REPLY_LINE_LIMIT_AUTH);
  /* Asked even where the server speaks first, so that the secret is there before AUTH is said. */
  auth_ask (dialogue, TRUE, NULL);
}

static char *
mechanisms_offered (const Dialogue *dialogue)
{
  char **mechanisms = dialogue->capabilities->mechanisms;
  return mechanisms != NULL ? g_strjoinv (" ", mechanisms) : g_strdup ("");
}

static void
auth_skip (Dialogue *dialogue, gboolean wanted)
{
  if (wanted) {
    gboolean offered = capabilities_have (dialogue->capabilities, CAPABILITY_AUTH);
    dialogue->without_auth = TRUE;
    dialogue_post_text (dialogue, DIALOGUE_AUTH_SKIPPED,
                        offered ? "no password or token is set" : "the server offers no AUTH");
  }
  auth_over (dialogue);
}

void
auth_start (Dialogue *dialogue)
{
  AuthChoice choice
      = auth_choose (&dialogue->settings.auth, &dialogue->situation, dialogue->capabilities, NULL);
  g_autofree char *offered = mechanisms_offered (dialogue);
  switch (choice.kind) {
  case AUTH_CHOICE_USE:
    auth_use (dialogue, choice.mechanism);
    break;
  case AUTH_CHOICE_SKIP:
    auth_skip (dialogue, choice.wanted);
    break;
  case AUTH_CHOICE_NOT_OFFERED:
    auth_end (dialogue, OUTCOME_SECURITY, CAUSE_AUTH_NOT_OFFERED, NULL, NULL);
    break;
  case AUTH_CHOICE_NONE_IN_COMMON:
    auth_end (dialogue, OUTCOME_SECURITY, CAUSE_AUTH_NO_MECHANISM, NULL, offered);
    break;
  case AUTH_CHOICE_NEEDS_TLS:
    auth_end (dialogue, OUTCOME_SECURITY, CAUSE_AUTH_NEEDS_TLS, NULL, NULL);
    break;
  case AUTH_CHOICE_NO_SECRET:
    auth_end (dialogue, OUTCOME_SECURITY, CAUSE_AUTH_NO_SECRET, NULL, NULL);
    break;
  }
}

/* ---- responses -------------------------------------------------------------------- */

static void
push_response (Dialogue *dialogue, const char *base64)
{
  GString *line = g_string_sized_new (strlen (base64) + 3);
  g_string_append (line, base64);
  g_string_append (line, "\r\n");
  auth_push (dialogue, &COMMAND_AUTH_RESPONSE, line, g_strdup ("***"));
  dialogue->auth.n_sent++;
}

/* With the command where that fits a line that every server takes, behind a 334 otherwise. */
static void
push_initial (Dialogue *dialogue, const char *base64)
{
  AuthExchange *auth = &dialogue->auth;
  GString *line = g_string_sized_new (strlen (base64) + 64);
  if (command_auth (line, auth->mechanism->name, base64) && line->len <= COMMAND_LINE_LIMIT) {
    auth_push (dialogue, &COMMAND_AUTH, line, g_strdup_printf ("AUTH %s ***", auth->mechanism->name));
    auth->n_sent++;
    return;
  }
  secret_wipe (line->str, line->allocated_len);
  g_string_free (line, TRUE);
  auth->held = g_strdup (base64);
  auth_push_bare (dialogue);
}

static void
auth_failed_here (Dialogue *dialogue, Cause cause)
{
  AuthExchange *auth = &dialogue->auth;
  if (auth->initial)
    auth_end (dialogue, OUTCOME_SECURITY, cause, NULL, auth->detail);
  else
    auth_cancel (dialogue, OUTCOME_SECURITY, cause, auth->detail);
}

static void
respond_with (Dialogue *dialogue, const guint8 *response, gsize length)
{
  char *base64 = g_base64_encode (response, length);
  if (strlen (base64) + 2 > RESPONSE_LINE_LIMIT)
    auth_failed_here (dialogue, CAUSE_AUTH_NO_MECHANISM);
  else if (dialogue->auth.initial)
    push_initial (dialogue, base64);
  else
    push_response (dialogue, base64);
  secret_wipe_string (base64);
}

void
auth_respond (Dialogue *dialogue, AuthResponseStatus status, const guint8 *response, gsize length,
              const char *detail)
{
  AuthExchange *auth = &dialogue->auth;
  auth->asked = FALSE;
  if (detail != NULL) {
    g_free (auth->detail);
    auth->detail = g_strdup (detail);
  }
  switch (status) {
  case AUTH_RESPONSE_MORE:
  case AUTH_RESPONSE_DONE:
    auth->verified = status == AUTH_RESPONSE_DONE;
    respond_with (dialogue, response, length);
    break;
  case AUTH_RESPONSE_NONE:
    auth_push_bare (dialogue);
    break;
  case AUTH_RESPONSE_FAILED:
    /* A mechanism that stops at a challenge doesn't believe the server. */
    auth_failed_here (dialogue, auth->initial ? CAUSE_AUTH_NO_MECHANISM : CAUSE_AUTH_NOT_VERIFIED);
    break;
  case AUTH_RESPONSE_NO_SECRET:
    auth_failed_here (dialogue, CAUSE_AUTH_NO_SECRET);
    break;
  }
}

/* ---- replies ------------------------------------------------------------------------ */

/* NULL: not the base64 of anything. */
static GBytes *
challenge_decode (const Reply *reply)
{
  if (reply->n_lines != 1)
    return NULL;
  const char *text = reply->lines[0];
  gsize length = strlen (text);
  gsize digits = strspn (text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
  gsize padding = strspn (text + digits, "=");
  if (digits + padding != length || padding > 2 || length % 4 != 0)
    return NULL;
  gsize decoded = 0;
  guint8 *octets = g_base64_decode (text, &decoded);
  return g_bytes_new_take (octets, decoded);
}

static void
auth_challenged (Dialogue *dialogue, const Reply *reply)
{
  AuthExchange *auth = &dialogue->auth;
  if (auth->held != NULL) {
    /* What the server says here carries nothing: the mechanism speaks first. */
    char *held = g_steal_pointer (&auth->held);
    push_response (dialogue, held);
    secret_wipe_string (held);
    return;
  }
  GBytes *challenge = challenge_decode (reply);
  if (challenge == NULL)
    auth_cancel (dialogue, OUTCOME_TRANSPORT, CAUSE_PROTOCOL, "a challenge that is not base64");
  else if (++auth->n_challenges > CHALLENGES_LIMIT)
    auth_cancel (dialogue, OUTCOME_TRANSPORT, CAUSE_PROTOCOL, "too many challenges");
  else {
    auth_ask (dialogue, FALSE, g_steal_pointer (&challenge));
    return;
  }
  g_bytes_unref (challenge);
}

static void
auth_accepted (Dialogue *dialogue, const Reply *reply)
{
  AuthExchange *auth = &dialogue->auth;
  if (!auth->verified || auth->held != NULL) {
    auth_end (dialogue, OUTCOME_SECURITY, CAUSE_AUTH_NOT_VERIFIED, reply, NULL);
    return;
  }
  dialogue_post (dialogue, DIALOGUE_AUTHENTICATED)->said.mechanism = auth->mechanism->name;
  auth_over (dialogue);
}

/* Another mechanism, once, where this one was refused as such and not its proof. */
static void
auth_refused (Dialogue *dialogue, const Reply *reply)
{
  AuthExchange *auth = &dialogue->auth;
  gboolean proof_sent = auth->n_sent > auth->mechanism->proof_at;
  gboolean mechanism_refused = reply->code == 504 || reply->code == 534 || !proof_sent;
  if (mechanism_refused && auth->tried[0] == NULL) {
    auth->tried[0] = g_strdup (auth->mechanism->name);
    AuthChoice choice = auth_choose (&dialogue->settings.auth, &dialogue->situation, dialogue->capabilities,
                                     (const char *const *)auth->tried);
    if (choice.kind == AUTH_CHOICE_USE) {
      Event *event = dialogue_post (dialogue, DIALOGUE_AUTH_NEXT);
      event->said.mechanism = auth->mechanism->name;
      event->reply = reply_copy (reply);
      auth_use (dialogue, choice.mechanism);
      return;
    }
  }
  auth_end (dialogue, OUTCOME_SECURITY, CAUSE_AUTH_REFUSED, reply, auth->detail);
}

static void
auth_answered (gpointer owner, const WindowCommand *command, const Reply *reply)
{
  Dialogue *dialogue = owner;
  if (reply->code == 334)
    auth_challenged (dialogue, reply);
  else if (reply->code == 235)
    auth_accepted (dialogue, reply);
  else if (reply_is_permanent (reply))
    auth_refused (dialogue, reply);
  else if (reply_is_temporary (reply))
    auth_end (dialogue, OUTCOME_TEMPORARY, CAUSE_REPLY, reply, dialogue->auth.detail);
  else
    auth_end (dialogue, OUTCOME_TRANSPORT, CAUSE_PROTOCOL, reply, "unexpected reply");
}
