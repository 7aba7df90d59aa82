/* toukan-sink: an SMTP server for tests and demonstrations. It stands on the same receiver
 * as the program itself, and does wrong what it is told to. */
#include <glib-unix.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/i18n.h"
#include "config.h"
#include "net/descriptors.h"
#include "store/maildir.h"
#include "sink/server.h"

static int
fail (const GError *error)
{
  g_printerr ("toukan-sink: %s\n", error->message);
  return toukan_error_exit_status (error);
}

static gboolean
on_signal (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_CONTINUE;
}

/* The handlers stay until the end: a second signal mustn't kill us while we clean up. */
static void
run_until_signal (void)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_unix_signal_add (SIGTERM, on_signal, loop);
  g_unix_signal_add (SIGINT, on_signal, loop);
  g_main_loop_run (loop);
}

static gboolean
serve (const SinkOptions *options, GError **error)
{
  g_autoptr (Log) log = log_new (options->log, error);
  if (log == NULL || (options->maildir != NULL && !maildir_prepare (options->maildir, error)))
    return FALSE;
  g_autoptr (Certificates) certificates = certificates_prepare (options, error);
  if (certificates == NULL)
    return FALSE;
  g_autoptr (Server) server = server_new (options, certificates, log, error);
  if (server == NULL)
    return FALSE;
  run_until_signal ();
  return TRUE;
}

int
main (int argc, char **argv)
{
  descriptors_fill_standard ();
  setlocale (LC_ALL, "");
  bindtextdomain (PACKAGE, LOCALEDIR);
  textdomain (PACKAGE);
  signal (SIGPIPE, SIG_IGN);

  g_autoptr (GError) error = NULL;
  g_autoptr (SinkOptions) options = sink_options_parse (&argc, &argv, &error);
  if (options == NULL || !serve (options, &error))
    return fail (error);
  return EXIT_SUCCESS;
}
