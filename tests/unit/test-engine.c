/* The seam: what the engine does with a source that records late, never or not at all,
 * with refusals in the middle, and with a user who changes his mind. */
#include <string.h>

#include "config/config.h"
#include "engine/engine.h"
#include "engine/memory-source.h"
#include "tests/lib/loopback-server.h"
#include "net/clock.h"
#include "tests/lib/tap.h"

#define LETTER "From: me@example.org\r\nTo: you@example.org\r\nSubject: t\r\n\r\nA line.\r\n"

#define WITH_BDAT (CAPABILITY_PIPELINING | CAPABILITY_CHUNKING | CAPABILITY_8BITMIME | CAPABILITY_SIZE)
#define WITH_DATA (CAPABILITY_PIPELINING | CAPABILITY_8BITMIME | CAPABILITY_SIZE)
#define LOCK_STEP (CAPABILITY_8BITMIME)

/* --- a source whose record can be held back -------------------------------------- */

typedef enum { RECORD_AT_ONCE, RECORD_LATER, RECORD_NEVER, RECORD_FAILS } RecordManner;

typedef struct {
  WorkSource source;
  WorkSource *inner;
  RecordManner manner;
  GSList *unanswered; /* of Held: what RECORD_NEVER left */
  guint in_doubt;     /* times that "in doubt" was to be recorded */
  Ticks permitted;    /* when that was done; 0: not */
  Ticks took;         /* what the end said */
  Ticks at_most;      /* … and may have said */
} HeldSource;

typedef struct {
  HeldSource *source;
  RecordDone done;
  gpointer data;
} Held;

static gboolean
say_done (gpointer data)
{
  Held *held = data;

  held->source->permitted = clock_now ();
  held->done (TRUE, NULL, held->data);
  g_free (held);
  return G_SOURCE_REMOVE;
}

static gboolean
held_add (WorkSource *source, const Account *account, const Envelope *envelope, BodySource *message,
          DeliveryId *ret_id, GError **error)
{
  WorkSource *inner = ((HeldSource *)source)->inner;

  return inner->add (inner, account, envelope, message, ret_id, error);
}

static Delivery *
held_claim (WorkSource *source, const SessionKey *reuse, Ticks now, Ticks *ret_ask_again)
{
  WorkSource *inner = ((HeldSource *)source)->inner;

  return inner->claim (inner, reuse, now, ret_ask_again);
}

static BodyReader *
held_open_body (WorkSource *source, DeliveryId id, GError **error)
{
  WorkSource *inner = ((HeldSource *)source)->inner;

  return inner->open_body (inner, id, error);
}

static void
held_record (WorkSource *source, const DeliveryEvent *events, gsize n, RecordDone done, gpointer data)
{
  HeldSource *self = (HeldSource *)source;
  gboolean in_doubt = n > 0 && events[0].kind == DELIVERY_EVENT_IN_DOUBT;
  g_autoptr (GError) error = NULL;

  self->in_doubt += in_doubt ? 1 : 0;
  if (in_doubt && self->manner == RECORD_AT_ONCE)
    self->permitted = clock_now ();
  if (n > 0 && events[n - 1].kind == DELIVERY_EVENT_END) {
    self->took = events[n - 1].took;
    self->at_most = clock_now () - self->permitted;
  }
  if (!in_doubt || self->manner == RECORD_AT_ONCE) {
    self->inner->record (self->inner, events, n, done, data);
  } else if (self->manner == RECORD_LATER) {
    Held *held = g_new (Held, 1);
    *held = (Held){ self, done, data };
    g_timeout_add (50, say_done, held);
  } else if (self->manner == RECORD_NEVER) {
    Held *held = g_new (Held, 1);
    *held = (Held){ self, done, data };
    self->unanswered = g_slist_prepend (self->unanswered, held);
  } else {
    error = g_error_new_literal (G_FILE_ERROR, G_FILE_ERROR_NOSPC, "no space left on the test");
    done (FALSE, error, data);
  }
}

static gboolean
held_withdraw (WorkSource *source, DeliveryId id)
{
  WorkSource *inner = ((HeldSource *)source)->inner;

  return inner->withdraw (inner, id);
}

static void
held_release (WorkSource *source, DeliveryId id, const Outcome *outcome)
{
  WorkSource *inner = ((HeldSource *)source)->inner;

  inner->release (inner, id, outcome);
}

/* "Never" ends with the source. */
static void
held_free (WorkSource *source)
{
  WorkSource *inner = ((HeldSource *)source)->inner;
  GSList *unanswered = ((HeldSource *)source)->unanswered;

  for (GSList *link = unanswered; link; link = link->next) {
    Held *held = link->data;
    held->done (FALSE, NULL, held->data);
  }
  g_slist_free_full (unanswered, g_free);
  inner->free (inner);
}

static void
held_init (HeldSource *held, RecordManner manner)
{
  *held = (HeldSource){
    .source = { .add = held_add,
                .claim = held_claim,
                .open_body = held_open_body,
                .record = held_record,
                .withdraw = held_withdraw,
                .release = held_release,
                .free = held_free },
    .inner = memory_source_new (),
    .manner = manner,
  };
}

/* --- one delivery ------------------------------------------------------------------ */

typedef struct {
  HeldSource source;
  LoopbackServer *server;
  Config *config;
  Engine *engine;
  PathMemory *memory;
  Identity *identity;
  char *network; /* as it was told */
  guint networks;
  GMainLoop *loop;
  DeliveryId id;
  Outcome *outcome;
  guint outcomes;
  EngineEventKind cancel_at;
  gboolean cancels;
  CancelResult cancelled;
} Bench;

static void
on_event (const EngineEvent *event, gpointer data)
{
  Bench *bench = data;

  if (bench->cancels && event->kind == bench->cancel_at) {
    bench->cancels = FALSE;
    bench->cancelled = engine_cancel (bench->engine, bench->id);
  }
  if (event->kind == ENGINE_NETWORK) {
    bench->networks++;
    g_free (bench->network);
    bench->network = g_strdup (event->text);
    g_assert_nonnull (event->detail);
  }
  if (event->kind == ENGINE_OUTCOME) {
    bench->outcomes++;
    g_clear_pointer (&bench->outcome, outcome_free);
    bench->outcome = outcome_copy (event->outcome);
  } else if (event->kind == ENGINE_IDLE) {
    g_main_loop_quit (bench->loop);
  }
}

/* IDENTITY is taken. */
static void
bench_init_on (Bench *bench, Identity *identity, RecordManner manner, guint capabilities)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  memset (bench, 0, sizeof *bench);
  bench->server = loopback_server_new (capabilities);
  text = g_strdup_printf ("[account t]\nfrom = me@example.org\nhost = localhost\nports = %u\ntls = off\n"
                          "command-timeout = 2s\n",
                          loopback_server_port (bench->server));
  bench->config = config_load_text ("test", text, strlen (text), NULL, &error);
  g_assert_no_error (error);
  held_init (&bench->source, manner);
  bench->memory = path_memory_new ();
  bench->engine = engine_new (&bench->source.source, bench->memory, identity);
  bench->identity = identity;
  bench->loop = g_main_loop_new (NULL, FALSE);
  engine_watch (bench->engine, on_event, bench);
}

static void
bench_init (Bench *bench, RecordManner manner, guint capabilities)
{
  bench_init_on (bench, identity_new_transient (), manner, capabilities);
}

static void
bench_clear (Bench *bench)
{
  engine_free (bench->engine);
  identity_free (bench->identity);
  g_free (bench->network);
  path_memory_free (bench->memory);
  config_free (bench->config);
  loopback_server_free (bench->server);
  g_main_loop_unref (bench->loop);
  outcome_free (bench->outcome);
}

static void
bench_submit (Bench *bench, guint n_recipients, const char *letter, gsize length)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Envelope) envelope = envelope_new ("me@example.org");
  g_autoptr (GBytes) bytes = g_bytes_new (letter, length);
  g_autoptr (BodySource) message = body_source_new_bytes (bytes);
  Submission submission = { .envelope = envelope, .message = message };

  for (guint i = 0; i < n_recipients; i++) {
    g_autofree char *address = g_strdup_printf ("you%u@example.org", i);
    envelope_add (envelope, address);
  }
  submission.account = config_account (bench->config, "t", NULL, &error);
  g_assert_no_error (error);
  g_assert_true (submit (bench->engine, &submission, &bench->id, &error));
}

static gboolean
stop_waiting (gpointer data)
{
  g_main_loop_quit (data);
  return G_SOURCE_REMOVE;
}

/* Until the engine is idle, or PATIENCE ms. */
static void
bench_run (Bench *bench, guint patience)
{
  guint timer = g_timeout_add (patience, stop_waiting, bench->loop);

  g_main_loop_run (bench->loop);
  if (g_main_context_find_source_by_id (NULL, timer))
    g_source_remove (timer);
}

/* --- tests --------------------------------------------------------------------------- */

typedef struct {
  const char *name;
  RecordManner manner;
  guint capabilities;
  gboolean large; /* many chunks, or many writes */
} SeamRow;

static const SeamRow seam_rows[] = {
  { "at-once/bdat", RECORD_AT_ONCE, WITH_BDAT, FALSE },
  { "at-once/data", RECORD_AT_ONCE, WITH_DATA, FALSE },
  { "at-once/lock-step", RECORD_AT_ONCE, LOCK_STEP, FALSE },
  { "at-once/bdat-large", RECORD_AT_ONCE, WITH_BDAT, TRUE },
  { "at-once/data-large", RECORD_AT_ONCE, WITH_DATA, TRUE },
  { "later/bdat", RECORD_LATER, WITH_BDAT, FALSE },
  { "later/data", RECORD_LATER, WITH_DATA, FALSE },
  { "later/lock-step", RECORD_LATER, LOCK_STEP, FALSE },
  { "later/bdat-large", RECORD_LATER, WITH_BDAT, TRUE },
  { "later/data-large", RECORD_LATER, WITH_DATA, TRUE },
  { "never/bdat", RECORD_NEVER, WITH_BDAT, FALSE },
  { "never/data", RECORD_NEVER, WITH_DATA, FALSE },
  { "never/lock-step", RECORD_NEVER, LOCK_STEP, FALSE },
  { "never/bdat-large", RECORD_NEVER, WITH_BDAT, TRUE },
  { "never/data-large", RECORD_NEVER, WITH_DATA, TRUE },
  { "fails/bdat", RECORD_FAILS, WITH_BDAT, FALSE },
  { "fails/data", RECORD_FAILS, WITH_DATA, FALSE },
  { "fails/lock-step", RECORD_FAILS, LOCK_STEP, FALSE },
  { "fails/bdat-large", RECORD_FAILS, WITH_BDAT, TRUE },
  { "fails/data-large", RECORD_FAILS, WITH_DATA, TRUE },
};

static GString *
make_letter (gboolean large)
{
  GString *letter = g_string_new (LETTER);

  for (guint i = 0; large && i < 20000; i++)
    g_string_append_printf (letter, "%05u: some words to fill the wire, .dots and all\r\n", i);
  return letter;
}

/* The design's promise: without a durable "in doubt" the server never has the end. */
static void
test_seam (gconstpointer data)
{
  const SeamRow *row = data;
  g_autoptr (GString) letter = make_letter (row->large);
  Bench bench;

  bench_init (&bench, row->manner, row->capabilities);
  bench_submit (&bench, 2, letter->str, letter->len);
  bench_run (&bench, row->manner == RECORD_NEVER ? 700 : 20000);
  g_assert_cmpuint (bench.source.in_doubt, ==, 1);
  if (row->manner == RECORD_AT_ONCE || row->manner == RECORD_LATER) {
    g_assert_cmpuint (loopback_server_messages (bench.server), ==, 1);
    g_assert_cmpstr (loopback_server_bodies (bench.server)->str, ==, letter->str);
    g_assert_cmpint (bench.outcome->overall.kind, ==, OUTCOME_ACCEPTED);
    /* The server's time, without the disk's. */
    g_assert_cmpint (bench.source.took, >, 0);
    g_assert_cmpint (bench.source.took, <=, bench.source.at_most);
  } else {
    g_assert_cmpuint (loopback_server_messages (bench.server), ==, 0);
    /* With DATA the end is the dot; with BDAT it is the last octet. */
    if (row->capabilities & CAPABILITY_CHUNKING)
      g_assert_cmpuint (loopback_server_body_octets (bench.server), <, letter->len);
  }
  if (row->manner == RECORD_FAILS) {
    g_assert_cmpint (bench.outcome->overall.kind, ==, OUTCOME_TEMPORARY);
    g_assert_cmpint (bench.outcome->overall.cause, ==, CAUSE_STORE);
  }
  bench_clear (&bench);
}

/* A recipient told 452 gets a transaction of its own within the session. */
static void
test_split (void)
{
  Bench bench;

  bench_init (&bench, RECORD_AT_ONCE, WITH_DATA);
  loopback_server_refuse (bench.server, 2, 452);
  loopback_server_refuse (bench.server, 1, 550);
  bench_submit (&bench, 3, LETTER, strlen (LETTER));
  bench_run (&bench, 20000);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 2);
  g_assert_cmpuint (bench.outcomes, ==, 1);
  g_assert_cmpint (bench.outcome->recipients[0].kind, ==, OUTCOME_ACCEPTED);
  g_assert_cmpint (bench.outcome->recipients[1].kind, ==, OUTCOME_PERMANENT);
  g_assert_cmpint (bench.outcome->recipients[2].kind, ==, OUTCOME_ACCEPTED);
  bench_clear (&bench);
}

static void
test_in_doubt (void)
{
  Bench bench;

  bench_init (&bench, RECORD_AT_ONCE, WITH_DATA);
  loopback_server_end_with (bench.server, G_MAXUINT);
  bench_submit (&bench, 1, LETTER, strlen (LETTER));
  bench_run (&bench, 20000);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 1); /* and never a second time */
  g_assert_cmpint (bench.outcome->overall.kind, ==, OUTCOME_IN_DOUBT);
  bench_clear (&bench);
}

/* Two letters for one account go over one session, or over two: each arrives once. */
static void
test_several (void)
{
  Bench bench;

  bench_init (&bench, RECORD_LATER, WITH_BDAT);
  for (guint i = 0; i < 40; i++)
    bench_submit (&bench, 1, LETTER, strlen (LETTER));
  bench_run (&bench, 20000);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 40);
  g_assert_cmpuint (bench.outcomes, ==, 40);
  bench_clear (&bench);
}

typedef struct {
  const char *name;
  EngineEventKind at;
  CancelResult result;
} CancelRow;

static const CancelRow cancel_rows[] = {
  { "resolving", ENGINE_RESOLVING, CANCEL_CANCELLED }, { "attempt", ENGINE_ATTEMPT, CANCEL_CANCELLED },
  { "network", ENGINE_NETWORK, CANCEL_CANCELLED },     { "connected", ENGINE_CONNECTED, CANCEL_CANCELLED },
  { "greeting", ENGINE_GREETING, CANCEL_CANCELLED },   { "capable", ENGINE_CAPABLE, CANCEL_CANCELLED },
  { "winner", ENGINE_WINNER, CANCEL_CANCELLED },       { "progress", ENGINE_PROGRESS, CANCEL_CANCELLED },
  { "recipient", ENGINE_RECIPIENT, CANCEL_CANCELLED }, { "outcome", ENGINE_OUTCOME, CANCEL_TOO_LATE },
};

static void
test_cancel (gconstpointer data)
{
  const CancelRow *row = data;
  Bench bench;

  bench_init (&bench, RECORD_AT_ONCE, WITH_DATA);
  bench.cancels = TRUE;
  bench.cancel_at = row->at;
  bench_submit (&bench, 1, LETTER, strlen (LETTER));
  bench_run (&bench, 20000);
  g_assert_cmpint (bench.cancelled, ==, row->result);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, row->result == CANCEL_CANCELLED ? 0 : 1);
  g_assert_cmpuint (bench.outcomes, ==, 1);
  g_assert_cmpint (bench.outcome->overall.kind, ==,
                   row->result == CANCEL_CANCELLED ? OUTCOME_CANCELLED : OUTCOME_ACCEPTED);
  bench_clear (&bench);
}

/* ---- networks ------------------------------------------------------------------------ */

static void
keep_entry (const PathMemoryEntry *entry, gpointer data)
{
  g_ptr_array_add (data, g_strdup (entry->network));
}

/* What is learnt is learnt of the network that was told. */
static void
test_network (void)
{
  Bench bench;
  g_autoptr (GPtrArray) learnt = g_ptr_array_new_with_free_func (g_free);

  bench_init (&bench, RECORD_AT_ONCE, WITH_DATA);
  bench_submit (&bench, 1, LETTER, strlen (LETTER));
  bench_run (&bench, 20000);
  g_assert_cmpuint (bench.networks, ==, 1); /* the other family has no address */
  path_memory_foreach (bench.memory, keep_entry, learnt);
  g_assert_cmpuint (learnt->len, ==, 1);
  g_assert_cmpstr (learnt->pdata[0], ==, bench.network);
  g_assert_cmpuint (strlen (bench.network), ==, 32);
  bench_clear (&bench);
}

static void
test_no_network (void)
{
  Bench bench;
  g_autoptr (GPtrArray) learnt = g_ptr_array_new_with_free_func (g_free);

  bench_init_on (&bench, NULL, RECORD_AT_ONCE, WITH_DATA);
  bench_submit (&bench, 1, LETTER, strlen (LETTER));
  bench_run (&bench, 20000);
  g_assert_cmpuint (bench.networks, ==, 0);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 1);
  path_memory_foreach (bench.memory, keep_entry, learnt);
  g_assert_cmpuint (learnt->len, ==, 0);
  bench_clear (&bench);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (seam_rows); i++) {
    g_autofree char *path = g_strdup_printf ("/engine/seam/%s", seam_rows[i].name);
    g_test_add_data_func (path, &seam_rows[i], test_seam);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (cancel_rows); i++) {
    g_autofree char *path = g_strdup_printf ("/engine/cancel/%s", cancel_rows[i].name);
    g_test_add_data_func (path, &cancel_rows[i], test_cancel);
  }
  g_test_add_func ("/engine/network/known", test_network);
  g_test_add_func ("/engine/network/none", test_no_network);
  g_test_add_func ("/engine/split", test_split);
  g_test_add_func ("/engine/in-doubt", test_in_doubt);
  g_test_add_func ("/engine/several", test_several);
  return g_test_run ();
}
