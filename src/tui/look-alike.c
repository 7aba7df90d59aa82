/* One edit apart, or the same skeleton. Short domains have neighbours by chance, so they need more
 * than a letter. */
#include "tui/look-alike.h"

#include <string.h>

#include "base/domain.h"

#define SHORT 6

/* What the eye takes for the same. */
static const struct {
  const char *seen, *meant;
} pairs[] = {
  { "rn", "m" }, { "vv", "w" }, { "cl", "d" }, { "0", "o" }, { "1", "l" }, { "i", "l" },
};

static char *
skeleton (const char *domain)
{
  GString *text = g_string_new (domain);

  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++)
    g_string_replace (text, pairs[i].seen, pairs[i].meant, 0);
  return g_string_free (text, FALSE);
}

static gsize
common_prefix (const gunichar *one, const gunichar *other)
{
  gsize n = 0;

  while (one[n] != 0 && one[n] == other[n])
    n++;
  return n;
}

static gboolean
same (const gunichar *one, const gunichar *other)
{
  const gsize n = common_prefix (one, other);

  return one[n] == 0 && other[n] == 0;
}

/* One character more, less, other, or two changed round. */
static gboolean
one_edit_apart (const char *one, const char *other)
{
  g_autofree gunichar *a = g_utf8_to_ucs4_fast (one, -1, NULL);
  g_autofree gunichar *b = g_utf8_to_ucs4_fast (other, -1, NULL);
  const gsize n = common_prefix (a, b);
  const gunichar *x = a + n, *y = b + n;

  if (*x == 0 && *y == 0)
    return FALSE;
  if ((*x != 0 && same (x + 1, y)) || (*y != 0 && same (x, y + 1)))
    return TRUE;
  if (*x == 0 || *y == 0)
    return FALSE;
  return same (x + 1, y + 1) || (x[1] != 0 && x[0] == y[1] && x[1] == y[0] && same (x + 2, y + 2));
}

const char *
look_alike_find (const char *domain, const GPtrArray *known)
{
  g_autofree char *unicode = domain_to_unicode (domain);
  g_autofree char *own = g_utf8_strdown (unicode, -1);
  g_autofree char *bones = skeleton (own);
  const char *found = NULL;

  for (guint i = 0; i < known->len; i++) {
    g_autofree char *shown = domain_to_unicode (g_ptr_array_index (known, i));
    g_autofree char *other = g_utf8_strdown (shown, -1);
    g_autofree char *others = skeleton (other);
    if (strcmp (own, other) == 0)
      return NULL;
    if (strcmp (bones, others) == 0 || (g_utf8_strlen (own, -1) > SHORT && one_edit_apart (own, other)))
      found = g_ptr_array_index (known, i);
  }
  return found;
}
