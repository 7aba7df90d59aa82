/* What is typed goes to a shell command, so it goes as an argument: the shell reads the user's
 * words once, before it knows what was typed. */
#include "engine/query-command.h"

#include "base/error.h"
#include "base/i18n.h"
#include "mail/address.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define TYPED_LIMIT 200

/* After SIGTERM, before SIGKILL. */
#define GRACE_MS 2000

struct Query {
  QueryDone done; /* NULL: has been called */
  gpointer data;
  GSubprocess *process;
  GCancellable *cancellable;
  GSource *patience;
  GString *output;
  gboolean ended, drained; /* the process, its output */
  gboolean overlong, late;
  char buffer[4096];
};

/* --- pure ----------------------------------------------------------------------------------- */

char *
query_script (const char *command)
{
  GString *script = g_string_new (NULL);
  gboolean placed = FALSE;
  char quote = '\0';

  for (const char *at = command; *at != '\0'; at++) {
    if (at[0] == '%' && (at[1] == 's' || at[1] == '%')) {
      if (*++at == '%')
        g_string_append_c (script, '%');
      else
        g_string_append (script, quote == '"' ? "${1}" : quote == '\'' ? "'\"${1}\"'" : "\"${1}\"");
      placed = placed || *at == 's';
      continue;
    }
    if (*at == '\\' && quote != '\'' && at[1] != '\0')
      g_string_append_c (script, *at++);
    else if (quote == '\0' && (*at == '"' || *at == '\''))
      quote = *at;
    else if (quote == *at)
      quote = '\0';
    g_string_append_c (script, *at);
  }
  if (!placed)
    g_string_append (script, " \"${1}\"");
  return g_string_free (script, FALSE);
}

static void
destroy_mailbox (gpointer mailbox)
{
  mailbox_free (mailbox);
}

/* "address\tname\t…" */
static void
parse_line (GPtrArray *mailboxes, const char *line)
{
  g_auto (GStrv) columns = g_strsplit (line, "\t", 3);
  g_autofree char *address = columns[0] != NULL && *g_strstrip (columns[0]) != '\0'
                                 ? address_parse_one (columns[0], NULL, NULL)
                                 : NULL;

  if (address == NULL)
    return;
  for (char *at = columns[1]; at != NULL && *at != '\0'; at++)
    if (g_ascii_iscntrl (*at))
      *at = ' ';
  Mailbox *mailbox = g_new0 (Mailbox, 1);
  mailbox->address = g_steal_pointer (&address);
  mailbox->name = columns[1] != NULL && *g_strstrip (columns[1]) != '\0' ? g_strdup (columns[1]) : NULL;
  g_ptr_array_add (mailboxes, mailbox);
}

GPtrArray *
query_parse (const char *output, gsize length)
{
  GPtrArray *mailboxes = g_ptr_array_new_with_free_func (destroy_mailbox);
  g_autofree char *text = g_utf8_make_valid (output, (gssize)length);
  const char *line = strchr (text, '\n');

  while (line != NULL && *++line != '\0' && mailboxes->len < QUERY_RESULTS_LIMIT) {
    g_autofree char *one = g_strndup (line, strcspn (line, "\r\n"));
    parse_line (mailboxes, one);
    line = strchr (line, '\n');
  }
  return mailboxes;
}

/* --- the process ------------------------------------------------------------------------------ */

/* All that the command started is in its session. */
static void
send_signal (GSubprocess *process, int number)
{
  const char *identifier = g_subprocess_get_identifier (process);
  const gint64 pid = identifier != NULL ? g_ascii_strtoll (identifier, NULL, 10) : 0;

  if (pid > 1)
    kill (-(pid_t)pid, number);
}

static gboolean
kill_it (gpointer data)
{
  send_signal (data, SIGKILL);
  return G_SOURCE_REMOVE;
}

/* Whoever doesn't hear SIGTERM gets SIGKILL, if the main loop runs that long. */
static void
end_process (Query *query)
{
  if (query->ended)
    return;
  send_signal (query->process, SIGTERM);
  g_autoptr (GSource) source = g_timeout_source_new (GRACE_MS);
  g_source_set_callback (source, kill_it, g_object_ref (query->process), g_object_unref);
  g_source_attach (source, g_main_context_get_thread_default ());
}

static void
destroy (Query *query)
{
  if (query->patience != NULL) {
    g_source_destroy (query->patience);
    g_source_unref (query->patience);
  }
  g_clear_object (&query->process);
  g_clear_object (&query->cancellable);
  g_string_free (query->output, TRUE);
  g_free (query);
}

static gboolean
check_end (const Query *query, GError **error)
{
  if (query->late) {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_TEMPORARY, _ ("query-command takes too long"));
    return FALSE;
  }
  /* What came is good, even if it was cut off in the middle of a line; mutt's programs end with 1
   * when they have found nothing. */
  if (query->overlong || query->output->len > 0 || g_subprocess_get_successful (query->process)
      || (g_subprocess_get_if_exited (query->process) && g_subprocess_get_exit_status (query->process) == 1))
    return TRUE;
  if (g_subprocess_get_if_exited (query->process))
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_SYSTEM, _ ("query-command ended with status %d"),
                 g_subprocess_get_exit_status (query->process));
  else
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_SYSTEM, _ ("query-command was ended by a signal"));
  return FALSE;
}

static void
answer (Query *query)
{
  const QueryDone done = query->done;
  g_autoptr (GError) error = NULL;

  query->done = NULL;
  g_autoptr (GPtrArray) mailboxes
      = check_end (query, &error) ? query_parse (query->output->str, query->output->len) : NULL;
  done (mailboxes, error, query->data);
}

static void
finish_if_over (Query *query)
{
  if (query->ended && query->drained && query->done != NULL)
    answer (query);
}

static void read_more (Query *query);

static void
on_read (GObject *stream, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  const gssize given = g_input_stream_read_finish (G_INPUT_STREAM (stream), result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return; /* the query is gone */
  Query *query = data;
  if (given > 0)
    g_string_append_len (query->output, query->buffer, given);
  query->overlong = query->output->len > QUERY_OUTPUT_LIMIT;
  if (query->overlong) {
    const char *last = g_strrstr_len (query->output->str, QUERY_OUTPUT_LIMIT, "\n");
    g_string_truncate (query->output, last != NULL ? (gsize)(last - query->output->str) : 0);
    end_process (query);
  }
  query->drained = given <= 0 || query->overlong;
  if (query->drained)
    finish_if_over (query);
  else
    read_more (query);
}

static void
read_more (Query *query)
{
  g_input_stream_read_async (g_subprocess_get_stdout_pipe (query->process), query->buffer,
                             sizeof query->buffer, G_PRIORITY_DEFAULT, query->cancellable, on_read, query);
}

static void
on_end (GObject *process, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  if (!g_subprocess_wait_finish (G_SUBPROCESS (process), result, &error)
      && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  Query *query = data;
  query->ended = TRUE;
  finish_if_over (query);
}

/* A child that was left behind may hold the output open for ever. */
static gboolean
on_patience (gpointer data)
{
  Query *query = data;

  query->late = !query->ended;
  end_process (query);
  query->drained = query->ended = TRUE;
  finish_if_over (query);
  return G_SOURCE_REMOVE;
}

static void
leave_terminal (gpointer data)
{
  setsid ();
}

static gboolean
may_be_asked (const char *typed, GError **error)
{
  gboolean good = *typed != '\0' && *typed != '-' && strlen (typed) <= TYPED_LIMIT;

  for (const char *at = typed; good && *at != '\0'; at++)
    good = !g_ascii_iscntrl (*at);
  if (!good)
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, _ ("query-command isn't asked for this"));
  return good;
}

Query *
query_run (const char *command, const char *typed, QueryDone done, gpointer data, GError **error)
{
  g_autofree char *script = query_script (command);
  g_autoptr (GError) why = NULL;

  if (!may_be_asked (typed, error))
    return NULL;
  g_autoptr (GSubprocessLauncher) launcher
      = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_subprocess_launcher_set_child_setup (launcher, leave_terminal, NULL, NULL);
  GSubprocess *process
      = g_subprocess_launcher_spawn (launcher, &why, "/bin/sh", "-c", script, "query-command", typed, NULL);
  if (process == NULL) {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_SYSTEM, _ ("query-command can't be run: %s"),
                 why->message);
    return NULL;
  }
  Query *query = g_new0 (Query, 1);
  *query = (Query){ .done = done,
                    .data = data,
                    .process = process,
                    .cancellable = g_cancellable_new (),
                    .output = g_string_new (NULL),
                    .patience = g_timeout_source_new (QUERY_PATIENCE_MS) };
  g_source_set_callback (query->patience, on_patience, query, NULL);
  g_source_attach (query->patience, g_main_context_get_thread_default ());
  g_subprocess_wait_async (process, query->cancellable, on_end, query);
  read_more (query);
  return query;
}

void
query_free (Query *query)
{
  if (query == NULL)
    return;
  g_cancellable_cancel (query->cancellable); /* no callback of ours looks at QUERY after this */
  end_process (query);
  destroy (query);
}
