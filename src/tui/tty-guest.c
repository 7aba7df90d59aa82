/* pinentry is started by an agent and opens GPG_TTY; a script opens /dev/tty. Neither tells us, but the
 * kernel knows what this user's processes have open. */
#include "tui/tty-guest.h"

#include <string.h>

struct TtyGuest {
  char *tty;
  GHashTable *known; /* numbers of processes, as strings */
};

/* TRUE: process PROCESS has TTY, or its own controlling terminal by name, open. */
static gboolean
has_open (const char *process, const char *tty)
{
  g_autofree char *folder = g_build_filename ("/proc", process, "fd", NULL);
  g_autoptr (GDir) directory = g_dir_open (folder, 0, NULL);
  const char *name;

  while (directory && (name = g_dir_read_name (directory))) {
    g_autofree char *link = g_build_filename (folder, name, NULL);
    g_autofree char *target = g_file_read_link (link, NULL);
    if (target && (strcmp (target, tty) == 0 || strcmp (target, "/dev/tty") == 0))
      return TRUE;
  }
  return FALSE;
}

typedef gboolean (*ProcessVisit) (TtyGuest *guest, const char *process);

/* TRUE: VISIT said so of a process of this user. */
static gboolean
visit_processes (TtyGuest *guest, ProcessVisit visit)
{
  g_autoptr (GDir) directory = g_dir_open ("/proc", 0, NULL);
  const char *name;

  while (directory && (name = g_dir_read_name (directory)))
    if (g_ascii_isdigit (*name) && has_open (name, guest->tty) && visit (guest, name))
      return TRUE;
  return FALSE;
}

static gboolean
note (TtyGuest *guest, const char *process)
{
  g_hash_table_add (guest->known, g_strdup (process));
  return FALSE;
}

static gboolean
is_new (TtyGuest *guest, const char *process)
{
  return !g_hash_table_contains (guest->known, process);
}

TtyGuest *
tty_guest_new (const char *tty)
{
  TtyGuest *guest = g_new (TtyGuest, 1);

  *guest = (TtyGuest){ g_strdup (tty), g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL) };
  visit_processes (guest, note);
  return guest;
}

void
tty_guest_free (TtyGuest *guest)
{
  if (!guest)
    return;
  g_free (guest->tty);
  g_hash_table_unref (guest->known);
  g_free (guest);
}

gboolean
tty_guest_is_there (TtyGuest *guest)
{
  return visit_processes (guest, is_new);
}
