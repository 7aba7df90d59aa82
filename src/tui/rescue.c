/* Each writing is a file of its own that takes the name when it is whole. The one that has the name is
 * locked, so that another composer leaves it alone while this one lives. */
#include "tui/rescue.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define PREFIX "toukan-unsaved-"

struct Rescue {
  GStrv folders;
  char *file;     /* NULL: none */
  int descriptor; /* its; -1: none */
};

Rescue *
rescue_new (const char *const *folders)
{
  Rescue *rescue = g_new (Rescue, 1);

  *rescue = (Rescue){ g_strdupv ((char **)folders), NULL, -1 };
  return rescue;
}

void
rescue_free (Rescue *rescue)
{
  if (!rescue)
    return;
  if (rescue->descriptor >= 0)
    close (rescue->descriptor);
  g_strfreev (rescue->folders);
  g_free (rescue->file);
  g_free (rescue);
}

const char *
rescue_file (const Rescue *rescue)
{
  return rescue->file;
}

/* --- writing -------------------------------------------------------------------------- */

static gboolean
write_all (int descriptor, const char *octets, gsize length)
{
  while (length > 0) {
    const gssize written = write (descriptor, octets, length);
    if (written < 0 && errno != EINTR)
      return FALSE;
    octets += MAX (written, 0);
    length -= (gsize)MAX (written, 0);
  }
  return fsync (descriptor) == 0;
}

static void
settle (Rescue *rescue, const char *file, int descriptor)
{
  if (rescue->descriptor >= 0)
    close (rescue->descriptor);
  rescue->descriptor = descriptor;
  g_free (rescue->file);
  rescue->file = g_strdup (file);
}

/* FILE: its name when it is whole; NULL: the one that it gets. */
static gboolean
write_in (Rescue *rescue, const char *folder, const char *file, const char *octets, gsize length)
{
  g_autofree char *fresh = g_build_filename (folder, PREFIX "XXXXXX", NULL);
  const int descriptor = g_mkstemp_full (fresh, O_RDWR | O_CLOEXEC, 0600);

  if (descriptor < 0)
    return FALSE;
  if (flock (descriptor, LOCK_EX | LOCK_NB) == 0 && write_all (descriptor, octets, length)
      && (!file || rename (fresh, file) == 0)) {
    settle (rescue, file ? file : fresh, descriptor);
    return TRUE;
  }
  close (descriptor);
  g_unlink (fresh);
  return FALSE;
}

gboolean
rescue_write (Rescue *rescue, const Letter *letter)
{
  g_autoptr (GBytes) bytes = letter_write_draft (letter);
  g_autofree char *before = g_strdup (rescue->file);
  g_autofree char *place = before ? g_path_get_dirname (before) : NULL;
  gsize length;
  const char *octets = g_bytes_get_data (bytes, &length);

  if (place && write_in (rescue, place, before, octets, length))
    return TRUE;
  for (gsize i = 0; rescue->folders[i]; i++)
    if (write_in (rescue, rescue->folders[i], NULL, octets, length)) {
      if (before)
        g_unlink (before);
      return TRUE;
    }
  return FALSE;
}

void
rescue_remove (Rescue *rescue)
{
  if (!rescue->file)
    return;
  g_unlink (rescue->file);
  close (rescue->descriptor);
  rescue->descriptor = -1;
  g_clear_pointer (&rescue->file, g_free);
}

/* --- finding --------------------------------------------------------------------------- */

/* Locks FILE if it is the user's own and nobody has it; -1: not so. */
static int
take (const char *file, gint64 *ret_time)
{
  const int descriptor = open (file, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  struct stat status;

  if (descriptor >= 0 && fstat (descriptor, &status) == 0 && S_ISREG (status.st_mode)
      && status.st_uid == getuid () && flock (descriptor, LOCK_EX | LOCK_NB) == 0) {
    *ret_time = status.st_mtime;
    return descriptor;
  }
  if (descriptor >= 0)
    close (descriptor);
  return -1;
}

static void
look_into (Rescue *rescue, const char *folder, gint64 *newest)
{
  g_autoptr (GDir) entries = g_dir_open (folder, 0, NULL);
  const char *name;

  while (entries && (name = g_dir_read_name (entries))) {
    g_autofree char *file = g_str_has_prefix (name, PREFIX) ? g_build_filename (folder, name, NULL) : NULL;
    gint64 written = 0;
    const int descriptor = file ? take (file, &written) : -1;
    if (descriptor >= 0 && written > *newest) {
      *newest = written;
      settle (rescue, file, descriptor);
    } else if (descriptor >= 0) {
      close (descriptor);
    }
  }
}

Rescue *
rescue_find (const char *const *folders, Letter **ret_letter)
{
  Rescue *rescue = rescue_new (folders);
  gint64 newest = 0;

  for (gsize i = 0; rescue->folders[i]; i++)
    look_into (rescue, rescue->folders[i], &newest);
  g_autoptr (BodySource) source = rescue->file ? body_source_new_fd (rescue->descriptor, NULL) : NULL;
  g_autoptr (BodyReader) reader = source ? body_source_open (source, NULL) : NULL;
  *ret_letter = reader ? letter_read_draft (reader, NULL) : NULL;
  if (*ret_letter)
    return rescue;
  rescue_free (rescue);
  return NULL;
}
