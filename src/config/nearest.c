/* Names are compared by the slips that typing makes: a letter too many, one missing, one
 * wrong, or two neighbours exchanged (Damerau's distance, each pair exchanged once). */
#include "config/nearest.h"

#include <string.h>

/* Longer than any name there is; what is longer still has no neighbour. */
#define LENGTH_LIMIT 64

static guint
least_of (guint a, guint b, guint c)
{
  return MIN (MIN (a, b), c);
}

static guint
distance (const char *a, const char *b)
{
  const gsize length_a = strlen (a);
  const gsize length_b = strlen (b);
  guint rows[LENGTH_LIMIT + 1][LENGTH_LIMIT + 1];
  g_assert (length_a <= LENGTH_LIMIT && length_b <= LENGTH_LIMIT);

  for (gsize i = 0; i <= length_a; i++)
    rows[i][0] = (guint)i;
  for (gsize j = 0; j <= length_b; j++)
    rows[0][j] = (guint)j;
  for (gsize i = 1; i <= length_a; i++)
    for (gsize j = 1; j <= length_b; j++) {
      const char at_a = g_ascii_tolower (a[i - 1]);
      const char at_b = g_ascii_tolower (b[j - 1]);
      rows[i][j]
          = least_of (rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (at_a == at_b ? 0 : 1));
      if (i > 1 && j > 1 && at_a == g_ascii_tolower (b[j - 2]) && g_ascii_tolower (a[i - 2]) == at_b)
        rows[i][j] = MIN (rows[i][j], rows[i - 2][j - 2] + 1);
    }
  return rows[length_a][length_b];
}

/* How far NAME is from CANDIDATE, least is nearest; G_MAXUINT: not near. */
static guint
rank (const char *name, const char *candidate)
{
  const gsize length = strlen (name);
  const guint slips = distance (name, candidate);
  if (slips <= (length <= 3 ? 1 : 2))
    return slips;
  if (length >= 3 && g_ascii_strncasecmp (name, candidate, length) == 0)
    return LENGTH_LIMIT + slips;
  g_autofree char *lower = g_ascii_strdown (name, -1);
  if (length >= 4 && (strstr (candidate, lower) != NULL || g_str_has_prefix (lower, candidate)))
    return 2 * LENGTH_LIMIT + slips;
  return G_MAXUINT;
}

const char *
nearest_name (const char *name, gsize n, NearestNameAt name_at, gconstpointer data)
{
  const char *nearest = NULL;
  guint least = G_MAXUINT;
  if (strlen (name) > LENGTH_LIMIT)
    return NULL;
  for (gsize i = 0; i < n; i++) {
    const char *candidate = name_at (i, data);
    const guint found = strlen (candidate) > LENGTH_LIMIT ? G_MAXUINT : rank (name, candidate);
    if (found < least) {
      least = found;
      nearest = candidate;
    }
  }
  return nearest;
}
