/* Header fields as they go into a message: non-ASCII text as encoded words (RFC 2047)
 * or extended parameters (RFC 2231), folded, with CRLF. No line break in a value gets
 * through: it would begin another field. */
#pragma once

#include "mail/address.h"

/* What VALUE looks like as unstructured text: a Subject, a comment. Not folded. UTF-8. */
char *header_encode_text (const char *value);

/* A display name: plain, quoted or encoded as it needs. */
char *header_encode_phrase (const char *name);

/* Appends "NAME: VALUE" folded at white space, VALUE being ready for a header. FALSE,
 * and nothing is appended, when it holds a line break or a piece that can't be folded
 * under 998 octets. */
gboolean header_append (GString *out, const char *name, const char *value);

/* The same for an address list. */
gboolean header_append_mailboxes (GString *out, const char *name, const GPtrArray *mailboxes);

/* `; name="value"`, or `; name*=utf-8''…`, in pieces when it is long. */
void header_append_parameter (GString *value, const char *name, const char *text);

/* FALSE, with TOUKAN_ERROR_DATA that says REASON about the field NAME. */
gboolean header_refuse (const char *name, const char *reason, GError **error);

/* RFC 5322, 3.3, with the local offset. Free with g_free(). */
char *header_date (gint64 seconds);
