/* A header's lines as they came, found but not changed. LF, CRLF and CR all end a line
 * here, as they do in the wire form: a field that hides behind a bare CR from us would
 * come out of it there. */
#pragma once

#include <glib.h>

typedef struct {
  gsize start;       /* of the field, in the octets that were scanned */
  gsize length;      /* with continuation lines and the last line end */
  gsize name_length; /* without white space before the colon; 0: a line that is no field */
  gsize value;       /* behind the colon */
} HeaderField;

/* The length of the line at AT with its line end; all that is left when it has none. */
gsize header_line_length (const char *octets, gsize length, gsize at);

/* That of the header: up to the empty line, without it. */
gsize header_length (const char *octets, gsize length);

/* Is the line that begins here (LENGTH octets of it) a field's first line? */
gboolean header_line_is_field (const char *line, gsize length, HeaderField *ret_field);

/* All fields of a header; lines that are none are fields without a name. */
GArray *header_scan (const char *octets, gsize length);

gboolean header_field_is (const char *octets, const HeaderField *field, const char *name);

/* NAMES ends with NULL. */
gboolean header_field_is_one_of (const char *octets, const HeaderField *field, const char *const *names);

/* What is behind the colon, on one line, without white space around it: UTF-8 (what
 * isn't is taken for ISO-8859-1), with NUL as U+0001, which nothing accepts. */
char *header_field_value (const char *octets, const HeaderField *field);

/* Makes spaces of the U+0001 in it: how a field with NUL is sent, and so how it must be
 * understood. */
void header_value_put_spaces (char *value);
