/* What people call a message by, out of its header. */
#pragma once

#include "mail/body.h"

typedef struct {
  char *from, *subject, *message_id; /* decoded, UTF-8, on one line; NULL: none */
} Summary;

/* OCTETS begin with the header; the body is not looked at. */
void     summary_read (Summary *summary, const char *octets, gsize length);

/* The same of MESSAGE, of which no more than the header is read. FALSE with ERROR when it
 * can't be read. */
gboolean summary_read_body (Summary *summary, BodySource *message, GError **error);

void     summary_clear (Summary *summary);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Summary, summary_clear)
