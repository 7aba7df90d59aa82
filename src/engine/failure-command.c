/* A server that refuses a thousand messages must not start a thousand shells, a command that
 * hangs must not keep the others from running, and what a server says must reach the shell
 * as data. */
#include "engine/failure-command.h"

#include <gio/gio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/i18n.h"
#include "base/visible.h"

#define AT_ONCE 4
#define VALUE_LIMIT ((gsize)2048)           /* octets of a subject or a reply */
#define RECIPIENTS_LIMIT ((gsize)32 * 1024) /* the kernel takes 128 KiB a variable */

struct FailureCommands {
  Ticks patience;
  FailureWarn warn;
  gpointer data;
  GQueue waiting;     /* of Command */
  GPtrArray *running; /* of Command, not owned: each is freed at its end */
};

typedef struct {
  FailureCommands *owner; /* NULL: gone */
  GSubprocessLauncher *launcher;
  char *line;
  char *input;
  GSubprocess *process; /* NULL: not begun */
  guint timer;
} Command;

/* --- what it is told ------------------------------------------------------------------ */

/* No NUL, no line break, no escape: whatever a shell script does with it. */
static void
set_variable (GSubprocessLauncher *launcher, const char *name, const char *value)
{
  g_autofree char *text = value ? visible_text (value, (gssize)strnlen (value, VALUE_LIMIT)) : g_strdup ("");
  g_subprocess_launcher_setenv (launcher, name, text, TRUE);
}

/* One a line: no address holds a line break. */
static void
set_recipients (GSubprocessLauncher *launcher, const Failure *failure)
{
  g_autoptr (GString) all = g_string_new (NULL);

  for (guint i = 0; i < failure->members->len && all->len < RECIPIENTS_LIMIT; i++) {
    const char *address = failure_recipient (failure, i)->address;
    g_autofree char *text = visible_text (address, (gssize)strnlen (address, VALUE_LIMIT));
    g_string_append_printf (all, "%s%s", i > 0 ? "\n" : "", text);
  }
  g_subprocess_launcher_setenv (launcher, "TOUKAN_RECIPIENTS", all->str, TRUE);
}

/* In a session of its own: the terminal's Ctrl-C is not meant for it, and its time-out ends
 * what it has started, too. */
static void
prepare_child (gpointer data)
{
  setsid ();
  signal (SIGPIPE, SIG_DFL);
}

static GSubprocessLauncher *
make_launcher (const Failure *failure)
{
  GSubprocessLauncher *launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  const Reply *words = failure_verdict (failure, 0)->reply;
  g_autofree char *id = g_strdup_printf ("%" G_GINT64_FORMAT, failure->id);
  g_autofree char *reply = words ? reply_to_string (words) : NULL;

  g_subprocess_launcher_set_child_setup (launcher, prepare_child, NULL, NULL);
  set_variable (launcher, "TOUKAN_ID", id);
  set_variable (launcher, "TOUKAN_ACCOUNT", failure->account);
  set_variable (launcher, "TOUKAN_FROM", failure->envelope->sender);
  set_recipients (launcher, failure);
  set_variable (launcher, "TOUKAN_STATUS", failure_kind_name (failure->kind));
  set_variable (launcher, "TOUKAN_REPLY", reply);
  set_variable (launcher, "TOUKAN_SUBJECT", failure->subject);
  return launcher;
}

/* --- one command ------------------------------------------------------------------------- */

static void
command_free (gpointer data)
{
  Command *command = data;
  if (command->timer)
    g_source_remove (command->timer);
  g_clear_object (&command->process);
  g_object_unref (command->launcher);
  g_free (command->line);
  g_free (command->input);
  g_free (command);
}

static void begin_next (FailureCommands *commands);

static void
warn (const Command *command, const char *why)
{
  g_autofree char *text = g_strdup_printf (_ ("on-failure: %s"), why);
  if (command->owner)
    command->owner->warn (text, command->owner->data);
}

static void
command_ended (GObject *object, GAsyncResult *result, gpointer data)
{
  Command *command = data;
  FailureCommands *owner = command->owner;

  g_subprocess_wait_finish (command->process, result, NULL);
  if (!g_subprocess_get_if_exited (command->process)) {
    warn (command, _ ("the command was ended by a signal"));
  } else if (g_subprocess_get_exit_status (command->process) != 0) {
    g_autofree char *why = g_strdup_printf (_ ("the command ended with status %d"),
                                            g_subprocess_get_exit_status (command->process));
    warn (command, why);
  }
  if (owner)
    g_ptr_array_remove_fast (owner->running, command);
  command_free (command);
  if (owner)
    begin_next (owner);
}

/* A command that doesn't want to know closes its input early: only its own end counts. */
static void
command_told (GObject *object, GAsyncResult *result, gpointer data)
{
  Command *command = data;

  g_subprocess_communicate_finish (command->process, result, NULL, NULL, NULL);
  g_subprocess_wait_async (command->process, NULL, command_ended, command);
}

/* First kindly, then not. */
static void
end_session (Command *command, int signal_number)
{
  const char *identifier = g_subprocess_get_identifier (command->process);
  if (identifier) /* NULL: it has ended */
    kill (-(pid_t)g_ascii_strtoll (identifier, NULL, 10), signal_number);
}

static gboolean
kill_command (gpointer data)
{
  Command *command = data;
  command->timer = 0;
  end_session (command, SIGKILL);
  return G_SOURCE_REMOVE;
}

static gboolean
command_too_long (gpointer data)
{
  Command *command = data;

  warn (command, _ ("the command took too long and was ended"));
  end_session (command, SIGTERM);
  command->timer = g_timeout_add_seconds (2, kill_command, command);
  return G_SOURCE_REMOVE;
}

static gboolean
command_begin (Command *command)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) input = g_bytes_new (command->input, strlen (command->input));

  command->process
      = g_subprocess_launcher_spawn (command->launcher, &error, "/bin/sh", "-c", command->line, NULL);
  if (!command->process) {
    warn (command, error->message);
    return FALSE;
  }
  g_subprocess_communicate_async (command->process, input, NULL, command_told, command);
  command->timer
      = g_timeout_add ((guint)(command->owner->patience / TICKS_PER_MS), command_too_long, command);
  return TRUE;
}

/* --- all of them ---------------------------------------------------------------------------- */

static void
begin_next (FailureCommands *commands)
{
  while (commands->running->len < AT_ONCE && !g_queue_is_empty (&commands->waiting)) {
    Command *command = g_queue_pop_head (&commands->waiting);
    if (command_begin (command))
      g_ptr_array_add (commands->running, command);
    else
      command_free (command);
  }
}

FailureCommands *
failure_commands_new (Ticks patience, FailureWarn warn_function, gpointer data)
{
  FailureCommands *commands = g_new0 (FailureCommands, 1);

  commands->patience = patience;
  commands->warn = warn_function;
  commands->data = data;
  g_queue_init (&commands->waiting);
  commands->running = g_ptr_array_new ();
  return commands;
}

void
failure_commands_free (FailureCommands *commands)
{
  if (!commands)
    return;
  for (guint i = 0; i < commands->running->len; i++)
    ((Command *)g_ptr_array_index (commands->running, i))->owner = NULL;
  g_queue_clear_full (&commands->waiting, command_free);
  g_ptr_array_unref (commands->running);
  g_free (commands);
}

void
failure_commands_add (FailureCommands *commands, const char *line, const Failure *failure)
{
  Command *command = g_new0 (Command, 1);
  g_autofree char *sentence = failure_sentence (failure);

  command->owner = commands;
  command->launcher = make_launcher (failure);
  command->line = g_strdup (line);
  command->input = g_strconcat (sentence, "\n", NULL);
  g_queue_push_tail (&commands->waiting, command);
  begin_next (commands);
}

guint
failure_commands_waiting (const FailureCommands *commands)
{
  return g_queue_get_length ((GQueue *)&commands->waiting);
}

guint
failure_commands_running (const FailureCommands *commands)
{
  return commands->running->len;
}
