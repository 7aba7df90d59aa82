/* Which charset text is in that nobody named: what is UTF-8 from end to end is UTF-8, and
 * for the rest ISO-8859-1 gives every octet a meaning. */
#pragma once

#include <glib.h>

/* Begins as zeroes. */
typedef struct {
  gboolean eight_bit;
  gboolean broken; /* it is no UTF-8 */
  guint    left;   /* octets that the present character still needs */
} CharsetGuess;

void charset_guess_add (CharsetGuess *guess, const guint8 *octets, gsize length);

/* The Content-Type to declare it by, static; NULL: it is ASCII. */
const char *charset_guess_type (const CharsetGuess *guess);
