/* The user's own commands give out secrets (pass, secret-tool, gpg, an OAuth helper). They
 * may take as long as a human needs to unlock a key, so nothing waits in place for them;
 * and each is run once, since a human was perhaps asked. */
#include "config/secret-command.h"
#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"

#include <string.h>
#include <unistd.h>

#define SECRET_LIMIT 65536
#define COMPLAINT_LIMIT 512
#define SCRAP_SIZE 4096
#define OUTPUT_LIMIT ((gsize)1024 * 1024) /* more than that is no password store */

/* The first line of what the command prints; the rest is read and thrown away, since a
 * command that can't write it would hang, or fail by SIGPIPE. */
typedef struct {
  GPollableInputStream *stream;
  GSource *source;
  char *line;
  gsize length, limit;
  gsize total;       /* octets read, those thrown away among them */
  gboolean complete; /* the line's end came */
  gboolean overlong;
} Output;

typedef struct {
  char *key;
  char *what; /* "account …: password-command", for messages */
  GSubprocess *process;
  Output secret, complaint;
  GPtrArray *waiters; /* of Waiter */
  gboolean abandoned; /* nobody waits any more: only its end does */
} Job;

typedef struct {
  SecretDone done;
  gpointer data;
  Job *job;
  GSource *cancelled; /* NULL: can't be cancelled */
} Waiter;

static GHashTable *known;   /* key to Secret */
static GHashTable *running; /* key to Job, not owned: a job lives until its process ends */

static guint at_work; /* processes */
static SecretWatch watching;
static gpointer watching_data;

void
secret_watch (SecretWatch watch, gpointer data)
{
  watching = watch;
  watching_data = data;
}

static void
count_process (int more)
{
  const gboolean before = at_work > 0;
  at_work += (guint)more;
  if (watching != NULL && before != (at_work > 0))
    watching (at_work > 0, watching_data);
}

static void
make_tables (void)
{
  if (known != NULL)
    return;
  known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)secret_unref);
  running = g_hash_table_new (g_str_hash, g_str_equal);
}

/* --- what the command prints ------------------------------------------------------- */

static void
output_stop (Output *output)
{
  if (output->source != NULL)
    g_source_destroy (output->source);
  g_clear_pointer (&output->source, g_source_unref);
}

static void
output_clear (Output *output)
{
  output_stop (output);
  secret_wipe (output->line, output->limit);
  g_clear_pointer (&output->line, g_free);
}

static void
output_append (Output *output, const char *octets, gsize length)
{
  if (output->complete)
    return;
  const char *end = memchr (octets, '\n', length);
  const gsize wanted = end != NULL ? (gsize)(end - octets) : length;
  const gsize taken = MIN (wanted, output->limit - output->length);
  memcpy (output->line + output->length, octets, taken);
  output->length += taken;
  output->overlong = output->overlong || taken < wanted;
  output->complete = end != NULL;
}

/* Takes what is there now. */
static void
output_drain (Output *output)
{
  char scrap[SCRAP_SIZE];
  g_autoptr (GError) error = NULL;
  gssize got;
  do {
    got = g_pollable_input_stream_read_nonblocking (output->stream, scrap, sizeof (scrap), NULL, &error);
    if (got > 0) {
      output_append (output, scrap, (gsize)got);
      output->total += (gsize)got;
    }
  } while (got > 0 && output->total <= OUTPUT_LIMIT);
  if (output->total > OUTPUT_LIMIT) {
    output->overlong = TRUE;
    g_input_stream_close (G_INPUT_STREAM (output->stream), NULL, NULL); /* which ends most commands */
  }
  if (output->total > OUTPUT_LIMIT || !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    output_stop (output);
  secret_wipe (scrap, sizeof (scrap));
}

static gboolean
output_ready (GObject *stream, gpointer data)
{
  output_drain (data);
  return G_SOURCE_CONTINUE;
}

static void
output_watch (Output *output, GInputStream *stream, gsize limit)
{
  output->stream = G_POLLABLE_INPUT_STREAM (stream);
  output->limit = limit;
  output->line = g_malloc (limit);
  output->source = g_pollable_input_stream_create_source (output->stream, NULL);
  g_source_set_callback (output->source, G_SOURCE_FUNC (output_ready), output, NULL);
  g_source_attach (output->source, g_main_context_get_thread_default ());
}

/* --- jobs and those who wait for them -------------------------------------------------- */

static void
waiter_free (gpointer data)
{
  Waiter *waiter = data;
  if (waiter->cancelled != NULL) {
    g_source_destroy (waiter->cancelled);
    g_source_unref (waiter->cancelled);
  }
  g_free (waiter);
}

static void
job_free (Job *job)
{
  output_clear (&job->secret);
  output_clear (&job->complaint);
  g_clear_object (&job->process);
  g_ptr_array_unref (job->waiters);
  g_free (job->what);
  g_free (job->key);
  g_free (job);
}

static void
job_abandon (Job *job)
{
  job->abandoned = TRUE;
  g_hash_table_remove (running, job->key);
  output_clear (&job->secret);
  output_clear (&job->complaint);
  g_subprocess_send_signal (job->process, SIGTERM);
}

static void
job_answer (Job *job, Secret *secret, const GError *error)
{
  /* An asker may ask again from within the answer, and finds no job then. */
  g_hash_table_remove (running, job->key);
  if (secret != NULL)
    g_hash_table_insert (known, g_strdup (job->key), secret_ref (secret));
  for (guint i = 0; i < job->waiters->len; i++) {
    const Waiter *waiter = g_ptr_array_index (job->waiters, i);
    waiter->done (secret, error, waiter->data);
  }
}

/* How the process ended, if not well. FALSE sets ERROR. */
static gboolean
check_end (Job *job, GError **error)
{
  g_autofree char *complaint = visible_text (job->complaint.line, (gssize)job->complaint.length);
  const char *colon = *complaint != '\0' ? ": " : "";
  if (g_subprocess_get_if_signaled (job->process)) {
    const int number = g_subprocess_get_term_sig (job->process);
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_PERMISSION, _ ("%s was ended by signal %d (%s)%s%s"),
                 job->what, number, g_strsignal (number), colon, complaint);
    return FALSE;
  }
  const int status = g_subprocess_get_exit_status (job->process);
  if (status != 0)
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_PERMISSION, _ ("%s ended with status %d%s%s"), job->what,
                 status, colon, complaint);
  return status == 0;
}

static Secret *
take_secret (Job *job, GError **error)
{
  const Output *output = &job->secret;
  gsize length = output->length;
  if (output->total <= OUTPUT_LIMIT && !check_end (job, error))
    return NULL;
  if (length > 0 && output->line[length - 1] == '\r')
    length--;
  if (output->overlong)
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_PERMISSION,
                 _ ("%s printed too much: a password is a line of at most %d octets"), job->what,
                 SECRET_LIMIT);
  else if (length == 0)
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_PERMISSION, _ ("%s printed nothing on its first line"),
                 job->what);
  else if (memchr (output->line, '\0', length) != NULL)
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_PERMISSION, _ ("%s printed a NUL octet"), job->what);
  else
    return secret_new (output->line, length);
  return NULL;
}

/* A daemon that the command left behind (gpg-agent, an ssh master) may hold its pipes open,
 * so the end of the process counts, not that of its output. */
static void
process_ended (GObject *object, GAsyncResult *result, gpointer data)
{
  Job *job = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (Secret) secret = NULL;
  g_subprocess_wait_finish (job->process, result, NULL);
  count_process (-1);
  if (!job->abandoned) {
    output_drain (&job->secret);
    output_drain (&job->complaint);
    secret = take_secret (job, &error);
    job_answer (job, secret, error);
  }
  job_free (job);
}

/* --- asking ---------------------------------------------------------------------------------- */

/* The message to be sent may be on our standard input, so the command gets none; pinentry is
 * told the terminal in the way that gpg-agent's manual asks for. */
static GSubprocess *
spawn (const char *command, GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher
      = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  char terminal[256];
  if (ttyname_r (STDIN_FILENO, terminal, sizeof (terminal)) == 0
      || ttyname_r (STDERR_FILENO, terminal, sizeof (terminal)) == 0)
    g_subprocess_launcher_setenv (launcher, "GPG_TTY", terminal, FALSE);
  return g_subprocess_launcher_spawn (launcher, error, "/bin/sh", "-c", command, NULL);
}

static Job *
job_start (const char *key, const char *what, const char *command, GError **error)
{
  g_autoptr (GError) why = NULL;
  count_process (1);
  GSubprocess *process = spawn (command, &why);
  if (process == NULL) {
    count_process (-1);
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_PERMISSION, _ ("%s can't be run: %s"), what, why->message);
    return NULL;
  }
  Job *job = g_new0 (Job, 1);
  job->key = g_strdup (key);
  job->what = g_strdup (what);
  job->process = process;
  job->waiters = g_ptr_array_new_with_free_func (waiter_free);
  output_watch (&job->secret, g_subprocess_get_stdout_pipe (process), SECRET_LIMIT);
  output_watch (&job->complaint, g_subprocess_get_stderr_pipe (process), COMPLAINT_LIMIT);
  g_hash_table_insert (running, job->key, job);
  g_subprocess_wait_async (process, NULL, process_ended, job);
  return job;
}

static gboolean
waiter_cancelled (GCancellable *cancellable, gpointer data)
{
  Waiter *waiter = data;
  Job *job = waiter->job;
  const SecretDone done = waiter->done;
  const gpointer done_data = waiter->data;
  g_autoptr (GError) error = NULL;
  g_cancellable_set_error_if_cancelled (cancellable, &error);
  g_ptr_array_remove (job->waiters, waiter);
  if (job->waiters->len == 0)
    job_abandon (job);
  done (NULL, error, done_data);
  return G_SOURCE_REMOVE;
}

static void
job_add_waiter (Job *job, GCancellable *cancellable, SecretDone done, gpointer data)
{
  Waiter *waiter = g_new0 (Waiter, 1);
  *waiter = (Waiter){ .done = done, .data = data, .job = job };
  if (cancellable != NULL) {
    waiter->cancelled = g_cancellable_source_new (cancellable);
    g_source_set_callback (waiter->cancelled, G_SOURCE_FUNC (waiter_cancelled), waiter, NULL);
    g_source_attach (waiter->cancelled, g_main_context_get_thread_default ());
  }
  g_ptr_array_add (job->waiters, waiter);
}

static void
fetch_by_command (const Account *account, const char *option, const char *command, gboolean fresh,
                  GCancellable *cancellable, SecretDone done, gpointer data)
{
  make_tables ();
  g_autofree char *key = g_strjoin ("\n", account->name, option, command, NULL);
  g_autofree char *what = g_strdup_printf (_ ("account \"%s\": %s"), account->name, option);
  Secret *secret = fresh ? NULL : g_hash_table_lookup (known, key);
  if (secret != NULL) {
    g_autoptr (Secret) kept = secret_ref (secret); /* DONE may forget all */
    done (kept, NULL, data);
    return;
  }
  g_autoptr (GError) error = NULL;
  g_hash_table_remove (known, key);
  Job *job = g_hash_table_lookup (running, key);
  if (job == NULL)
    job = job_start (key, what, command, &error);
  if (job != NULL)
    job_add_waiter (job, cancellable, done, data);
  else
    done (NULL, error, data);
}

void
secret_fetch (const Account *account, SecretKind kind, gboolean fresh, GCancellable *cancellable,
              SecretDone done, gpointer data)
{
  g_autoptr (GError) error = NULL;
  const char *option = kind == SECRET_TOKEN ? "token-command" : "password-command";
  const char *command = kind == SECRET_TOKEN ? account->token_command : account->password_command;
  if (g_cancellable_set_error_if_cancelled (cancellable, &error)) {
    done (NULL, error, data);
  } else if (kind == SECRET_PASSWORD && account->password != NULL) {
    g_autoptr (Secret) secret = secret_new (account->password, strlen (account->password));
    done (secret, NULL, data);
  } else if (command != NULL) {
    fetch_by_command (account, option, command, fresh, cancellable, done, data);
  } else {
    g_set_error (&error, TOUKAN_ERROR, TOUKAN_ERROR_PERMISSION, _ ("account \"%s\" has no %s"), account->name,
                 option);
    done (NULL, error, data);
  }
}

void
secret_forget_all (void)
{
  if (known == NULL)
    return;
  g_autoptr (GList) jobs = g_hash_table_get_values (running);
  for (GList *item = jobs; item != NULL; item = item->next) {
    Job *job = item->data;
    g_ptr_array_set_size (job->waiters, 0);
    job_abandon (job);
  }
  g_clear_pointer (&known, g_hash_table_unref);
  g_clear_pointer (&running, g_hash_table_unref);
}
