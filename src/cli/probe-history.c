/* `toukan probe --history`: the five cases of a connection attempt, counted on this
 * machine. The table adds up all networks; --json has them apart. */
#include <stdio.h>
#include <string.h>

#include "base/domain.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "engine/cell.h"
#include "cli/json.h"
#include "cli/probe-view.h"

/* UNANSWERED is none of the five: nobody waited long enough to tell. */
enum { ACCEPTED, OF_NO_USE, REFUSED, PROHIBITED, UNREACHABLE, SILENT, UNANSWERED, N_CASES };

static const char *const heads[N_CASES] = {
  [ACCEPTED] = N_ ("accepted"),     [OF_NO_USE] = N_ ("in vain"),       [REFUSED] = N_ ("refused"),
  [PROHIBITED] = N_ ("prohibited"), [UNREACHABLE] = N_ ("unreachable"), [SILENT] = N_ ("silent"),
  [UNANSWERED] = N_ ("unclear"),
};

static const guint cases[PATH_SEEN_COUNT] = {
  [PATH_SEEN_WORKED] = ACCEPTED,       [PATH_SEEN_SPARE] = ACCEPTED,
  [PATH_SEEN_LATE] = ACCEPTED,         [PATH_SEEN_REFUSED] = REFUSED,
  [PATH_SEEN_PROHIBITED] = PROHIBITED, [PATH_SEEN_UNREACHABLE] = UNREACHABLE,
  [PATH_SEEN_SILENT] = SILENT,         [PATH_SEEN_UNANSWERED] = UNANSWERED,
  [PATH_SEEN_NO_GREETING] = OF_NO_USE, [PATH_SEEN_TLS_STALL] = OF_NO_USE,
  [PATH_SEEN_CLOSED] = OF_NO_USE,      [PATH_SEEN_REJECTED] = OF_NO_USE,
  [PATH_SEEN_INSECURE] = OF_NO_USE,
};

typedef struct {
  char *host;
  guint16 port;
  Family family;
  guint64 counts[N_CASES];
} Line;

static void
line_free (gpointer data)
{
  Line *line = data;
  g_free (line->host);
  g_free (line);
}

static Line *
line_for (GPtrArray *lines, const Path *path)
{
  for (guint i = 0; i < lines->len; i++) {
    Line *line = lines->pdata[i];
    if (strcmp (line->host, path->host) == 0 && line->port == path->port && line->family == path->family)
      return line;
  }
  Line *line = g_new0 (Line, 1);
  line->host = g_strdup (path->host);
  line->port = path->port;
  line->family = path->family;
  g_ptr_array_add (lines, line);
  return line;
}

/* What is accepted in vain is accepted all the same. */
static void
add_to_lines (const PathHistory *history, gpointer data)
{
  Line *line = line_for (data, &history->path);
  const guint place = cases[history->seen];
  line->counts[place] += history->count;
  if (place == OF_NO_USE)
    line->counts[ACCEPTED] += history->count;
}

static int
compare_lines (gconstpointer a, gconstpointer b)
{
  const Line *one = *(gconstpointer const *)a, *two = *(gconstpointer const *)b;
  const int by_host = strcmp (one->host, two->host);
  if (by_host != 0)
    return by_host;
  return one->port != two->port ? two->port - one->port : (int)one->family - (int)two->family;
}

/* --- the table --------------------------------------------------------------------------- */

#define PATH_WIDTH 9 /* "587/IPv6" and one port of five digits less than that of 25 */

static void
append_number (GString *out, const char *text, const char *head)
{
  g_string_append (out, "  ");
  for (gsize used = cell_width (text); used < cell_width (head); used++)
    g_string_append_c (out, ' ');
  g_string_append (out, text);
}

static void
append_head (GString *out)
{
  g_string_append_printf (out, "%*s", 2 + PATH_WIDTH, "");
  for (guint i = 0; i < N_CASES; i++)
    append_number (out, _ (heads[i]), _ (heads[i]));
  g_string_append_c (out, '\n');
}

static void
append_counts (GString *out, const char *label, const guint64 *counts)
{
  g_autoptr (GString) row = g_string_new ("  ");
  cell_append (row, label, PATH_WIDTH);
  g_string_truncate (row, row->len - 2);
  for (guint i = 0; i < N_CASES; i++) {
    g_autofree char *number = g_strdup_printf ("%" G_GUINT64_FORMAT, counts[i]);
    append_number (row, number, _ (heads[i]));
  }
  g_string_append_printf (out, "%s\n", row->str);
}

static void
append_shares (GString *out, const guint64 *counts)
{
  guint64 all = 0;
  g_autoptr (GString) row = g_string_new ("  ");
  for (guint i = 0; i < N_CASES; i++)
    all += i == OF_NO_USE ? 0 : counts[i];
  cell_append (row, "%", PATH_WIDTH);
  g_string_truncate (row, row->len - 2);
  for (guint i = 0; i < N_CASES && all > 0; i++) {
    g_autofree char *share = g_strdup_printf ("%.0f %%", 100.0 * (double)counts[i] / (double)all);
    append_number (row, share, _ (heads[i]));
  }
  g_string_append_printf (out, "%s\n", row->str);
}

char *
probe_history_table (PathStore *store)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (line_free);
  guint64 sums[N_CASES] = { 0 };
  const char *host = "";
  if (!path_store_history (store, add_to_lines, lines))
    return NULL;
  if (lines->len == 0)
    return g_strdup (_ ("Nothing was seen yet: every attempt to connect is counted.\n"));
  g_ptr_array_sort (lines, compare_lines);
  GString *out = g_string_new (NULL);
  append_head (out);
  for (guint i = 0; i < lines->len; i++) {
    const Line *line = lines->pdata[i];
    g_autofree char *label = g_strdup_printf ("%u/%s", line->port, family_name (line->family));
    if (strcmp (line->host, host) != 0) {
      g_autofree char *name = domain_to_unicode (line->host), *shown = visible_text (name, -1);
      g_string_append_printf (out, "%s\n", shown);
    }
    host = line->host;
    append_counts (out, label, line->counts);
    for (guint j = 0; j < N_CASES; j++)
      sums[j] += line->counts[j];
  }
  g_string_append_printf (out, "%s\n", _ ("all paths"));
  append_counts (out, "", sums);
  append_shares (out, sums);
  return g_string_free (out, FALSE);
}

/* --- JSON ------------------------------------------------------------------------------------ */

static void
add_time (JsonObject *object, const char *name, gint64 wall)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (wall / TICKS_PER_SECOND);
  g_autofree char *text = date != NULL ? g_date_time_format (date, "%Y-%m-%dT%H:%M:%SZ") : NULL;
  json_add_text (object, name, text);
}

static void
append_json (const PathHistory *history, gpointer data)
{
  JsonObject *object = json_object_new ();
  json_add_text (object, "network", history->network);
  json_add_text (object, "host", history->path.host);
  json_object_set_int_member (object, "port", history->path.port);
  json_add_text (object, "family", family_name (history->path.family));
  json_add_text (object, "seen", path_seen_name (history->seen));
  json_object_set_int_member (object, "count", (gint64)MIN (history->count, G_MAXINT64));
  add_time (object, "first", history->first);
  add_time (object, "last", history->last);
  g_autofree char *line = json_line (object);
  g_string_append_printf (data, "%s\n", line);
}

char *
probe_history_json (PathStore *store)
{
  g_autoptr (GString) out = g_string_new (NULL);
  if (!path_store_history (store, append_json, out))
    return NULL;
  return g_strdup (out->str);
}
