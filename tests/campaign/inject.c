/* Runs one command, writes down the calls by which it touches the disk and the network, and
 * spoils one of them: the process is killed there, or the call fails with an error. What
 * `strace -e inject` does, but a call is named by its thread, its file and its number among
 * those, so that what other threads do meanwhile does not change which call is meant; and
 * only these calls stop the process, so that a run takes a tenth of the time.
 *
 * A line of the log is "THREAD CALL TARGET NUMBER": "1 pwrite64 outbox.sqlite3-wal 3". Threads
 * and processes are counted from 0 as they begin; a target is a file below --root, "socket",
 * "input", "output" or "errors"; calls to anything else are not seen. The place to be spoiled
 * is named by such a line. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __x86_64__

int
main (void)
{
  fputs ("inject: this processor's registers are not known\n", stderr);
  return 77;
}

#else

#define EXIT_USAGE 64
#define EXIT_BROKEN 71
#define KILLED 128

/* argument: which of its arguments names the file; as a descriptor or as a path. */
typedef struct {
  const char *name;
  int number;
  int argument;
  gboolean is_path;
} Call;

static const Call calls[] = {
  { "read", SYS_read, 0, FALSE },
  { "pread64", SYS_pread64, 0, FALSE },
  { "write", SYS_write, 0, FALSE },
  { "writev", SYS_writev, 0, FALSE },
  { "pwrite64", SYS_pwrite64, 0, FALSE },
  { "fsync", SYS_fsync, 0, FALSE },
  { "fdatasync", SYS_fdatasync, 0, FALSE },
  { "ftruncate", SYS_ftruncate, 0, FALSE },
  { "fallocate", SYS_fallocate, 0, FALSE },
  { "sendto", SYS_sendto, 0, FALSE },
  { "sendmsg", SYS_sendmsg, 0, FALSE },
  { "recvfrom", SYS_recvfrom, 0, FALSE },
  { "recvmsg", SYS_recvmsg, 0, FALSE },
  { "openat", SYS_openat, 1, TRUE },
  { "unlink", SYS_unlink, 0, TRUE },
  { "unlinkat", SYS_unlinkat, 1, TRUE },
  { "rename", SYS_rename, 0, TRUE },
  { "renameat2", SYS_renameat2, 1, TRUE },
  { "link", SYS_link, 0, TRUE },
  { "linkat", SYS_linkat, 1, TRUE },
  { "mkdir", SYS_mkdir, 0, TRUE },
  { "mkdirat", SYS_mkdirat, 1, TRUE },
};

static const struct {
  const char *name;
  int number;
} errors[] = { { "ENOSPC", ENOSPC }, { "EIO", EIO }, { "EINTR", EINTR }, { "ECONNRESET", ECONNRESET } };

typedef struct {
  char *root, *log_file, *at, *with;
  gint delay; /* µs, added to each fsync and fdatasync */
  char **command;
  FILE *log;
  GHashTable *threads;  /* tid to its number */
  GHashTable *counters; /* "THREAD CALL TARGET" to how many so far */
  pid_t child;
} Injection;

/* --- the tracee ------------------------------------------------------------------------ */

/* Which calls stop it: who only slows down fsync must not slow down the others. */
static guint
choose_calls (const Injection *injection, int chosen[G_N_ELEMENTS (calls)])
{
  guint n = 0;

  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    if (injection->log || injection->at || calls[i].number == SYS_fsync || calls[i].number == SYS_fdatasync)
      chosen[n++] = calls[i].number;
  return n;
}

static void
install_filter (const Injection *injection)
{
  int chosen[G_N_ELEMENTS (calls)];
  guint n_chosen = choose_calls (injection, chosen);
  struct sock_filter program[G_N_ELEMENTS (calls) + 3];
  guint n = 0;

  program[n++] = (struct sock_filter)BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr));
  for (guint i = 0; i < n_chosen; i++)
    program[n++] = (struct sock_filter)BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, (guint)chosen[i],
                                                 (guint8)(n_chosen - i), 0);
  program[n++] = (struct sock_filter)BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  program[n++] = (struct sock_filter)BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_TRACE);
  struct sock_fprog whole = { .len = (unsigned short)n, .filter = program };
  if (prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole) == 0)
    return;
  /* Who isn't root gives up set-user-ID programs for it. */
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
      || prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole) != 0)
    _exit (EXIT_BROKEN);
}

static pid_t
start (const Injection *injection)
{
  pid_t child = fork ();

  if (child != 0)
    return child;
  ptrace (PTRACE_TRACEME, 0, NULL, NULL);
  raise (SIGSTOP);
  install_filter (injection);
  execvp (injection->command[0], injection->command);
  _exit (127);
}

/* --- what a call is about ----------------------------------------------------------------- */

static const Call *
find_call (unsigned long long number)
{
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    if ((unsigned long long)calls[i].number == number)
      return &calls[i];
  return NULL;
}

static char *
read_string (pid_t thread, guint64 address)
{
  char text[4096] = "";
  struct iovec to = { text, sizeof text - 1 };
  struct iovec from = { (void *)(guintptr)address, sizeof text - 1 };

  /* A string near the end of its page: only so much can be read. */
  if (process_vm_readv (thread, &to, 1, &from, 1, 0) < 0) {
    to.iov_len = from.iov_len = 4096 - address % 4096 - 1;
    if (process_vm_readv (thread, &to, 1, &from, 1, 0) < 0)
      return g_strdup ("");
  }
  return g_strdup (text);
}

static char *
read_descriptor (pid_t thread, guint64 fd)
{
  g_autofree char *link = g_strdup_printf ("/proc/%d/fd/%d", thread, (int)fd);
  char *place = g_file_read_link (link, NULL);

  return place ? place : g_strdup ("");
}

/* The random part of a temporary name is another each time. */
static char *
name_file (const char *name)
{
  g_autoptr (GRegex) random = g_regex_new ("\\.new-[A-Za-z0-9]{6}", 0, 0, NULL);

  return g_regex_replace_literal (random, name, -1, 0, ".new", 0, NULL);
}

/* NULL: not of interest. */
static char *
name_target (const Injection *injection, pid_t thread, const Call *call,
             const struct user_regs_struct *registers)
{
  static const char *const standard[] = { "input", "output", "errors" };
  guint64 argument = call->argument == 0 ? registers->rdi : registers->rsi;

  if (!call->is_path && argument < G_N_ELEMENTS (standard))
    return g_strdup (standard[argument]);
  g_autofree char *place
      = call->is_path ? read_string (thread, argument) : read_descriptor (thread, argument);
  if (g_str_has_prefix (place, "socket:"))
    return g_strdup ("socket");
  if (!g_str_has_prefix (place, injection->root))
    return NULL;
  const char *rest = place + strlen (injection->root);
  return *rest == '/' ? name_file (rest + 1) : *rest == '\0' ? g_strdup (".") : NULL;
}

/* --- what is done about it -------------------------------------------------------------------- */

static int
error_number (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (errors); i++)
    if (g_str_equal (errors[i].name, name))
      return errors[i].number;
  return 0;
}

static pid_t
process_of (pid_t thread)
{
  g_autofree char *file = g_strdup_printf ("/proc/%d/status", thread);
  g_autofree char *text = NULL;

  if (!g_file_get_contents (file, &text, NULL, NULL))
    return thread;
  const char *line = strstr (text, "\nTgid:");
  return line ? (pid_t)strtol (line + strlen ("\nTgid:"), NULL, 10) : thread;
}

static void
spoil (const Injection *injection, pid_t thread, struct user_regs_struct registers)
{
  if (g_str_equal (injection->with, "KILL")) {
    kill (process_of (thread), SIGKILL);
    return;
  }
  registers.orig_rax = (unsigned long long)-1; /* no call at all, and this is its result: */
  registers.rax = (unsigned long long)-error_number (injection->with);
  ptrace (PTRACE_SETREGS, thread, NULL, &registers);
}

static guint
count_one (Injection *injection, const char *key)
{
  guint n = GPOINTER_TO_UINT (g_hash_table_lookup (injection->counters, key)) + 1;

  g_hash_table_replace (injection->counters, g_strdup (key), GUINT_TO_POINTER (n));
  return n;
}

static void
on_call (Injection *injection, pid_t thread)
{
  struct user_regs_struct registers;

  if (ptrace (PTRACE_GETREGS, thread, NULL, &registers) != 0)
    return;
  const Call *call = find_call (registers.orig_rax);
  if (injection->delay > 0 && (registers.orig_rax == SYS_fsync || registers.orig_rax == SYS_fdatasync))
    g_usleep ((gulong)injection->delay);
  g_autofree char *target = call ? name_target (injection, thread, call, &registers) : NULL;
  if (!target)
    return;
  guint number = GPOINTER_TO_UINT (g_hash_table_lookup (injection->threads, GINT_TO_POINTER (thread)));
  g_autofree char *key = g_strdup_printf ("%u %s %s", number, call->name, target);
  g_autofree char *line = g_strdup_printf ("%s %u", key, count_one (injection, key));
  gboolean meant = g_strcmp0 (line, injection->at) == 0;
  if (injection->log)
    fprintf (injection->log, "%s%s%s\n", line, meant ? " " : "", meant ? injection->with : "");
  if (meant)
    spoil (injection, thread, registers);
}

/* --- the tracer ------------------------------------------------------------------------------- */

/* A thread that begins stops before or after the call that made it returns. */
static void
know (Injection *injection, pid_t thread)
{
  if (g_hash_table_contains (injection->threads, GINT_TO_POINTER (thread)))
    return;
  guint n = g_hash_table_size (injection->threads);
  g_hash_table_insert (injection->threads, GINT_TO_POINTER (thread), GUINT_TO_POINTER (n));
}

static void
on_stop (Injection *injection, pid_t thread, int status)
{
  int signal_number = WSTOPSIG (status), event = status >> 16;
  unsigned long born;

  know (injection, thread);
  switch (event) {
  case PTRACE_EVENT_SECCOMP:
    on_call (injection, thread);
    break;
  case PTRACE_EVENT_CLONE:
  case PTRACE_EVENT_FORK:
  case PTRACE_EVENT_VFORK:
    if (ptrace (PTRACE_GETEVENTMSG, thread, NULL, &born) == 0)
      know (injection, (pid_t)born);
    break;
  default:
    break;
  }
  /* Nobody here sends SIGSTOP but the kernel, to those that begin. */
  if (event != 0 || signal_number == SIGTRAP || signal_number == SIGSTOP)
    signal_number = 0;
  ptrace (PTRACE_CONT, thread, NULL, (void *)(gintptr)signal_number);
}

static int
trace (Injection *injection)
{
  const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK
                       | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC;
  int status, result = EXIT_BROKEN;
  pid_t thread;

  if (waitpid (injection->child, &status, __WALL) != injection->child || !WIFSTOPPED (status))
    return EXIT_BROKEN;
  know (injection, injection->child);
  ptrace (PTRACE_SETOPTIONS, injection->child, NULL, options);
  ptrace (PTRACE_CONT, injection->child, NULL, NULL);
  while ((thread = waitpid (-1, &status, __WALL)) > 0 || errno == EINTR) {
    if (thread > 0 && WIFSTOPPED (status))
      on_stop (injection, thread, status);
    else if (thread == injection->child)
      result = WIFEXITED (status) ? WEXITSTATUS (status) : KILLED + WTERMSIG (status);
  }
  return result;
}

/* --- the command line ---------------------------------------------------------------------------- */

static gboolean
parse (Injection *injection, int argc, char **argv)
{
  const GOptionEntry entries[] = {
    { "root", 0, 0, G_OPTION_ARG_FILENAME, &injection->root, "Files below this folder", "FOLDER" },
    { "log", 0, 0, G_OPTION_ARG_FILENAME, &injection->log_file, "Write each call there", "FILE" },
    { "at", 0, 0, G_OPTION_ARG_STRING, &injection->at, "Spoil this call", "'THREAD CALL TARGET NUMBER'" },
    { "with", 0, 0, G_OPTION_ARG_STRING, &injection->with, "KILL, or the error", "NAME" },
    { "delay", 0, 0, G_OPTION_ARG_INT, &injection->delay, "Slow each fsync down", "MICROSECONDS" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &injection->command, NULL, "COMMAND…" },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_set_strict_posix (context, TRUE);
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    fprintf (stderr, "inject: %s\n", error->message);
    return FALSE;
  }
  if (!injection->root)
    injection->root = g_strdup ("/nonexistent");
  return injection->command && !injection->at == !injection->with
         && (!injection->with || g_str_equal (injection->with, "KILL")
             || error_number (injection->with) != 0);
}

int
main (int argc, char **argv)
{
  Injection injection = { .threads = g_hash_table_new (NULL, NULL),
                          .counters = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL) };

  if (!parse (&injection, argc, argv))
    return EXIT_USAGE;
  if (injection.log_file && !(injection.log = fopen (injection.log_file, "we")))
    return EXIT_BROKEN;
  injection.child = start (&injection);
  int result = injection.child > 0 ? trace (&injection) : EXIT_BROKEN;
  if (injection.log && fclose (injection.log) != 0)
    return EXIT_BROKEN;
  return result;
}

#endif
