/* A data file's octets as UTF-8, whatever a spreadsheet wrote: a byte order mark is
 * understood and dropped, another charset converted while it is read. */
#pragma once

#include "mail/body.h"

typedef struct TextInput TextInput;

/* CHARSET: NULL: UTF-8, or UTF-16 when a byte order mark says so. READER is taken, whatever
 * comes back. NULL with TOUKAN_ERROR_USAGE for a charset that nobody knows. */
TextInput *text_input_new (BodyReader *reader, const char *charset, GError **error);
void       text_input_free (TextInput *input);

/* Makes at least one more octet available, unless nothing more comes: 1; 0: the end; -1: ERROR
 * is set, TOUKAN_ERROR_DATA for octets that CHARSET doesn't have. What was never converted
 * may hold what isn't UTF-8, and NUL: those who know the line say so. */
int text_input_more (TextInput *input, GError **error);

/* What is available, which stays until it is taken. */
const char *text_input_peek (const TextInput *input, gsize *ret_length);
void        text_input_take (TextInput *input, gsize length);

/* A line of up to LIMIT octets, which stays until *RET_WHOLE octets are taken: it and its line
 * end. 1; 0: the end; -1: ERROR is set, TOUKAN_ERROR_DATA for a longer one. */
int text_input_line (TextInput *input, gsize limit, const char **ret_text, gsize *ret_length, gsize *ret_whole,
                     GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TextInput, text_input_free)
