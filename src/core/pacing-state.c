/* What outlives the process, as one line: a word, then numbers. Counts of connections and
 * messages in flight don't: nobody is left to hear of them. */
#include "core/pacing-private.h"

#include <string.h>

#define WORD "pacing-1"

/* What is stored besides the quotas, and what each may be. */
enum {
  STATE_CONNECTIONS,
  STATE_SPEED,
  STATE_SPEED_CUT,
  STATE_PER_CONNECTION,
  STATE_ENDED_AT,
  STATE_REFUSED,
  STATE_PAUSE,
  N_STATES
};

static const gint64 state_limits[N_STATES] = {
  [STATE_CONNECTIONS] = PACING_CONNECTIONS * PACING_WHOLE,
  [STATE_SPEED] = G_MAXINT64 / 8,
  [STATE_SPEED_CUT] = G_MAXINT64 / 8,
  [STATE_PER_CONNECTION] = PACING_COUNT_LIMIT,
  [STATE_ENDED_AT] = PACING_COUNT_LIMIT,
  [STATE_REFUSED] = PACING_COUNT_LIMIT,
  [STATE_PAUSE] = PACING_REFUSED_IN_A_ROW,
};

/* ---- out ------------------------------------------------------------------------------ */

static void
quota_store (const Quota *quota, GString *text)
{
  g_string_append_printf (text, " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT, quota->rate.period, quota->newest);
  for (guint i = 0; i < QUOTA_SLICES; i++)
    g_string_append_printf (text, " %u", quota->counts[i]);
}

char *
pacing_store (const Pacing *pacing)
{
  const gint64 states[N_STATES] = {
    [STATE_CONNECTIONS] = pacing->connections,
    [STATE_SPEED] = pacing->speed,
    [STATE_SPEED_CUT] = pacing->speed_cut,
    [STATE_PER_CONNECTION] = pacing->per_connection,
    [STATE_ENDED_AT] = pacing->ended_at,
    [STATE_REFUSED] = pacing->n_refused,
    [STATE_PAUSE] = pacing->pause,
  };
  GString *text = g_string_new (WORD);
  for (guint i = 0; i < N_STATES; i++)
    g_string_append_printf (text, " %" G_GINT64_FORMAT, states[i]);
  for (guint i = 0; i < pacing->rules.n_rates; i++)
    quota_store (&pacing->quotas[i], text);
  return g_string_free (text, FALSE);
}

/* ---- in ---------------------------------------------------------------------------------- */

/* Takes the next number off **WORDS. */
static gboolean
take_number (char ***words, gint64 most, gint64 *ret_number)
{
  return **words != NULL && g_ascii_string_to_signed (*(*words)++, 10, 0, most, ret_number, NULL);
}

static gboolean
quota_restore (Quota *quota, char ***words)
{
  gint64 number;
  if (!take_number (words, TICKS_PER_DAY, &quota->rate.period)
      || !take_number (words, G_MAXINT64 / 2, &quota->newest))
    return FALSE;
  for (guint i = 0; i < QUOTA_SLICES; i++) {
    if (!take_number (words, PACING_COUNT_LIMIT, &number))
      return FALSE;
    quota->counts[i] = (guint)number;
  }
  return TRUE;
}

static gboolean
states_restore (gint64 *states, char ***words)
{
  for (guint i = 0; i < N_STATES; i++)
    if (!take_number (words, state_limits[i], &states[i]))
      return FALSE;
  return states[STATE_SPEED] == 0 || states[STATE_SPEED_CUT] > 0;
}

/* What was used counts for a rate of the same period, be its count another now. */
static void
quotas_take (Pacing *pacing, const Quota *quotas, guint n)
{
  for (guint i = 0; i < n; i++)
    for (guint r = 0; r < pacing->rules.n_rates; r++)
      if (pacing->quotas[r].rate.period == quotas[i].rate.period) {
        pacing->quotas[r].newest = quotas[i].newest;
        memcpy (pacing->quotas[r].counts, quotas[i].counts, sizeof quotas[i].counts);
      }
}

static void
states_take (Pacing *pacing, const gint64 *states)
{
  gint64 most = (gint64)pacing->rules.connections * PACING_WHOLE;
  pacing->connections = CLAMP (states[STATE_CONNECTIONS], PACING_WHOLE, most);
  pacing->speed = states[STATE_SPEED];
  pacing->speed_cut = states[STATE_SPEED_CUT];
  pacing->per_connection = (guint)states[STATE_PER_CONNECTION];
  pacing->ended_at = (guint)states[STATE_ENDED_AT];
  pacing->n_refused = (guint)states[STATE_REFUSED];
  pacing->pause = (PacingPause)states[STATE_PAUSE];
}

gboolean
pacing_restore (Pacing *pacing, const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  gint64 states[N_STATES];
  Quota quotas[PACING_RATES] = { 0 };
  guint n = 0;
  if (words[0] == NULL || strcmp (words[0], WORD) != 0)
    return FALSE;
  char **next = words + 1;
  if (!states_restore (states, &next))
    return FALSE;
  for (; *next != NULL; n++)
    if (n == PACING_RATES || !quota_restore (&quotas[n], &next))
      return FALSE;
  states_take (pacing, states);
  quotas_take (pacing, quotas, n);
  return TRUE;
}
