/* The ladder's rules as claims: what may start, when, and what the options promise.
 * Nothing in here changes the oracle. */
#include "oracle-private.h"

/* ---- what is known ----------------------------------------------------------------- */

static guint
count_addresses (const OraclePath *path, AddressState state)
{
  guint n = 0;
  for (guint i = 0; i < path->n_addresses; i++)
    n += path->state[i] == state;
  return n;
}

gboolean
oracle_path_over (const OraclePath *path)
{
  return path->resolved && count_addresses (path, ADDRESS_OVER) == path->n_addresses;
}

static gboolean
is_untried (const OraclePath *path)
{
  return count_addresses (path, ADDRESS_UNTRIED) > 0;
}

guint
oracle_count_tried (const OraclePath *path)
{
  return path->n_addresses - count_addresses (path, ADDRESS_UNTRIED);
}

gboolean
oracle_has_untried (const Oracle *oracle)
{
  if (oracle->host + 1 < (int)oracle->world->n_hosts)
    return TRUE;
  for (guint i = 0; i < oracle->n_paths; i++)
    if (!oracle->paths[i].resolved || is_untried (&oracle->paths[i]))
      return TRUE;
  return FALSE;
}

static gboolean
is_strict (const Oracle *oracle)
{
  return oracle->world->rules.mode == LADDER_STRICT;
}

guint
oracle_count_attempts (const Oracle *oracle, AttemptState state)
{
  guint n = 0;
  for (guint i = 0; i < oracle->n_attempts; i++)
    n += oracle->attempts[i].state == state;
  return n;
}

gboolean
oracle_is_stalled (const Oracle *oracle, const OracleAttempt *attempt, Ticks now)
{
  return attempt->state == ATTEMPT_CANDIDATE
         && now >= attempt->progress_at + oracle->world->rules.greeting_patience;
}

gboolean
oracle_has_lively (const Oracle *oracle, Ticks now)
{
  for (guint i = 0; i < oracle->n_attempts; i++)
    if (oracle->attempts[i].state == ATTEMPT_CANDIDATE
        && !oracle_is_stalled (oracle, &oracle->attempts[i], now))
      return TRUE;
  return FALSE;
}

/* The worst port that a candidate is on; -1: there is no candidate. */
int
oracle_candidate_port (const Oracle *oracle)
{
  int port = -1;
  for (guint i = 0; i < oracle->n_attempts; i++)
    if (oracle->attempts[i].state == ATTEMPT_CANDIDATE)
      port = MAX (port, (int)oracle->attempts[i].path->port_index);
  return port;
}

Ticks
oracle_deadline (const Oracle *oracle, const OracleAttempt *attempt)
{
  const LadderRules *rules = &oracle->world->rules;
  if (attempt->state == ATTEMPT_CONNECTING)
    return attempt->started + rules->connect_timeout;
  if (attempt->state == ATTEMPT_CANDIDATE)
    return attempt->progress_at
           + (oracle_has_untried (oracle) ? rules->greeting_timeout : rules->last_greeting_timeout);
  return TICKS_NEVER;
}

/* ---- what may start -------------------------------------------------------------------- */

/* How long RUNG has been waited for, not counting the time that a candidate or
 * a winner was in hand. */
Ticks
oracle_rung_waited (const Oracle *oracle, guint rung, Ticks now)
{
  Ticks held = oracle->held + (oracle->held_since != TICKS_NEVER ? now - oracle->held_since : 0);
  Ticks longest = -1;
  for (guint i = 0; i < oracle->n_paths; i++) {
    const OraclePath *path = &oracle->paths[i];
    if (path->rung == rung && path->first != TICKS_NEVER)
      longest = MAX (longest, now - path->first - (held - path->first_held));
  }
  return longest;
}

/* Since when an unresolved family counts as silent. */
static Ticks
outstanding_since (const Oracle *oracle, Family family)
{
  Ticks since = TICKS_NEVER;
  for (guint other = 0; other < FAMILY_COUNT; other++)
    if (other != (guint)family && oracle->n_found[other] > 0)
      since = MIN (since, oracle->answered_at[other] + oracle->world->rules.resolution_delay);
  return since;
}

static gboolean
had_its_patience (const Oracle *oracle, const OraclePath *path, Ticks now)
{
  const LadderRules *rules = &oracle->world->rules;
  Ticks patience = is_strict (oracle) ? rules->connect_timeout : rules->port_patience;
  if (oracle_path_over (path))
    return TRUE;
  if (!path->resolved) {
    Ticks since = outstanding_since (oracle, path->path.family);
    if (since != TICKS_NEVER && now >= since + patience)
      return TRUE;
  }
  return !is_strict (oracle) && oracle_rung_waited (oracle, path->rung, now) >= patience;
}

/* Has the path waited for the families before it on its rung? */
static gboolean
gate_is_open (const Oracle *oracle, const OraclePath *path, Ticks now)
{
  Ticks open = oracle->answered_at[path->path.family] + oracle->world->rules.resolution_delay;
  for (guint i = 0; i < oracle->n_paths; i++) {
    const OraclePath *other = &oracle->paths[i];
    if (other->rung == path->rung && other->position < path->position && !other->resolved && now < open)
      return FALSE;
  }
  return TRUE;
}

static gboolean
goes_before (const Oracle *oracle, const OraclePath *other, const OraclePath *path, Ticks now)
{
  if (!is_untried (other) || !gate_is_open (oracle, other, now))
    return FALSE;
  if (is_strict (oracle))
    return other->position < path->position;
  guint a = oracle_count_tried (other), b = oracle_count_tried (path);
  return a < b || (a == b && other->position < path->position);
}

/* N_CLAIMS: PATH's next address may start at NOW. Else why not. */
Claim
oracle_why_not (const Oracle *oracle, const OraclePath *path, Ticks now)
{
  guint port = path->port_index;
  int beside = oracle_candidate_port (oracle);
  if (oracle->stopped)
    return CLAIM_FINAL;
  if (!path->resolved || !is_untried (path))
    return CLAIM_ONCE;
  if (oracle->winner || oracle_has_lively (oracle, now) || (beside >= 0 && (int)port > beside))
    return CLAIM_CANDIDATE;
  if (is_strict (oracle) && oracle_count_attempts (oracle, ATTEMPT_CONNECTING) > 0)
    return CLAIM_STRICT;
  if (!gate_is_open (oracle, path, now))
    return CLAIM_ORDER;
  for (guint i = 0; i < oracle->n_paths; i++) {
    const OraclePath *other = &oracle->paths[i];
    if (other->rung == path->rung && goes_before (oracle, other, path, now))
      return CLAIM_ORDER;
    if (other->rung >= path->rung)
      continue;
    if (beside < 0 && !had_its_patience (oracle, other, now))
      return CLAIM_PATIENCE;
    if (beside >= (int)other->port_index && is_untried (other) && gate_is_open (oracle, other, now))
      return CLAIM_ORDER;
  }
  if (!oracle->free_start[port] && now < oracle->last_start[port] + oracle->world->rules.attempt_delay)
    return CLAIM_PACE;
  return N_CLAIMS;
}

/* The sum that the options promise for the host in hand. Let nothing be accepted: the
 * answers are there after RESOLVING; each rung starts at the latest port-patience
 * after the one before it; within a rung the addresses follow attempt-delay apart;
 * the last of them ends after connect-timeout. In strict each attempt has its own
 * connect-timeout. Each connection that is accepted adds at most three steps of
 * greeting-timeout each, and whoever was held up by it, or closed as late because of
 * it, may take a connect-timeout more. The five minutes are given when nothing is
 * left to try, to all that stand still then at once; so they come once, on the last
 * host, and again only after an address came back to be tried. */
Ticks
oracle_promise_of_host (const Oracle *oracle)
{
  const LadderRules *rules = &oracle->world->rules;
  if (oracle->host < 0)
    return 0;
  Ticks slowest = 0;
  for (gsize i = 0; i < rules->n_families; i++)
    slowest = MAX (slowest, oracle->world->resolving[oracle->host][rules->families[i]].answers_after);
  guint n_rungs = 0;
  for (guint i = 0; i < oracle->n_paths; i++)
    n_rungs = MAX (n_rungs, oracle->paths[i].rung + 1);
  Ticks held = oracle->n_accepted * (3 * rules->greeting_timeout + rules->connect_timeout);
  if (oracle->n_accepted > 0 && oracle->host + 1 == (int)oracle->world->n_hosts)
    held += 3 * rules->last_greeting_timeout * (1 + oracle->n_returned);
  if (is_strict (oracle))
    return slowest + oracle->n_host_starts * rules->connect_timeout + held;
  guint waits = oracle->n_host_starts > 0 ? oracle->n_host_starts - 1 : 0;
  return slowest + (n_rungs > 0 ? n_rungs - 1 : 0) * rules->port_patience + waits * rules->attempt_delay
         + rules->connect_timeout + held;
}

gboolean
oracle_is_reachable (const World *world)
{
  for (guint host = 0; host < world->n_hosts; host++)
    for (guint port = 0; port < world->rules.n_ports; port++)
      for (guint f = 0; f < world->rules.n_families; f++) {
        Family family = world->families[f];
        for (guint i = 0; i < world->resolving[host][family].n_addresses; i++)
          if (behaviour_is_good (&world->behaviour[host][port][family][i], &world->rules))
            return TRUE;
      }
  return FALSE;
}
