/* A program of its own, not a fork: an open database must not be inherited. */
#include "engine/background.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"

extern char **environ;

/* This very program, also where it isn't installed; if it was replaced meanwhile, the new
 * one. */
static char *
own_program (void)
{
  char *program = g_file_read_link ("/proc/self/exe", NULL);

  if (program && access (program, X_OK) == 0)
    return program;
  g_free (program);
  return g_build_filename (BINDIR, "toukan", NULL);
}

static int
spawn_apart (const char *program, char *const *argv)
{
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t usual, none;
  pid_t child;

  sigfillset (&usual);
  sigemptyset (&none);
  posix_spawn_file_actions_init (&actions);
  posix_spawnattr_init (&attributes);
  posix_spawnattr_setflags (&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setsigdefault (&attributes, &usual);
  posix_spawnattr_setsigmask (&attributes, &none);
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    posix_spawn_file_actions_addopen (&actions, fd, "/dev/null", O_RDWR, 0);
  int code = posix_spawn (&child, program, &actions, &attributes, argv, environ);
  posix_spawn_file_actions_destroy (&actions);
  posix_spawnattr_destroy (&attributes);
  return code;
}

gboolean
background_start (const char *directory, Ticks undo_window, GError **error)
{
  g_autofree char *program = own_program ();
  g_autofree char *place = g_strconcat ("--set=state-dir=", directory, NULL);
  g_autofree char *window = ticks_to_string (undo_window);
  g_autofree char *patience = g_strconcat ("--set=undo-window=", window, NULL);
  char *argv[] = { (char *)"toukan", (char *)"agent", (char *)"--once", place, patience, NULL };
  int code = spawn_apart (program, argv);

  if (code == 0)
    return TRUE;
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_SYSTEM, _ ("%s can't be started: %s"), program,
               g_strerror (code));
  return FALSE;
}
