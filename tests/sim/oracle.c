/* The oracle: it watches what goes into the ladder and what comes out, and holds
 * both against its rules. See oracle.h. */
#include "oracle-private.h"

Oracle *
oracle_new (const World *world, const PathMemory *memory, Shadow *shadow, guint64 *counts)
{
  Oracle *oracle = g_new0 (Oracle, 1);
  oracle->world = world;
  oracle->memory = memory;
  oracle->shadow = shadow;
  oracle->counts = counts;
  oracle->host = -1;
  oracle->held_since = TICKS_NEVER;
  oracle_count (oracle, world->rules.mode == LADDER_RACE ? DECISION_RACE : DECISION_STRICT);
  return oracle;
}

void
oracle_free (Oracle *oracle)
{
  g_free (oracle->violation);
  g_free (oracle);
}

const char *
oracle_violation (const Oracle *oracle, Claim *ret_claim)
{
  *ret_claim = oracle->claim;
  return oracle->violation;
}

void
oracle_trust_all_but (Oracle *oracle, Claim claim)
{
  oracle->alone = TRUE;
  oracle->only = claim;
}

void
oracle_violate (Oracle *oracle, Claim claim, const char *format, ...)
{
  if (oracle->violation || (oracle->alone && claim != oracle->only))
    return;
  va_list arguments;
  va_start (arguments, format);
  oracle->violation = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  oracle->claim = claim;
}

/* ---- a host --------------------------------------------------------------------------- */

static void
make_paths (Oracle *oracle)
{
  const LadderRules *rules = &oracle->world->rules;
  oracle->n_paths = 0;
  for (guint port = 0; port < rules->n_ports; port++)
    for (guint f = 0; f < rules->n_families; f++) {
      gboolean is_tunnel = rules->families[f] == FAMILY_TUNNEL;
      oracle->paths[oracle->n_paths++] = (OraclePath){
        .path = { world_hosts[oracle->host], rules->ports[port].port, rules->ports[port].implicit_tls,
                  rules->families[f] },
        .port_index = port,
        .resolved = is_tunnel,
        .n_addresses = is_tunnel,
        .first = TICKS_NEVER,
      };
    }
}

/* Who has no address neither needs a pardon nor stands in its way. */
static gboolean
all_are_remembered (const Oracle *oracle)
{
  guint n = 0;
  for (guint i = 0; i < oracle->n_paths; i++) {
    const OraclePath *path = &oracle->paths[i];
    if (path->resolved && path->n_addresses == 0)
      continue;
    if (!path->remembered)
      return FALSE;
    n++;
  }
  return n > 0;
}

/* What is remembered goes behind what isn't; rungs are numbered as they follow. */
static void
order_paths (Oracle *oracle)
{
  guint position = 0, rung = 0;
  gboolean pardoned = all_are_remembered (oracle);
  if (pardoned && !oracle->pardoned)
    oracle_count (oracle, oracle->n_host_starts > 0 ? DECISION_PARDONED_LATE : DECISION_ALL_DEMOTED);
  oracle->pardoned = pardoned;
  for (gboolean demoted = FALSE; demoted <= TRUE; demoted++)
    for (guint i = 0, port = WORLD_PORTS; i < oracle->n_paths; i++) {
      OraclePath *path = &oracle->paths[i];
      if ((path->remembered && !pardoned) != demoted)
        continue;
      if (path->port_index != port && position > 0)
        rung++;
      port = path->port_index;
      path->demoted = demoted;
      path->position = position++;
      path->rung = rung;
    }
}

static void
enter_host (Oracle *oracle, guint host, Ticks now)
{
  if ((int)host != oracle->host + 1)
    oracle_violate (oracle, CLAIM_ORDER, "host %u after host %d", host, oracle->host);
  for (guint i = 0; i < oracle->n_paths; i++)
    if (!oracle_path_over (&oracle->paths[i]))
      oracle_violate (oracle, CLAIM_COMPLETE, "next host before all of this one has failed");
  oracle->promised += oracle_promise_of_host (oracle);
  if (oracle->host >= 0) {
    shadow_host (oracle, now);
    oracle_count (oracle, DECISION_NEXT_HOST);
  }
  oracle->host = (int)host;
  oracle->n_accepted = oracle->n_returned = oracle->n_host_starts = 0;
  for (guint i = 0; i < FAMILY_COUNT; i++) {
    gboolean is_tunnel = i == FAMILY_TUNNEL && oracle->world->rules.families[0] == FAMILY_TUNNEL;
    oracle->asked[i] = oracle->answered[i] = is_tunnel;
    oracle->answered_at[i] = now;
    oracle->n_found[i] = is_tunnel;
  }
  for (guint i = 0; i < WORLD_PORTS; i++)
    oracle->free_start[i] = TRUE;
  oracle->pardoned = FALSE;
  make_paths (oracle);
  order_paths (oracle);
}

/* ---- attempts --------------------------------------------------------------------------- */

static void
update_hold (Oracle *oracle, Ticks now)
{
  gboolean held
      = oracle_count_attempts (oracle, ATTEMPT_CANDIDATE) + oracle_count_attempts (oracle, ATTEMPT_WINNER)
        > 0;
  if (held && oracle->held_since == TICKS_NEVER)
    oracle->held_since = now;
  if (held || oracle->held_since == TICKS_NEVER)
    return;
  oracle->held += now - oracle->held_since;
  oracle->held_since = TICKS_NEVER;
  for (guint i = 0; i < WORLD_PORTS; i++)
    oracle->free_start[i] = TRUE;
}

static void
attempt_ends (Oracle *oracle, OracleAttempt *attempt, AttemptState state, AddressState address, Ticks now)
{
  attempt->state = state;
  attempt->path->state[attempt->address] = address;
  oracle->free_start[attempt->path->port_index] = TRUE;
  update_hold (oracle, now);
  if (oracle_path_over (attempt->path))
    shadow_path (oracle, attempt->path, FALSE, now);
}

static void
condemn (Oracle *oracle, OracleAttempt *attempt, LadderReason reason, AddressState address, Ticks now)
{
  static const Decision decisions[]
      = { [LADDER_REASON_LOST] = DECISION_LOST, [LADDER_REASON_OVER] = DECISION_OVER };
  attempt->reason = reason;
  oracle->n_returned += address == ADDRESS_UNTRIED;
  if (reason == LADDER_REASON_LATE)
    oracle_count (oracle, oracle->winner ? DECISION_LATE_AFTER_WIN : DECISION_LATE_IN_RACE);
  else
    oracle_count (oracle, decisions[reason]);
  attempt_ends (oracle, attempt, ATTEMPT_CONDEMNED, address, now);
}

static void
keep_longest_stall (OracleAttempt *attempt, Ticks now)
{
  if (now - attempt->progress_at <= attempt->path->stall)
    return;
  attempt->path->stall = now - attempt->progress_at;
  attempt->path->stall_cost
      = attempt->progress == LADDER_SECURING ? PATH_COST_TLS_STALL : PATH_COST_NO_GREETING;
}

static void
record_stall (Oracle *oracle, OracleAttempt *attempt, Ticks now)
{
  if (oracle_is_stalled (oracle, attempt, now))
    keep_longest_stall (attempt, now);
}

static OracleAttempt *
attempt_of (Oracle *oracle, LadderAttemptId id)
{
  return &oracle->attempts[id - 1];
}

/* ---- what goes in ------------------------------------------------------------------------- */

static void
count_networks (Oracle *oracle, guint host, Family family)
{
  const char *const *networks = oracle->world->networks[host];
  if (!networks[family])
    oracle_count (oracle, DECISION_UNKNOWN_NETWORK);
  for (guint other = FAMILY_IPV6; other <= FAMILY_IPV4; other++)
    if (oracle->n_found[other] > 0 && g_strcmp0 (networks[other], networks[family]) != 0)
      oracle_count (oracle, DECISION_NETWORKS_DIFFER);
}

void
oracle_resolved (Oracle *oracle, guint host, Family family, guint n_addresses, Ticks now)
{
  oracle->now = now;
  oracle->answered[family] = TRUE;
  oracle->answered_at[family] = now;
  oracle->n_found[family] = n_addresses;
  if (n_addresses == 0)
    oracle_count (oracle, DECISION_NO_ADDRESS);
  if (oracle->n_host_starts > 0)
    oracle_count (oracle, DECISION_FAMILY_CAME_LATE);
  count_networks (oracle, host, family);
  for (guint i = 0; i < oracle->n_paths; i++) {
    OraclePath *path = &oracle->paths[i];
    if (path->path.family != family)
      continue;
    path->resolved = TRUE;
    path->n_addresses = n_addresses;
    path->remembered = n_addresses > 0 && shadow_demoted (oracle, &path->path, now);
    if (path->remembered && oracle->n_host_starts > 0)
      oracle_count (oracle, DECISION_DEMOTED_LATE);
  }
  order_paths (oracle);
}

static void
accepted (Oracle *oracle, OracleAttempt *attempt, Ticks now)
{
  attempt->path->accepted = TRUE;
  oracle->n_accepted++;
  if (oracle->winner || oracle_has_lively (oracle, now)) {
    shadow_late (oracle, attempt->path, now);
    condemn (oracle, attempt, LADDER_REASON_LATE, ADDRESS_UNTRIED, now);
    return;
  }
  if (oracle_count_attempts (oracle, ATTEMPT_CANDIDATE) > 0)
    oracle_count (oracle, DECISION_SECOND_CANDIDATE);
  attempt->state = ATTEMPT_CANDIDATE;
  attempt->progress_at = now;
  update_hold (oracle, now);
}

static void
count_victory (Oracle *oracle, const OracleAttempt *winner)
{
  oracle_count (oracle, DECISION_WON);
  if (oracle->winner_broke)
    oracle_count (oracle, DECISION_WON_AFTER_BROKEN);
  if (winner->path->position == 0)
    oracle_count (oracle, DECISION_WON_PREFERRED);
  if (winner->path->port_index > 0)
    oracle_count (oracle, DECISION_WON_LATER_PORT);
  if (winner->paused)
    oracle_count (oracle, DECISION_WON_BY_PAUSED);
  for (guint i = 0; i < oracle->n_paths; i++)
    if (oracle->paths[i].demoted && oracle->paths[i].n_addresses > 0
        && oracle_count_tried (&oracle->paths[i]) == 0)
      oracle_count (oracle, DECISION_DEMOTED_SPARED);
}

static void
established (Oracle *oracle, OracleAttempt *winner, Ticks now)
{
  winner->state = ATTEMPT_WINNER;
  winner->path->won = TRUE;
  oracle->winner = (LadderAttemptId)(winner - oracle->attempts) + 1;
  oracle->winner_due = TRUE;
  oracle->won_at = now;
  for (guint i = 0; i < oracle->n_attempts; i++)
    record_stall (oracle, &oracle->attempts[i], now);
  shadow_won (oracle, winner, now);
  count_victory (oracle, winner);
  for (guint i = 0; i < oracle->n_attempts; i++)
    if (oracle->attempts[i].state == ATTEMPT_CANDIDATE)
      condemn (oracle, &oracle->attempts[i], LADDER_REASON_LOST, ADDRESS_UNTRIED, now);
}

void
oracle_progress (Oracle *oracle, LadderAttemptId id, LadderProgress progress, Ticks now)
{
  OracleAttempt *attempt = attempt_of (oracle, id);
  oracle->now = now;
  if (attempt->state == ATTEMPT_CONNECTING)
    accepted (oracle, attempt, now);
  if (attempt->state != ATTEMPT_CANDIDATE)
    return;
  attempt->paused |= oracle_is_stalled (oracle, attempt, now);
  attempt->longest = MAX (attempt->longest, now - attempt->progress_at);
  attempt->progress = progress;
  attempt->progress_at = now;
  if (progress == LADDER_ESTABLISHED)
    established (oracle, attempt, now);
}

static void
stop (Oracle *oracle, Ticks now)
{
  oracle->stopped = TRUE;
  if (oracle->winner)
    oracle->sessions += now - oracle->won_at;
  shadow_host (oracle, now);
  for (guint i = 0; i < oracle->n_attempts; i++) {
    OracleAttempt *attempt = &oracle->attempts[i];
    if (attempt->state == ATTEMPT_CONNECTING || attempt->state == ATTEMPT_CANDIDATE)
      condemn (oracle, attempt, LADDER_REASON_OVER, ADDRESS_TRYING, now);
  }
}

static void
count_failure (Oracle *oracle, LadderFailure failure, AttemptEnd end)
{
  static const Decision by_end[] = {
    [ATTEMPT_REFUSED] = DECISION_REFUSED,         [ATTEMPT_PROHIBITED] = DECISION_PROHIBITED,
    [ATTEMPT_UNREACHABLE] = DECISION_UNREACHABLE, [ATTEMPT_SILENT] = DECISION_SILENT_BY_KERNEL,
    [ATTEMPT_OWN_HOST] = DECISION_OWN_HOST,
  };
  if (failure == LADDER_FAILED_CONNECT)
    oracle_count (oracle, by_end[end]);
  else if (failure == LADDER_FAILED_CLOSED)
    oracle_count (oracle, DECISION_CLOSED);
  else if (failure == LADDER_FAILED_GREETING)
    oracle_count (oracle, DECISION_BAD_GREETING);
  else if (failure == LADDER_FAILED_AFTER)
    oracle_count (oracle, DECISION_BROKEN);
}

void
oracle_failed (Oracle *oracle, LadderAttemptId id, LadderFailure failure, AttemptEnd end, Ticks now)
{
  OracleAttempt *attempt = attempt_of (oracle, id);
  OraclePath *path = attempt->path;
  oracle->now = now;
  if (attempt->state == ATTEMPT_CONDEMNED || attempt->state == ATTEMPT_GONE)
    return;
  count_failure (oracle, failure, end);
  path->failed = TRUE;
  path->failure = failure;
  path->end = end;
  if (attempt->state == ATTEMPT_CONNECTING && end == ATTEMPT_SILENT)
    path->silence = MAX (path->silence, now - attempt->started);
  record_stall (oracle, attempt, now);
  if (oracle->winner == id) {
    oracle->winner = 0;
    oracle->winner_due = FALSE;
    oracle->winner_broke = TRUE;
    oracle->sessions += now - oracle->won_at;
    path->won = FALSE;
  }
  attempt_ends (oracle, attempt, ATTEMPT_GONE, ADDRESS_OVER, now);
  if (failure == LADDER_FAILED_FINAL) {
    oracle->verdict = TRUE;
    stop (oracle, now);
  }
}

void
oracle_finished (Oracle *oracle, Ticks now)
{
  oracle->now = now;
  stop (oracle, now);
}

/* ---- what comes out -------------------------------------------------------------------------- */

static OraclePath *
path_of (Oracle *oracle, const Path *path)
{
  for (guint i = 0; i < oracle->n_paths; i++)
    if (oracle->paths[i].path.port == path->port && oracle->paths[i].path.family == path->family
        && g_str_equal (oracle->paths[i].path.host, path->host))
      return &oracle->paths[i];
  return NULL;
}

static void
told_resolve (Oracle *oracle, const LadderAction *action, Ticks now)
{
  Family family = action->path.family;
  if ((int)action->host != oracle->host)
    enter_host (oracle, action->host, now);
  if (oracle->asked[family] || oracle->winner || oracle->stopped)
    oracle_violate (oracle, CLAIM_ONCE, "asks for %s again, or when it is over", family_name (family));
  oracle->asked[family] = TRUE;
}

static void
count_start (Oracle *oracle, const OraclePath *path, guint address, Ticks now)
{
  int beside = oracle_candidate_port (oracle);
  if (oracle->n_attempts == 0)
    oracle_count (oracle, DECISION_FIRST_ATTEMPT);
  if (address > 0)
    oracle_count (oracle, DECISION_FURTHER_ADDRESS);
  if (path->tried_before[address])
    oracle_count (oracle, DECISION_RETRY);
  if (path->path.family == FAMILY_TUNNEL)
    oracle_count (oracle, DECISION_TUNNEL);
  if (path->demoted)
    oracle_count (oracle, beside >= 0 ? DECISION_BESIDE_DEMOTED : DECISION_DEMOTED_LAST);
  if (beside >= 0) {
    oracle_count (oracle, DECISION_BESIDE);
    if ((int)path->port_index < beside)
      oracle_count (oracle, DECISION_BESIDE_BETTER_PORT);
    return;
  }
  gboolean before_over = TRUE, before_known = TRUE, waited = FALSE;
  for (guint i = 0; i < oracle->n_paths; i++) {
    const OraclePath *other = &oracle->paths[i];
    if (other->position >= path->position)
      continue;
    waited |= other->rung == path->rung && !other->resolved;
    if (other->rung == path->rung)
      continue;
    before_over &= oracle_path_over (other);
    before_known &= other->resolved;
  }
  if (waited)
    oracle_count (oracle, DECISION_WAITED_FOR_FAMILY);
  if (oracle_rung_waited (oracle, path->rung, now) >= 0) {
    gboolean paced = now >= oracle->last_start[path->port_index] + oracle->world->rules.attempt_delay;
    oracle_count (oracle, paced ? DECISION_AFTER_DELAY : DECISION_AFTER_FAILURE);
  } else if (path->rung > 0) {
    oracle_count (oracle, before_over ? DECISION_NEXT_PORT_FAILED : DECISION_NEXT_PORT_PATIENCE);
    if (!before_known)
      oracle_count (oracle, DECISION_PORT_BEFORE_FAMILY);
  }
}

static void
check_start (Oracle *oracle, const LadderAction *action, const OraclePath *path, guint address, Ticks now)
{
  Claim claim = oracle_why_not (oracle, path, now);
  if (claim != N_CLAIMS)
    oracle_violate (oracle, claim, "%u/%s is started", path->path.port, family_name (path->path.family));
  if (path->state[address] != ADDRESS_UNTRIED)
    oracle_violate (oracle, CLAIM_ONCE, "an address is tried again");
  for (guint i = 0; i < address; i++)
    if (path->state[i] == ADDRESS_UNTRIED)
      oracle_violate (oracle, CLAIM_ORDER, "an address is passed over");
  if (action->attempt != oracle->n_attempts + 1 || action->path.implicit_tls != path->path.implicit_tls
      || action->address.family != path->path.family)
    oracle_violate (oracle, CLAIM_ONCE, "attempt %u is not the next", action->attempt);
  if (g_strcmp0 (action->network, world_network (oracle->world, path->path.host, path->path.family)) != 0)
    oracle_violate (oracle, CLAIM_MEMORY, "attempt %u is on another network", action->attempt);
}

static void
told_attempt (Oracle *oracle, const LadderAction *action, Ticks now)
{
  if ((int)action->host != oracle->host)
    enter_host (oracle, action->host, now);
  OraclePath *path = path_of (oracle, &action->path);
  guint address = world_address_index (&action->address);
  if (!path || address >= path->n_addresses || oracle->n_attempts >= ORACLE_ATTEMPTS) {
    oracle_violate (oracle, CLAIM_ONCE, "an attempt without a path or an address, or without end");
    return;
  }
  check_start (oracle, action, path, address, now);
  count_start (oracle, path, address, now);
  if (path->first == TICKS_NEVER) {
    path->first = now;
    path->first_held = oracle->held + (oracle->held_since != TICKS_NEVER ? now - oracle->held_since : 0);
  }
  oracle->last_start[path->port_index] = now;
  oracle->free_start[path->port_index] = FALSE;
  oracle->n_host_starts++;
  path->state[address] = ADDRESS_TRYING;
  path->tried_before[address] = TRUE;
  oracle->attempts[oracle->n_attempts++]
      = (OracleAttempt){ .state = ATTEMPT_CONNECTING, .path = path, .address = address, .started = now };
}

static void
told_silent (Oracle *oracle, OracleAttempt *attempt, Ticks now)
{
  OraclePath *path = attempt->path;
  if (attempt->state != ATTEMPT_CONNECTING || now < oracle_deadline (oracle, attempt)) {
    oracle_violate (oracle, CLAIM_TIMEOUT, "given up as silent before connect-timeout");
    return;
  }
  oracle_count (oracle, oracle->winner ? DECISION_SILENT_AFTER_WIN : DECISION_SILENT);
  path->failed = TRUE;
  path->failure = LADDER_FAILED_CONNECT;
  path->end = ATTEMPT_SILENT;
  path->silence = MAX (path->silence, now - attempt->started);
  attempt_ends (oracle, attempt, ATTEMPT_GONE, ADDRESS_OVER, now);
}

static void
told_greeting_timeout (Oracle *oracle, OracleAttempt *attempt, Ticks now)
{
  OraclePath *path = attempt->path;
  if (attempt->state != ATTEMPT_CANDIDATE || now < oracle_deadline (oracle, attempt)) {
    oracle_violate (oracle, CLAIM_TIMEOUT, "given up before the greeting timeout");
    return;
  }
  oracle_count (oracle,
                oracle_has_untried (oracle) ? DECISION_GREETING_TIMEOUT : DECISION_GREETING_TIMEOUT_LAST);
  path->failed = TRUE;
  path->failure = LADDER_FAILED_CLOSED;
  path->end = ATTEMPT_ACCEPTED;
  keep_longest_stall (attempt, now);
  shadow_greeting_timeout (oracle, attempt, now);
  attempt_ends (oracle, attempt, ATTEMPT_GONE, ADDRESS_OVER, now);
}

static void
told_abandon (Oracle *oracle, const LadderAction *action, Ticks now)
{
  if (action->attempt < 1 || action->attempt > oracle->n_attempts) {
    oracle_violate (oracle, CLAIM_ONCE, "abandons what never was");
    return;
  }
  OracleAttempt *attempt = attempt_of (oracle, action->attempt);
  if (action->reason == LADDER_REASON_SILENT)
    told_silent (oracle, attempt, now);
  else if (action->reason == LADDER_REASON_GREETING_TIMEOUT)
    told_greeting_timeout (oracle, attempt, now);
  else if (attempt->state != ATTEMPT_CONDEMNED || attempt->reason != action->reason)
    oracle_violate (oracle, CLAIM_TIMEOUT, "attempt %u is abandoned: %s", action->attempt,
                    ladder_reason_name (action->reason));
  attempt->state = ATTEMPT_GONE;
}

static void
check_nothing_is_due (Oracle *oracle, Ticks now)
{
  if (oracle_count_attempts (oracle, ATTEMPT_CONDEMNED) > 0 || oracle->winner_due)
    oracle_violate (oracle, CLAIM_PROMPT, "an abandoned attempt or a winner is not named");
  for (guint i = 0; i < oracle->n_attempts; i++)
    if (now >= oracle_deadline (oracle, &oracle->attempts[i]))
      oracle_violate (oracle, CLAIM_PROMPT, "attempt %u is overdue", i + 1);
  for (guint i = 0; i < oracle->n_paths; i++) {
    const OraclePath *path = &oracle->paths[i];
    if (oracle_why_not (oracle, path, now) == N_CLAIMS)
      oracle_violate (oracle, CLAIM_PROMPT, "%u/%s could start", path->path.port,
                      family_name (path->path.family));
  }
}

static void
told_wait (Oracle *oracle, const LadderAction *action, Ticks now)
{
  if (action->until <= now)
    oracle_violate (oracle, CLAIM_DEADLINE, "waits for the past");
  for (guint i = 0; i < oracle->n_attempts; i++)
    if (action->until > oracle_deadline (oracle, &oracle->attempts[i]))
      oracle_violate (oracle, CLAIM_DEADLINE, "waits beyond the end of attempt %u", i + 1);
  check_nothing_is_due (oracle, now);
  gboolean over = !oracle->winner;
  for (guint i = 0; i < oracle->n_paths; i++)
    over &= oracle_path_over (&oracle->paths[i]);
  if (oracle->stopped || over)
    oracle_violate (oracle, CLAIM_PROMPT, "waits when it is over");
}

static void
told_exhausted (Oracle *oracle, Ticks now)
{
  if (oracle->stopped || oracle->winner)
    oracle_violate (oracle, CLAIM_ONCE, "exhausted after the end");
  if (oracle->host + 1 < (int)oracle->world->n_hosts)
    oracle_violate (oracle, CLAIM_COMPLETE, "exhausted before the last host");
  for (guint i = 0; i < oracle->n_paths; i++)
    if (!oracle_path_over (&oracle->paths[i]))
      oracle_violate (oracle, CLAIM_COMPLETE, "%u/%s was dropped", oracle->paths[i].path.port,
                      family_name (oracle->paths[i].path.family));
  shadow_host (oracle, now);
  oracle_count (oracle, DECISION_EXHAUSTED);
}

void
oracle_action (Oracle *oracle, const LadderAction *action, Ticks now)
{
  oracle->now = now;
  switch (action->kind) {
  case LADDER_WAIT:
    told_wait (oracle, action, now);
    break;
  case LADDER_RESOLVE:
    told_resolve (oracle, action, now);
    break;
  case LADDER_ATTEMPT:
    told_attempt (oracle, action, now);
    break;
  case LADDER_ABANDON:
    told_abandon (oracle, action, now);
    break;
  case LADDER_WINNER:
    if (!oracle->winner_due || action->attempt != oracle->winner)
      oracle_violate (oracle, CLAIM_ONCE, "%u is no winner, or was named before", action->attempt);
    oracle->winner_due = FALSE;
    break;
  case LADDER_EXHAUSTED:
    told_exhausted (oracle, now);
    break;
  case LADDER_STOPPED:
    if (!oracle->stopped || oracle_count_attempts (oracle, ATTEMPT_CONDEMNED) > 0)
      oracle_violate (oracle, CLAIM_FINAL, "stopped without cause, or before all was closed");
    oracle_count (oracle, oracle->verdict ? DECISION_STOPPED_FINAL : DECISION_STOPPED_FINISHED);
    break;
  }
}

void
oracle_time_passes (Oracle *oracle, Ticks now)
{
  if (now - 1 > oracle->now)
    check_nothing_is_due (oracle, now - 1);
}

/* ---- the whole ---------------------------------------------------------------------------------- */

static void
check_report (Oracle *oracle, const OraclePath *path, const LadderPathReport *report)
{
  gboolean right = TRUE;
  if (report->path.port != path->path.port || report->path.family != path->path.family
      || report->demoted != path->demoted)
    right = FALSE;
  else if (path->resolved && path->n_addresses == 0)
    right = report->state == LADDER_PATH_NO_ADDRESS;
  else if (path->won)
    right = report->state == LADDER_PATH_WON;
  else if (oracle_path_over (path))
    right
        = report->state == LADDER_PATH_FAILED && report->failure == path->failure && report->end == path->end;
  else if (!path->failed && oracle_count_tried (path) == 0)
    right = report->state == LADDER_PATH_WAITING;
  if (!right)
    oracle_violate (oracle, CLAIM_REPORT, "%u/%s is reported as %d", path->path.port,
                    family_name (path->path.family), report->state);
}

void
oracle_end (Oracle *oracle, const Ladder *ladder, Ticks began, Ticks now)
{
  if (!oracle->stopped && oracle_is_reachable (oracle->world))
    oracle_violate (oracle, CLAIM_REACHABLE, "exhausted, though an address would have served");
  Ticks promised = oracle->promised + oracle_promise_of_host (oracle);
  if (now - began - oracle->sessions > promised)
    oracle_violate (oracle, CLAIM_BOUND, "took %" G_GINT64_FORMAT " ms of %" G_GINT64_FORMAT,
                    (now - began - oracle->sessions) / TICKS_PER_MS, promised / TICKS_PER_MS);
  gsize n = ladder_n_paths (ladder);
  for (guint i = 0; i < oracle->n_paths && n >= oracle->n_paths; i++) {
    LadderPathReport report;
    ladder_report (ladder, n - oracle->n_paths + oracle->paths[i].position, &report);
    check_report (oracle, &oracle->paths[i], &report);
  }
  shadow_compare (oracle, now);
}
