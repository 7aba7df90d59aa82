/* Between the files that make and read letters. */
#pragma once

#include "mail/letter.h"

/* The line above what is forwarded inline. */
#define LETTER_FORWARD_MARK N_ ("---------- Forwarded message ----------")

/* The one from "-- " to a quoted line or the end. *RET_END: where it ends. NULL: BODY bears none. */
const char *letter_find_signature (const char *body, const char **ret_end);

/* TEXT (may be NULL) without what has no place in a field: controls become blanks, what isn't UTF-8
 * U+FFFD; no white space around it. */
char *letter_field_text (const char *text);
