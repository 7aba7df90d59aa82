/* Text as format=flowed (RFC 3676) and back. */
#pragma once

#include <glib.h>

#define FLOWED_WIDTH 72

/* BODY (lines ended by LF, long ones are paragraphs) as lines of FLOWED_WIDTH columns: a
 * paragraph's lines end in a blank but the last, "From " and ">" are space-stuffed, quoted lines keep their
 * depth, "-- " stays alone. Where scripts have no blanks, lines are left whole (DelSp isn't
 * understood by many) up to 998 octets. Free with g_free(). */
char *flowed_encode (const char *body);

/* The paragraphs again. DELSP as the header says. Free with g_free(). */
char *flowed_decode (const char *text, gboolean delsp);
