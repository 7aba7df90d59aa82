/* From accounts to files, and from what somebody types to messages. */
#include "cli/outbox-places.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "cli/state.h"

/* --- places ------------------------------------------------------------------------------ */

static void
place_free (gpointer data)
{
  OutboxPlace *place = data;
  outbox_close (place->outbox);
  g_free (place->directory);
  g_free (place);
}

static gboolean
is_known (const GPtrArray *places, const char *directory)
{
  for (guint i = 0; i < places->len; i++)
    if (strcmp (((const OutboxPlace *)places->pdata[i])->directory, directory) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
add_place (GPtrArray *places, const Account *account, GError **error)
{
  g_autofree char *directory = state_directory (account);
  g_autoptr (GError) cause = NULL;
  if (is_known (places, directory))
    return TRUE;
  Outbox *outbox = outbox_open (directory, FALSE, &cause);
  if (!outbox) {
    const gboolean missing = cause == NULL;
    if (!missing)
      g_propagate_error (error, g_steal_pointer (&cause));
    return missing;
  }
  if (outbox_warning (outbox))
    fprintf (stderr, _ ("toukan: warning: outbox: %s\n"), outbox_warning (outbox));
  OutboxPlace *place = g_new0 (OutboxPlace, 1);
  place->directory = g_steal_pointer (&directory);
  place->outbox = outbox;
  g_ptr_array_add (places, place);
  return TRUE;
}

GPtrArray *
outbox_places_open (const Config *config, const char *name, GError **error)
{
  g_autoptr (GPtrArray) places = g_ptr_array_new_with_free_func (place_free);
  const char *const *names = config_account_names (config);
  if (name) {
    const Account *account = config_account (config, name, NULL, error);
    if (!account || !add_place (places, account, error))
      return NULL;
    return g_steal_pointer (&places);
  }
  /* Without an account, or with accounts that are gone, messages may still lie where an
   * account keeps them that says nothing else. */
  if (!add_place (places, NULL, error))
    return NULL;
  for (gsize i = 0; names[i]; i++)
    if (!add_place (places, config_account_named (config, names[i]), error))
      return NULL;
  return g_steal_pointer (&places);
}

/* --- targets ------------------------------------------------------------------------------- */

typedef struct {
  gint64 first, last;
} Range;

typedef struct {
  GArray *targets;
  GHashTable *seen; /* what is in them */
  const OutboxPlace *place;
  const char *account;
  Range range;
  guint states;
  guint n_found;
} Search;

static guint
target_hash (gconstpointer key)
{
  const OutboxTarget *target = key;
  return g_direct_hash (target->place) ^ g_int64_hash (&target->id);
}

static gboolean
target_equal (gconstpointer a, gconstpointer b)
{
  const OutboxTarget *one = a, *other = b;
  return one->place == other->place && one->id == other->id;
}

static void
add_target (Search *search, gint64 id)
{
  const OutboxTarget target = { search->place, id };
  search->n_found++;
  if (g_hash_table_add (search->seen, g_memdup2 (&target, sizeof target)))
    g_array_append_val (search->targets, target);
}

static void
on_item (const OutboxItem *item, gpointer data)
{
  Search *search = data;
  if (item->id < search->range.first || item->id > search->range.last)
    return;
  if (search->account && g_strcmp0 (item->account, search->account) != 0)
    return;
  add_target (search, item->id);
}

static gboolean
find_range (const GPtrArray *places, Search *search, GError **error)
{
  const OutboxFilter filter = { .states = search->states, .owner = OUTBOX_ANYBODY };
  for (guint i = 0; i < places->len; i++) {
    search->place = places->pdata[i];
    if (!outbox_list (search->place->outbox, &filter, on_item, search, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
find_one (const GPtrArray *places, Search *search, gint64 id, GError **error)
{
  const guint before = search->n_found;
  for (guint i = 0; i < places->len; i++) {
    g_autoptr (GError) cause = NULL;
    search->place = places->pdata[i];
    g_autoptr (OutboxItem) item = outbox_find (search->place->outbox, id, &cause);
    if (cause) {
      g_propagate_error (error, g_steal_pointer (&cause));
      return FALSE;
    }
    if (item && (!search->account || g_strcmp0 (item->account, search->account) == 0))
      add_target (search, id);
  }
  if (search->n_found == before + 1)
    return TRUE;
  g_autofree char *number = g_strdup_printf ("%" G_GINT64_FORMAT, id);
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE,
               search->n_found == before ? _ ("there is no message %s in the outbox")
                                         : _ ("several outboxes have a message %s: say which with --account"),
               number);
  return FALSE;
}

/* "3", "3-7" */
static gboolean
parse_range (const char *word, Range *ret_range)
{
  g_auto (GStrv) ends = g_strsplit (word, "-", 2);
  guint64 first = 0, last = 0;
  if (!ends[0] || !g_ascii_string_to_unsigned (ends[0], 10, 1, G_MAXINT64, &first, NULL))
    return FALSE;
  last = first;
  if (ends[1] && !g_ascii_string_to_unsigned (ends[1], 10, first, G_MAXINT64, &last, NULL))
    return FALSE;
  *ret_range = (Range){ (gint64)first, (gint64)last };
  return TRUE;
}

static gboolean
find_word (const GPtrArray *places, Search *search, const char *word, GError **error)
{
  const guint before = search->n_found;
  search->range = (Range){ 0, G_MAXINT64 };
  if (strcmp (word, "all") == 0)
    return find_range (places, search, error);
  if (!parse_range (word, &search->range)) {
    g_autofree char *shown = visible_text (word, -1);
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE,
                 _ ("\"%s\" is no message: write its number, a range such as 3-7, or all"), shown);
    return FALSE;
  }
  if (!strchr (word, '-'))
    return find_one (places, search, search->range.first, error);
  if (!find_range (places, search, error))
    return FALSE;
  if (search->n_found == before)
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE, _ ("no message of %s is one for that"), word);
  return search->n_found > before;
}

gboolean
outbox_targets_find (const GPtrArray *places, const char *name, guint states, const char *const *words,
                     GArray **ret_targets, GError **error)
{
  g_autoptr (GArray) targets = g_array_new (FALSE, FALSE, sizeof (OutboxTarget));
  g_autoptr (GHashTable) seen = g_hash_table_new_full (target_hash, target_equal, g_free, NULL);
  Search search = { .targets = targets, .seen = seen, .account = name, .states = states };
  for (gsize i = 0; words[i]; i++)
    if (!find_word (places, &search, words[i], error))
      return FALSE;
  *ret_targets = g_steal_pointer (&targets);
  return TRUE;
}
