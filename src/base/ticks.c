/* Arithmetic and spelling of times. Whole numbers only: a duration that somebody wrote
 * is kept exactly, and shown again as it was meant. */
#include "base/ticks.h"

#include <string.h>

static const struct {
  const char *name;
  Ticks span;
} units[] = {
  /* greatest first, since ticks_to_string() takes the first that divides */
  { "d", TICKS_PER_DAY },    { "h", TICKS_PER_HOUR }, { "min", TICKS_PER_MINUTE },
  { "s", TICKS_PER_SECOND }, { "ms", TICKS_PER_MS },  { "us", 1 },
};

Ticks
ticks_after (Ticks now, Ticks span)
{
  Ticks sum;
  if (now == TICKS_NEVER || span == TICKS_NEVER)
    return TICKS_NEVER;
  if (__builtin_add_overflow (now, span, &sum))
    return span > 0 ? TICKS_NEVER : G_MININT64;
  return sum;
}

static gboolean
unit_find (const char *name, Ticks *ret_span)
{
  for (gsize i = 0; i < G_N_ELEMENTS (units); i++)
    if (strcmp (units[i].name, name) == 0) {
      *ret_span = units[i].span;
      return TRUE;
    }
  return FALSE;
}

gboolean
ticks_parse (const char *text, Ticks *ret_span)
{
  Ticks number = 0;
  const char *at = text;
  for (; g_ascii_isdigit (*at); at++)
    if (__builtin_mul_overflow (number, 10, &number)
        || __builtin_add_overflow (number, (Ticks)g_ascii_digit_value (*at), &number))
      return FALSE;
  if (at == text)
    return FALSE;
  if (*at == '\0' && number == 0) {
    *ret_span = 0;
    return TRUE;
  }

  while (*at == ' ')
    at++;
  Ticks unit;
  Ticks span;
  if (!unit_find (at, &unit) || __builtin_mul_overflow (number, unit, &span))
    return FALSE;
  *ret_span = span;
  return TRUE;
}

char *
ticks_to_string (Ticks span)
{
  g_assert (span >= 0);
  if (span == 0)
    return g_strdup ("0");
  gsize i = 0;
  while (span % units[i].span != 0)
    i++;
  return g_strdup_printf ("%" G_GINT64_FORMAT "%s", span / units[i].span, units[i].name);
}
