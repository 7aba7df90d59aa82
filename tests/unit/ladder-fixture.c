/* See ladder-fixture.h. */
#include "ladder-fixture.h"

static const Family both[] = { FAMILY_IPV6, FAMILY_IPV4 };
static const LadderPort usual_ports[] = { { 587, FALSE }, { 25, FALSE } };
static const char *const hosts[] = { "one", "two", NULL };

static LadderRules
usual_rules (LadderMode mode)
{
  return (LadderRules){
    .mode = mode,
    .attempt_delay = MS (250),
    .port_patience = MS (3000),
    .connect_timeout = MS (5000),
    .greeting_patience = MS (5000),
    .greeting_timeout = MS (60000),
    .last_greeting_timeout = MS (300000),
    .resolution_delay = MS (50),
    .families = both,
    .n_families = 2,
    .ports = usual_ports,
    .n_ports = 2,
  };
}

void
fixture_start (Fixture *f, gsize n_hosts)
{
  g_clear_pointer (&f->ladder, ladder_free);
  f->ladder = ladder_new (&f->rules, hosts, n_hosts, f->memory);
}

void
fixture_set_up (Fixture *f, gconstpointer data)
{
  f->rules = usual_rules ((LadderMode)GPOINTER_TO_INT (data));
  f->memory = path_memory_new ();
  f->network = HOME;
  f->said = g_string_new (NULL);
  fixture_start (f, 1);
}

void
fixture_tear_down (Fixture *f, gconstpointer data)
{
  ladder_free (f->ladder);
  path_memory_free (f->memory);
  g_string_free (f->said, TRUE);
}

static const char *
family_letter (Family family)
{
  static const char *const letters[FAMILY_COUNT] = { "6", "4", "t" };
  return letters[family];
}

static void
say (GString *said, const LadderAction *a)
{
  static const char *const reasons[] = { "lost", "silent", "no-greeting", "late", "over" };
  const char *family = family_letter (a->path.family);
  switch (a->kind) {
  case LADDER_RESOLVE:
    g_string_append_printf (said, "ask %s/%s; ", a->path.host, family);
    break;
  case LADDER_ATTEMPT:
    g_string_append_printf (said, "try %u %u/%s.%u; ", a->attempt, a->path.port, family,
                            a->address.octets[a->address.family == FAMILY_IPV6 ? 15 : 3]);
    break;
  case LADDER_ABANDON:
    g_string_append_printf (said, "drop %u %s; ", a->attempt, reasons[a->reason]);
    break;
  case LADDER_WINNER:
    g_string_append_printf (said, "won %u; ", a->attempt);
    break;
  case LADDER_WAIT:
    if (a->until == TICKS_NEVER)
      g_string_append (said, "wait");
    else
      g_string_append_printf (said, "wait %" G_GINT64_FORMAT, a->until / TICKS_PER_MS);
    break;
  case LADDER_EXHAUSTED:
    g_string_append (said, "exhausted");
    break;
  case LADDER_STOPPED:
    g_string_append (said, "stopped");
    break;
  }
}

/* All that the ladder says at MS. */
const char *
says (Fixture *f, gint64 ms)
{
  LadderAction action;
  g_string_truncate (f->said, 0);
  do {
    ladder_next (f->ladder, MS (ms), &action);
    say (f->said, &action);
  } while (action.kind != LADDER_WAIT && action.kind != LADDER_EXHAUSTED && action.kind != LADDER_STOPPED);
  return f->said->str;
}

void
expect (Fixture *f, gint64 ms, const char *text, int line)
{
  if (!g_str_equal (says (f, ms), text))
    g_error ("line %d: at %" G_GINT64_FORMAT " it says \"%s\", not \"%s\"", line, ms, f->said->str, text);
}

static void
resolve_by (Fixture *f, guint host, const char *network, Family family, guint n, gint64 ms)
{
  IpAddress addresses[16] = { 0 };
  for (guint i = 0; i < n; i++) {
    addresses[i].family = family;
    addresses[i].octets[family == FAMILY_IPV6 ? 15 : 3] = (guint8)(i + 1);
  }
  ladder_resolved (f->ladder, host, family, network, addresses, n, MS (ms));
}

void
resolve (Fixture *f, guint host, Family family, guint n, gint64 ms)
{
  resolve_by (f, host, f->network, family, n, ms);
}

void
resolve_on (Fixture *f, const char *network, Family family, guint n, gint64 ms)
{
  resolve_by (f, 0, network, family, n, ms);
}

/* Asks, and answers with so many addresses, at 0. */
void
resolve_both (Fixture *f, guint n_ipv6, guint n_ipv4)
{
  SAYS (0, "ask one/6; ask one/4; wait");
  resolve (f, 0, FAMILY_IPV6, n_ipv6, 0);
  resolve (f, 0, FAMILY_IPV4, n_ipv4, 0);
}

void
refused (Fixture *f, LadderAttemptId id, gint64 ms)
{
  ladder_failed (f->ladder, id, LADDER_FAILED_CONNECT, ATTEMPT_REFUSED, MS (ms));
}

void
failed (Fixture *f, LadderAttemptId id, LadderFailure failure, gint64 ms)
{
  ladder_failed (f->ladder, id, failure, ATTEMPT_ACCEPTED, MS (ms));
}

void
progress (Fixture *f, LadderAttemptId id, LadderProgress step, gint64 ms)
{
  ladder_progress (f->ladder, id, step, MS (ms));
}

Path
path_of (const char *host, guint16 port, Family family)
{
  return (Path){ .host = host, .port = port, .family = family };
}

void
demote (Fixture *f, guint16 port, Family family)
{
  const Path path = path_of ("one", port, family);
  path_memory_note_cost (f->memory, HOME, &path, PATH_COST_SILENCE, 0, 0);
}

const PathMemoryEntry *
remembered (Fixture *f, guint16 port, Family family)
{
  const Path path = path_of ("one", port, family);
  return path_memory_find (f->memory, HOME, &path);
}

guint
repetitions (Fixture *f, guint16 port, Family family)
{
  const PathMemoryEntry *entry = remembered (f, port, family);
  return entry ? entry->repetitions : 0;
}

void
fixture_add_rows (const FixtureRow *rows, gsize n_rows)
{
  for (gsize i = 0; i < n_rows; i++) {
    g_autofree char *name = g_strdup_printf ("/ladder/%s", rows[i].name);
    g_test_add (name, Fixture, GINT_TO_POINTER (rows[i].mode), fixture_set_up, rows[i].run,
                fixture_tear_down);
  }
}
