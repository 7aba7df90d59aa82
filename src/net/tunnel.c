/* A command, or a socket in the file system, in place of a connect. The command gets a session of its own:
 * all that it starts can be ended together, and it finds no terminal on which it could ask behind our back
 * (ssh then takes its agent, or says why it can't). */
#include "net/tunnel.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/ticks.h"
#include "net/local-socket.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Longer complaints are cut. */
#define LINE_LENGTH 512

/* After SIGTERM, before SIGKILL. */
#define GRACE (3 * TICKS_PER_SECOND)

/* The command's process; outlives the tunnel until it has been reaped. */
typedef struct {
  GPid pid;
  GSource *end;
  GSource *kill; /* NULL: nobody wants it to end, or not yet so badly */
} Command;

struct Tunnel {
  Command *command; /* NULL: it is over, or there was none */
  int complaints;   /* its stderr; -1: there is none */
  GSource *reading;
  GString *line; /* as far as it has come */
  char *last;    /* the last whole line with something in it */
};

/* --- the command line ------------------------------------------------------------------ */

/* Since a user may have put quotes around %h, quoting wouldn't be safe: nothing gets there that a
 * shell, or the command's options, could take for something else. */
static gboolean
is_harmless (const char *host)
{
  if (*host == '\0' || *host == '-')
    return FALSE;
  for (; *host; host++)
    if (!g_ascii_isalnum (*host) && !strchr (".-_:%", *host))
      return FALSE;
  return TRUE;
}

static char *
expand (const char *command, const char *host, guint16 port)
{
  GString *line = g_string_new (NULL);
  for (; *command; command++) {
    if (command[0] != '%' || !command[1] || !strchr ("hp%", command[1])) {
      g_string_append_c (line, *command);
      continue;
    }
    command++;
    if (*command == 'h')
      g_string_append (line, host);
    else if (*command == 'p')
      g_string_append_printf (line, "%u", port);
    else
      g_string_append_c (line, '%');
  }
  return g_string_free (line, FALSE);
}

/* --- the process ------------------------------------------------------------------------- */

static void
release_source (GSource **source)
{
  if (!*source)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
command_free (Command *command)
{
  release_source (&command->end);
  release_source (&command->kill);
  g_free (command);
}

static void
on_orphan_ended (GPid pid, int status, gpointer data)
{
  command_free (data);
}

static gboolean
on_grace_over (gpointer data)
{
  kill (-((Command *)data)->pid, SIGKILL);
  return G_SOURCE_REMOVE;
}

/* Asks it to end; it is reaped when it does. */
static void
command_end (Command *command)
{
  kill (-command->pid, SIGTERM);
  g_source_set_callback (command->end, G_SOURCE_FUNC (on_orphan_ended), command, NULL);
  command->kill = g_timeout_source_new (GRACE / TICKS_PER_MS);
  g_source_set_callback (command->kill, on_grace_over, command, NULL);
  g_source_attach (command->kill, g_main_context_get_thread_default ());
}

static void
on_ended (GPid pid, int status, gpointer data)
{
  Tunnel *tunnel = data;
  g_clear_pointer (&tunnel->command, command_free);
}

/* In the child, before the shell. */
static void
become_session (gpointer data)
{
  setsid ();
}

/* --- its complaints ----------------------------------------------------------------------- */

static void
take_complaints (Tunnel *tunnel, const char *text, gsize length)
{
  for (gsize i = 0; i < length; i++) {
    if (text[i] != '\n' && text[i] != '\r') {
      if (tunnel->line->len < LINE_LENGTH && text[i] != '\0')
        g_string_append_c (tunnel->line, text[i]);
    } else if (tunnel->line->len > 0) {
      g_free (tunnel->last);
      tunnel->last = g_strdup (tunnel->line->str);
      g_string_truncate (tunnel->line, 0);
    }
  }
}

static gboolean
read_complaints (Tunnel *tunnel)
{
  char text[4096];
  gssize length = read (tunnel->complaints, text, sizeof text);
  if (length > 0)
    take_complaints (tunnel, text, (gsize)length);
  return length > 0 || (length < 0 && (errno == EAGAIN || errno == EINTR));
}

static gboolean
on_complaint (int fd, GIOCondition condition, gpointer data)
{
  Tunnel *tunnel = data;
  if (read_complaints (tunnel))
    return G_SOURCE_CONTINUE;
  release_source (&tunnel->reading);
  return G_SOURCE_REMOVE;
}

const char *
tunnel_complaint (Tunnel *tunnel)
{
  /* What it said when it hung up may not have been read yet. */
  if (tunnel->reading)
    read_complaints (tunnel);
  if (tunnel->line->len > 0)
    return tunnel->line->str;
  return tunnel->last ? tunnel->last : "";
}

/* --- the tunnel ---------------------------------------------------------------------------- */

static Tunnel *
tunnel_watch (GPid pid, int complaints)
{
  Tunnel *tunnel = g_new0 (Tunnel, 1);
  GMainContext *context = g_main_context_get_thread_default ();
  tunnel->line = g_string_new (NULL);
  tunnel->complaints = complaints;
  g_unix_set_fd_nonblocking (complaints, TRUE, NULL);
  tunnel->reading = g_unix_fd_source_new (complaints, G_IO_IN);
  g_source_set_callback (tunnel->reading, G_SOURCE_FUNC (on_complaint), tunnel, NULL);
  g_source_attach (tunnel->reading, context);
  tunnel->command = g_new0 (Command, 1);
  tunnel->command->pid = pid;
  tunnel->command->end = g_child_watch_source_new (pid);
  g_source_set_callback (tunnel->command->end, G_SOURCE_FUNC (on_ended), tunnel, NULL);
  g_source_attach (tunnel->command->end, context);
  return tunnel;
}

/* Runs LINE with THEIRS as its standard input and output. */
static Tunnel *
run (const char *line, int theirs, GError **error)
{
  const char *const arguments[] = { "/bin/sh", "-c", line, NULL };
  g_autoptr (GError) reason = NULL;
  GPid pid = 0;
  int complaints = -1;
  if (g_spawn_async_with_pipes_and_fds (NULL, arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD, become_session,
                                        NULL, theirs, theirs, -1, NULL, NULL, 0, &pid, NULL, NULL,
                                        &complaints, &reason))
    return tunnel_watch (pid, complaints);
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_SYSTEM, _ ("The tunnel's command can't be run: %s"),
               reason->message);
  return NULL;
}

static Tunnel *
open_socket (const char *path, int *ret_fd, GError **error)
{
  int fd = local_socket_connect (path);
  if (fd < 0) {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_SYSTEM, _ ("Nobody answers at %s: %s"), path,
                 g_strerror (errno));
    return NULL;
  }
  Tunnel *tunnel = g_new0 (Tunnel, 1);
  tunnel->line = g_string_new (NULL);
  tunnel->complaints = -1;
  *ret_fd = fd;
  return tunnel;
}

Tunnel *
tunnel_open (const char *command, const char *host, guint16 port, int *ret_fd, GError **error)
{
  int fds[2];
  if (g_str_has_prefix (command, TUNNEL_SOCKET))
    return open_socket (command + strlen (TUNNEL_SOCKET), ret_fd, error);
  if (!is_harmless (host)) {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_SYSTEM,
                 _ ("\"%s\" can't be given to the tunnel's command"), host);
    return NULL;
  }
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_SYSTEM, _ ("No pipe for the tunnel: %s"),
                 g_strerror (errno));
    return NULL;
  }
  g_autofree char *line = expand (command, host, port);
  Tunnel *tunnel = run (line, fds[1], error);
  close (fds[1]);
  if (tunnel)
    *ret_fd = fds[0];
  else
    close (fds[0]);
  return tunnel;
}

void
tunnel_free (Tunnel *tunnel)
{
  if (!tunnel)
    return;
  if (tunnel->command)
    command_end (tunnel->command);
  release_source (&tunnel->reading);
  if (tunnel->complaints >= 0)
    close (tunnel->complaints);
  g_string_free (tunnel->line, TRUE);
  g_free (tunnel->last);
  g_free (tunnel);
}
