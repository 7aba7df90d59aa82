/* `toukan demo` is a program of its own, so that sending mail never loads it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <glib.h>

#include "base/i18n.h"
#include "cli/verb.h"

/* In a build tree it lies beside this program. */
static char *
find_program (void)
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = self ? g_path_get_dirname (self) : NULL;
  g_autofree char *beside = folder ? g_build_filename (folder, "toukan-demo", NULL) : NULL;

  if (beside && g_file_test (beside, G_FILE_TEST_IS_EXECUTABLE))
    return g_steal_pointer (&beside);
  return g_build_filename (PKGLIBEXECDIR, "toukan-demo", NULL);
}

static int
run (int argc, char **argv)
{
  g_autofree char *program = find_program ();

  execv (program, argv);
  fprintf (stderr, _ ("toukan: the demo can't be started: %s: %s\n"), program, g_strerror (errno));
  return EX_UNAVAILABLE;
}

const Verb verb_demo
    = { "demo", N_ ("see it work: a server, a firewall and a message, all on this machine"), run };
