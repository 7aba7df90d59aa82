/* Servers that do anything, and an outside that answers late, in any order, or not at all:
 * thousands of random sessions, in which the witness's promises must hold. The seed is in
 * the name of each test; a failure names the session. */
#include "../lib/tap.h"

#include "witness.h"

#define SESSIONS_PER_TEST 1000
#define MESSAGES 6

typedef struct {
  DialogueEventKind kind;
  DeliveryId id;
  gsize limit;
  gboolean initial;
} Request;

typedef struct {
  Envelope *envelope;
  char *body;
  gsize given;
  BodyForm form;
} Mail;

typedef struct {
  GRand *rand;
  DialogueSettings settings;
  Dialogue *dialogue;
  Witness *witness;
  GArray *requests; /* open, in any order */
  GByteArray *wire; /* from the server, on its way */
  Mail mails[MESSAGES + 1];
  guint n_begun;
  guint badness; /* per cent of odd replies */
  gboolean starttls_answered, secured;
  Ticks now;
} Session;

static gboolean
chance (Session *session, guint per_cent)
{
  return (guint)g_rand_int_range (session->rand, 0, 100) < per_cent;
}

static guint
below (Session *session, guint limit)
{
  return (guint)g_rand_int_range (session->rand, 0, (gint32)limit);
}

/* ---- the outside --------------------------------------------------------------- */

static void
mail_make (Session *session, Mail *mail, DeliveryId id)
{
  g_autofree char *sender = g_strdup_printf ("s%d@example.org", (int)id);
  mail->envelope = envelope_new (sender);
  guint n = 1 + below (session, 4);
  for (guint i = 0; i < n; i++) {
    g_autofree char *address = g_strdup_printf ("r%u.%d@y.org", i, (int)id);
    envelope_add (mail->envelope, address);
  }
  GString *body = g_string_new (NULL);
  for (guint lines = below (session, 30); lines > 0; lines--)
    g_string_append_printf (body, "%s%u\r\n", chance (session, 30) ? "." : "", g_rand_int (session->rand));
  mail->form.size = body->len;
  mail->body = g_string_free (body, FALSE);
}

static void
answer_delivery (Session *session)
{
  if (session->n_begun >= MESSAGES || chance (session, 10)) {
    dialogue_quit (session->dialogue, session->now);
    return;
  }
  DeliveryId id = ++session->n_begun;
  Mail *mail = &session->mails[id];
  mail_make (session, mail, id);
  gboolean pending[4] = { TRUE, !chance (session, 10), TRUE, !chance (session, 10) };
  witness_begun (session->witness, id, mail->envelope, mail->body, mail->form.size);
  dialogue_begin (session->dialogue, id, mail->envelope, pending, &mail->form, chance (session, 20),
                  session->now);
}

static void
answer_body (Session *session, const Request *request)
{
  Mail *mail = &session->mails[request->id];
  gsize most = MIN (request->limit, (gsize)mail->form.size - mail->given);
  gsize octets = chance (session, 50) ? most : 1 + below (session, (guint)most);
  if (chance (session, 2)) {
    dialogue_body_failed (session->dialogue, request->id, NULL, session->now);
    return;
  }
  const guint8 *from = (const guint8 *)mail->body + mail->given;
  mail->given += octets;
  dialogue_body_supply (session->dialogue, request->id, from, octets, session->now);
}

static void
answer_permit (Session *session, DeliveryId id)
{
  if (chance (session, 5)) {
    dialogue_refuse_end (session->dialogue, id, OUTCOME_TEMPORARY, CAUSE_STORE, NULL, session->now);
    return;
  }
  witness_permitted (session->witness, id);
  dialogue_permit_end (session->dialogue, id, session->now);
}

static void
answer_auth (Session *session, const Request *request)
{
  AuthResponseStatus status = chance (session, 80)   ? AUTH_RESPONSE_DONE
                              : chance (session, 80) ? AUTH_RESPONSE_MORE
                                                     : AUTH_RESPONSE_FAILED;
  if (request->initial && chance (session, 5))
    status = AUTH_RESPONSE_NONE;
  static const guint8 response[600];
  gsize length = chance (session, 10) ? sizeof response : below (session, 20);
  dialogue_auth_respond (session->dialogue, status, response, length, NULL, session->now);
}

static void
answer (Session *session, const Request *request)
{
  DialogueTls tls = { .binding_available = chance (session, 50) };
  switch (request->kind) {
  case DIALOGUE_WANTS_TLS:
    if (chance (session, 5)) {
      dialogue_tls_failed (session->dialogue, OUTCOME_SECURITY, CAUSE_TLS_HANDSHAKE, NULL, session->now);
      return;
    }
    witness_tls (session->witness);
    session->secured = TRUE;
    dialogue_tls_established (session->dialogue, &tls, session->now);
    break;
  case DIALOGUE_WANTS_AUTH:
    answer_auth (session, request);
    break;
  case DIALOGUE_WANTS_DELIVERY:
    answer_delivery (session);
    break;
  case DIALOGUE_WANTS_BODY:
    answer_body (session, request);
    break;
  default:
    answer_permit (session, request->id);
    break;
  }
}

static void
note_event (Session *session, const DialogueEvent *event)
{
  witness_event (session->witness, event);
  if (event->kind > DIALOGUE_WANTS_END_PERMIT)
    return;
  Request request = { event->kind, event->id, event->limit, event->initial };
  g_array_append_val (session->requests, request);
}

static void
drain (Session *session)
{
  DialogueEvent event;
  while (dialogue_next_event (session->dialogue, &event))
    note_event (session, &event);
  GByteArray *output = dialogue_take_output (session->dialogue);
  if (output == NULL)
    return;
  witness_client (session->witness, output->data, output->len);
  g_byte_array_unref (output);
  if (chance (session, 80))
    dialogue_sent (session->dialogue, session->now);
  drain (session);
}

/* ---- the server ----------------------------------------------------------------- */

static void G_GNUC_PRINTF (2, 3) say (Session *session, const char *format, ...)
{
  va_list arguments;
  va_start (arguments, format);
  g_autofree char *text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_byte_array_append (session->wire, (const guint8 *)text, (guint)strlen (text));
}

static void
say_capabilities (Session *session)
{
  static const char *const keywords[]
      = { "PIPELINING",       "PIPELINING",       "CHUNKING",
          "SIZE 500",         "8BITMIME",         "AUTH PLAIN LOGIN SCRAM-SHA-256",
          "LIMITS RCPTMAX=2", "LIMITS MAILMAX=3", "STARTTLS" };
  for (gsize i = 0; i < G_N_ELEMENTS (keywords); i++)
    if (chance (session, 60))
      say (session, "250-%s\r\n", keywords[i]);
  say (session, "250 %s\r\n", session->secured ? "HELP" : "STARTTLS");
}

static void
say_odd (Session *session)
{
  static const guint codes[] = { 220, 221, 235, 250, 250, 251, 334, 354, 354, 421, 450, 451,
                                 452, 454, 500, 502, 503, 504, 530, 534, 535, 550, 552, 554 };
  switch (below (session, 12)) {
  case 0:
    say (session, "garbage\r\n");
    break;
  case 1:
    say (session, "250-one\r\n550 two\r\n");
    break;
  case 2:
    say (session, "452 4.5.3 too many\r\n");
    break;
  default:
    say (session, "%u reply\r\n", codes[below (session, G_N_ELEMENTS (codes))]);
  }
}

static void
say_reply (Session *session, const char *verb)
{
  static const struct {
    const char *verb, *reply;
  } usual[] = { { "greeting", "220 hello" }, { "STARTTLS", "220 go" }, { "MAIL", "250 2.1.0 ok" },
                { "RCPT", "250 2.1.5 ok" },  { "DATA", "354 go on" },  { "BDAT", "250 chunk" },
                { "LAST", "250 queued" },    { ".", "250 queued" },    { "RSET", "250 reset" },
                { "QUIT", "221 bye" },       { "AUTH", "235 in" },     { "response", "235 in" } };
  if (chance (session, session->badness)) {
    say_odd (session);
    return;
  }
  if (strcmp (verb, "EHLO") == 0 || strcmp (verb, "HELO") == 0) {
    say_capabilities (session);
    return;
  }
  if (strcmp (verb, "AUTH") == 0 && chance (session, 50)) {
    say (session, "334 YWJj\r\n");
    return;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (usual); i++)
    if (strcmp (usual[i].verb, verb) == 0)
      say (session, "%s\r\n", usual[i].reply);
}

/* A piece of what is on its way, never more than one line: the witness must not be ahead. */
static void
deliver (Session *session)
{
  gsize length = session->wire->len;
  const guint8 *end = memchr (session->wire->data, '\n', length);
  if (end != NULL)
    length = (gsize)(end - session->wire->data) + 1;
  if (chance (session, 40))
    length = 1 + below (session, (guint)length);
  witness_server (session->witness, session->wire->data, length);
  dialogue_receive (session->dialogue, session->wire->data, length, session->now);
  g_byte_array_remove_range (session->wire, 0, (guint)length);
}

/* ---- a session -------------------------------------------------------------------- */

static void
session_start (Session *session, guint32 seed)
{
  *session = (Session){ .rand = g_rand_new_with_seed (seed) };
  DialogueSettings *settings = &session->settings;
  settings->tls = (TlsRule)below (session, 3);
  settings->auth.have_user = settings->auth.have_password = chance (session, 50);
  settings->auth.rule = (AuthRule)below (session, 3);
  settings->auth.without_tls = chance (session, 20);
  settings->helo_name = "client.example";
  settings->chunking = chance (session, 70);
  settings->window = 1 + below (session, 5);
  settings->initial_window = chance (session, 50) ? 14336 : 150 + below (session, 300);
  settings->chunk_size = 1 + below (session, 200);
  settings->greeting_timeout = 10 * TICKS_PER_SECOND;
  settings->command_timeout = 20 * TICKS_PER_SECOND;
  settings->data_timeout = 30 * TICKS_PER_SECOND;
  session->badness = chance (session, 30) ? 0 : below (session, 15);
  session->requests = g_array_new (FALSE, FALSE, sizeof (Request));
  session->wire = g_byte_array_new ();
  session->dialogue = dialogue_new (settings, 0);
  session->witness = witness_new (settings);
}

static void
session_finish (Session *session)
{
  dialogue_free (session->dialogue);
  witness_free (session->witness);
  g_array_unref (session->requests);
  g_byte_array_unref (session->wire);
  for (guint i = 0; i <= MESSAGES; i++)
    if (session->mails[i].envelope != NULL) {
      envelope_free (session->mails[i].envelope);
      g_free (session->mails[i].body);
    }
  g_rand_free (session->rand);
}

static void
misfortune (Session *session)
{
  switch (below (session, 5)) {
  case 0:
    dialogue_closed (session->dialogue, NULL, session->now);
    break;
  case 1:
    session->now = MIN (dialogue_deadline (session->dialogue), session->now + 15 * TICKS_PER_SECOND);
    dialogue_tick (session->dialogue, session->now);
    break;
  case 2:
    say_odd (session);
    break;
  default:
    if (session->n_begun > 0)
      dialogue_refuse_end (session->dialogue, 1 + below (session, session->n_begun), OUTCOME_CANCELLED,
                           CAUSE_CANCELLED, NULL, session->now);
  }
}

/* FALSE: nothing is left to happen. */
static gboolean
session_step (Session *session)
{
  const char *owed = witness_owed (session->witness);
  guint n = session->requests->len;
  if (chance (session, session->badness) && chance (session, 20)) {
    misfortune (session);
  } else if (n > 0 && (chance (session, 50) || (session->wire->len == 0 && owed == NULL))) {
    guint index = below (session, n);
    Request request = g_array_index (session->requests, Request, index);
    g_array_remove_index_fast (session->requests, index);
    answer (session, &request);
  } else if (session->wire->len > 0) {
    deliver (session);
  } else if (owed != NULL) {
    say_reply (session, owed);
    return TRUE;
  } else {
    return FALSE;
  }
  drain (session);
  return TRUE;
}

static void
count_fates (const Session *session, guint *counts)
{
  for (guint kind = 0; kind <= OUTCOME_CANCELLED; kind++)
    counts[kind] += witness_count (session->witness, (OutcomeKind)kind);
}

static guint counts[OUTCOME_CANCELLED + 1];

static void
test_random (gconstpointer data)
{
  guint32 first = GPOINTER_TO_UINT (data) * SESSIONS_PER_TEST;
  for (guint32 seed = first; seed < first + SESSIONS_PER_TEST; seed++) {
    Session session;
    session_start (&session, seed);
    drain (&session);
    guint steps = 0;
    while (steps < 20000 && !dialogue_is_over (session.dialogue) && session_step (&session))
      steps++;
    if (!dialogue_is_over (session.dialogue))
      g_test_fail_printf ("session %u waits for nothing, after %u steps", seed, steps);
    dialogue_closed (session.dialogue, NULL, session.now);
    drain (&session);
    witness_close (session.witness);
    count_fates (&session, counts);
    if (session.badness == 0 && witness_count (session.witness, OUTCOME_IN_DOUBT) > 0)
      g_test_fail_printf ("session %u: in doubt with a server that does nothing odd", seed);
    if (witness_complaint (session.witness) != NULL)
      g_test_fail_printf ("session %u: %s", seed, witness_complaint (session.witness));
    session_finish (&session);
  }
}

/* What was never reached was never tested. */
static void
test_reached (void)
{
  for (guint kind = OUTCOME_ACCEPTED; kind <= OUTCOME_CANCELLED; kind++) {
    g_test_message ("%s: %u recipients", outcome_kind_name ((OutcomeKind)kind), counts[kind]);
    if (kind != OUTCOME_SECURITY) /* before any delivery is begun */
      g_assert_cmpuint (counts[kind], >, 0);
  }
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  for (guint i = 0; i < 10; i++) {
    g_autofree char *name = g_strdup_printf ("/random-servers/%u", i * SESSIONS_PER_TEST);
    g_test_add_data_func (name, GUINT_TO_POINTER (i), test_random);
  }
  g_test_add_func ("/random-servers/reached", test_reached);
  return g_test_run ();
}
