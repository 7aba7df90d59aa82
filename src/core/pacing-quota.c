/* Rates that the user set. A quota counts in slices of its period and looks at one slice
 * more than fit into it, so that no window of that length, wherever it begins, ever holds
 * more than the quota; that costs two parts in a hundred of the speed. */
#include "core/pacing-private.h"

#include <string.h>

/* ---- "60/min" ---------------------------------------------------------------- */

static const struct {
  const char *name;
  Ticks period;
} periods[] = {
  { "s", TICKS_PER_SECOND },
  { "min", TICKS_PER_MINUTE },
  { "h", TICKS_PER_HOUR },
  { "day", TICKS_PER_DAY },
};

static gboolean
rate_parse (const char *text, PacingRate *ret_rate)
{
  const char *slash = strchr (text, '/');
  guint64 count;
  g_autofree char *number = slash != NULL ? g_strndup (text, (gsize)(slash - text)) : NULL;
  if (number == NULL || !g_ascii_string_to_unsigned (number, 10, 1, PACING_COUNT_LIMIT, &count, NULL))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (periods); i++)
    if (strcmp (slash + 1, periods[i].name) == 0) {
      *ret_rate = (PacingRate){ (guint)count, periods[i].period };
      return TRUE;
    }
  return FALSE;
}

gboolean
pacing_rates_parse (const char *text, PacingRules *rules)
{
  g_auto (GStrv) words = g_strsplit (text, ",", PACING_RATES + 1);
  PacingRate rates[PACING_RATES] = { 0 };
  guint n = g_strv_length (words);
  if (n == 0 || n > PACING_RATES)
    return FALSE;
  for (guint i = 0; i < n; i++) {
    if (!rate_parse (words[i], &rates[i]))
      return FALSE;
    for (guint before = 0; before < i; before++)
      if (rates[before].period == rates[i].period)
        return FALSE;
  }
  memcpy (rules->rates, rates, sizeof rates);
  rules->n_rates = n;
  return TRUE;
}

char *
pacing_rates_to_string (const PacingRules *rules)
{
  GString *text = g_string_new (NULL);
  for (guint i = 0; i < rules->n_rates; i++)
    for (gsize p = 0; p < G_N_ELEMENTS (periods); p++)
      if (rules->rates[i].period == periods[p].period)
        g_string_append_printf (text, "%s%u/%s", i > 0 ? "," : "", rules->rates[i].count, periods[p].name);
  return g_string_free (text, FALSE);
}

/* ---- quotas --------------------------------------------------------------------- */

void
quota_init (Quota *quota, const PacingRate *rate)
{
  *quota = (Quota){ .rate = *rate };
}

static Ticks
slice_length (const Quota *quota)
{
  return (quota->rate.period + QUOTA_PARTS - 1) / QUOTA_PARTS;
}

/* Forgets what is older than the period. A clock that was set back stands still. */
static void
quota_advance (Quota *quota, gint64 now)
{
  gint64 slice = MAX (now, 0) / slice_length (quota);
  /* Set back by more than a period: what was used then is used now. */
  if (slice < quota->newest - QUOTA_SLICES)
    quota->newest = slice;
  if (slice - quota->newest >= QUOTA_SLICES) {
    memset (quota->counts, 0, sizeof quota->counts);
    quota->newest = slice;
  }
  while (quota->newest < slice)
    quota->counts[++quota->newest % QUOTA_SLICES] = 0;
}

gint64
quota_free_at (Quota *quota, guint n, gint64 now)
{
  quota_advance (quota, now);
  guint64 used = 0;
  n = MIN (n, quota->rate.count);
  for (guint i = 0; i < QUOTA_SLICES; i++)
    used += quota->counts[i];
  gint64 oldest = quota->newest - QUOTA_PARTS;
  gint64 slice = oldest;
  for (; used + n > quota->rate.count && slice <= quota->newest; slice++)
    if (slice >= 0)
      used -= quota->counts[slice % QUOTA_SLICES];
  return slice == oldest ? now : (slice + QUOTA_PARTS) * slice_length (quota);
}

void
quota_use (Quota *quota, guint n, gint64 now)
{
  quota_advance (quota, now);
  quota->counts[quota->newest % QUOTA_SLICES] += MIN (n, quota->rate.count);
}
