/* What ought to be remembered after what was seen. */
#include "oracle-private.h"

#include <string.h>

typedef struct {
  guint repetitions, weak;
  Ticks until, last_success;
  PathCost cost;
  gboolean failed_fast;
  AttemptEnd fast_end;
  char *network;
  Path path;
} ShadowEntry;

struct Shadow {
  GHashTable *entries;
};

static void
entry_free (gpointer data)
{
  ShadowEntry *entry = data;
  g_free (entry->network);
  g_free (entry);
}

Shadow *
shadow_new (void)
{
  Shadow *shadow = g_new0 (Shadow, 1);
  shadow->entries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, entry_free);
  return shadow;
}

void
shadow_free (Shadow *shadow)
{
  g_hash_table_unref (shadow->entries);
  g_free (shadow);
}

/* NULL where the network is unknown: nothing is believed and nothing is written. */
static ShadowEntry *
entry_of (Oracle *oracle, const Path *path)
{
  const char *network = world_network (oracle->world, path->host, path->family);
  if (!network)
    return NULL;
  g_autofree char *key = g_strdup_printf ("%s %s %u %d", network, path->host, path->port, path->family);
  ShadowEntry *entry = g_hash_table_lookup (oracle->shadow->entries, key);
  if (entry)
    return entry;
  entry = g_new0 (ShadowEntry, 1);
  entry->network = g_strdup (network);
  entry->path = *path;
  for (guint i = 0; i < WORLD_HOSTS; i++) /* the ladder's own copy of the name dies with it */
    if (strcmp (world_hosts[i], path->host) == 0)
      entry->path.host = world_hosts[i];
  g_hash_table_insert (oracle->shadow->entries, g_steal_pointer (&key), entry);
  return entry;
}

gboolean
shadow_demoted (Oracle *oracle, const Path *path, Ticks now)
{
  const ShadowEntry *entry = entry_of (oracle, path);
  if (!entry || entry->repetitions == 0)
    return FALSE;
  if (now >= entry->until)
    oracle_count (oracle, DECISION_MEMORY_EXPIRED);
  return now < entry->until;
}

static void
write_strong (Oracle *oracle, OraclePath *path, PathCost cost, Ticks now)
{
  ShadowEntry *entry = entry_of (oracle, &path->path);
  path->judged = TRUE;
  if (!entry)
    return;
  Ticks span = 10 * TICKS_PER_MINUTE;
  for (guint i = 0; i < entry->repetitions; i++)
    span = MIN (2 * span, TICKS_PER_DAY);
  if (entry->repetitions++ > 0)
    oracle_count (oracle, DECISION_MEMORY_REPEATED);
  entry->weak = 0;
  entry->cost = cost;
  entry->until = now + span;
}

static void
write_weak (Oracle *oracle, OraclePath *path, Ticks now)
{
  ShadowEntry *entry = entry_of (oracle, &path->path);
  path->judged = TRUE;
  if (!entry)
    return;
  oracle_count (oracle, DECISION_MEMORY_WEAK);
  if (entry->weak == 2) {
    oracle_count (oracle, DECISION_MEMORY_THIRD_WEAK);
    write_strong (oracle, path, PATH_COST_SILENCE, now);
    return;
  }
  entry->weak++;
  if (entry->repetitions == 0)
    entry->cost = PATH_COST_SILENCE;
}

static void
write_success (Oracle *oracle, OraclePath *path, Ticks now)
{
  ShadowEntry *entry = entry_of (oracle, &path->path);
  if (!entry)
    return;
  entry->repetitions = entry->weak = 0;
  entry->until = 0;
  entry->failed_fast = FALSE;
  entry->last_success = now;
}

static void
write_fast (Oracle *oracle, OraclePath *path)
{
  ShadowEntry *entry = entry_of (oracle, &path->path);
  path->judged = TRUE;
  if (!entry)
    return;
  oracle_count (oracle, DECISION_MEMORY_FAST_FAILURE);
  entry->failed_fast = TRUE;
  entry->fast_end = path->end;
  entry->weak = 0;
}

static void
write_stall (Oracle *oracle, OraclePath *path, Ticks now)
{
  if (path->judged)
    return;
  oracle_count (oracle, path->stall_cost == PATH_COST_TLS_STALL ? DECISION_MEMORY_TLS_STALL
                                                                : DECISION_MEMORY_NO_GREETING);
  write_strong (oracle, path, path->stall_cost, now);
}

/* Candidates that stand still when another is established have cost time; but who was
 * waited for no longer than the winner isn't slower. */
void
shadow_won (Oracle *oracle, OracleAttempt *winner, Ticks now)
{
  for (guint i = 0; i < oracle->n_paths; i++) {
    OraclePath *path = &oracle->paths[i];
    if (path == winner->path || path->stall == 0)
      continue;
    if (path->stall > winner->longest)
      write_stall (oracle, path, now);
    else
      oracle_count (oracle, DECISION_MEMORY_FAIR);
  }
  if (winner->path->demoted)
    oracle_count (oracle, DECISION_MEMORY_FORGIVEN);
  write_success (oracle, winner->path, now);
}

void
shadow_late (Oracle *oracle, OraclePath *path, Ticks now)
{
  const ShadowEntry *entry = entry_of (oracle, &path->path);
  gboolean demoted = entry && entry->repetitions > 0 && now < entry->until;
  if (demoted && entry->cost != PATH_COST_SILENCE) {
    oracle_count (oracle, DECISION_MEMORY_LATE_KEEPS);
    return;
  }
  if (demoted || (entry && entry->weak > 0))
    oracle_count (oracle, DECISION_MEMORY_LATE_CLEARS);
  write_success (oracle, path, now);
}

void
shadow_greeting_timeout (Oracle *oracle, OracleAttempt *attempt, Ticks now)
{
  write_stall (oracle, attempt->path, now);
}

static gboolean
another_accepted (const Oracle *oracle, const OraclePath *path)
{
  for (guint i = 0; i < oracle->n_paths; i++)
    if (&oracle->paths[i] != path && oracle->paths[i].accepted)
      return TRUE;
  return FALSE;
}

void
shadow_path (Oracle *oracle, OraclePath *path, gboolean last, Ticks now)
{
  const LadderRules *rules = &oracle->world->rules;
  /* The second family starts an attempt delay after the port's patience begins to run. */
  Ticks enough = rules->port_patience - MIN (rules->attempt_delay, rules->port_patience);
  enough = MIN (MAX (enough, rules->attempt_delay), rules->port_patience);
  if (path->judged || path->accepted)
    return;
  if (path->silence >= rules->connect_timeout) {
    oracle_count (oracle, DECISION_MEMORY_SILENCE_WHOLE);
    write_strong (oracle, path, PATH_COST_SILENCE, now);
  } else if (last && path->silence >= enough && another_accepted (oracle, path)) {
    oracle_count (oracle, DECISION_MEMORY_SILENCE_PORT);
    write_strong (oracle, path, PATH_COST_SILENCE, now);
  } else if (last && path->silence > 0 && path->silence >= rules->attempt_delay)
    write_weak (oracle, path, now);
  else if (path->silence == 0 && path->failed && path->failure == LADDER_FAILED_CONNECT
           && path->end != ATTEMPT_SILENT && path->end != ATTEMPT_OWN_HOST)
    write_fast (oracle, path);
}

void
shadow_host (Oracle *oracle, Ticks now)
{
  for (guint i = 0; i < oracle->n_attempts; i++) {
    OracleAttempt *attempt = &oracle->attempts[i];
    if (attempt->state == ATTEMPT_CONNECTING)
      attempt->path->silence = MAX (attempt->path->silence, now - attempt->started);
  }
  for (guint i = 0; i < oracle->n_paths; i++)
    shadow_path (oracle, &oracle->paths[i], TRUE, now);
}

static gboolean
same (const ShadowEntry *shadow, const PathMemoryEntry *entry)
{
  return entry->repetitions == shadow->repetitions && entry->weak_in_a_row == shadow->weak
         && entry->until == shadow->until && entry->last_success == shadow->last_success
         && entry->failed_fast == shadow->failed_fast
         && (shadow->repetitions == 0 || entry->cost == shadow->cost)
         && (!shadow->failed_fast || entry->fast_end == shadow->fast_end);
}

static gboolean
is_blank (const ShadowEntry *shadow)
{
  return shadow->repetitions == 0 && shadow->weak == 0 && shadow->last_success == 0 && !shadow->failed_fast;
}

static void
count_entry (const PathMemoryEntry *entry, gpointer data)
{
  ++*(guint *)data;
}

void
shadow_compare (Oracle *oracle, Ticks now)
{
  GHashTableIter iter;
  gpointer value;
  guint n_real = 0, n_shadow = 0;
  g_hash_table_iter_init (&iter, oracle->shadow->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const ShadowEntry *shadow = value;
    const PathMemoryEntry *entry = path_memory_find (oracle->memory, shadow->network, &shadow->path);
    if (is_blank (shadow))
      continue;
    n_shadow++;
    if (!entry || !same (shadow, entry))
      oracle_violate (oracle, CLAIM_MEMORY,
                      "%s %u/%s: %u repetitions, %u weak, until %" G_GINT64_FORMAT
                      "; ought to be %u, %u, %" G_GINT64_FORMAT,
                      shadow->path.host, shadow->path.port, family_name (shadow->path.family),
                      entry ? entry->repetitions : 0, entry ? entry->weak_in_a_row : 0,
                      entry ? entry->until : 0, shadow->repetitions, shadow->weak, shadow->until);
  }
  path_memory_foreach (oracle->memory, count_entry, &n_real);
  if (n_real != n_shadow)
    oracle_violate (oracle, CLAIM_MEMORY, "%u paths are remembered, %u ought to be", n_real, n_shadow);
}
