/* Readers are independent of each other: those of a file use pread(), so that one
 * descriptor serves a session that sends while another rewinds. */
#include "mail/body-private.h"

#include "base/error.h"
#include "base/i18n.h"
#include "mail/body-writer.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

struct BodySource {
  GBytes *bytes; /* NULL: in the file */
  int fd;
  guint64 size;
};

typedef struct {
  BodyReader reader;
  BodySource *source;
  guint64 position;
} SourceReader;

gssize
body_reader_read (BodyReader *reader, guint8 *buffer, gsize length, GError **error)
{
  return reader->read (reader, buffer, length, error);
}

void
body_reader_free (BodyReader *reader)
{
  if (reader != NULL)
    reader->free (reader);
}

static gssize
read_bytes (BodyReader *reader, guint8 *buffer, gsize length, GError **error)
{
  SourceReader *self = (SourceReader *)reader;
  gsize size = 0;
  const guint8 *octets = g_bytes_get_data (self->source->bytes, &size);
  gsize given = MIN (length, size - self->position);
  if (given > 0)
    memcpy (buffer, octets + self->position, given);
  self->position += given;
  return (gssize)given;
}

static gssize
read_file (BodyReader *reader, guint8 *buffer, gsize length, GError **error)
{
  SourceReader *self = (SourceReader *)reader;
  length = (gsize)MIN (length, self->source->size - self->position);
  if (length == 0)
    return 0;
  gssize given;
  do
    given = pread (self->source->fd, buffer, length, (off_t)self->position);
  while (given < 0 && errno == EINTR);
  if (given <= 0) {
    /* Nobody else knows the file, so an early end is a fault of the disk. */
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_IO, _ ("can't read the stored message back: %s"),
                 given < 0 ? g_strerror (errno) : _ ("it is shorter than it was"));
    return -1;
  }
  self->position += (guint64)given;
  return given;
}

static void
free_reader (BodyReader *reader)
{
  SourceReader *self = (SourceReader *)reader;
  body_source_unref (self->source);
  g_free (self);
}

static BodySource *
new_source (GBytes *bytes, int fd, guint64 size)
{
  BodySource *source = g_atomic_rc_box_new0 (BodySource);
  source->bytes = bytes;
  source->fd = fd;
  source->size = size;
  return source;
}

BodySource *
body_source_new_bytes (GBytes *bytes)
{
  return new_source (g_bytes_ref (bytes), -1, g_bytes_get_size (bytes));
}

BodySource *
body_source_new_file (int fd, guint64 size)
{
  return new_source (NULL, fd, size);
}

/* read() that waits where somebody made the descriptor non-blocking (a terminal's
 * standard input is shared with whoever else has it). */
static gssize
read_patiently (int fd, guint8 *buffer, gsize length)
{
  for (;;) {
    gssize given = read (fd, buffer, length);
    if (given >= 0)
      return given;
    if (errno == EAGAIN) {
      struct pollfd wait = { .fd = fd, .events = POLLIN };
      if (poll (&wait, 1, -1) < 0 && errno != EINTR)
        return -1;
    } else if (errno != EINTR)
      return -1;
  }
}

/* Where a lone dot ends the input: how much of "\n.\r\n" has been seen. */
typedef enum { LINE_BEGINS, AFTER_DOT, AFTER_DOT_CR, WITHIN_LINE, DOT_ENDED } DotState;

/* Appends OCTETS up to the line with the lone dot; what may still become that line is
 * held back in STATE. */
static DotState
take_up_to_dot (DotState state, const guint8 *octets, gsize length, GByteArray *out)
{
  static const char *const held[] = { [AFTER_DOT] = ".", [AFTER_DOT_CR] = ".\r" };

  for (gsize i = 0; i < length && state != DOT_ENDED; i++) {
    guint8 octet = octets[i];
    if (state == LINE_BEGINS && octet == '.') {
      state = AFTER_DOT;
    } else if (state == AFTER_DOT && octet == '\r') {
      state = AFTER_DOT_CR;
    } else if ((state == AFTER_DOT || state == AFTER_DOT_CR) && octet == '\n') {
      state = DOT_ENDED;
    } else {
      if (state == AFTER_DOT || state == AFTER_DOT_CR)
        g_byte_array_append (out, (const guint8 *)held[state], (guint)strlen (held[state]));
      g_byte_array_append (out, &octet, 1);
      state = octet == '\n' ? LINE_BEGINS : WITHIN_LINE;
    }
  }
  return state;
}

static BodySource *
read_source (int fd, gboolean dot_ends, GError **error)
{
  g_autoptr (BodyWriter) writer = body_writer_new ();
  g_autoptr (GByteArray) kept = g_byte_array_new ();
  DotState state = LINE_BEGINS;
  guint8 buffer[32 * 1024];
  gssize given = 0;

  while (state != DOT_ENDED && (given = read_patiently (fd, buffer, sizeof buffer)) > 0) {
    const guint8 *octets = buffer;
    gsize length = (gsize)given;
    if (dot_ends) {
      g_byte_array_set_size (kept, 0);
      state = take_up_to_dot (state, buffer, length, kept);
      octets = kept->data;
      length = kept->len;
    }
    if (!body_writer_append (writer, octets, length, error))
      return NULL;
  }
  if (given < 0) {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_IO, _ ("can't read the message: %s"), g_strerror (errno));
    return NULL;
  }
  return body_writer_finish (writer, error);
}

BodySource *
body_source_new_fd (int fd, GError **error)
{
  return read_source (fd, FALSE, error);
}

BodySource *
body_source_new_fd_to_dot (int fd, GError **error)
{
  return read_source (fd, TRUE, error);
}

BodySource *
body_source_ref (BodySource *source)
{
  return g_atomic_rc_box_acquire (source);
}

static void
clear_source (gpointer data)
{
  BodySource *source = data;
  g_clear_pointer (&source->bytes, g_bytes_unref);
  if (source->fd >= 0)
    close (source->fd);
}

void
body_source_unref (BodySource *source)
{
  g_atomic_rc_box_release_full (source, clear_source);
}

guint64
body_source_size (const BodySource *source)
{
  return source->size;
}

BodyReader *
body_source_open (BodySource *source, GError **error)
{
  SourceReader *reader = g_new0 (SourceReader, 1);
  reader->reader.read = source->bytes != NULL ? read_bytes : read_file;
  reader->reader.free = free_reader;
  reader->source = body_source_ref (source);
  return &reader->reader;
}
