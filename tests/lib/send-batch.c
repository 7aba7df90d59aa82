/* Loads a batch and sends it, without a front end: for the benchmarks, and for tests that kill
 * it. Says at the end, in one line of key=value, what became of the recipients. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "engine/batch-source.h"
#include "engine/batch-letter.h"
#include "net/clock.h"

static const char *directory = ".";
static char *plan_rates, *report;
static int port = 2525, n_rows = 1000, window = BATCH_WINDOW_DEFAULT, connections = BATCH_CONNECTIONS_DEFAULT;
static int size = 4096, stop_after = 10, linger;
static gboolean data, whole, resend, verbose, load_only;

static const GOptionEntry entries[]
    = { { "directory", 0, 0, G_OPTION_ARG_FILENAME, &directory, "State directory", "DIR" },
        { "port", 0, 0, G_OPTION_ARG_INT, &port, "At 127.0.0.1", "PORT" },
        { "rows", 0, 0, G_OPTION_ARG_INT, &n_rows, "Messages", "N" },
        { "size", 0, 0, G_OPTION_ARG_INT, &size, "Octets of a message's text", "N" },
        { "window", 0, 0, G_OPTION_ARG_INT, &window, "In flight on a connection", "N" },
        { "connections", 0, 0, G_OPTION_ARG_INT, &connections, "At the most", "N" },
        { "stop-after", 0, 0, G_OPTION_ARG_INT, &stop_after, "Refusals in a row", "N" },
        { "linger", 0, 0, G_OPTION_ARG_INT, &linger, "Seconds to wait for what was deferred", "N" },
        { "rate", 0, 0, G_OPTION_ARG_STRING, &plan_rates, "As pacing reads it", "RATES" },
        { "report", 0, 0, G_OPTION_ARG_FILENAME, &report, "Append each fate as it becomes durable", "FILE" },
        { "data", 0, 0, G_OPTION_ARG_NONE, &data, "Without BDAT", NULL },
        { "whole", 0, 0, G_OPTION_ARG_NONE, &whole, "Rows are whole messages", NULL },
        { "resend", 0, 0, G_OPTION_ARG_NONE, &resend, "What is in doubt is sent again", NULL },
        { "load-only", 0, 0, G_OPTION_ARG_NONE, &load_only, "Don't send", NULL },
        { "verbose", 'v', 0, G_OPTION_ARG_NONE, &verbose, "Commands and replies", NULL },
        G_OPTION_ENTRY_NULL };

static void
fail (const GError *error)
{
  fprintf (stderr, "send-batch: %s\n", error->message);
  exit (1);
}

/* --- loading --------------------------------------------------------------------------------- */

static const char *const columns[] = { "address", "name", NULL };

static char *
make_letter (gboolean row, int number)
{
  GString *letter = g_string_new (NULL);

  g_string_append (letter, "From: me@example.org\nSubject: to all\n");
  if (row)
    g_string_append_printf (letter, "To: user%d@example.net\nMessage-ID: <%d@example.org>\n\nDear user,\n",
                            number, number);
  else
    g_string_append (letter, "To: {{name}} <{{address}}>\n\nDear {{name}},\n");
  while (letter->len < (gsize)size)
    g_string_append (letter, "this line says nothing, and there are many of it, as in other letters.\n");
  return g_string_free (letter, FALSE);
}

static void
keep_letter (Batch *batch)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *letter = make_letter (FALSE, 0);
  g_autofree char *seed = batch_letter_seed (batch, &error);
  MergeRequest request = { .name = "letter.eml",
                           .letter = letter,
                           .length = strlen (letter),
                           .columns = columns,
                           .seed = seed,
                           .date = 1700000000 };

  if (error
      || !(whole ? batch_letter_keep_none (batch, &error) : batch_letter_keep (batch, &request, &error)))
    fail (error);
}

static void
load_row (Batch *batch, int number)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GByteArray) content = g_byte_array_new ();
  g_autofree char *address = g_strdup_printf ("user%d@example.net", number);
  g_autofree char *name = g_strdup_printf ("User %d", number);
  g_autofree char *letter = whole ? make_letter (TRUE, number) : NULL;
  const char *const values[] = { address, name, NULL };
  const char *recipients[] = { address };
  BatchRowInput row
      = { .key = address, .line = (guint64)number, .recipients = recipients, .n_recipients = 1 };

  batch_letter_pack (values, content);
  row.octets = whole ? (const void *)letter : content->data;
  row.length = whole ? strlen (letter) : content->len;
  if (!batch_load_row (batch, &row, &error))
    fail (error);
}

static void
load (Batch *batch)
{
  g_autoptr (GError) error = NULL;
  g_auto (BatchPlan) plan = { 0 };
  BatchLoading loading = { 0 };

  batch_plan_init (&plan);
  plan.account = g_strdup ("t");
  plan.sender = g_strdup ("me@example.org");
  plan.window = (guint)window;
  plan.pacing.connections = (guint)connections;
  plan.pacing.stop_after = (guint)stop_after;
  if (plan_rates)
    pacing_rates_parse (plan_rates, &plan.pacing);
  if (!batch_set_plan (batch, &plan, &error))
    fail (error);
  keep_letter (batch);
  if (!batch_load_begin (batch, &loading, &error))
    fail (error);
  for (int i = 0; i < n_rows; i++)
    load_row (batch, i);
  if (!batch_load_end (batch, FALSE, &error))
    fail (error);
}

/* --- sending ---------------------------------------------------------------------------------- */

static FILE *report_file;

static void
on_news (const BatchNews *news, gpointer user_data)
{
  const BatchRecipient *recipient = &news->row->recipients[news->recipient];

  if (!report_file)
    return;
  fprintf (report_file, "%s %s\n", recipient->address, batch_fate_name (recipient->fate));
  fflush (report_file);
}

static void
on_event (const EngineEvent *event, gpointer loop)
{
  if (event->kind == ENGINE_IDLE)
    g_main_loop_quit (loop);
  if (verbose && event->kind == ENGINE_COMMAND)
    fprintf (stderr, "%10.3f > %s\n", (double)clock_now () / 1e6, event->text);
  if (verbose && event->kind == ENGINE_REPLY)
    fprintf (stderr, "%10.3f < %u %s\n", (double)clock_now () / 1e6, event->reply->code,
             event->reply->lines[0]);
  if (verbose && event->kind == ENGINE_SESSION_ENDED)
    fprintf (stderr, "%10.3f session over: %s at %s, %s\n", (double)clock_now () / 1e6,
             outcome_kind_name (event->verdict->kind), stage_name (event->verdict->stage),
             cause_name (event->verdict->cause));
}

static const char *const ends[] = { "none", "done", "later", "rested", "paused", "asked", "no-path", "disk" };

static void
say (BatchSource *source, Ticks began)
{
  BatchProgress progress;
  const Verdict *why;
  BatchEnd end = batch_source_end (source, &why);
  double seconds = (double)(clock_now () - began) / 1e6;

  batch_source_progress (source, &progress);
  printf ("end=%s seconds=%.3f", ends[end], seconds);
  for (BatchFate fate = BATCH_WAITING; fate < BATCH_FATES; fate++)
    printf (" %s=%" G_GUINT64_FORMAT, batch_fate_name (fate), progress.counts[fate]);
  printf (" rate=%.1f\n", (double)progress.counts[BATCH_ACCEPTED] / seconds);
  if (why->kind != OUTCOME_NONE)
    fprintf (stderr, "send-batch: %s at %s, %s %s\n", outcome_kind_name (why->kind), stage_name (why->stage),
             cause_name (why->cause), why->detail ? why->detail : "");
}

static void
send_all (Batch *batch, const Account *account)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  BatchSourceRules rules = { .account = account, .linger = linger * TICKS_PER_SECOND, .listener = on_news };
  BatchSource *source = batch_source_new (batch, &rules, &error);
  PathMemory *memory = path_memory_new ();

  if (!source)
    fail (error);
  Engine *engine = engine_new (batch_source_work (source), memory, NULL);
  Ticks began = clock_now ();
  engine_watch (engine, on_event, loop);
  batch_source_attach (source, engine);
  g_main_loop_run (loop);
  say (source, began);
  engine_free (engine);
  path_memory_free (memory);
}

static Batch *
open_batch (void)
{
  g_autoptr (GError) error = NULL;
  gint64 holder = 0;
  Batch *batch = batch_open (directory, "test", TRUE, &error);
  BatchState state;
  BatchResult result;

  if (!batch || !batch_take (batch, &holder, &error) || !batch_get_state (batch, &state, &error))
    fail (error);
  if (holder != 0) {
    fprintf (stderr, "send-batch: process %" G_GINT64_FORMAT " has it\n", holder);
    exit (2);
  }
  if (state == BATCH_LOADING)
    load (batch);
  if (state == BATCH_PAUSED)
    batch_act (batch, BATCH_RESUME, g_get_real_time (), &result, &state, NULL);
  if (resend)
    batch_act (batch, BATCH_RESEND_DOUBTS, g_get_real_time (), &result, &state, NULL);
  batch_act (batch, BATCH_RETRY_DEFERRED, g_get_real_time (), &result, &state, NULL);
  return batch;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    fail (error);
  report_file = report ? fopen (report, "a") : NULL;
  g_autofree char *text
      = g_strdup_printf ("[account t]\nfrom = me@example.org\nhost = 127.0.0.1\nports = %d\n"
                         "tls = off\npath-memory = no\nchunking = %s\n",
                         port, data ? "no" : "yes");
  g_autoptr (Config) config = config_load_text ("test", text, strlen (text), NULL, &error);
  const Account *account = config ? config_account (config, "t", NULL, &error) : NULL;
  if (!account)
    fail (error);
  Batch *batch = open_batch ();
  if (load_only)
    batch_close (batch);
  else
    send_all (batch, account);
  if (report_file)
    fclose (report_file);
  return 0;
}
