/* What scripts can't reach: octets that nobody took, requests that nobody answers, times,
 * and the gate by itself. The rest of the dialogue is in tests/script. */
#include "core/dialogue-private.h"
#include "../lib/tap.h"

static const DialogueSettings settings = { .tls = TLS_OFF,
                                           .helo_name = "client.example",
                                           .chunking = TRUE,
                                           .window = 4,
                                           .initial_window = 14336,
                                           .chunk_size = 65536,
                                           .greeting_timeout = 60 * TICKS_PER_SECOND,
                                           .command_timeout = 300 * TICKS_PER_SECOND,
                                           .data_timeout = 600 * TICKS_PER_SECOND };

static void
take (Dialogue *dialogue)
{
  GByteArray *output = dialogue_take_output (dialogue);
  if (output != NULL)
    g_byte_array_unref (output);
}

static void
hear (Dialogue *dialogue, const char *text, Ticks now)
{
  dialogue_receive (dialogue, (const guint8 *)text, strlen (text), now);
}

/* The kind of the latest event of KIND, copied; drains all. FALSE: there was none. */
static gboolean
find_event (Dialogue *dialogue, DialogueEventKind kind, OutcomeKind *ret_overall)
{
  DialogueEvent event;
  gboolean found = FALSE;
  while (dialogue_next_event (dialogue, &event))
    if (event.kind == kind) {
      found = TRUE;
      if (ret_overall != NULL)
        *ret_overall = event.outcome->overall.kind;
    }
  return found;
}

static Dialogue *
new_ready (const char *capabilities)
{
  Dialogue *dialogue = dialogue_new (&settings, 0);
  g_autofree char *ehlo = g_strdup_printf ("250-mx\r\n%s\r\n", capabilities);
  take (dialogue);
  hear (dialogue, "220 hi\r\n", 0);
  take (dialogue);
  hear (dialogue, ehlo, 0);
  dialogue_sent (dialogue, 0);
  return dialogue;
}

static void
begin (Dialogue *dialogue, DeliveryId id, guint64 size)
{
  g_autoptr (Envelope) envelope = envelope_new ("s@example.org");
  envelope_add (envelope, "b@y.org");
  BodyForm form = { .size = size };
  dialogue_begin (dialogue, id, envelope, NULL, &form, FALSE, 0);
}

/* The permit is given and its octets are never fetched: nothing can be in doubt. */
static void
test_not_taken (void)
{
  g_autoptr (Dialogue) dialogue = new_ready ("250-PIPELINING\r\n250 CHUNKING");
  OutcomeKind overall = OUTCOME_NONE;
  begin (dialogue, 1, 2);
  dialogue_body_supply (dialogue, 1, (const guint8 *)"\r\n", 2, 0);
  g_assert_false (dialogue_is_in_doubt (dialogue, 1));
  dialogue_permit_end (dialogue, 1, 0);
  g_assert_true (dialogue_is_in_doubt (dialogue, 1));
  dialogue_closed (dialogue, NULL, 0);
  g_assert_true (find_event (dialogue, DIALOGUE_FINISHED, &overall));
  g_assert_cmpint (overall, ==, OUTCOME_TRANSPORT);
  g_assert_null (dialogue_take_output (dialogue));
  g_assert_false (dialogue_is_in_doubt (dialogue, 1));
}

static void
test_taken (void)
{
  g_autoptr (Dialogue) dialogue = new_ready ("250-PIPELINING\r\n250 CHUNKING");
  OutcomeKind overall = OUTCOME_NONE;
  begin (dialogue, 1, 2);
  dialogue_body_supply (dialogue, 1, (const guint8 *)"\r\n", 2, 0);
  dialogue_permit_end (dialogue, 1, 0);
  take (dialogue);
  dialogue_closed (dialogue, NULL, 0);
  g_assert_true (find_event (dialogue, DIALOGUE_FINISHED, &overall));
  g_assert_cmpint (overall, ==, OUTCOME_IN_DOUBT);
}

/* Answers to a session that is over are taken, and change nothing. */
static void
test_after_the_end (void)
{
  g_autoptr (Dialogue) dialogue = new_ready ("250 PIPELINING");
  OutcomeKind overall = OUTCOME_NONE;
  dialogue_closed (dialogue, NULL, 0);
  g_assert_true (find_event (dialogue, DIALOGUE_ENDED, NULL));
  begin (dialogue, 7, 2);
  g_assert_true (find_event (dialogue, DIALOGUE_FINISHED, &overall));
  g_assert_cmpint (overall, ==, OUTCOME_TRANSPORT);
  dialogue_permit_end (dialogue, 7, 0);
  dialogue_body_supply (dialogue, 7, (const guint8 *)"\r\n", 2, 0);
  dialogue_quit (dialogue, 0);
  dialogue_closed (dialogue, NULL, 0);
  dialogue_tick (dialogue, TICKS_PER_DAY);
  hear (dialogue, "250 ok\r\n", 0);
  DialogueEvent event;
  g_assert_false (dialogue_next_event (dialogue, &event));
  g_assert_null (dialogue_take_output (dialogue));
  g_assert_cmpint (dialogue_deadline (dialogue), ==, TICKS_NEVER);
  g_assert_true (dialogue_is_over (dialogue));
}

static void
test_permit_unasked (void)
{
  g_autoptr (Dialogue) dialogue = new_ready ("250-PIPELINING\r\n250 CHUNKING");
  begin (dialogue, 1, 2);
  dialogue_permit_end (dialogue, 1, 0); /* before the body was there, before it was asked for */
  dialogue_body_supply (dialogue, 1, (const guint8 *)"\r\n", 2, 0);
  g_assert_false (dialogue_is_in_doubt (dialogue, 1));
  g_assert_true (find_event (dialogue, DIALOGUE_WANTS_END_PERMIT, NULL));
  GByteArray *output = dialogue_take_output (dialogue);
  g_assert_null (output);
}

/* Deliveries are asked for up to the window, each once the one before has its body. */
static void
test_window (void)
{
  g_autoptr (Dialogue) dialogue = new_ready ("250-PIPELINING\r\n250 CHUNKING");
  for (DeliveryId id = 1; id <= settings.window; id++) {
    g_assert_true (find_event (dialogue, DIALOGUE_WANTS_DELIVERY, NULL));
    begin (dialogue, id, 2);
    g_assert_false (find_event (dialogue, DIALOGUE_WANTS_DELIVERY, NULL));
    dialogue_body_supply (dialogue, id, (const guint8 *)"\r\n", 2, 0);
  }
  g_assert_false (find_event (dialogue, DIALOGUE_WANTS_DELIVERY, NULL));
}

/* Of DATA all deliveries of the window begin at once, with their permits, and no bodies. */
static void
test_window_ahead (void)
{
  g_autoptr (Dialogue) dialogue = new_ready ("250 PIPELINING");
  guint deliveries = 0, permits = 0, bodies = 0;
  for (DialogueEvent event; dialogue_next_event (dialogue, &event);) {
    permits += event.kind == DIALOGUE_WANTS_END_PERMIT;
    bodies += event.kind == DIALOGUE_WANTS_BODY;
    if (event.kind == DIALOGUE_WANTS_DELIVERY)
      begin (dialogue, ++deliveries, 2);
  }
  g_assert_cmpuint (deliveries, ==, settings.window);
  g_assert_cmpuint (permits, ==, settings.window);
  g_assert_cmpuint (bodies, ==, 0);
  dialogue_refuse_end (dialogue, 2, OUTCOME_CANCELLED, CAUSE_CANCELLED, NULL, 0);
  g_assert_true (find_event (dialogue, DIALOGUE_FINISHED, NULL));
  g_assert_false (dialogue_is_over (dialogue));
}

/* Begun, whole, and on its way where PERMITTED. */
static void
send_short (Dialogue *dialogue, DeliveryId id, gboolean permitted)
{
  begin (dialogue, id, 2);
  dialogue_body_supply (dialogue, id, (const guint8 *)"\r\n", 2, 0);
  if (permitted)
    dialogue_permit_end (dialogue, id, 0);
  take (dialogue);
}

/* 421 in a window: what was held back is told at once, and may go elsewhere. */
static void
test_farewell (void)
{
  g_autoptr (Dialogue) dialogue = new_ready ("250-PIPELINING\r\n250 CHUNKING");
  OutcomeKind overall = OUTCOME_NONE;
  send_short (dialogue, 1, TRUE);
  hear (dialogue, "250 ok\r\n250 ok\r\n250 ok\r\n", 0);
  for (DeliveryId id = 2; id <= 4; id++)
    send_short (dialogue, id, id < 4);
  while (find_event (dialogue, DIALOGUE_FINISHED, NULL))
    ;
  hear (dialogue, "421 bye\r\n", 0);
  g_assert_true (find_event (dialogue, DIALOGUE_FINISHED, &overall));
  g_assert_cmpint (overall, ==, OUTCOME_TEMPORARY);
  dialogue_permit_end (dialogue, 4, 0);
  begin (dialogue, 5, 2);
  g_assert_true (find_event (dialogue, DIALOGUE_FINISHED, &overall));
  dialogue_quit (dialogue, 0);
  g_assert_null (dialogue_take_output (dialogue));
  g_assert_false (dialogue_is_over (dialogue));
  g_assert_true (dialogue_is_in_doubt (dialogue, 3));
  dialogue_closed (dialogue, NULL, 0);
  g_assert_true (find_event (dialogue, DIALOGUE_FINISHED, &overall));
  g_assert_cmpint (overall, ==, OUTCOME_TEMPORARY);
}

/* No more of a body is asked for than the network takes. */
static void
test_back_pressure (void)
{
  g_autoptr (Dialogue) dialogue = new_ready ("250 PIPELINING");
  static guint8 body[65536];
  gsize supplied = 0;
  memset (body, 'x', sizeof body);
  begin (dialogue, 1, 100 << 20);
  take (dialogue);
  hear (dialogue, "250 ok\r\n250 ok\r\n354 go\r\n", 0);
  for (DialogueEvent event; dialogue_next_event (dialogue, &event);)
    if (event.kind == DIALOGUE_WANTS_BODY) {
      dialogue_body_supply (dialogue, 1, body, event.limit, 0);
      supplied += event.limit;
      take (dialogue);
    }
  g_assert_cmpuint (supplied, >=, 128 * 1024);
  g_assert_cmpuint (supplied, <=, 512 * 1024);
  g_assert_cmpint (dialogue_deadline (dialogue), ==, settings.command_timeout);
  dialogue_sent (dialogue, TICKS_PER_SECOND);
  g_assert_true (find_event (dialogue, DIALOGUE_WANTS_BODY, NULL));
}

static void
test_deadlines (void)
{
  g_autoptr (Dialogue) dialogue = dialogue_new (&settings, 5);
  take (dialogue);
  g_assert_cmpint (dialogue_deadline (dialogue), ==, 5 + settings.greeting_timeout);
  hear (dialogue, "220-slowly", 20);
  g_assert_cmpint (dialogue_deadline (dialogue), ==, 5 + settings.greeting_timeout);
  hear (dialogue, "\r\n220 hi\r\n", 30);
  take (dialogue);
  g_assert_cmpint (dialogue_deadline (dialogue), ==, 30 + settings.command_timeout);
  dialogue_sent (dialogue, 40);
  g_assert_cmpint (dialogue_deadline (dialogue), ==, 40 + settings.command_timeout);
  hear (dialogue, "250 mx\r\n", 50);
  /* The ball is in our own court. */
  g_assert_cmpint (dialogue_deadline (dialogue), ==, TICKS_NEVER);
}

typedef struct {
  const char *about;
  TlsRule tls;
  gboolean encrypted, without_tls;
  guint guards;
  gboolean passes;
} GateRow;

static const GateRow gate_rows[] = {
  { "nothing to guard", TLS_REQUIRED, FALSE, FALSE, 0, TRUE },
  { "a message in the clear, TLS required", TLS_REQUIRED, FALSE, FALSE, GUARD_TLS, FALSE },
  { "a message under TLS", TLS_REQUIRED, TRUE, FALSE, GUARD_TLS, TRUE },
  { "a message in the clear, when offered", TLS_WHEN_OFFERED, FALSE, FALSE, GUARD_TLS, TRUE },
  { "a login in the clear", TLS_OFF, FALSE, FALSE, GUARD_TLS | GUARD_LOGIN, FALSE },
  { "a login in the clear, said in as many words", TLS_OFF, FALSE, TRUE, GUARD_TLS | GUARD_LOGIN, TRUE },
  { "TLS required wins over those words", TLS_REQUIRED, FALSE, TRUE, GUARD_TLS | GUARD_LOGIN, FALSE },
  { "a login under TLS", TLS_REQUIRED, TRUE, FALSE, GUARD_TLS | GUARD_LOGIN, TRUE },
};

static void
test_gate (gconstpointer data)
{
  const GateRow *row = data;
  DialogueSettings set = settings;
  set.tls = row->tls;
  set.auth.without_tls = row->without_tls;
  g_autoptr (Dialogue) dialogue = dialogue_new (&set, 0);
  dialogue->encrypted = row->encrypted;
  CommandKind kind = { .name = "X", .guards = row->guards };
  g_autoptr (GString) line = g_string_new ("X\r\n");
  WindowCommand command = { .kind = &kind, .line = line };
  g_assert_cmpint (session_gate (dialogue, &command), ==, row->passes);
}

/* And when a step is skipped that must not be: the gate ends the session. */
static void
test_gate_ends (void)
{
  DialogueSettings set = settings;
  set.tls = TLS_REQUIRED;
  g_autoptr (Dialogue) dialogue = dialogue_new (&set, 0);
  take (dialogue);
  hear (dialogue, "220 hi\r\n", 0);
  take (dialogue);
  hear (dialogue, "250-mx\r\n250 STARTTLS\r\n", 0);
  take (dialogue);
  dialogue->capabilities = g_ptr_array_index (dialogue->capabilities_seen, 0);
  window_clear (dialogue->window);
  session_ready (dialogue);
  begin (dialogue, 1, 2);
  g_assert_true (dialogue_is_over (dialogue));
  OutcomeKind overall = OUTCOME_NONE;
  g_assert_true (find_event (dialogue, DIALOGUE_FINISHED, &overall));
  g_assert_cmpint (overall, ==, OUTCOME_SECURITY);
  g_assert_null (dialogue_take_output (dialogue));
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  g_test_add_func ("/dialogue/not-taken", test_not_taken);
  g_test_add_func ("/dialogue/taken", test_taken);
  g_test_add_func ("/dialogue/after-the-end", test_after_the_end);
  g_test_add_func ("/dialogue/permit-unasked", test_permit_unasked);
  g_test_add_func ("/dialogue/window", test_window);
  g_test_add_func ("/dialogue/window-ahead", test_window_ahead);
  g_test_add_func ("/dialogue/farewell", test_farewell);
  g_test_add_func ("/dialogue/back-pressure", test_back_pressure);
  g_test_add_func ("/dialogue/deadlines", test_deadlines);
  g_test_add_func ("/dialogue/gate-ends", test_gate_ends);
  for (gsize i = 0; i < G_N_ELEMENTS (gate_rows); i++) {
    g_autofree char *name = g_strdup_printf ("/dialogue/gate/%s", gate_rows[i].about);
    g_test_add_data_func (name, &gate_rows[i], test_gate);
  }
  return g_test_run ();
}
