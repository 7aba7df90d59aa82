/* The parts of a message that build.c makes: its text and its attachments. */
#pragma once

#include "mail/body-writer.h"
#include "mail/build.h"

/* Each writes the part's header, the empty line and the encoded content, without the
 * line end that belongs to a boundary behind it. */
gboolean build_text_part (BodyWriter *writer, const BuildRequest *request, GError **error);

/* HTML: UTF-8. */
gboolean build_html_part (BodyWriter *writer, const char *html, GError **error);

/* TYPE: NULL: guessed from name and content. */
gboolean build_attachment (BodyWriter *writer, const char *path, const char *type, GError **error);
