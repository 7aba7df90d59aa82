/* Who holds a folder has a shared lock on it, which ends with the process, however that ends. */
#include "store/attached.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"

#define PREFIX "attached-"

/* Seconds between making a folder and locking it, at most. */
#define NEW_SPAN 60

struct Attached {
  char *directory;
  GArray *held; /* of int, descriptors */
};

Attached *
attached_new (const char *directory)
{
  Attached *attached = g_new (Attached, 1);

  *attached = (Attached){ g_strdup (directory), g_array_new (FALSE, FALSE, sizeof (int)) };
  return attached;
}

void
attached_free (Attached *attached)
{
  if (!attached)
    return;
  for (guint i = 0; i < attached->held->len; i++)
    close (g_array_index (attached->held, int, i));
  g_array_unref (attached->held);
  g_free (attached->directory);
  g_free (attached);
}

/* -1: it is none of ours, or somebody else has it in another way. */
static int
open_locked (const char *folder, int lock)
{
  const int descriptor = open (folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

  if (descriptor >= 0 && flock (descriptor, lock | LOCK_NB) == 0)
    return descriptor;
  if (descriptor >= 0)
    close (descriptor);
  return -1;
}

static void
hold (Attached *attached, const char *folder)
{
  const int descriptor = open_locked (folder, LOCK_SH);

  if (descriptor >= 0)
    g_array_append_val (attached->held, descriptor);
}

char *
attached_folder (Attached *attached, GError **error)
{
  g_autofree char *folder = g_build_filename (attached->directory, PREFIX "XXXXXX", NULL);

  if (g_mkdir_with_parents (attached->directory, 0700) != 0 || !g_mkdtemp_full (folder, 0700)) {
    const int number = errno;
    g_autofree char *shown = visible_text (attached->directory, -1);
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_SYSTEM, _ ("can't make a folder in %s: %s"), shown,
                 g_strerror (number));
    return NULL;
  }
  hold (attached, folder);
  return g_steal_pointer (&folder);
}

/* TRUE: FOLDER is the name of one of these in DIRECTORY. */
static gboolean
is_ours (const char *directory, const char *folder)
{
  g_autofree char *parent = g_path_get_dirname (folder), *name = g_path_get_basename (folder);

  return strcmp (parent, directory) == 0 && g_str_has_prefix (name, PREFIX);
}

void
attached_hold (Attached *attached, const char *file)
{
  g_autofree char *folder = g_path_get_dirname (file);

  if (is_ours (attached->directory, folder))
    hold (attached, folder);
}

/* Folders in DIRECTORY: of char *, the caller's. */
static GPtrArray *
find_folders (const char *directory)
{
  GPtrArray *folders = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) entries = g_dir_open (directory, 0, NULL);
  const char *name;

  while (entries && (name = g_dir_read_name (entries)))
    if (g_str_has_prefix (name, PREFIX))
      g_ptr_array_add (folders, g_build_filename (directory, name, NULL));
  return folders;
}

gboolean
attached_any (const char *directory)
{
  g_autoptr (GPtrArray) folders = find_folders (directory);

  return folders->len > 0;
}

static gboolean
is_used (const char *folder, const GPtrArray *files)
{
  for (guint i = 0; i < files->len; i++) {
    g_autofree char *parent = g_path_get_dirname (g_ptr_array_index (files, i));
    if (strcmp (parent, folder) == 0)
      return TRUE;
  }
  return FALSE;
}

static gboolean
is_new (int descriptor)
{
  struct stat status;

  return fstat (descriptor, &status) != 0 || time (NULL) - status.st_mtime < NEW_SPAN;
}

static void
remove_folder (const char *folder)
{
  g_autoptr (GDir) entries = g_dir_open (folder, 0, NULL);
  const char *name;

  while (entries && (name = g_dir_read_name (entries))) {
    g_autofree char *file = g_build_filename (folder, name, NULL);
    g_unlink (file);
  }
  g_rmdir (folder);
}

void
attached_sweep (const char *directory, const GPtrArray *files)
{
  g_autoptr (GPtrArray) folders = find_folders (directory);

  for (guint i = 0; i < folders->len; i++) {
    const char *folder = g_ptr_array_index (folders, i);
    const int descriptor = is_used (folder, files) ? -1 : open_locked (folder, LOCK_EX);
    if (descriptor < 0)
      continue;
    if (!is_new (descriptor))
      remove_folder (folder);
    close (descriptor);
  }
}
