/* Whose turn it is: the paths of a host in the order of preference, those that are
 * remembered as costly last, and which of their addresses may be started now. */
#include "core/ladder-private.h"

#include <stdlib.h>

LadderPath *
ladder_path_new (Ladder *ladder, guint port_index, Family family)
{
  const LadderPort *port = &ladder->rules.ports[port_index];
  LadderPath *path = g_new0 (LadderPath, 1);
  path->path = (Path){
    .host = ladder->hosts[ladder->host],
    .port = port->port,
    .implicit_tls = port->implicit_tls,
    .family = family,
  };
  path->host = ladder->host;
  path->port_index = port_index;
  path->targets = g_array_new (FALSE, TRUE, sizeof (LadderTarget));
  path->patience_from = TICKS_NEVER;
  return path;
}

void
ladder_path_free (gpointer data)
{
  LadderPath *path = data;
  g_array_unref (path->targets);
  g_free (path->network);
  g_free (path);
}

static LadderTarget *
target_at (const LadderPath *path, guint index)
{
  return &g_array_index (path->targets, LadderTarget, index);
}

static guint
count_targets (const LadderPath *path, TargetState state)
{
  guint n = 0;
  for (guint i = 0; i < path->targets->len; i++)
    n += target_at (path, i)->state == state;
  return n;
}

gboolean
ladder_path_is_over (const LadderPath *path)
{
  return path->resolved && count_targets (path, TARGET_OVER) == path->targets->len;
}

/* ---- a host's ladder ------------------------------------------------------ */

/* A tunnel is its own address: there is nothing to resolve. */
static void
open_tunnel (Ladder *ladder, LadderPath *path, Ticks now)
{
  const LadderTarget target = { .address = { .family = FAMILY_TUNNEL } };
  g_array_append_val (path->targets, target);
  path->resolved = TRUE;
  ladder->resolutions[FAMILY_TUNNEL]
      = (LadderResolution){ .asked = TRUE, .answered = TRUE, .found = TRUE, .answered_at = now };
}

/* If all are remembered, the order is as if none were. Who has no address is nowhere in it. */
static gboolean
all_are_remembered (const Ladder *ladder)
{
  for (guint i = ladder->first_path; i < ladder->paths->len; i++) {
    const LadderPath *path = ladder_path_at (ladder, i);
    if (!path->remembered && !(path->resolved && path->targets->len == 0))
      return FALSE;
  }
  return TRUE;
}

static int
compare_paths (const void *a, const void *b)
{
  const LadderPath *left = *(LadderPath *const *)a, *right = *(LadderPath *const *)b;
  if (left->demoted != right->demoted)
    return left->demoted ? 1 : -1;
  return left->preference < right->preference ? -1 : 1;
}

static void
cut_rungs (Ladder *ladder)
{
  const LadderPath *last = NULL;
  g_array_set_size (ladder->rungs, 0);
  for (guint i = ladder->first_path; i < ladder->paths->len; i++) {
    const LadderPath *path = ladder_path_at (ladder, i);
    if (!last || last->port_index != path->port_index || last->demoted != path->demoted) {
      const LadderRung fresh = { .first = i, .port_index = path->port_index };
      g_array_append_val (ladder->rungs, fresh);
    }
    g_array_index (ladder->rungs, LadderRung, ladder->rungs->len - 1).n_paths++;
    last = path;
  }
}

void
ladder_order_paths (Ladder *ladder)
{
  gboolean pardoned = all_are_remembered (ladder);
  for (guint i = ladder->first_path; i < ladder->paths->len; i++) {
    LadderPath *path = ladder_path_at (ladder, i);
    path->demoted = path->remembered && !pardoned;
  }
  qsort (ladder->paths->pdata + ladder->first_path, ladder->paths->len - ladder->first_path,
         sizeof *ladder->paths->pdata, compare_paths);
  cut_rungs (ladder);
}

void
ladder_host_begin (Ladder *ladder, Ticks now)
{
  for (guint i = 0; i < FAMILY_COUNT; i++)
    ladder->resolutions[i] = (LadderResolution){ 0 };
  for (guint i = 0; i < ladder->rules.n_ports; i++)
    ladder->next_start[i] = now;
  ladder->first_path = ladder->paths->len;
  for (guint port = 0; port < ladder->rules.n_ports; port++)
    for (guint f = 0; f < ladder->rules.n_families; f++) {
      LadderPath *path = ladder_path_new (ladder, port, ladder->rules.families[f]);
      if (path->path.family == FAMILY_TUNNEL)
        open_tunnel (ladder, path, now);
      path->preference = ladder->paths->len;
      g_ptr_array_add (ladder->paths, path);
    }
  ladder_order_paths (ladder);
  ladder->host_begun = TRUE;
}

gboolean
ladder_host_is_over (const Ladder *ladder)
{
  for (guint i = ladder->first_path; i < ladder->paths->len; i++)
    if (!ladder_path_is_over (ladder_path_at (ladder, i)))
      return FALSE;
  return TRUE;
}

gboolean
ladder_has_untried (const Ladder *ladder)
{
  if (ladder->host + 1 < ladder->n_hosts)
    return TRUE;
  for (guint i = ladder->first_path; i < ladder->paths->len; i++) {
    const LadderPath *path = ladder_path_at (ladder, i);
    if (!path->resolved || count_targets (path, TARGET_UNTRIED) > 0)
      return TRUE;
  }
  return FALSE;
}

/* ---- patience ------------------------------------------------------------- */

/* From when on a family without an answer counts as silent: RFC 8305, section 3,
 * waits for it only so long once another family can be tried. */
static Ticks
outstanding_since (const Ladder *ladder, Family family)
{
  Ticks since = TICKS_NEVER;
  for (guint i = 0; i < FAMILY_COUNT; i++) {
    const LadderResolution *other = &ladder->resolutions[i];
    if (i != (guint)family && other->found)
      since = MIN (since, ticks_after (other->answered_at, ladder->rules.resolution_delay));
  }
  return since;
}

/* Since when RUNG is waited for; TICKS_NEVER: nothing was started on it. */
static Ticks
rung_patience_from (const Ladder *ladder, const LadderRung *rung)
{
  Ticks from = TICKS_NEVER;
  for (guint i = rung->first; i < rung->first + rung->n_paths; i++)
    from = MIN (from, ladder_path_at (ladder, i)->patience_from);
  return from;
}

/* TRUE once each path of RUNG has failed or had its patience, so that the next
 * rung's may start too. */
static gboolean
rung_is_passed (const Ladder *ladder, const LadderRung *rung, Ticks now, Ticks *until)
{
  gboolean race = ladder->rules.mode == LADDER_RACE;
  Ticks patience = race ? ladder->rules.port_patience : ladder->rules.connect_timeout;
  for (guint i = rung->first; i < rung->first + rung->n_paths; i++) {
    const LadderPath *path = ladder_path_at (ladder, i);
    if (ladder_path_is_over (path))
      continue;
    Ticks since = race ? rung_patience_from (ladder, rung) : TICKS_NEVER;
    if (!path->resolved)
      since = MIN (since, outstanding_since (ladder, path->path.family));
    Ticks end = ticks_after (since, patience);
    if (now < end) {
      *until = MIN (*until, end);
      return FALSE;
    }
  }
  return TRUE;
}

void
ladder_release_hold (Ladder *ladder, Ticks now)
{
  for (guint i = ladder->first_path; i < ladder->paths->len; i++) {
    LadderPath *path = ladder_path_at (ladder, i);
    if (path->patience_from != TICKS_NEVER)
      path->patience_from += now - MAX (ladder->held_since, path->patience_from);
  }
  for (guint i = 0; i < ladder->rules.n_ports; i++)
    ladder->next_start[i] = now;
  ladder->held_since = TICKS_NEVER;
}

/* ---- whose turn ----------------------------------------------------------- */

typedef struct {
  gboolean lively;   /* a candidate is within its patience */
  gboolean beside;   /* there are candidates, all stalled, */
  guint beside_port; /*   and ports up to this one may be tried beside them */
  gboolean connecting;
} Situation;

static Situation
situation_of (const Ladder *ladder)
{
  Situation situation = { 0 };
  for (guint i = 0; i < ladder->attempts->len; i++) {
    const LadderAttempt *attempt = ladder_attempt_at (ladder, i);
    situation.connecting |= attempt->phase == PHASE_CONNECTING;
    if (attempt->phase != PHASE_CANDIDATE)
      continue;
    situation.lively |= !attempt->stalled;
    situation.beside = TRUE;
    situation.beside_port = MAX (situation.beside_port, attempt->path->port_index);
  }
  return situation;
}

/* A path waits a little for the answer of those before it on its rung. */
static gboolean
may_go_first (const Ladder *ladder, const LadderRung *rung, guint index, Ticks now, Ticks *until)
{
  const LadderPath *path = ladder_path_at (ladder, index);
  Ticks answered_at = ladder->resolutions[path->path.family].answered_at;
  Ticks end = ticks_after (answered_at, ladder->rules.resolution_delay);
  for (guint i = rung->first; i < index; i++)
    if (!ladder_path_at (ladder, i)->resolved && now < end) {
      *until = MIN (*until, end);
      return FALSE;
    }
  return TRUE;
}

/* The path of RUNG to start an address of; NULL: none. A race goes round the
 * families as RFC 8305, section 4, interleaves them; strict takes a path's
 * addresses one after the other. */
static LadderPath *
pick_path (const Ladder *ladder, const LadderRung *rung, Ticks now, Ticks *until)
{
  LadderPath *best = NULL;
  guint best_tried = 0;
  for (guint i = rung->first; i < rung->first + rung->n_paths; i++) {
    LadderPath *path = ladder_path_at (ladder, i);
    guint untried = count_targets (path, TARGET_UNTRIED);
    guint tried = path->targets->len - untried;
    if (untried == 0 || !may_go_first (ladder, rung, i, now, until))
      continue;
    if (ladder->rules.mode == LADDER_STRICT)
      return path;
    if (!best || tried < best_tried) {
      best = path;
      best_tried = tried;
    }
  }
  return best;
}

static guint
first_untried (const LadderPath *path)
{
  guint i = 0;
  while (target_at (path, i)->state != TARGET_UNTRIED)
    i++;
  return i;
}

gboolean
ladder_find_start (Ladder *ladder, Ticks now, LadderPath **ret_path, guint *ret_target, Ticks *until)
{
  const Situation situation = situation_of (ladder);
  if (situation.lively || (situation.connecting && ladder->rules.mode == LADDER_STRICT))
    return FALSE;
  for (guint i = 0; i < ladder->rungs->len; i++) {
    const LadderRung *rung = &g_array_index (ladder->rungs, LadderRung, i);
    gboolean is_last = i + 1 == ladder->rungs->len;
    /* Beside a stalled candidate a worse port is no help: it may be a greet pause. */
    if (situation.beside && rung->port_index > situation.beside_port)
      continue;
    LadderPath *path = pick_path (ladder, rung, now, until);
    if (path && now >= ladder->next_start[rung->port_index]) {
      if (path->patience_from == TICKS_NEVER)
        path->patience_from = now;
      *ret_path = path;
      *ret_target = first_untried (path);
      return TRUE;
    }
    if (path)
      *until = MIN (*until, ladder->next_start[rung->port_index]);
    if (situation.beside ? path != NULL : is_last || !rung_is_passed (ladder, rung, now, until))
      return FALSE;
  }
  return FALSE;
}
