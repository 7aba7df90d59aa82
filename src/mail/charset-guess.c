/* Octet by octet, since text comes in pieces that end inside a character. */
#include "mail/charset-guess.h"

static void
add_octet (CharsetGuess *guess, guint8 octet)
{
  if (guess->left > 0) {
    guess->broken = guess->broken || (octet & 0xC0) != 0x80;
    guess->left--;
  } else if (octet >= 0x80) {
    guess->eight_bit = TRUE;
    guess->broken = guess->broken || octet < 0xC2 || octet > 0xF4;
    guess->left = octet >= 0xF0 ? 3 : octet >= 0xE0 ? 2 : 1;
  }
}

void
charset_guess_add (CharsetGuess *guess, const guint8 *octets, gsize length)
{
  for (gsize i = 0; i < length; i++)
    add_octet (guess, octets[i]);
}

const char *
charset_guess_type (const CharsetGuess *guess)
{
  if (!guess->eight_bit)
    return NULL;
  return guess->broken || guess->left > 0 ? "text/plain; charset=iso-8859-1" : "text/plain; charset=utf-8";
}
