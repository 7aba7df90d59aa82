/* What the ladder has seen, turned into path memory. Only what costs time holds
 * something against a path: silence, a greeting that never comes, a handshake that
 * stops. Fast failures are written down for people to see. */
#include "core/ladder-private.h"

void
ladder_note_silence (LadderPath *path, Ticks began, Ticks now)
{
  if (now - began <= path->silence)
    return;
  path->silence = now - began;
  path->silence_began = began;
}

void
ladder_note_stall (LadderAttempt *attempt, Ticks now)
{
  LadderPath *path = attempt->path;
  path->stalled = TRUE;
  if (now - attempt->progress_at <= path->stall)
    return;
  path->stall = now - attempt->progress_at;
  path->stall_began = attempt->progress_at;
  path->stall_cost = attempt->progress == LADDER_SECURING ? PATH_COST_TLS_STALL : PATH_COST_NO_GREETING;
}

static void
judge_cost (Ladder *ladder, LadderPath *path, PathCost cost, gboolean strong, Ticks began, Ticks now)
{
  path->judged = TRUE;
  if (strong)
    path_memory_note_cost (ladder->memory, path->network, &path->path, cost, began, now);
  else
    path_memory_note_weak (ladder->memory, path->network, &path->path, cost, began, now);
}

void
ladder_judge_stall (Ladder *ladder, LadderPath *path, Ticks now)
{
  if (!path->judged)
    judge_cost (ladder, path, path->stall_cost, TRUE, path->stall_began, now);
}

void
ladder_judge_winner (Ladder *ladder, Ticks now)
{
  const LadderAttempt *winner = ladder->winner;
  for (guint i = 0; i < ladder->attempts->len; i++) {
    LadderAttempt *attempt = ladder_attempt_at (ladder, i);
    if (attempt->phase == PHASE_CANDIDATE && attempt->stalled)
      ladder_note_stall (attempt, now);
  }
  for (guint i = ladder->first_path; i < ladder->paths->len; i++) {
    LadderPath *path = ladder_path_at (ladder, i);
    /* Who was waited for no longer than the winner itself needed isn't slower. */
    if (path != winner->path && path->stall > winner->longest_wait)
      ladder_judge_stall (ladder, path, now);
  }
  path_memory_note_success (ladder->memory, winner->path->network, &winner->path->path, now);
}

void
ladder_judge_late (Ladder *ladder, LadderPath *path, Ticks now)
{
  const PathMemoryEntry *entry = NULL;
  /* An accepted connection is the contrary of silence; of greetings and handshakes
   * it says nothing. */
  if (path_memory_demoted (ladder->memory, path->network, &path->path, now, &entry)
      && entry->cost != PATH_COST_SILENCE)
    return;
  path_memory_note_success (ladder->memory, path->network, &path->path, now);
}

static gboolean
another_answered (const Ladder *ladder, const LadderPath *path)
{
  for (guint i = ladder->first_path; i < ladder->paths->len; i++) {
    const LadderPath *other = ladder_path_at (ladder, i);
    if (other != path && other->accepted)
      return TRUE;
  }
  return FALSE;
}

static gboolean
failed_fast (const LadderPath *path)
{
  return path->failed && path->failure == LADDER_FAILED_CONNECT
         && (path->end == ATTEMPT_REFUSED || path->end == ATTEMPT_PROHIBITED
             || path->end == ATTEMPT_UNREACHABLE);
}

/* Silence for port-patience is measured from the port's first attempt, and the other
 * family's began an attempt delay later: so much may be missing. */
static Ticks
enough_silence (const LadderRules *rules)
{
  Ticks patience = rules->port_patience, delay = rules->attempt_delay;
  return MIN (patience, MAX (patience - delay, delay));
}

void
ladder_judge_path (Ladder *ladder, LadderPath *path, gboolean last, Ticks now)
{
  const LadderRules *rules = &ladder->rules;
  if (path->judged || path->accepted)
    return;
  if (path->silence >= rules->connect_timeout
      || (last && path->silence >= enough_silence (rules) && another_answered (ladder, path))) {
    judge_cost (ladder, path, PATH_COST_SILENCE, TRUE, path->silence_began, now);
    return;
  }
  if (path->silence == 0 && failed_fast (path)) {
    path->judged = TRUE;
    path_memory_note_fast_failure (ladder->memory, path->network, &path->path, path->end, now);
    return;
  }
  /* Before the attempt delay was over nobody had waited for it. */
  if (last && path->silence > 0 && path->silence >= rules->attempt_delay)
    judge_cost (ladder, path, PATH_COST_SILENCE, FALSE, path->silence_began, now);
}

void
ladder_judge_host (Ladder *ladder, Ticks now)
{
  for (guint i = 0; i < ladder->attempts->len; i++) {
    LadderAttempt *attempt = ladder_attempt_at (ladder, i);
    if (attempt->phase == PHASE_CONNECTING)
      ladder_note_silence (attempt->path, attempt->started, now);
  }
  for (guint i = ladder->first_path; i < ladder->paths->len; i++)
    ladder_judge_path (ladder, ladder_path_at (ladder, i), TRUE, now);
}
