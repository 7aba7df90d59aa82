/* A pipe to ourselves: GLib's own signal source starts a thread for the same. */
#include "cli/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <unistd.h>

static const int watched_signals[] = { SIGINT, SIGTERM, SIGHUP };

static int pipe_ends[2] = { -1, -1 };
static guint pipe_source;
static Interrupted told;
static gpointer told_data;

static void
on_signal (int signal_number)
{
  int saved = errno;
  guint8 octet = (guint8)signal_number;

  if (write (pipe_ends[1], &octet, 1) < 0) {
    /* Full: enough signals are waiting to be told. */
  }
  errno = saved;
}

static gboolean
on_pipe (int fd, GIOCondition condition, gpointer data)
{
  guint8 octet;

  if (read (fd, &octet, 1) == 1)
    told (octet, told_data);
  return G_SOURCE_CONTINUE;
}

void
interrupt_watch (Interrupted interrupted, gpointer data)
{
  struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

  g_assert (pipe_source == 0);
  if (pipe2 (pipe_ends, O_CLOEXEC | O_NONBLOCK) != 0)
    return; /* the signals keep their usual effect */
  told = interrupted;
  told_data = data;
  pipe_source = g_unix_fd_add (pipe_ends[0], G_IO_IN, on_pipe, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (watched_signals); i++)
    sigaction (watched_signals[i], &action, NULL);
}

void
interrupt_unwatch (void)
{
  struct sigaction usual = { .sa_handler = SIG_DFL };

  if (pipe_source == 0)
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (watched_signals); i++)
    sigaction (watched_signals[i], &usual, NULL);
  g_source_remove (pipe_source);
  pipe_source = 0;
  close (pipe_ends[0]);
  close (pipe_ends[1]);
}
