/* Words are dropped from the end of a list until they fit beside the bar. */
#include "cli/batch-meter.h"

#include "base/i18n.h"
#include "engine/cell.h"

#define SHORTEST_BAR 10
#define LONGEST_BAR 40
#define BAR_PART 8  /* of the width */
#define BAR_FRAME 3 /* brackets and a space */
#define NARROW 60   /* here words are worth more than a bar */
#define METER_SPAN (20 * TICKS_PER_SECOND)

/* --- the rate ------------------------------------------------------------------------- */

void
batch_meter_take (BatchMeter *meter, guint64 settled, Ticks now)
{
  const guint last = (meter->n + BATCH_METER_PLACES - 1) % BATCH_METER_PLACES;
  if (meter->n > 0 && now - meter->at[last] < METER_SPAN / BATCH_METER_PLACES)
    return;
  meter->at[meter->n % BATCH_METER_PLACES] = now;
  meter->settled[meter->n % BATCH_METER_PLACES] = settled;
  meter->n++;
}

double
batch_meter_rate (const BatchMeter *meter)
{
  if (meter->n < 2)
    return -1;
  const guint first = meter->n > BATCH_METER_PLACES ? meter->n % BATCH_METER_PLACES : 0;
  const guint last = (meter->n - 1) % BATCH_METER_PLACES;
  const Ticks span = meter->at[last] - meter->at[first];
  if (span < TICKS_PER_SECOND / 2 || meter->settled[last] < meter->settled[first])
    return -1;
  return (double)(meter->settled[last] - meter->settled[first]) * (double)TICKS_PER_SECOND / (double)span;
}

/* --- words ------------------------------------------------------------------------------- */

char *
batch_span_words (Ticks span)
{
  const int seconds = (int)CLAMP (span / TICKS_PER_SECOND, 0, G_MAXINT);
  if (seconds < 60)
    return g_strdup_printf (_ ("%d s"), seconds);
  if (seconds < 3600)
    /* TRANSLATORS: minutes:seconds */
    return g_strdup_printf (_ ("%d:%02d min"), seconds / 60, seconds % 60);
  if (seconds < 48 * 3600)
    /* TRANSLATORS: hours:minutes */
    return g_strdup_printf (_ ("%d:%02d h"), seconds / 3600, seconds / 60 % 60);
  return g_strdup_printf (_ ("%d days"), seconds / 86400);
}

static guint64
all_of (const BatchStanding *standing)
{
  guint64 all = 0;
  for (guint i = 0; i < BATCH_FATES; i++)
    all += i == BATCH_LEFT_OUT ? 0 : standing->counts[i];
  return all;
}

static guint64
waiting (const BatchStanding *standing)
{
  return standing->counts[BATCH_WAITING] + standing->counts[BATCH_DEFERRED];
}

static char *
accepted_words (const BatchStanding *standing)
{
  g_autofree char *accepted = g_strdup_printf ("%" G_GUINT64_FORMAT, standing->counts[BATCH_ACCEPTED]);
  g_autofree char *all = g_strdup_printf ("%" G_GUINT64_FORMAT, all_of (standing));
  return g_strdup_printf (_ ("%s of %s accepted"), accepted, all);
}

/* The count and its word; NULL for none. */
static char *
count_words (const BatchStanding *standing, BatchFate fate, const char *word)
{
  if (standing->counts[fate] == 0)
    return NULL;
  return g_strdup_printf ("%" G_GUINT64_FORMAT " %s", standing->counts[fate], word);
}

static char *
rate_words (const BatchStanding *standing)
{
  if (standing->rate < 0)
    return NULL;
  if (standing->rate < 1)
    return g_strdup_printf (_ ("%.1f/min"), standing->rate * 60);
  return g_strdup_printf (standing->rate < 10 ? _ ("%.1f/s") : _ ("%.0f/s"), standing->rate);
}

static char *
left_words (const BatchStanding *standing)
{
  if (standing->pause >= TICKS_PER_SECOND) {
    g_autofree char *span = batch_span_words (standing->pause);
    return g_strdup_printf (_ ("next in %s"), span);
  }
  if (standing->rate <= 0 || waiting (standing) == 0)
    return NULL;
  const double seconds = (double)waiting (standing) / standing->rate;
  g_autofree char *span = batch_span_words (seconds > G_MAXINT ? G_MAXINT * TICKS_PER_SECOND
                                                               : (Ticks)(seconds * (double)TICKS_PER_SECOND));
  return g_strdup_printf (_ ("%s left"), span);
}

static char *
connection_words (const BatchStanding *standing)
{
  return g_strdup_printf (ngettext ("%u connection", "%u connections", standing->connections),
                          standing->connections);
}

#define N_COUNTS 5

/* The most important first; those that say nothing are left out. */
static GPtrArray *
all_words (const BatchStanding *standing, gboolean counts_alone)
{
  GPtrArray *words = g_ptr_array_new_with_free_func (g_free);
  char *found[] = {
    accepted_words (standing),
    count_words (standing, BATCH_REFUSED, _ ("refused")),
    count_words (standing, BATCH_IN_DOUBT, _ ("in doubt")),
    count_words (standing, BATCH_DEFERRED, _ ("deferred")),
    count_words (standing, BATCH_LEFT_OUT, _ ("left out")),
    left_words (standing),
    rate_words (standing),
    connection_words (standing),
  };
  for (gsize i = 0; i < G_N_ELEMENTS (found); i++)
    if (found[i] && (i < N_COUNTS || !counts_alone))
      g_ptr_array_add (words, found[i]);
    else
      g_free (found[i]);
  return words;
}

static char *
joined (const GPtrArray *words, guint n)
{
  g_autoptr (GString) text = g_string_new (NULL);
  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", (const char *)words->pdata[i]);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
batch_standing_words (const BatchStanding *standing)
{
  g_autoptr (GPtrArray) words = all_words (standing, TRUE);
  return joined (words, words->len);
}

char *
batch_progress_words (const BatchStanding *standing)
{
  g_autoptr (GPtrArray) words = all_words (standing, FALSE);
  return joined (words, words->len);
}

/* --- the bar --------------------------------------------------------------------------------- */

static void
append_bar (GString *out, const BatchStanding *standing, gsize width, gboolean utf8)
{
  const guint64 all = all_of (standing), done = all - waiting (standing);
  const gsize full = all > 0 ? (gsize)((double)done / (double)all * (double)width) : 0;
  g_string_append_c (out, '[');
  for (gsize i = 0; i < width; i++)
    g_string_append (out, i < full ? (utf8 ? "█" : "#") : (utf8 ? "░" : "-"));
  g_string_append (out, "] ");
}

/* As wide as the terminal is, whatever the words say: it stays where it is. */
static gsize
bar_width (gsize width)
{
  return width >= NARROW ? CLAMP (width / BAR_PART, SHORTEST_BAR, LONGEST_BAR) : 0;
}

char *
batch_progress_bar (const BatchStanding *standing, gsize width, gboolean utf8)
{
  g_autoptr (GPtrArray) words = all_words (standing, FALSE);
  g_autoptr (GString) out = g_string_new (NULL);
  const gsize bar = bar_width (width);
  const gsize room = bar > 0 ? width - bar - BAR_FRAME : width;
  guint n = words->len;
  g_autofree char *text = joined (words, n);
  while (n > 1 && cell_width (text) > room) {
    g_free (text);
    text = joined (words, --n);
  }
  if (bar > 0)
    append_bar (out, standing, bar, utf8);
  g_autofree char *cut = cell_cut (text, room);
  g_string_append (out, cut);
  return g_string_free (g_steal_pointer (&out), FALSE);
}
