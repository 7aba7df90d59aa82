/* How parts of a letter are written on several screens. */
#pragma once

#include "mail/letter.h"

/* "report.pdf, 12 kB, application/pdf", or that it can't be read. *RET_SIZE (may be NULL): octets;
 * 0 when it can't. Free with g_free(). */
char *letter_words_attachment (const LetterAttachment *attachment, guint64 *ret_size);

/* ADDRESS with its domain in Unicode, made visible; and the A-labels in brackets where they differ.
 * Free with g_free(). */
char *letter_words_address (const char *address);

/* That ADDRESS's domain is nearly KNOWN. Free with g_free(). */
char *letter_words_look_alike (const char *address, const char *known);
