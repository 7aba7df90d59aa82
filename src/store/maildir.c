/* Maildir as its inventor meant it: nobody sees a message that isn't whole, and one that
 * is said to be there is there after a power cut, too. */
#include "store/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"

struct MaildirFile {
  char *directory;
  char *name;
  char *path; /* in tmp; after finish() where it is */
  FILE *stream;
  int failure;    /* the first errno of a write; 0: none */
  gboolean begun; /* there is a file at .path */
  gboolean finished;
  gboolean after_cr; /* one that isn't written yet */
};

static gboolean
io_error (GError **error, const char *path, int number)
{
  g_autofree char *shown = visible_text (path, -1);
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_IO, _ ("Can't write %s: %s"), shown, g_strerror (number));
  return FALSE;
}

/* A name that was just made or moved survives the machine only when its directory is
 * synced as well. */
static gboolean
sync_directory (const char *path, GError **error)
{
  int directory = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int failure = directory < 0 || fsync (directory) != 0 ? errno : 0;

  if (directory >= 0)
    close (directory);
  /* Some file systems can't; they have nothing to sync either. */
  return failure == 0 || failure == EINVAL || io_error (error, path, failure);
}

gboolean
maildir_prepare (const char *dir, GError **error)
{
  static const char *const folders[] = { "cur", "new", "tmp" };
  gboolean made = FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (folders); i++) {
    g_autofree char *path = g_build_filename (dir, folders[i], NULL);
    if (g_file_test (path, G_FILE_TEST_IS_DIR))
      continue;
    if (g_mkdir_with_parents (path, 0700) != 0)
      return io_error (error, path, errno);
    made = TRUE;
  }
  g_autofree char *parent = g_path_get_dirname (dir);
  return !made || (sync_directory (dir, error) && sync_directory (parent, error));
}

/* A slash would lead elsewhere, and a colon begins the flags. */
static char *
host_for_name (void)
{
  g_autofree char *host = g_strdup (g_get_host_name ());
  return g_strdelimit (g_steal_pointer (&host), "/:", '-');
}

static char *
unique_name (void)
{
  static gint counter;
  gint64 now = g_get_real_time ();
  g_autofree char *host = host_for_name ();

  return g_strdup_printf ("%" G_GINT64_FORMAT ".M%06" G_GINT64_FORMAT "P%dQ%dR%08x.%s", now / G_USEC_PER_SEC,
                          now % G_USEC_PER_SEC, (int)getpid (), g_atomic_int_add (&counter, 1) + 1,
                          g_random_int (), host);
}

MaildirFile *
maildir_file_new (const char *dir, GError **error)
{
  MaildirFile *file = g_new0 (MaildirFile, 1);

  file->directory = g_strdup (dir);
  file->name = unique_name ();
  file->path = g_build_filename (dir, "tmp", file->name, NULL);
  int fd = open (file->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    io_error (error, file->path, errno);
    maildir_file_free (file);
    return NULL;
  }
  file->begun = TRUE;
  file->stream = fdopen (fd, "w");
  if (file->stream == NULL)
    g_error ("fdopen: %s", g_strerror (errno));
  return file;
}

static void
write_octets (MaildirFile *file, const void *octets, gsize length)
{
  if (file->failure == 0 && length > 0 && fwrite (octets, 1, length, file->stream) != length)
    file->failure = errno != 0 ? errno : EIO;
}

void
maildir_file_write (MaildirFile *file, const guint8 *octets, gsize length)
{
  gsize start = 0;

  for (gsize at = 0; at < length; at++) {
    if (file->after_cr && octets[at] != '\n')
      write_octets (file, "\r", 1);
    file->after_cr = octets[at] == '\r';
    if (file->after_cr) {
      write_octets (file, octets + start, at - start);
      start = at + 1;
    }
  }
  write_octets (file, octets + start, length - start);
}

/* Down to the disk where that is wished. FALSE: errno says why. */
static gboolean
close_stream (MaildirFile *file, MaildirCare care)
{
  FILE *stream = g_steal_pointer (&file->stream);
  int failure = file->failure;

  if (fflush (stream) != 0 && failure == 0)
    failure = errno;
  if (failure == 0 && care == MAILDIR_DURABLE && fsync (fileno (stream)) != 0)
    failure = errno;
  if (fclose (stream) != 0 && failure == 0)
    failure = errno;
  errno = failure;
  return failure == 0;
}

gboolean
maildir_file_finish (MaildirFile *file, MaildirPlace place, MaildirCare care, GError **error)
{
  const char *folder = place == MAILDIR_SEEN ? "cur" : "new";
  g_autofree char *home = g_build_filename (file->directory, folder, NULL);
  g_autofree char *name = g_strconcat (file->name, place == MAILDIR_SEEN ? ":2,S" : "", NULL);
  g_autofree char *path = g_build_filename (home, name, NULL);

  g_assert (file->stream != NULL);
  if (file->after_cr)
    write_octets (file, "\r", 1);
  if (!close_stream (file, care) || g_rename (file->path, path) != 0)
    return io_error (error, file->path, errno);
  g_free (file->path);
  file->path = g_steal_pointer (&path);
  if (care == MAILDIR_DURABLE && !sync_directory (home, error))
    return FALSE; /* and free() takes it away again */
  return file->finished = TRUE;
}

void
maildir_file_free (MaildirFile *file)
{
  if (file == NULL)
    return;
  if (file->stream != NULL)
    (void)fclose (file->stream);
  if (file->begun && !file->finished)
    (void)g_unlink (file->path);
  g_free (file->directory);
  g_free (file->name);
  g_free (file->path);
  g_free (file);
}

const char *
maildir_file_path (const MaildirFile *file)
{
  return file->finished ? file->path : NULL;
}
