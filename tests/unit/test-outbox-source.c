/* The outbox behind the engine: what is on disk at each moment of a message's life, what
 * follows from each outcome, and what a disk that is full or locked may not do. */
#include <errno.h>
#include <gio/gio.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "config/config.h"
#include "engine/engine.h"
#include "engine/outbox-source.h"
#include "net/clock.h"
#include "tests/lib/folder.h"
#include "tests/lib/loopback-server.h"
#include "tests/lib/tap.h"

#define LETTER "From: me@example.org\r\nTo: you@example.org\r\nSubject: t\r\n\r\nA line.\r\n"

#define WITH_BDAT (CAPABILITY_PIPELINING | CAPABILITY_CHUNKING | CAPABILITY_8BITMIME | CAPABILITY_SIZE)
#define WITH_DATA (CAPABILITY_PIPELINING | CAPABILITY_8BITMIME | CAPABILITY_SIZE)
#define LOCK_STEP (CAPABILITY_8BITMIME)

#define PATIENCE 20000

/* --- a disk that can be full ------------------------------------------------------- */

static gint disk_is_full; /* atomic: the writer thread looks, too */
static ssize_t (*true_pwrite) (int, const void *, size_t, off_t);

static ssize_t
limited_pwrite (int fd, const void *octets, size_t length, off_t at)
{
  if (g_atomic_int_get (&disk_is_full)) {
    errno = ENOSPC;
    return -1;
  }
  return true_pwrite (fd, octets, length, at);
}

static void
limit_disk (void)
{
  sqlite3_vfs *vfs;

  sqlite3_initialize ();
  vfs = sqlite3_vfs_find (NULL);
  for (const char *const *name = (const char *const[]){ "pwrite", "pwrite64", NULL }; *name; name++)
    if (vfs->xGetSystemCall (vfs, *name)) {
      true_pwrite = (ssize_t (*) (int, const void *, size_t, off_t))vfs->xGetSystemCall (vfs, *name);
      vfs->xSetSystemCall (vfs, *name, (sqlite3_syscall_ptr)limited_pwrite);
    }
}

/* --- one process -------------------------------------------------------------------- */

typedef struct {
  char *directory;
  LoopbackServer *server;
  Config *config;
  PathMemory *memory;
  GMainLoop *loop;
  Outbox *other; /* somebody else who looks */

  OutboxSource *source; /* NULL: the process isn't running */
  Engine *engine;
  gboolean wants_others; /* serves all that is due */
  Ticks linger;
  gboolean account_gone;

  DeliveryId id;
  guint outcomes, settled, ticks;
  gboolean idle;
  OutboxItem *item; /* as told last */
  Outcome *outcome;
  RetryDecision decision;
  gboolean tried, put_back;

  void (*act) (gpointer bench, const EngineEvent *event); /* at each event; NULL: nothing */
  EngineEventKind act_at;
  CancelResult result;
} Bench;

static const Account *
find_account (const char *name, const char *const *overrides, gpointer data)
{
  const Bench *bench = data;

  return bench->account_gone ? NULL : config_account (bench->config, name, NULL, NULL);
}

static void
configure (Bench *bench, const char *more)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *port = g_strdup_printf ("ports = %u\n", loopback_server_port (bench->server));
  g_autofree char *text = g_strconcat ("[account t]\nfrom = me@example.org\nhost = localhost\ntls = off\n"
                                       "command-timeout = 2s\n",
                                       strstr (more, "ports") ? "" : port, more, NULL);

  g_clear_pointer (&bench->config, config_free);
  bench->config = config_load_text ("test", text, strlen (text), NULL, &error);
  g_assert_no_error (error);
}

static void
bench_init (Bench *bench, guint capabilities, const char *more)
{
  static guint number;

  memset (bench, 0, sizeof *bench);
  g_atomic_int_set (&disk_is_full, FALSE);
  bench->directory = g_strdup_printf ("%s/%u", test_folder (), ++number);
  bench->server = loopback_server_new (capabilities);
  bench->memory = path_memory_new ();
  bench->loop = g_main_loop_new (NULL, FALSE);
  configure (bench, more);
}

static Outbox *
other (Bench *bench)
{
  g_autoptr (GError) error = NULL;

  if (!bench->other)
    bench->other = outbox_open (bench->directory, TRUE, &error);
  g_assert_no_error (error);
  return bench->other;
}

static void
on_event (const EngineEvent *event, gpointer data)
{
  Bench *bench = data;

  if (bench->act && event->kind == bench->act_at)
    bench->act (bench, event);
  if (event->kind == ENGINE_OUTCOME) {
    bench->outcomes++;
  } else if (event->kind == ENGINE_IDLE) {
    bench->idle = TRUE;
    g_main_loop_quit (bench->loop);
  }
}

static void
on_settled (const OutboxSettled *settled, gpointer data)
{
  Bench *bench = data;

  bench->settled++;
  g_clear_pointer (&bench->item, outbox_item_free);
  bench->item = outbox_item_copy (settled->item);
  g_clear_pointer (&bench->outcome, outcome_free);
  bench->outcome = outcome_copy (settled->outcome);
  bench->decision = settled->decision;
  bench->tried = settled->tried;
  bench->put_back = settled->put_back;
}

static void
begin (Bench *bench)
{
  g_autoptr (GError) error = NULL;
  OutboxSourceRules rules = { .directory = bench->directory,
                              .find_account = find_account,
                              .data = bench,
                              .only_own = !bench->wants_others,
                              .linger = bench->linger };

  bench->source = outbox_source_new (&rules, &error);
  g_assert_no_error (error);
  bench->engine = engine_new (outbox_source_work (bench->source), bench->memory, NULL);
  engine_watch (bench->engine, on_event, bench);
  outbox_source_listen (bench->source, on_settled, bench);
  outbox_source_attach (bench->source, bench->engine);
  bench->idle = FALSE;
}

static void
end (Bench *bench)
{
  g_clear_pointer (&bench->engine, engine_free);
  bench->source = NULL;
}

static void
bench_clear (Bench *bench)
{
  end (bench);
  outbox_close (bench->other);
  outbox_item_free (bench->item);
  outcome_free (bench->outcome);
  config_free (bench->config);
  path_memory_free (bench->memory);
  loopback_server_free (bench->server);
  g_main_loop_unref (bench->loop);
  g_free (bench->directory);
}

static Envelope *
envelope_for (guint n_recipients)
{
  Envelope *envelope = envelope_new ("me@example.org");

  for (guint i = 0; i < n_recipients; i++) {
    g_autofree char *address = g_strdup_printf ("you%u@example.org", i);
    envelope_add (envelope, address);
  }
  return envelope;
}

static BodySource *
body_of (const char *letter)
{
  g_autoptr (GBytes) bytes = g_bytes_new (letter, strlen (letter));

  return body_source_new_bytes (bytes);
}

static gboolean
try_submit (Bench *bench, guint n_recipients, const char *letter, GError **error)
{
  g_autoptr (Envelope) envelope = envelope_for (n_recipients);
  g_autoptr (BodySource) message = body_of (letter);
  Submission submission
      = { .account = find_account ("t", NULL, bench), .envelope = envelope, .message = message };

  return submit (bench->engine, &submission, &bench->id, error);
}

static void
submit_letter (Bench *bench, guint n_recipients)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (try_submit (bench, n_recipients, LETTER, &error));
}

/* By another process. */
static gint64
put (Bench *bench, gint64 not_before)
{
  g_autoptr (Envelope) envelope = envelope_for (1);
  g_autoptr (BodySource) message = body_of (LETTER);
  g_autoptr (GError) error = NULL;
  OutboxWish wish = { .state = OUTBOX_QUEUED, .not_before = not_before };
  gint64 id = 0;

  outbox_put (other (bench), config_account (bench->config, "t", NULL, NULL), envelope, message, &wish, &id,
              &error);
  g_assert_no_error (error);
  return id;
}

static OutboxItem *
on_disk (Bench *bench, gint64 id)
{
  OutboxItem *item = outbox_find (other (bench), id, NULL);

  g_assert_nonnull (item);
  return item;
}

#define assert_on_disk(bench, wanted)                                                                        \
  G_STMT_START                                                                                               \
  {                                                                                                          \
    g_autoptr (OutboxItem) item_ = on_disk (bench, (gint64)(bench)->id);                                     \
    g_assert_cmpstr (outbox_state_name (item_->state), ==, outbox_state_name (wanted));                      \
  }                                                                                                          \
  G_STMT_END

static gboolean
stop_waiting (gpointer data)
{
  g_main_loop_quit (data);
  return G_SOURCE_REMOVE;
}

static void
run_for (Bench *bench, guint patience)
{
  guint timer = g_timeout_add (patience, stop_waiting, bench->loop);

  if (!bench->idle)
    g_main_loop_run (bench->loop);
  if (g_main_context_find_source_by_id (NULL, timer))
    g_source_remove (timer);
}

static void
run (Bench *bench)
{
  run_for (bench, PATIENCE);
  g_assert_true (bench->idle);
}

/* As `toukan outbox retry` and the next process do it. */
static void
retry_now (Bench *bench)
{
  g_autoptr (GError) error = NULL;
  OutboxResult result;
  OutboxState state;

  end (bench);
  outbox_act (other (bench), (gint64)bench->id, OUTBOX_RETRY, OUTBOX_ANYBODY, clock_instant ().wall, &result,
              &state, &error);
  g_assert_no_error (error);
  g_assert_cmpint (result, ==, OUTBOX_DONE);
  bench->wants_others = TRUE;
  begin (bench);
  run (bench);
}

/* --- a message's life ------------------------------------------------------------------ */

static void
test_sent (gconstpointer data)
{
  Bench bench;

  bench_init (&bench, GPOINTER_TO_UINT (data), "");
  begin (&bench);
  submit_letter (&bench, 2);
  assert_on_disk (&bench, OUTBOX_SENDING);
  run (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 1);
  g_assert_cmpstr (loopback_server_bodies (bench.server)->str, ==, LETTER);
  g_assert_cmpuint (bench.settled, ==, 1);
  g_assert_true (bench.tried);
  g_assert_cmpint (bench.decision.kind, ==, RETRY_OVER);
  assert_on_disk (&bench, OUTBOX_FINISHED);
  g_autoptr (GPtrArray) attempts = outbox_attempts (other (&bench), (gint64)bench.id, NULL);
  g_assert_cmpuint (attempts->len, ==, 1);
  const OutboxAttempt *attempt = g_ptr_array_index (attempts, 0);
  g_assert_cmpint (attempt->verdict.kind, ==, OUTCOME_ACCEPTED);
  g_assert_nonnull (strstr (attempt->path, "localhost [127.0.0.1]"));
  g_assert_cmpint (ABS (clock_instant ().wall - attempt->at), <, 20 * TICKS_PER_SECOND);
  g_assert_null (outbox_source_warning (bench.source));
  bench_clear (&bench);
}

static void
test_deferred (void)
{
  Bench bench;
  gint64 before = clock_instant ().wall;

  bench_init (&bench, WITH_DATA, "");
  loopback_server_refuse (bench.server, 0, 451);
  begin (&bench);
  submit_letter (&bench, 1);
  run (&bench);
  g_assert_cmpint (bench.decision.kind, ==, RETRY_LATER);
  g_autoptr (OutboxItem) item = on_disk (&bench, (gint64)bench.id);
  g_assert_cmpint (item->state, ==, OUTBOX_QUEUED);
  g_assert_cmpstr (item->reason, ==, "reply");
  g_assert_cmpuint (item->tries, ==, 1);
  g_assert_false (item->with_network);
  g_assert_cmpint (item->not_before, >=, before + TICKS_PER_MINUTE);
  g_assert_cmpint (item->not_before, <, clock_instant ().wall + 2 * TICKS_PER_MINUTE);
  g_assert_cmpint (bench.item->not_before, ==, item->not_before);
  retry_now (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 1);
  g_assert_cmpstr (loopback_server_bodies (bench.server)->str, ==, LETTER); /* from the file */
  assert_on_disk (&bench, OUTBOX_FINISHED);
  bench_clear (&bench);
}

/* Each recipient has a fate of its own, over several tries. */
static void
test_fates (void)
{
  Bench bench;

  bench_init (&bench, WITH_DATA, "");
  loopback_server_refuse (bench.server, 1, 550);
  loopback_server_refuse (bench.server, 2, 451);
  begin (&bench);
  submit_letter (&bench, 3);
  run (&bench);
  g_assert_cmpint (bench.decision.kind, ==, RETRY_LATER);
  g_assert_false (bench.item->pending[0] || bench.item->pending[1]);
  g_assert_true (bench.item->pending[2]);
  retry_now (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 2);
  g_assert_cmpint (bench.decision.kind, ==, RETRY_OVER);
  g_autoptr (OutboxItem) item = on_disk (&bench, (gint64)bench.id);
  g_assert_cmpint (item->verdicts[0].kind, ==, OUTCOME_ACCEPTED);
  g_assert_cmpint (item->verdicts[1].kind, ==, OUTCOME_PERMANENT);
  g_assert_cmpint (item->verdicts[2].kind, ==, OUTCOME_ACCEPTED);
  /* The whole message's, though this try concerned one of them. */
  g_assert_cmpint (bench.outcome->overall.kind, ==, OUTCOME_PERMANENT);
  bench_clear (&bench);
}

/* --- in doubt ----------------------------------------------------------------------------- */

static void
test_in_doubt (void)
{
  Bench bench;

  bench_init (&bench, WITH_DATA, "");
  loopback_server_end_with (bench.server, G_MAXUINT);
  begin (&bench);
  submit_letter (&bench, 1);
  run (&bench);
  g_assert_cmpint (bench.decision.kind, ==, RETRY_IN_DOUBT);
  assert_on_disk (&bench, OUTBOX_IN_DOUBT);
  end (&bench);
  bench.wants_others = TRUE;
  begin (&bench);
  run (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 1); /* and never a second time */
  bench_clear (&bench);
}

static void
test_resend (void)
{
  Bench bench;

  bench_init (&bench, WITH_DATA, "in-doubt = resend\n");
  loopback_server_end_with (bench.server, G_MAXUINT);
  begin (&bench);
  submit_letter (&bench, 1);
  run (&bench);
  g_assert_cmpint (bench.decision.kind, ==, RETRY_LATER);
  assert_on_disk (&bench, OUTBOX_QUEUED);
  loopback_server_end_with (bench.server, 0);
  retry_now (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 2);
  assert_on_disk (&bench, OUTBOX_FINISHED);
  bench_clear (&bench);
}

/* A process that died between permit and reply, of an account that wants it sent again. */
static void
test_resend_of_the_dead (gconstpointer data)
{
  gboolean resend = GPOINTER_TO_INT (data);
  Bench bench;
  OutboxItem *item = NULL;
  gint64 next;

  bench_init (&bench, WITH_DATA, resend ? "in-doubt = resend\n" : "");
  bench.id = (DeliveryId)put (&bench, 0);
  Outbox *dying = outbox_open (bench.directory, FALSE, NULL);
  OutboxClaim claim = { .now = clock_instant ().wall };
  OutboxChange change = { .kind = OUTBOX_CHANGE_IN_DOUBT, .id = (gint64)bench.id };
  g_assert_true (outbox_claim (dying, &claim, &item, &next, NULL));
  g_assert_true (outbox_record (dying, &change, 1, claim.now, NULL));
  outbox_item_free (item);
  outbox_close (dying);
  assert_on_disk (&bench, OUTBOX_IN_DOUBT);
  bench.wants_others = TRUE;
  begin (&bench);
  run (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, resend ? 1 : 0);
  assert_on_disk (&bench, resend ? OUTBOX_FINISHED : OUTBOX_IN_DOUBT);
  bench_clear (&bench);
}

static void
look_at_the_end (gpointer data, const EngineEvent *event)
{
  Bench *bench = data;

  if (strcmp (event->text, ".") != 0)
    return;
  g_autoptr (OutboxItem) item = on_disk (bench, (gint64)bench->id);
  g_assert_cmpint (item->state, ==, OUTBOX_IN_DOUBT);
  g_assert_cmpint (item->verdicts[0].kind, ==, OUTCOME_IN_DOUBT);
  g_assert_cmpint (item->verdicts[1].kind, ==, OUTCOME_PERMANENT);
  g_assert_cmpint (item->verdicts[2].kind, ==, OUTCOME_TEMPORARY);
  g_assert_false (item->pending[1]);
  g_assert_true (item->pending[2]);
  bench->ticks++;
}

/* When the dot goes out, those whom the server refused aren't in doubt. */
static void
test_in_doubt_by_recipient (void)
{
  Bench bench;

  bench_init (&bench, WITH_DATA, "");
  loopback_server_refuse (bench.server, 1, 550);
  loopback_server_refuse (bench.server, 2, 451);
  loopback_server_end_with (bench.server, G_MAXUINT);
  bench.act = look_at_the_end;
  bench.act_at = ENGINE_COMMAND;
  begin (&bench);
  submit_letter (&bench, 3);
  run (&bench);
  g_assert_cmpuint (bench.ticks, ==, 1);
  bench.act = NULL;
  /* One waits for a person, another for its next try. */
  assert_on_disk (&bench, OUTBOX_IN_DOUBT);
  g_assert_cmpint (bench.decision.kind, ==, RETRY_LATER);
  loopback_server_end_with (bench.server, 0);
  retry_now (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 2);
  g_autoptr (OutboxItem) item = on_disk (&bench, (gint64)bench.id);
  g_assert_cmpint (item->verdicts[0].kind, ==, OUTCOME_IN_DOUBT);
  g_assert_cmpint (item->verdicts[2].kind, ==, OUTCOME_ACCEPTED);
  g_assert_cmpint (item->state, ==, OUTBOX_IN_DOUBT);
  bench_clear (&bench);
}

/* --- a disk that is full ---------------------------------------------------------------------- */

static void
fill_disk (gpointer data, const EngineEvent *event)
{
  g_atomic_int_set (&disk_is_full, TRUE);
}

static void
fill_disk_at_the_end (gpointer data, const EngineEvent *event)
{
  if (strcmp (event->text, ".") == 0)
    g_atomic_int_set (&disk_is_full, TRUE);
}

typedef struct {
  const char *name;
  guint capabilities;
  gboolean large;
} FullRow;

static const FullRow full_rows[] = {
  { "bdat", WITH_BDAT, FALSE },      { "data", WITH_DATA, FALSE },      { "lock-step", LOCK_STEP, FALSE },
  { "bdat-large", WITH_BDAT, TRUE }, { "data-large", WITH_DATA, TRUE },
};

/* The design's promise: without a durable "in doubt" the server never has the end. */
static void
test_full_before_permit (gconstpointer data)
{
  const FullRow *row = data;
  g_autoptr (GString) letter = g_string_new (LETTER);
  g_autoptr (GError) error = NULL;
  Bench bench;

  for (guint i = 0; row->large && i < 20000; i++)
    g_string_append_printf (letter, "%05u: some words to fill the wire, .dots and all\r\n", i);
  bench_init (&bench, row->capabilities, "");
  bench.act = fill_disk;
  bench.act_at = ENGINE_PROGRESS;
  begin (&bench);
  g_assert_true (try_submit (&bench, 2, letter->str, &error));
  run (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 0);
  if (row->capabilities & CAPABILITY_CHUNKING)
    g_assert_cmpuint (loopback_server_body_octets (bench.server), <, letter->len);
  g_assert_cmpint (bench.outcome->overall.kind, ==, OUTCOME_TEMPORARY);
  g_assert_cmpint (bench.outcome->overall.cause, ==, CAUSE_STORE);
  g_assert_nonnull (outbox_source_warning (bench.source));
  assert_on_disk (&bench, OUTBOX_SENDING);
  g_atomic_int_set (&disk_is_full, FALSE);
  bench.act = NULL;
  end (&bench); /* a last chance to write it down */
  assert_on_disk (&bench, OUTBOX_QUEUED);
  retry_now (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 1);
  /* The server keeps what came before it was given up, too. */
  g_assert_true (g_str_has_suffix (loopback_server_bodies (bench.server)->str, letter->str));
  bench_clear (&bench);
}

/* What the server said stays true, whether it can be written down or not. */
static void
test_full_after_permit (gconstpointer data)
{
  gboolean stays_full = GPOINTER_TO_INT (data);
  Bench bench;

  bench_init (&bench, WITH_DATA, "");
  bench.act = fill_disk_at_the_end;
  bench.act_at = ENGINE_COMMAND;
  begin (&bench);
  submit_letter (&bench, 1);
  run (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 1);
  g_assert_cmpint (bench.outcome->overall.kind, ==, OUTCOME_ACCEPTED);
  g_assert_nonnull (outbox_source_warning (bench.source));
  assert_on_disk (&bench, OUTBOX_IN_DOUBT);
  g_atomic_int_set (&disk_is_full, stays_full);
  end (&bench);
  g_atomic_int_set (&disk_is_full, FALSE);
  assert_on_disk (&bench, stays_full ? OUTBOX_IN_DOUBT : OUTBOX_FINISHED);
  bench.wants_others = TRUE;
  begin (&bench);
  run (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 1);
  bench_clear (&bench);
}

static gboolean
empty_disk (gpointer data)
{
  g_atomic_int_set (&disk_is_full, FALSE);
  return G_SOURCE_REMOVE;
}

/* Who stays writes it down when there is room again. */
static void
test_written_later (void)
{
  Bench bench;

  bench_init (&bench, WITH_DATA, "");
  bench.act = fill_disk_at_the_end;
  bench.act_at = ENGINE_COMMAND;
  begin (&bench);
  submit_letter (&bench, 1);
  run (&bench);
  assert_on_disk (&bench, OUTBOX_IN_DOUBT);
  empty_disk (NULL);
  bench.idle = FALSE;
  run_for (&bench, 6000);
  assert_on_disk (&bench, OUTBOX_FINISHED);
  bench_clear (&bench);
}

static void
test_full_at_once (void)
{
  Bench bench;
  g_autoptr (GError) error = NULL;

  bench_init (&bench, WITH_DATA, "");
  begin (&bench);
  g_atomic_int_set (&disk_is_full, TRUE);
  g_assert_false (try_submit (&bench, 1, LETTER, &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_TEMPORARY);
  g_atomic_int_set (&disk_is_full, FALSE);
  run (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 0);
  g_assert_null (outbox_find (other (&bench), 1, NULL));
  bench_clear (&bench);
}

/* --- a file that is locked ------------------------------------------------------------------------ */

static gboolean
count_tick (gpointer data)
{
  ((Bench *)data)->ticks++;
  return G_SOURCE_CONTINUE;
}

static gboolean
unlock (gpointer data)
{
  sqlite3_exec (data, "ROLLBACK", NULL, NULL, NULL);
  return G_SOURCE_REMOVE;
}

static sqlite3 *locker;

static void
lock_file (gpointer data, const EngineEvent *event)
{
  Bench *bench = data;
  g_autofree char *file = g_build_filename (bench->directory, OUTBOX_NAME, NULL);

  bench->act = NULL;
  g_assert_cmpint (sqlite3_open (file, &locker), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (locker, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
  g_timeout_add (600, unlock, locker);
  g_timeout_add (20, count_tick, bench);
}

/* The main loop lives while the writer waits. */
static void
test_locked (void)
{
  Bench bench;

  bench_init (&bench, WITH_DATA, "");
  bench.act = lock_file;
  bench.act_at = ENGINE_PROGRESS;
  begin (&bench);
  submit_letter (&bench, 1);
  run (&bench);
  g_assert_true (g_source_remove_by_user_data (&bench));
  g_assert_cmpuint (bench.ticks, >=, 15);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 1);
  assert_on_disk (&bench, OUTBOX_FINISHED);
  sqlite3_close (locker);
  bench_clear (&bench);
}

/* --- a change of mind ---------------------------------------------------------------------------------- */

static void
put_back (gpointer data, const EngineEvent *event)
{
  Bench *bench = data;

  bench->act = NULL;
  outbox_source_rest (bench->source);
  bench->result = engine_put_back (bench->engine, bench->id);
}

static void
cancel (gpointer data, const EngineEvent *event)
{
  Bench *bench = data;

  bench->act = NULL;
  bench->result = engine_cancel (bench->engine, bench->id);
}

typedef struct {
  const char *name;
  EngineEventKind at;
} MomentRow;

static const MomentRow moment_rows[] = {
  { "resolving", ENGINE_RESOLVING }, { "attempt", ENGINE_ATTEMPT },     { "connected", ENGINE_CONNECTED },
  { "greeting", ENGINE_GREETING },   { "capable", ENGINE_CAPABLE },     { "winner", ENGINE_WINNER },
  { "progress", ENGINE_PROGRESS },   { "recipient", ENGINE_RECIPIENT },
};

/* As if this try had not been made. */
static void
test_put_back (gconstpointer data)
{
  const MomentRow *row = data;
  Bench bench;

  bench_init (&bench, WITH_DATA, "");
  bench.act = put_back;
  bench.act_at = row->at;
  begin (&bench);
  submit_letter (&bench, 2);
  run (&bench);
  g_assert_cmpint (bench.result, ==, CANCEL_CANCELLED);
  g_assert_true (bench.put_back);
  g_autoptr (OutboxItem) item = on_disk (&bench, (gint64)bench.id);
  g_assert_cmpint (item->state, ==, OUTBOX_QUEUED);
  g_assert_cmpuint (item->tries, ==, 0);
  g_assert_cmpint (item->verdicts[0].kind, ==, OUTCOME_NONE);
  g_assert_cmpint (item->not_before, <=, clock_instant ().wall);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 0);
  end (&bench);
  bench.wants_others = TRUE;
  begin (&bench);
  run (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 1);
  bench_clear (&bench);
}

static void
test_cancel (gconstpointer data)
{
  const MomentRow *row = data;
  Bench bench;

  bench_init (&bench, WITH_DATA, "");
  bench.act = cancel;
  bench.act_at = row->at;
  begin (&bench);
  submit_letter (&bench, 2);
  run (&bench);
  g_assert_cmpint (bench.result, ==, CANCEL_CANCELLED);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 0);
  assert_on_disk (&bench, OUTBOX_CANCELLED);
  bench_clear (&bench);
}

static gboolean
wish_to_cancel (gpointer data)
{
  Bench *bench = data;
  OutboxResult result;
  OutboxState state;

  g_assert_true (outbox_act (other (bench), (gint64)bench->id, OUTBOX_CANCEL, OUTBOX_ANYBODY,
                             clock_instant ().wall, &result, &state, NULL));
  g_assert_cmpint (result, ==, OUTBOX_BUSY);
  return G_SOURCE_REMOVE;
}

/* Another process asks for it while the server keeps us waiting. */
static void
test_wish (void)
{
  Bench bench;
  g_autoptr (GSocketListener) mute = g_socket_listener_new ();
  guint16 port = g_socket_listener_add_any_inet_port (mute, NULL, NULL);
  g_autofree char *more = g_strdup_printf ("ports = %u\nfamily = ipv4\n", port);

  bench_init (&bench, WITH_DATA, more);
  begin (&bench);
  submit_letter (&bench, 1);
  g_timeout_add (200, wish_to_cancel, &bench);
  run_for (&bench, 4000);
  g_assert_true (bench.idle);
  assert_on_disk (&bench, OUTBOX_CANCELLED);
  bench_clear (&bench);
}

/* --- others' messages ----------------------------------------------------------------------------------- */

static void
test_only_own (void)
{
  Bench bench;

  bench_init (&bench, WITH_DATA, "");
  gint64 first = put (&bench, 0);
  gint64 second = put (&bench, clock_instant ().wall + TICKS_PER_HOUR);
  begin (&bench);
  submit_letter (&bench, 1);
  run (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 1);
  outbox_source_adopt (bench.source, second); /* not due */
  bench.idle = FALSE;
  run (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 2);
  g_autoptr (OutboxItem) left = on_disk (&bench, first);
  g_assert_cmpint (left->state, ==, OUTBOX_QUEUED);
  bench_clear (&bench);
}

static void
test_many (void)
{
  Bench bench;

  bench_init (&bench, WITH_BDAT, "");
  for (guint i = 0; i < 40; i++)
    put (&bench, 0);
  put (&bench, clock_instant ().wall + TICKS_PER_HOUR);
  bench.wants_others = TRUE;
  begin (&bench);
  run (&bench);
  g_assert_cmpuint (bench.settled, ==, 40);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 40);
  bench_clear (&bench);
}

static void
count_item (const OutboxItem *item, gpointer data)
{
  ++*(guint *)data;
}

/* Two at once take turns, and neither takes what the other has. */
static void
test_two (void)
{
  Bench bench;
  Bench twin;
  guint n = 0;
  OutboxFilter finished = { .states = 1u << OUTBOX_FINISHED, .owner = OUTBOX_ANYBODY };

  bench_init (&bench, WITH_BDAT, "");
  for (guint i = 0; i < 40; i++)
    put (&bench, 0);
  bench.wants_others = TRUE;
  twin = bench;
  begin (&bench);
  begin (&twin);
  while (!bench.idle || !twin.idle)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (bench.settled + twin.settled, ==, 40);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 40);
  g_assert_true (outbox_list (other (&bench), &finished, count_item, &n, NULL));
  g_assert_cmpuint (n, ==, 40);
  end (&twin);
  outbox_item_free (twin.item);
  outcome_free (twin.outcome);
  bench_clear (&bench);
}

static void
test_account_gone (void)
{
  Bench bench;

  bench_init (&bench, WITH_DATA, "");
  bench.id = (DeliveryId)put (&bench, 0);
  bench.wants_others = TRUE;
  bench.account_gone = TRUE;
  begin (&bench);
  run (&bench);
  g_assert_cmpuint (bench.settled, ==, 1);
  g_assert_false (bench.tried);
  g_autoptr (OutboxItem) item = on_disk (&bench, (gint64)bench.id);
  g_assert_cmpint (item->state, ==, OUTBOX_QUEUED);
  g_assert_cmpstr (item->reason, ==, "no-account");
  g_assert_cmpuint (item->tries, ==, 0);
  bench.account_gone = FALSE;
  retry_now (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, 1);
  bench_clear (&bench);
}

/* What failed in transport is due when there is another network; and only once for each. */
static void
test_network (void)
{
  Bench bench;
  g_autofree char *nowhere = g_strdup ("ports = 1\n");

  bench_init (&bench, WITH_DATA, nowhere);
  bench.wants_others = TRUE;
  begin (&bench);
  submit_letter (&bench, 1);
  run (&bench);
  g_assert_true (bench.item->with_network);
  g_assert_cmpuint (bench.settled, ==, 1);
  bench.idle = FALSE;
  outbox_source_look_again (bench.source);
  run_for (&bench, 300);
  g_assert_cmpuint (bench.settled, ==, 1);
  outbox_source_network_changed (bench.source);
  run_for (&bench, 1000);
  g_assert_cmpuint (bench.settled, ==, 2);
  g_assert_cmpuint (bench.item->tries, ==, 2);
  bench_clear (&bench);
}

static void
test_linger (gconstpointer data)
{
  gboolean lingers = GPOINTER_TO_INT (data);
  Bench bench;

  bench_init (&bench, WITH_DATA, "");
  put (&bench, clock_instant ().wall + 400 * TICKS_PER_MS);
  bench.wants_others = TRUE;
  bench.linger = lingers ? TICKS_PER_SECOND : 0;
  begin (&bench);
  run (&bench);
  g_assert_cmpuint (loopback_server_messages (bench.server), ==, lingers ? 1 : 0);
  bench_clear (&bench);
}

/* --- front ends' own work
 * ------------------------------------------------------------------------------------ */

static void
ask_version (Outbox *outbox, gpointer data)
{
  g_assert_nonnull (outbox);
  ((Bench *)data)->ticks += 1;
}

static void
after_version (Outbox *outbox, gpointer data)
{
  g_assert_null (outbox);
  ((Bench *)data)->ticks += 10;
  g_main_loop_quit (((Bench *)data)->loop);
}

static void
test_run (void)
{
  Bench bench;

  bench_init (&bench, WITH_DATA, "");
  begin (&bench);
  outbox_source_run (bench.source, ask_version, after_version, &bench);
  g_main_loop_run (bench.loop);
  g_main_loop_run (bench.loop); /* idle, or the answer */
  g_assert_cmpuint (bench.ticks, ==, 11);
  bench_clear (&bench);
}

static void
add_tables (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (full_rows); i++) {
    g_autofree char *path = g_strdup_printf ("/outbox-source/full/before-permit/%s", full_rows[i].name);
    g_test_add_data_func (path, &full_rows[i], test_full_before_permit);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (moment_rows); i++) {
    g_autofree char *back = g_strdup_printf ("/outbox-source/put-back/%s", moment_rows[i].name);
    g_autofree char *gone = g_strdup_printf ("/outbox-source/cancel/%s", moment_rows[i].name);
    g_test_add_data_func (back, &moment_rows[i], test_put_back);
    g_test_add_data_func (gone, &moment_rows[i], test_cancel);
  }
}

int
main (int argc, char **argv)
{
  limit_disk ();
  tap_init (&argc, &argv);
  test_folder_make ();
  g_test_add_data_func ("/outbox-source/sent/bdat", GUINT_TO_POINTER (WITH_BDAT), test_sent);
  g_test_add_data_func ("/outbox-source/sent/data", GUINT_TO_POINTER (WITH_DATA), test_sent);
  g_test_add_data_func ("/outbox-source/sent/lock-step", GUINT_TO_POINTER (LOCK_STEP), test_sent);
  g_test_add_func ("/outbox-source/deferred", test_deferred);
  g_test_add_func ("/outbox-source/fates", test_fates);
  g_test_add_func ("/outbox-source/in-doubt/held", test_in_doubt);
  g_test_add_func ("/outbox-source/in-doubt/resent", test_resend);
  g_test_add_func ("/outbox-source/in-doubt/by-recipient", test_in_doubt_by_recipient);
  g_test_add_data_func ("/outbox-source/in-doubt/of-the-dead/held", GINT_TO_POINTER (FALSE),
                        test_resend_of_the_dead);
  g_test_add_data_func ("/outbox-source/in-doubt/of-the-dead/resent", GINT_TO_POINTER (TRUE),
                        test_resend_of_the_dead);
  add_tables ();
  g_test_add_data_func ("/outbox-source/full/after-permit", GINT_TO_POINTER (FALSE), test_full_after_permit);
  g_test_add_data_func ("/outbox-source/full/for-good", GINT_TO_POINTER (TRUE), test_full_after_permit);
  g_test_add_func ("/outbox-source/full/written-later", test_written_later);
  g_test_add_func ("/outbox-source/full/at-once", test_full_at_once);
  g_test_add_func ("/outbox-source/locked", test_locked);
  g_test_add_func ("/outbox-source/wish", test_wish);
  g_test_add_func ("/outbox-source/only-own", test_only_own);
  g_test_add_func ("/outbox-source/many", test_many);
  g_test_add_func ("/outbox-source/two", test_two);
  g_test_add_func ("/outbox-source/account-gone", test_account_gone);
  g_test_add_func ("/outbox-source/network", test_network);
  g_test_add_data_func ("/outbox-source/linger/no", GINT_TO_POINTER (FALSE), test_linger);
  g_test_add_data_func ("/outbox-source/linger/yes", GINT_TO_POINTER (TRUE), test_linger);
  g_test_add_func ("/outbox-source/run", test_run);
  int status = g_test_run ();
  test_folder_remove ();
  return status;
}
