/* The parts of a message that build.c makes: its text and its attachments. */
#pragma once

#include "mail/body-writer.h"
#include "mail/build.h"

/* Each writes the part's header, the empty line and the encoded content, without the
 * line end that belongs to a boundary behind it. */
gboolean build_text_part (BodyWriter *writer, const BuildRequest *request, GError **error);

/* HTML: UTF-8. */
gboolean build_html_part (BodyWriter *writer, const char *html, GError **error);

typedef struct {
  const char *path;
  const char *name; /* under which it goes out; NULL: the file's */
  const char *type; /* NULL: guessed from name and content */
} BuildAttachment;

gboolean build_attachment (BodyWriter *writer, const BuildAttachment *attachment, GError **error);

/* A message/rfc822 part, its octets as they are: no encoding is allowed there. */
gboolean build_forwarded (BodyWriter *writer, GBytes *message, GError **error);
