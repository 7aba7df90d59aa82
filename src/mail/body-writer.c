/* Most messages are small and never touch the disk; a large one must not live in
 * memory. The file has no name, so that nothing is left behind by a crash and
 * nobody else can open it. */
#include "mail/body-writer.h"

#include "base/error.h"
#include "base/i18n.h"
#include "mail/body-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

/* What is gathered before it goes to the file. */
#define FILE_CHUNK ((gsize)64 * 1024)

struct BodyWriter {
  GByteArray *memory; /* all, or what isn't in the file yet */
  int fd;             /* -1: all is in memory */
  guint64 stored;     /* octets in the file */
};

BodyWriter *
body_writer_new (void)
{
  BodyWriter *writer = g_new0 (BodyWriter, 1);
  writer->memory = g_byte_array_new ();
  writer->fd = -1;
  return writer;
}

static gboolean
fail (int reason, GError **error)
{
  gboolean full = reason == ENOSPC || reason == EDQUOT;
  g_set_error (error, TOUKAN_ERROR, full ? TOUKAN_ERROR_TEMPORARY : TOUKAN_ERROR_IO,
               full ? _ ("can't keep the message in %s: %s; make room there, or set TMPDIR to another folder")
                    : _ ("can't keep the message in %s: %s"),
               g_get_tmp_dir (), g_strerror (reason));
  return FALSE;
}

static int
open_unnamed (void)
{
  int fd = g_open (g_get_tmp_dir (), O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
  if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
    return fd;
  /* A file system without O_TMPFILE (NFS, some overlays). */
  g_autofree char *name = g_build_filename (g_get_tmp_dir (), "toukan-XXXXXX", NULL);
  fd = g_mkstemp_full (name, O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0)
    g_unlink (name);
  return fd;
}

static gboolean
flush_to_file (BodyWriter *writer, GError **error)
{
  if (writer->fd < 0 && (writer->fd = open_unnamed ()) < 0)
    return fail (errno, error);
  gsize done = 0;
  while (done < writer->memory->len) {
    gssize written = write (writer->fd, writer->memory->data + done, writer->memory->len - done);
    if (written < 0 && errno != EINTR)
      return fail (errno, error);
    done += written > 0 ? (gsize)written : 0;
  }
  writer->stored += done;
  g_byte_array_set_size (writer->memory, 0);
  return TRUE;
}

gboolean
body_writer_append (BodyWriter *writer, const void *octets, gsize length, GError **error)
{
  const guint8 *from = octets;
  while (length > 0) {
    gsize limit = writer->fd < 0 ? BODY_MEMORY_LIMIT : FILE_CHUNK;
    if (writer->memory->len >= limit) {
      if (!flush_to_file (writer, error))
        return FALSE;
      continue;
    }
    gsize taken = MIN (length, limit - writer->memory->len);
    g_byte_array_append (writer->memory, from, (guint)taken);
    from += taken;
    length -= taken;
  }
  return TRUE;
}

gboolean
body_writer_append_reader (BodyWriter *writer, BodyReader *reader, GError **error)
{
  guint8 buffer[32 * 1024];
  gssize given;
  while ((given = body_reader_read (reader, buffer, sizeof buffer, error)) > 0)
    if (!body_writer_append (writer, buffer, (gsize)given, error))
      return FALSE;
  return given == 0;
}

BodySource *
body_writer_finish (BodyWriter *writer, GError **error)
{
  if (writer->fd < 0) {
    g_autoptr (GBytes) bytes = g_byte_array_free_to_bytes (g_steal_pointer (&writer->memory));
    return body_source_new_bytes (bytes);
  }
  if (!flush_to_file (writer, error))
    return NULL;
  return body_source_new_file (g_steal_fd (&writer->fd), writer->stored);
}

void
body_writer_free (BodyWriter *writer)
{
  g_clear_pointer (&writer->memory, g_byte_array_unref);
  if (writer->fd >= 0)
    close (writer->fd);
  g_free (writer);
}
