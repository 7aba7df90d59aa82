/* Rows are fetched ahead by the worker thread; core/pacing says which goes when, and over how many
 * sessions. */
#include "engine/batch-source-private.h"

#include <string.h>

#include "net/clock.h"

/* Rows in memory that aren't out: enough for all windows to be filled while more are fetched. */
#define AHEAD_LEAST 64
#define AHEAD_MOST 2048

/* Where all that waits goes to domains that have enough in flight. */
#define LOOK_AGAIN (TICKS_PER_SECOND / 4)

/* More is on its way, and wakes the engine before that. */
#define FETCHING TICKS_PER_SECOND

/* --- fetching ------------------------------------------------------------------------------- */

typedef struct {
  BatchSource *source;
  BatchFetch fetch;
  GArray *in_hand; /* of gint64 */
  GPtrArray *rows;
  gint64 next;
  BatchState state;
  GError *error;
} Fetching;

static void
fetch_rows (gpointer data)
{
  Fetching *fetching = data;

  if (batch_get_state (fetching->source->batch, &fetching->state, &fetching->error))
    batch_fetch (fetching->source->batch, &fetching->fetch, fetching->rows, &fetching->next,
                 &fetching->error);
}

static void
fetching_free (Fetching *fetching)
{
  g_array_unref (fetching->in_hand);
  g_ptr_array_unref (fetching->rows);
  g_clear_error (&fetching->error);
  g_free (fetching);
}

static void
take_rows (gpointer data)
{
  Fetching *fetching = data;
  BatchSource *source = fetching->source;

  source->fetching = FALSE;
  if (fetching->error) {
    source->broken = TRUE;
    verdict_set (&source->why, OUTCOME_TEMPORARY, STAGE_MESSAGE, CAUSE_STORE, NULL, fetching->error->message);
  }
  source->asked = source->asked || (fetching->state != BATCH_READY && !source->paused);
  source->dry = fetching->next > fetching->fetch.now;
  source->next_due = source->dry ? fetching->next : 0;
  for (guint i = 0; i < fetching->rows->len; i++)
    g_queue_push_tail (&source->ahead, batch_entry_new (source, g_ptr_array_index (fetching->rows, i)));
  g_ptr_array_set_free_func (fetching->rows, NULL);
  fetching_free (fetching);
  batch_source_wake (source);
}

static int
compare_ids (gconstpointer a, gconstpointer b)
{
  gint64 first = *(const gint64 *)a, second = *(const gint64 *)b;

  return first < second ? -1 : first > second;
}

static GArray *
ids_in_hand (BatchSource *source)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, source->entries);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_array_append_vals (ids, key, 1);
  g_array_sort (ids, compare_ids);
  return ids;
}

static guint
rows_wanted (const BatchSource *source)
{
  return CLAMP (2 * source->plan.window * source->plan.pacing.connections, AHEAD_LEAST, AHEAD_MOST);
}

void
batch_source_fetch (BatchSource *source)
{
  gint64 now = clock_instant ().wall;

  if (source->dry && source->next_due <= now)
    source->dry = FALSE;
  if (source->fetching || source->dry || batch_source_has_stopped (source)
      || source->ahead.length > rows_wanted (source) / 2)
    return;
  Fetching *fetching = g_new0 (Fetching, 1);
  fetching->source = source;
  fetching->in_hand = ids_in_hand (source);
  fetching->rows = g_ptr_array_new_with_free_func ((GDestroyNotify)batch_row_free);
  fetching->next = G_MAXINT64;
  fetching->state = BATCH_READY;
  fetching->fetch = (BatchFetch){ .now = now,
                                  .most = rows_wanted (source),
                                  .in_hand = (const gint64 *)(gpointer)fetching->in_hand->data,
                                  .n_in_hand = fetching->in_hand->len };
  source->fetching = TRUE;
  worker_run (source->worker, fetch_rows, take_rows, fetching);
}

/* --- one row --------------------------------------------------------------------------------- */

gboolean
batch_row_waits (const BatchRow *row)
{
  for (guint i = 0; i < row->n_recipients; i++)
    if (row->recipients[i].fate == BATCH_WAITING || row->recipients[i].fate == BATCH_DEFERRED)
      return TRUE;
  return FALSE;
}

/* NULL: there are several. */
static const char *
common_domain (const Entry *entry)
{
  const char *domain = NULL;

  for (guint i = 0; i < entry->row->n_recipients; i++) {
    const char *at = strrchr (entry->row->recipients[i].address, '@');
    if (!entry->pending[i])
      continue;
    if (!at || (domain && g_ascii_strcasecmp (domain, at + 1) != 0))
      return NULL;
    domain = at + 1;
  }
  return domain;
}

/* Who is to be served by the next try: as many as one transaction may have. */
static guint
choose_pending (Entry *entry)
{
  guint most = entry->source->plan.pacing.max_recipients;
  guint n = 0;

  for (guint i = 0; i < entry->row->n_recipients; i++) {
    BatchFate fate = entry->row->recipients[i].fate;
    entry->pending[i] = (fate == BATCH_WAITING || fate == BATCH_DEFERRED) && (most == 0 || n < most);
    n += entry->pending[i] ? 1 : 0;
  }
  g_free (entry->domain);
  entry->domain = g_strdup (common_domain (entry));
  return n;
}

void
batch_entry_requeue (Entry *entry)
{
  g_queue_push_head (&entry->source->ahead, entry);
}

static Delivery *
hand_out (BatchSource *source, GList *link, gint64 now)
{
  Entry *entry = link->data;

  g_queue_delete_link (&source->ahead, link);
  entry->out = TRUE;
  entry->ended = entry->counted = FALSE;
  entry->begun = now;
  source->out++;
  return &entry->delivery;
}

/* --- which one, and when ------------------------------------------------------------------------ */

static Delivery *
pick (BatchSource *source, guint n_begun, gint64 now)
{
  source->again = G_MAXINT64;
  for (GList *link = source->ahead.head; link; link = link->next) {
    Entry *entry = link->data;
    guint n = choose_pending (entry);
    gint64 again = G_MAXINT64;
    switch (pacing_take (source->pacing, n_begun, entry->domain, n, now, &again)) {
    case PACING_GO:
      return hand_out (source, link, now);
    case PACING_PASS:
      source->again = now + LOOK_AGAIN;
      continue;
    case PACING_WAIT:
      source->again = again;
      return NULL;
    case PACING_CLOSE:
      source->again = G_MAXINT64;
      return NULL;
    case PACING_PAUSED:
      batch_source_stop_for (source, NULL);
      return NULL;
    }
  }
  return NULL;
}

/* Another session: the first shows that the login is good, and whoever has little to do needs no
 * crowd. */
static gboolean
may_open (BatchSource *source, gint64 now)
{
  gboolean useful = source->n_open == 0 || (source->proven && source->ahead.length >= source->plan.window);

  if (!useful || !pacing_may_open (source->pacing, now, &source->again))
    return FALSE;
  source->n_open++;
  return TRUE;
}

static void
unopen (BatchSource *source, gint64 now)
{
  static const Verdict unneeded = { .kind = OUTCOME_ACCEPTED };

  pacing_closed (source->pacing, 0, &unneeded, now);
  source->n_open--;
}

/* Wall clock to ticks. */
static Ticks
ticks_of (gint64 when, Instant now)
{
  return when == G_MAXINT64 ? TICKS_NEVER : ticks_after (now.ticks, MAX (when - now.wall, 0));
}

Delivery *
batch_source_claim (WorkSource *work, const SessionKey *reuse, Ticks now, Ticks *ret_ask_again)
{
  BatchSource *source = (BatchSource *)work;
  Instant instant = clock_instant ();
  Delivery *delivery = NULL;

  *ret_ask_again = TICKS_NEVER;
  if (batch_source_has_stopped (source))
    return NULL;
  batch_source_fetch (source);
  if (source->ahead.length == 0) {
    *ret_ask_again = source->fetching ? ticks_after (now, FETCHING) : ticks_of (source->next_due, instant);
    return NULL;
  }
  source->again = G_MAXINT64;
  if (reuse || may_open (source, instant.wall)) {
    delivery = pick (source, reuse ? reuse->n_begun : 0, instant.wall);
    if (!delivery && !reuse)
      unopen (source, instant.wall);
  }
  if (!delivery)
    *ret_ask_again = ticks_of (source->again, instant);
  return delivery;
}

/* --- the end of a session --------------------------------------------------------------------- */

/* No path, no name, no network: nobody was there to say anything. */
static gboolean
found_nobody (const SessionEnd *end)
{
  return end->n_accepted == 0 && end->verdict->kind == OUTCOME_TRANSPORT
         && end->verdict->stage <= STAGE_GREETING;
}

gboolean
batch_source_session_over (WorkSource *work, const SessionEnd *end)
{
  BatchSource *source = (BatchSource *)work;
  gint64 now = clock_instant ().wall;

  /* The search goes along the ladder, and isn't over. */
  if (end->goes_on && end->n_accepted == 0 && end->verdict->kind == OUTCOME_TRANSPORT)
    return !batch_source_has_stopped (source);
  pacing_closed (source->pacing, end->n_accepted, end->verdict, now);
  source->n_open--;
  if (found_nobody (end) && source->n_open == 0) {
    source->no_path = TRUE;
    verdict_copy (&source->why, end->verdict);
  }
  if (end->verdict->kind == OUTCOME_SECURITY || pacing_pause (source->pacing) != PACING_RUNS)
    batch_source_stop_for (source, end->verdict);
  batch_source_wake (source);
  if (!end->goes_on || batch_source_has_stopped (source)
      || !pacing_may_open (source->pacing, now, &source->again))
    return FALSE;
  source->n_open++;
  return TRUE;
}
