/* Unlike a BodySource it keeps nothing, so that tables may be of any size. */
#include "mail/file-reader.h"

#include "base/error.h"
#include "base/i18n.h"

#include <errno.h>
#include <unistd.h>

typedef struct {
  BodyReader reader;
  int fd;
} FileReader;

static gssize
file_read (BodyReader *reader, guint8 *buffer, gsize length, GError **error)
{
  FileReader *file = (FileReader *)(void *)reader;
  gssize given;
  do
    given = read (file->fd, buffer, length);
  while (given < 0 && errno == EINTR);
  if (given < 0)
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_IO, _ ("reading failed: %s"), g_strerror (errno));
  return given;
}

static void
file_free (BodyReader *reader)
{
  FileReader *file = (FileReader *)(void *)reader;
  close (file->fd);
  g_free (file);
}

BodyReader *
file_reader_new (int fd)
{
  FileReader *file = g_new0 (FileReader, 1);
  *file = (FileReader){ .reader = { .read = file_read, .free = file_free }, .fd = fd };
  return &file->reader;
}
