/* The ladder as others see it: what happened comes in, what to do goes out. It is
 * a state that is looked at afresh each time, not a list of things to do, so that
 * no order of events can leave an action behind that has become wrong. */
#include "core/ladder-private.h"

const char *
ladder_reason_name (LadderReason reason)
{
  static const char *const names[]
      = { "another was quicker", "silent", "no greeting in time", "answered late", "the search is over" };
  g_assert ((guint)reason < G_N_ELEMENTS (names));
  return names[reason];
}

Ladder *
ladder_new (const LadderRules *rules, const char *const *hosts, gsize n_hosts, PathMemory *memory)
{
  Ladder *ladder = g_new0 (Ladder, 1);
  ladder->rules = *rules;
  ladder->rules.families = g_memdup2 (rules->families, rules->n_families * sizeof *rules->families);
  ladder->rules.ports = g_memdup2 (rules->ports, rules->n_ports * sizeof *rules->ports);
  ladder->hosts = g_new0 (char *, n_hosts + 1);
  for (gsize i = 0; i < n_hosts; i++)
    ladder->hosts[i] = g_strdup (hosts[i]);
  ladder->n_hosts = (guint)n_hosts;
  ladder->memory = memory;
  ladder->paths = g_ptr_array_new_with_free_func (ladder_path_free);
  ladder->rungs = g_array_new (FALSE, TRUE, sizeof (LadderRung));
  ladder->next_start = g_new0 (Ticks, rules->n_ports);
  ladder->attempts = g_ptr_array_new_with_free_func (g_free);
  ladder->held_since = TICKS_NEVER;
  return ladder;
}

void
ladder_free (Ladder *ladder)
{
  if (!ladder)
    return;
  g_free ((Family *)ladder->rules.families);
  g_free ((LadderPort *)ladder->rules.ports);
  g_strfreev (ladder->hosts);
  g_ptr_array_unref (ladder->paths);
  g_array_unref (ladder->rungs);
  g_free (ladder->next_start);
  g_ptr_array_unref (ladder->attempts);
  g_free (ladder);
}

/* ---- attempts -------------------------------------------------------------- */

static gboolean
is_held (const Ladder *ladder)
{
  for (guint i = 0; i < ladder->attempts->len; i++) {
    AttemptPhase phase = ladder_attempt_at (ladder, i)->phase;
    if (phase == PHASE_CANDIDATE || phase == PHASE_ESTABLISHED)
      return TRUE;
  }
  return FALSE;
}

/* ATTEMPT is no more, and its address is in STATE. */
static void
attempt_end (Ladder *ladder, LadderAttempt *attempt, TargetState state, Ticks now)
{
  LadderPath *path = attempt->path;
  attempt->phase = PHASE_OVER;
  g_array_index (path->targets, LadderTarget, attempt->target).state = state;
  ladder->next_start[path->port_index] = now; /* the next needn't wait any more */
  if (ladder->held_since != TICKS_NEVER && !is_held (ladder))
    ladder_release_hold (ladder, now);
  if (ladder_path_is_over (path))
    ladder_judge_path (ladder, path, FALSE, now);
}

static void
attempt_abandon (Ladder *ladder, LadderAttempt *attempt, LadderReason reason, TargetState state, Ticks now)
{
  attempt->tell_abandon = TRUE;
  attempt->reason = reason;
  attempt_end (ladder, attempt, state, now);
}

static void
path_failed (LadderPath *path, LadderFailure failure, AttemptEnd end)
{
  path->failed = TRUE;
  path->failure = failure;
  path->end = end;
}

static LadderAttempt *
attempt_start (Ladder *ladder, LadderPath *path, guint target, Ticks now)
{
  LadderAttempt *attempt = g_new0 (LadderAttempt, 1);
  g_ptr_array_add (ladder->attempts, attempt);
  attempt->id = ladder->attempts->len;
  attempt->path = path;
  attempt->target = target;
  attempt->phase = PHASE_CONNECTING;
  attempt->started = now;
  g_array_index (path->targets, LadderTarget, target).state = TARGET_TRYING;
  ladder->next_start[path->port_index] = ticks_after (now, ladder->rules.attempt_delay);
  return attempt;
}

/* Which candidates stand still at NOW. Events are judged by this, even when they
 * come before the timer that would have shown it. */
static void
mark_stalled (Ladder *ladder, Ticks now)
{
  for (guint i = 0; i < ladder->attempts->len; i++) {
    LadderAttempt *attempt = ladder_attempt_at (ladder, i);
    if (attempt->phase == PHASE_CANDIDATE
        && now >= ticks_after (attempt->progress_at, ladder->rules.greeting_patience))
      attempt->stalled = attempt->path->stalled = TRUE;
  }
}

static gboolean
has_lively_candidate (const Ladder *ladder)
{
  for (guint i = 0; i < ladder->attempts->len; i++) {
    const LadderAttempt *attempt = ladder_attempt_at (ladder, i);
    if (attempt->phase == PHASE_CANDIDATE && !attempt->stalled)
      return TRUE;
  }
  return FALSE;
}

/* When ATTEMPT is given up if nothing happens. */
static Ticks
attempt_deadline (const Ladder *ladder, const LadderAttempt *attempt)
{
  const LadderRules *rules = &ladder->rules;
  if (attempt->phase == PHASE_CONNECTING)
    return ticks_after (attempt->started, rules->connect_timeout);
  if (attempt->phase == PHASE_CANDIDATE)
    return ticks_after (attempt->progress_at,
                        ladder_has_untried (ladder) ? rules->greeting_timeout : rules->last_greeting_timeout);
  return TICKS_NEVER;
}

/* Gives up what has had its time at NOW. */
static void
give_up (Ladder *ladder, Ticks now)
{
  for (guint i = 0; i < ladder->attempts->len; i++) {
    LadderAttempt *attempt = ladder_attempt_at (ladder, i);
    if (now < attempt_deadline (ladder, attempt))
      continue;
    if (attempt->phase == PHASE_CONNECTING) {
      ladder_note_silence (attempt->path, attempt->started, now);
      path_failed (attempt->path, LADDER_FAILED_CONNECT, ATTEMPT_SILENT);
      attempt_abandon (ladder, attempt, LADDER_REASON_SILENT, TARGET_OVER, now);
    } else {
      ladder_note_stall (attempt, now);
      ladder_judge_stall (ladder, attempt->path, now);
      path_failed (attempt->path, LADDER_FAILED_CLOSED, ATTEMPT_ACCEPTED);
      attempt_abandon (ladder, attempt, LADDER_REASON_GREETING_TIMEOUT, TARGET_OVER, now);
    }
  }
}

static LadderAttempt *
attempt_find (Ladder *ladder, LadderAttemptId id)
{
  g_assert (id >= 1 && id <= ladder->attempts->len);
  return ladder_attempt_at (ladder, id - 1);
}

/* ---- what happened ---------------------------------------------------------- */

static gboolean
has_target (const LadderPath *path, const IpAddress *address)
{
  for (guint i = 0; i < path->targets->len; i++)
    if (ip_address_equal (&g_array_index (path->targets, LadderTarget, i).address, address))
      return TRUE;
  return FALSE;
}

static void
path_resolved (Ladder *ladder, LadderPath *path, const char *network, const IpAddress *addresses,
               gsize n_addresses, Ticks now)
{
  path->resolved = TRUE;
  path->network = g_strdup (network);
  for (gsize i = 0; i < n_addresses; i++) {
    const LadderTarget target = { .address = addresses[i] };
    g_assert (addresses[i].family == path->path.family);
    if (!has_target (path, &addresses[i]))
      g_array_append_val (path->targets, target);
  }
  path->remembered
      = n_addresses > 0 && path_memory_demoted (ladder->memory, path->network, &path->path, now, NULL);
}

void
ladder_resolved (Ladder *ladder, guint host, Family family, const char *network, const IpAddress *addresses,
                 gsize n_addresses, Ticks now)
{
  LadderResolution *resolution = &ladder->resolutions[family];
  if (host != ladder->host || !resolution->asked || resolution->answered)
    return;
  *resolution
      = (LadderResolution){ .asked = TRUE, .answered = TRUE, .found = n_addresses > 0, .answered_at = now };
  for (guint i = ladder->first_path; i < ladder->paths->len; i++) {
    LadderPath *path = ladder_path_at (ladder, i);
    if (path->path.family == family)
      path_resolved (ladder, path, network, addresses, n_addresses, now);
  }
  ladder_order_paths (ladder);
}

/* A connection stands. It becomes a candidate, unless another is still within its
 * patience or has won: then it is closed, and may be made again if that one fails. */
static void
accept_attempt (Ladder *ladder, LadderAttempt *attempt, Ticks now)
{
  attempt->path->accepted = TRUE;
  if (ladder->winner || has_lively_candidate (ladder)) {
    ladder_judge_late (ladder, attempt->path, now);
    attempt_abandon (ladder, attempt, LADDER_REASON_LATE, TARGET_UNTRIED, now);
    return;
  }
  attempt->phase = PHASE_CANDIDATE;
  attempt->progress_at = now;
  if (ladder->held_since == TICKS_NEVER)
    ladder->held_since = now;
}

static void
establish (Ladder *ladder, LadderAttempt *attempt, Ticks now)
{
  attempt->phase = PHASE_ESTABLISHED;
  ladder->winner = attempt;
  ladder->tell_winner = TRUE;
  ladder_judge_winner (ladder, now);
  for (guint i = 0; i < ladder->attempts->len; i++) {
    LadderAttempt *other = ladder_attempt_at (ladder, i);
    if (other->phase == PHASE_CANDIDATE)
      attempt_abandon (ladder, other, LADDER_REASON_LOST, TARGET_UNTRIED, now);
  }
}

void
ladder_progress (Ladder *ladder, LadderAttemptId id, LadderProgress progress, Ticks now)
{
  LadderAttempt *attempt = attempt_find (ladder, id);
  mark_stalled (ladder, now);
  if (attempt->phase == PHASE_CONNECTING)
    accept_attempt (ladder, attempt, now);
  if (attempt->phase != PHASE_CANDIDATE)
    return;
  attempt->longest_wait = MAX (attempt->longest_wait, now - attempt->progress_at);
  attempt->progress = progress;
  attempt->progress_at = now;
  attempt->stalled = FALSE;
  attempt->path->stalled = FALSE;
  if (progress == LADDER_ESTABLISHED)
    establish (ladder, attempt, now);
}

/* The search is over: what is pending is judged and closed. The winner's connection
 * is its session's own. */
static void
stop (Ladder *ladder, Ticks now)
{
  if (ladder->stopped)
    return;
  ladder->stopped = TRUE;
  ladder_judge_host (ladder, now);
  for (guint i = 0; i < ladder->attempts->len; i++) {
    LadderAttempt *attempt = ladder_attempt_at (ladder, i);
    if (attempt->phase == PHASE_CONNECTING || attempt->phase == PHASE_CANDIDATE)
      attempt_abandon (ladder, attempt, LADDER_REASON_OVER, TARGET_TRYING, now);
  }
}

void
ladder_failed (Ladder *ladder, LadderAttemptId id, LadderFailure failure, AttemptEnd end, Ticks now)
{
  LadderAttempt *attempt = attempt_find (ladder, id);
  mark_stalled (ladder, now);
  if (attempt->phase == PHASE_OVER)
    return;
  path_failed (attempt->path, failure, end);
  if (attempt->phase == PHASE_CONNECTING && end == ATTEMPT_SILENT)
    ladder_note_silence (attempt->path, attempt->started, now);
  if (attempt->stalled)
    ladder_note_stall (attempt, now);
  if (ladder->winner == attempt) {
    ladder->winner = NULL;
    ladder->tell_winner = FALSE;
  }
  attempt_end (ladder, attempt, TARGET_OVER, now);
  if (failure == LADDER_FAILED_FINAL)
    stop (ladder, now);
}

void
ladder_finished (Ladder *ladder, Ticks now)
{
  mark_stalled (ladder, now);
  stop (ladder, now);
}

/* ---- what to do -------------------------------------------------------------- */

static void
action_of_attempt (const LadderAttempt *attempt, LadderAction *action)
{
  action->attempt = attempt->id;
  action->host = attempt->path->host;
  action->path = attempt->path->path;
  action->network = attempt->path->network;
  action->address = g_array_index (attempt->path->targets, LadderTarget, attempt->target).address;
}

static gboolean
tell_winner (Ladder *ladder, LadderAction *action)
{
  if (!ladder->tell_winner)
    return FALSE;
  ladder->tell_winner = FALSE;
  action_of_attempt (ladder->winner, action);
  return TRUE;
}

static gboolean
tell_abandon (Ladder *ladder, LadderAction *action)
{
  for (guint i = 0; i < ladder->attempts->len; i++) {
    LadderAttempt *attempt = ladder_attempt_at (ladder, i);
    if (!attempt->tell_abandon)
      continue;
    attempt->tell_abandon = FALSE;
    action_of_attempt (attempt, action);
    action->reason = attempt->reason;
    return TRUE;
  }
  return FALSE;
}

/* All families of a host are asked for at once. */
static gboolean
ask_family (Ladder *ladder, LadderAction *action)
{
  for (guint i = 0; i < ladder->rules.n_families; i++) {
    Family family = ladder->rules.families[i];
    if (ladder->resolutions[family].asked)
      continue;
    ladder->resolutions[family].asked = TRUE;
    action->host = ladder->host;
    action->path.host = ladder->hosts[ladder->host];
    action->path.family = family;
    return TRUE;
  }
  return FALSE;
}

/* The earliest time at which an attempt changes by itself. */
static Ticks
next_deadline (const Ladder *ladder)
{
  Ticks earliest = TICKS_NEVER;
  for (guint i = 0; i < ladder->attempts->len; i++) {
    const LadderAttempt *attempt = ladder_attempt_at (ladder, i);
    earliest = MIN (earliest, attempt_deadline (ladder, attempt));
    if (attempt->phase == PHASE_CANDIDATE && !attempt->stalled)
      earliest = MIN (earliest, ticks_after (attempt->progress_at, ladder->rules.greeting_patience));
  }
  return earliest;
}

static LadderActionKind
search (Ladder *ladder, Ticks now, LadderAction *action)
{
  LadderPath *path;
  guint target;
  while (ladder->host < ladder->n_hosts) {
    if (!ladder->host_begun)
      ladder_host_begin (ladder, now);
    if (ask_family (ladder, action))
      return LADDER_RESOLVE;
    Ticks until = TICKS_NEVER;
    if (ladder_find_start (ladder, now, &path, &target, &until)) {
      action_of_attempt (attempt_start (ladder, path, target, now), action);
      return LADDER_ATTEMPT;
    }
    if (!ladder_host_is_over (ladder)) {
      action->until = MIN (until, next_deadline (ladder));
      return LADDER_WAIT;
    }
    ladder_judge_host (ladder, now);
    ladder->host++;
    ladder->host_begun = FALSE;
  }
  return LADDER_EXHAUSTED;
}

static LadderActionKind
decide (Ladder *ladder, Ticks now, LadderAction *action)
{
  if (tell_winner (ladder, action))
    return LADDER_WINNER;
  if (tell_abandon (ladder, action))
    return LADDER_ABANDON;
  if (ladder->stopped)
    return LADDER_STOPPED;
  if (!ladder->winner)
    return search (ladder, now, action);
  action->until = next_deadline (ladder);
  return LADDER_WAIT;
}

LadderActionKind
ladder_next (Ladder *ladder, Ticks now, LadderAction *ret_action)
{
  LadderAction action = { .until = TICKS_NEVER };
  mark_stalled (ladder, now);
  give_up (ladder, now);
  action.kind = decide (ladder, now, &action);
  *ret_action = action;
  return action.kind;
}

/* ---- why ---------------------------------------------------------------------- */

gsize
ladder_n_paths (const Ladder *ladder)
{
  return ladder->paths->len;
}

static gboolean
is_trying (const LadderPath *path)
{
  for (guint i = 0; i < path->targets->len; i++)
    if (g_array_index (path->targets, LadderTarget, i).state == TARGET_TRYING)
      return TRUE;
  return FALSE;
}

static LadderPathState
path_state (const Ladder *ladder, const LadderPath *path)
{
  if (ladder->winner && ladder->winner->path == path)
    return LADDER_PATH_WON;
  if (path->resolved && path->targets->len == 0)
    return LADDER_PATH_NO_ADDRESS;
  if (is_trying (path))
    return LADDER_PATH_TRYING;
  if (!path->failed)
    return LADDER_PATH_WAITING;
  /* Between two addresses it is still being tried. */
  return ladder_path_is_over (path) || ladder->stopped ? LADDER_PATH_FAILED : LADDER_PATH_TRYING;
}

void
ladder_report (const Ladder *ladder, gsize index, LadderPathReport *ret_report)
{
  g_assert (index < ladder->paths->len);
  const LadderPath *path = ladder_path_at (ladder, (guint)index);
  LadderPathState state = path_state (ladder, path);
  *ret_report = (LadderPathReport){
    .path = path->path,
    .state = state,
    .demoted = path->demoted,
    .failure = path->failure,
    .end = path->end,
    .stalled = path->stalled && state != LADDER_PATH_WON,
  };
}
