/* The probe's table, and below it what each server said: what is the same on several paths
 * stands there once. */
#include <string.h>

#include "base/i18n.h"
#include "base/visible.h"
#include "cli/cell-table.h"
#include "cli/probe-view.h"
#include "engine/cell.h"
#include "engine/timeline.h"

enum { PATH, ADDRESS, CONNECTED, GREETED, TLS, FINDING, N_COLUMNS };

#define INDENT 2
#define GAP 2
#define ADDRESS_LEAST 8

static const char *const finding_words[PROBE_FINDING_COUNT] = {
  [PROBE_WORKS] = N_ ("works"),
  [PROBE_WORKS_WITHOUT_LOGIN] = N_ ("no login"),
  [PROBE_REFUSED] = N_ ("refused"),
  [PROBE_PROHIBITED] = N_ ("prohibited"),
  [PROBE_UNREACHABLE] = N_ ("unreachable"),
  [PROBE_SILENT] = N_ ("silent"),
  [PROBE_NO_ROUTE] = N_ ("no way from here"),
  [PROBE_MUTE] = N_ ("mute"),
  [PROBE_TLS_STALLED] = N_ ("stuck in TLS"),
  [PROBE_STALLED] = N_ ("stuck"),
  [PROBE_CLOSED] = N_ ("closed"),
  [PROBE_GREETING_REFUSED] = N_ ("turned away"),
  [PROBE_EHLO_REFUSED] = N_ ("EHLO refused"),
  [PROBE_NOT_SMTP] = N_ ("no SMTP"),
  [PROBE_NO_TLS] = N_ ("no TLS"),
  [PROBE_UNVERIFIED] = N_ ("not trusted"),
  [PROBE_TLS_FAILED] = N_ ("TLS failed"),
  [PROBE_NO_LOGIN] = N_ ("no login possible"),
  [PROBE_UNFINISHED] = N_ ("not waited for"),
};

char *
probe_path_text (const ProbeView *view, const ProbeResult *result)
{
  const char *family = family_name (result->path.family);
  if (g_strv_length (view->report->hosts) < 2)
    return g_strdup_printf ("%u/%s", result->path.port, family);
  return g_strdup_printf ("%s %u/%s", view->report->hosts[result->host], result->path.port, family);
}

int
probe_days (const ProbeView *view, const ProbeResult *result)
{
  return (int)CLAMP (probe_days_left (&result->tls, view->rules->today), -99999, 99999);
}

/* --- rows ------------------------------------------------------------------------- */

static char *
span_text (Ticks from, Ticks to)
{
  return from == TICKS_NEVER || to == TICKS_NEVER ? g_strdup ("-") : timeline_duration (to - from);
}

/* "TLSv1.3" is long for what it says. */
static const char *
tls_text (const ProbeTls *tls)
{
  if (!tls->done)
    return "-";
  return g_str_has_prefix (tls->version, "TLSv") ? tls->version + strlen ("TLSv") : tls->version;
}

static void
add_result (CellTable *table, const ProbeView *view, const ProbeResult *result)
{
  char **cells = cell_table_add (table);
  gboolean tunnel = result->path.family == FAMILY_TUNNEL;
  cells[PATH] = probe_path_text (view, result);
  cells[ADDRESS] = tunnel ? g_strdup ("-") : ip_address_to_string (&result->address);
  cells[CONNECTED] = span_text (result->began, result->connected);
  cells[GREETED] = span_text (result->connected, result->greeted);
  cells[TLS] = g_strdup (tls_text (&result->tls));
  cells[FINDING] = g_strdup (_ (finding_words[probe_finding (result, view->rules)]));
}

/* Its end tells addresses apart. */
static void
shorten_address (char **address, gsize width)
{
  const gsize length = cell_width (*address);
  if (length <= width)
    return;
  char *shorter = g_strconcat ("…", *address + (length - width + 1), NULL);
  g_free (*address);
  *address = shorter;
}

static void
fit_addresses (CellTable *table)
{
  gsize *widths = cell_table_measure (table);
  gsize others = INDENT;
  for (guint i = 0; i < N_COLUMNS; i++)
    others += i == ADDRESS ? GAP : widths[i] + (i + 1 < N_COLUMNS ? GAP : 0);
  const gsize room = MAX (CELL_COLUMNS - MIN (others, CELL_COLUMNS), ADDRESS_LEAST);
  for (guint i = 1; i < cell_table_rows (table); i++)
    shorten_address (&cell_table_row (table, i)[ADDRESS], room);
  widths[ADDRESS] = MIN (widths[ADDRESS], room);
}

static void
append_rows (GString *out, const ProbeView *view)
{
  static const char *const heads[N_COLUMNS]
      = { N_ ("path"), N_ ("address"), N_ ("connect"), N_ ("greeting"), N_ ("TLS"), N_ ("result") };
  g_autoptr (CellTable) table = cell_table_new (heads, N_COLUMNS);
  for (guint i = 0; i < view->report->results->len; i++)
    add_result (table, view, view->report->results->pdata[i]);
  fit_addresses (table);
  cell_table_append (table, out, INDENT);
}

/* --- what a server says ---------------------------------------------------------------- */

static void
append_fact (GString *out, const char *label, const char *text)
{
  g_autoptr (GString) first = g_string_new ("  ");
  g_autofree char *shown = visible_text (text, -1);
  cell_append (first, label, cell_width (_ ("certificate")));
  cell_append_wrapped (out, first->str, shown);
}

/* Each family's way: they may go by different networks. */
static void
append_networks (GString *out, const ProbeView *view)
{
  g_autoptr (GString) ways = g_string_new (NULL);
  for (guint i = 0; i < view->report->lookups->len; i++) {
    const ProbeLookup *lookup = &g_array_index (view->report->lookups, ProbeLookup, i);
    if (lookup->way == NULL)
      continue;
    g_string_append (ways, ways->len > 0 ? "; " : "");
    if (view->report->hosts[1] != NULL)
      g_string_append_printf (ways, "%s ", view->report->hosts[lookup->host]);
    g_string_append_printf (ways,
                            lookup->network != NULL ? "%s: %s" : _ ("%s: %s, so nothing is remembered there"),
                            family_name (lookup->family), lookup->way);
  }
  if (ways->len == 0)
    return;
  g_string_append_c (out, '\n');
  append_fact (out, _ ("network"), ways->str);
}

static char *
tls_details (const ProbeTls *tls)
{
  GString *text = g_string_new (tls->version);
  g_string_append_printf (text, ", %s", tls->cipher);
  if (tls->group != NULL)
    g_string_append_printf (text, ", %s", tls->group);
  if (!tls->binding_available)
    g_string_append_printf (text, ", %s", _ ("no channel binding"));
  return g_string_free (text, FALSE);
}

static char *
certificate_details (const ProbeView *view, const ProbeResult *result)
{
  const ProbeTls *tls = &result->tls;
  g_autofree char *verified = NULL;
  if (!tls->done || !tls->verified)
    verified = g_strdup_printf (_ ("NOT verified: %s"), tls->complaint != NULL ? tls->complaint : "?");
  else if (tls->name != NULL)
    verified = g_strdup_printf (_ ("verified for %s"), tls->name);
  else
    verified = g_strdup (_ ("the pinned one"));
  /* TRANSLATORS: "verified for mail.example.org; CN=mail.example.org, issued by CN=An Authority; days left:
   * 59" */
  return g_strdup_printf (_ ("%s; %s, issued by %s; days left: %d"), verified, tls->subject, tls->issuer,
                          probe_days (view, result));
}

static void
append_capabilities (GString *out, const char *label, const Capabilities *capabilities)
{
  g_autofree char *keywords = NULL;
  if (capabilities == NULL)
    return;
  keywords = g_strjoinv (", ", capabilities->keywords);
  append_fact (out, label, *keywords != '\0' ? keywords : _ ("nothing"));
}

/* Free with g_free(); "": it said nothing. */
static char *
details_of_result (const ProbeView *view, const ProbeResult *result)
{
  GString *out = g_string_new (NULL);
  if (result->greeting != NULL)
    append_fact (out, _ ("greeting"), result->greeting);
  append_capabilities (out, result->after != NULL ? _ ("before TLS") : _ ("offers"), result->before);
  if (result->tls.done) {
    g_autofree char *tls = tls_details (&result->tls);
    append_fact (out, _ ("TLS"), tls);
  }
  if (result->tls.subject != NULL) {
    g_autofree char *certificate = certificate_details (view, result);
    append_fact (out, _ ("certificate"), certificate);
  }
  append_capabilities (out, _ ("under TLS"), result->after);
  if (result->verdict.reply != NULL && result->verdict.kind != OUTCOME_ACCEPTED) {
    g_autofree char *reply = reply_to_string (result->verdict.reply);
    append_fact (out, _ ("it says"), reply);
  }
  return g_string_free (out, FALSE);
}

/* All paths with the details of result number FIRST; those before it have had their turn. */
static void
append_details (GString *out, const ProbeView *view, const GPtrArray *details, guint first)
{
  g_autoptr (GString) paths = g_string_new (NULL);
  g_autofree char *last = NULL;
  for (guint i = first; i < view->report->results->len; i++) {
    g_autofree char *path = probe_path_text (view, view->report->results->pdata[i]);
    if (strcmp (details->pdata[i], details->pdata[first]) != 0)
      continue;
    if (g_strcmp0 (path, last) != 0) /* one path may have many addresses */
      g_string_append_printf (paths, "%s%s", paths->len > 0 ? ", " : "", path);
    g_free (last);
    last = g_steal_pointer (&path);
  }
  g_string_append_c (out, '\n');
  cell_append_wrapped (out, "", paths->str);
  g_string_append (out, details->pdata[first]);
}

static gboolean
is_first (const GPtrArray *details, guint index)
{
  const char *own = details->pdata[index];
  for (guint i = 0; i < index; i++)
    if (strcmp (details->pdata[i], own) == 0)
      return FALSE;
  return *own != '\0';
}

char *
probe_table (const ProbeView *view)
{
  const GPtrArray *results = view->report->results;
  g_autoptr (GPtrArray) details = g_ptr_array_new_with_free_func (g_free);
  GString *out = g_string_new (NULL);
  if (results->len == 0)
    return g_string_free (out, FALSE);
  append_rows (out, view);
  append_networks (out, view);
  for (guint i = 0; i < results->len; i++)
    g_ptr_array_add (details, details_of_result (view, results->pdata[i]));
  for (guint i = 0; i < results->len; i++)
    if (is_first (details, i))
      append_details (out, view, details, i);
  return g_string_free (out, FALSE);
}
