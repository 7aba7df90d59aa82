/* Where a message of unknown length is gathered: memory while it is small, an
 * unlinked temporary file beyond that. */
#pragma once

#include "mail/body.h"

/* Octets that stay in memory. */
#define BODY_MEMORY_LIMIT ((gsize) 1024 * 1024)

typedef struct BodyWriter BodyWriter;

BodyWriter *body_writer_new (void);
gboolean    body_writer_append (BodyWriter *writer, const void *octets, gsize length, GError **error);

/* Everything that READER still gives. */
gboolean    body_writer_append_reader (BodyWriter *writer, BodyReader *reader, GError **error);

/* What was gathered; WRITER is spent (but not freed) whatever comes back. */
BodySource *body_writer_finish (BodyWriter *writer, GError **error);
void        body_writer_free (BodyWriter *writer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BodyWriter, body_writer_free)
