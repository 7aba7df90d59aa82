/* A message as it is kept: octets that can be read again from the first one. */
#pragma once

#include <glib.h>

/* One pass over a message. Made by a BodySource or by engine/work's open_body. */
typedef struct BodyReader BodyReader;
struct BodyReader {
  /* Up to LENGTH octets into BUFFER; 0 at the end; -1 with ERROR set. */
  gssize (*read) (BodyReader *reader, guint8 *buffer, gsize length, GError **error);
  void   (*free) (BodyReader *reader);
};

gssize body_reader_read (BodyReader *reader, guint8 *buffer, gsize length, GError **error);
void   body_reader_free (BodyReader *reader); /* accepts NULL */

/* A message that BodyReaders can be had of: in memory while small, in an unlinked
 * temporary file beyond that. Reference-counted. */
typedef struct BodySource BodySource;

BodySource *body_source_new_bytes (GBytes *bytes); /* takes a reference */

/* Reads FD to its end. NULL with ERROR when reading or storing fails. */
BodySource *body_source_new_fd (int fd, GError **error);

/* The same, but a line with a lone dot ends it, as sendmail without -i wants. */
BodySource *body_source_new_fd_to_dot (int fd, GError **error);

BodySource *body_source_ref (BodySource *source);
void        body_source_unref (BodySource *source);
guint64     body_source_size (const BodySource *source); /* octets */
BodyReader *body_source_open (BodySource *source, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BodyReader, body_reader_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BodySource, body_source_unref)
