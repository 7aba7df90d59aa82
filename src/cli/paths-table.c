/* Each entry of the path memory: what is held against the path or speaks for it, since
 * when, and until when it stands at the end of the ladder. */
#include "cli/paths-table.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/visible.h"
#include "cli/cell-table.h"
#include "engine/cell.h"

enum { NETWORK, PATH, WHY, SINCE, UNTIL, LAST_SUCCESS, N_COLUMNS };

/* --- which, and in what order ------------------------------------------------------------ */

static gboolean
is_present (const PathsView *view, const PathMemoryEntry *entry)
{
  return view->present && g_hash_table_contains (view->present, entry->network);
}

/* The present network first; then as the ladder has them. */
static int
compare_entries (gconstpointer a, gconstpointer b, gpointer data)
{
  const PathMemoryEntry *one = *(gconstpointer const *)a, *two = *(gconstpointer const *)b;
  const int order[] = {
    is_present (data, two) - is_present (data, one),
    strcmp (one->network, two->network),
    strcmp (one->host, two->host),
    two->port - one->port,
    (int)one->family - (int)two->family,
  };

  for (gsize i = 0; i < G_N_ELEMENTS (order); i++)
    if (order[i] != 0)
      return order[i];
  return 0;
}

static void
add_entry (const PathMemoryEntry *entry, gpointer data)
{
  g_ptr_array_add (data, (gpointer)entry);
}

static GPtrArray *
sorted_entries (const PathsView *view)
{
  GPtrArray *entries = g_ptr_array_new ();

  path_memory_foreach (view->memory, add_entry, entries);
  g_ptr_array_sort_with_data (entries, compare_entries, (gpointer)view);
  return entries;
}

static gboolean
is_demoted (const PathsView *view, const PathMemoryEntry *entry)
{
  return entry->repetitions > 0 && view->now.ticks < entry->until;
}

/* What "since" is about is over when the path works. */
static gboolean
holds_something (const PathMemoryEntry *entry)
{
  return entry->repetitions > 0 || entry->weak_in_a_row > 0 || entry->failed_fast;
}

/* --- times --------------------------------------------------------------------------------- */

static gint64
seconds_of (const PathsView *view, Ticks at)
{
  return ticks_after (at, view->now.wall - view->now.ticks) / TICKS_PER_SECOND;
}

/* The time of day alone where it is today's. Free with g_free(). */
static char *
time_words (const PathsView *view, Ticks at)
{
  if (at == 0)
    return g_strdup ("-");
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_local (seconds_of (view, at));
  g_autoptr (GDateTime) today = g_date_time_new_from_unix_local (seconds_of (view, view->now.ticks));
  if (!date || !today)
    return g_strdup ("?");
  gboolean same_day = g_date_time_get_year (date) == g_date_time_get_year (today)
                      && g_date_time_get_day_of_year (date) == g_date_time_get_day_of_year (today);
  return g_date_time_format (date, same_day ? "%H:%M" : "%Y-%m-%d %H:%M");
}

static char *
until_words (const PathsView *view, const PathMemoryEntry *entry)
{
  if (entry->repetitions == 0)
    return g_strdup ("-");
  if (!is_demoted (view, entry))
    return g_strdup (_ ("over"));
  g_autofree char *time = time_words (view, entry->until);
  gint64 minutes = (entry->until - view->now.ticks + TICKS_PER_MINUTE - 1) / TICKS_PER_MINUTE;
  if (minutes < 120)
    return g_strdup_printf (_ ("%s, in %d min"), time, (int)minutes);
  return g_strdup_printf (_ ("%s, in %d h"), time, (int)((minutes + 30) / 60));
}

/* --- reasons --------------------------------------------------------------------------------- */

static const char *const cost_words[] = {
  [PATH_COST_SILENCE] = N_ ("silent"),
  [PATH_COST_NO_GREETING] = N_ ("accepts, but sends no greeting"),
  [PATH_COST_TLS_STALL] = N_ ("stops within the TLS handshake"),
};

static const char *
fast_words (AttemptEnd end)
{
  return end == ATTEMPT_REFUSED      ? _ ("refused")
         : end == ATTEMPT_PROHIBITED ? _ ("prohibited")
                                     : _ ("unreachable");
}

/* NULL: nothing is known of its way. Free with g_free(). */
static char *
main_reason (const PathMemoryEntry *entry)
{
  if (entry->repetitions > 1)
    return g_strdup_printf (_ ("%s, %u times in a row"), _ (cost_words[entry->cost]), entry->repetitions);
  if (entry->repetitions == 1)
    return g_strdup (_ (cost_words[entry->cost]));
  if (entry->failed_fast)
    return g_strdup (fast_words (entry->fast_end));
  if (entry->weak_in_a_row > 0)
    return g_strdup_printf (_ ("slow to answer, %u times in a row"), entry->weak_in_a_row);
  return entry->last_success != 0 ? g_strdup (_ ("works")) : NULL;
}

static char *
why_words (const PathMemoryEntry *entry)
{
  g_autofree char *reason = main_reason (entry);
  const char *no_bdat = entry->no_bdat ? _ ("doesn't understand BDAT") : NULL;

  if (reason && no_bdat)
    return g_strconcat (reason, "; ", no_bdat, NULL);
  return g_strdup (reason ? reason : no_bdat ? no_bdat : "-");
}

/* --- table ------------------------------------------------------------------------------------- */

static void
add_entry_row (CellTable *table, const PathsView *view, const PathMemoryEntry *entry)
{
  char **cells = cell_table_add (table);
  g_autofree char *network = visible_text (entry->network, -1);
  g_autofree char *host = visible_text (entry->host, -1);

  cells[NETWORK] = g_strconcat (is_present (view, entry) ? "* " : "  ", network, NULL);
  cells[PATH] = g_strdup_printf ("%s %u/%s", host, entry->port, family_name (entry->family));
  cells[WHY] = why_words (entry);
  cells[SINCE] = time_words (view, holds_something (entry) ? entry->since : 0);
  cells[UNTIL] = until_words (view, entry);
  cells[LAST_SUCCESS] = time_words (view, entry->last_success);
}

/* The head stands above the networks, not above their marks. */
static void
indent_head (CellTable *table)
{
  char **head = cell_table_row (table, 0);
  g_autofree char *old = head[NETWORK];

  head[NETWORK] = g_strconcat ("  ", old, NULL);
}

char *
paths_table (const PathsView *view)
{
  static const char *const heads[N_COLUMNS]
      = { N_ ("network"), N_ ("path"), N_ ("why"), N_ ("since"), N_ ("until"), N_ ("last success") };
  g_autoptr (GPtrArray) entries = sorted_entries (view);
  g_autoptr (CellTable) table = cell_table_new (heads, N_COLUMNS);

  if (entries->len == 0)
    return g_strdup (_ ("Nothing is remembered.\n"));
  indent_head (table);
  for (guint i = 0; i < entries->len; i++)
    add_entry_row (table, view, entries->pdata[i]);
  cell_table_measure (table);
  GString *out = g_string_new (NULL);
  cell_table_append (table, out, 0);
  if (is_present (view, entries->pdata[0]))
    g_string_append (out, _ ("\n* this machine is on this network now\n"));
  return g_string_free (out, FALSE);
}

/* --- JSON --------------------------------------------------------------------------------------- */

static void
add_text (JsonObject *object, const char *name, const char *text)
{
  g_autofree char *valid = text ? g_utf8_make_valid (text, -1) : NULL;

  if (valid)
    json_object_set_string_member (object, name, valid);
  else
    json_object_set_null_member (object, name);
}

static void
add_time (JsonObject *object, const char *name, const PathsView *view, Ticks at)
{
  g_autoptr (GDateTime) date = at != 0 ? g_date_time_new_from_unix_utc (seconds_of (view, at)) : NULL;
  g_autofree char *text = date ? g_date_time_format (date, "%Y-%m-%dT%H:%M:%SZ") : NULL;

  add_text (object, name, text);
}

static void
add_members (JsonObject *object, const PathsView *view, const PathMemoryEntry *entry)
{
  gboolean costly = entry->repetitions > 0 || entry->weak_in_a_row > 0;

  add_text (object, "network", entry->network);
  if (view->present)
    json_object_set_boolean_member (object, "present", is_present (view, entry));
  else
    json_object_set_null_member (object, "present");
  add_text (object, "host", entry->host);
  json_object_set_int_member (object, "port", entry->port);
  add_text (object, "family", family_name (entry->family));
  json_object_set_boolean_member (object, "demoted", is_demoted (view, entry));
  add_text (object, "cost", costly ? path_cost_name (entry->cost) : NULL);
  json_object_set_int_member (object, "repetitions", entry->repetitions);
  json_object_set_int_member (object, "weak", entry->weak_in_a_row);
  add_text (object, "failed", entry->failed_fast ? attempt_end_name (entry->fast_end) : NULL);
  json_object_set_boolean_member (object, "no-bdat", entry->no_bdat);
  add_time (object, "since", view, holds_something (entry) ? entry->since : 0);
  add_time (object, "until", view, entry->repetitions > 0 ? entry->until : 0);
  add_time (object, "last-success", view, entry->last_success);
}

char *
paths_json (const PathsView *view)
{
  g_autoptr (GPtrArray) entries = sorted_entries (view);
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < entries->len; i++) {
    g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
    g_autoptr (JsonObject) object = json_object_new ();
    add_members (object, view, entries->pdata[i]);
    json_node_set_object (root, object);
    g_autofree char *line = json_to_string (root, FALSE);
    g_string_append_printf (out, "%s\n", line);
  }
  return g_string_free (out, FALSE);
}
