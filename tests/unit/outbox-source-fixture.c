/* The two ends of a message's life, and a main loop between them. */
#include "tests/unit/outbox-source-fixture.h"

#include <string.h>

#include "net/clock.h"
#include "tests/lib/folder.h"

#define PATIENCE 20000

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

void
bench_init (Bench *bench, guint capabilities, const char *more)
{
  static guint number;

  memset (bench, 0, sizeof *bench);
  bench->directory = g_strdup_printf ("%s/%u", test_folder (), ++number);
  bench->server = loopback_server_new (capabilities);
  bench->memory = path_memory_new ();
  bench->loop = g_main_loop_new (NULL, FALSE);
  configure (bench, more);
}

Outbox *
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

void
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

void
end (Bench *bench)
{
  g_clear_pointer (&bench->engine, engine_free);
  bench->source = NULL;
}

void
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

gboolean
try_submit (Bench *bench, guint n_recipients, const char *letter, GError **error)
{
  g_autoptr (Envelope) envelope = envelope_for (n_recipients);
  g_autoptr (BodySource) message = body_of (letter);
  Submission submission
      = { .account = find_account ("t", NULL, bench), .envelope = envelope, .message = message };

  return submit (bench->engine, &submission, &bench->id, error);
}

void
submit_letter (Bench *bench, guint n_recipients)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (try_submit (bench, n_recipients, LETTER, &error));
}

gint64
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

OutboxItem *
on_disk (Bench *bench, gint64 id)
{
  OutboxItem *item = outbox_find (other (bench), id, NULL);

  g_assert_nonnull (item);
  return item;
}

static gboolean
stop_waiting (gpointer data)
{
  g_main_loop_quit (data);
  return G_SOURCE_REMOVE;
}

void
run_for (Bench *bench, guint patience)
{
  guint timer = g_timeout_add (patience, stop_waiting, bench->loop);

  if (!bench->idle)
    g_main_loop_run (bench->loop);
  if (g_main_context_find_source_by_id (NULL, timer))
    g_source_remove (timer);
}

void
run (Bench *bench)
{
  run_for (bench, PATIENCE);
  g_assert_true (bench->idle);
}

void
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
