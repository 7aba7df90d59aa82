/* A clock of our own and a list of what happens when: the ladder can't tell it from the
 * network. */
#include "core/probe-forecast.h"

/* Longer than any ladder may take; the way out if it should not come to an end. */
#define FORECAST_LONGEST TICKS_PER_DAY

typedef struct {
  LadderAttemptId attempt;
  const ProbeResult *result;
  Ticks began;
  gboolean over;
} Trial;

typedef enum {
  HAPPENS_CONNECTED,
  HAPPENS_GREETED,
  HAPPENS_SECURING,
  HAPPENS_ESTABLISHED,
  HAPPENS_ENDED
} What;

typedef struct {
  Ticks at;
  guint trial;
  What what;
} Happening;

typedef struct {
  const ProbeReport *report;
  const ProbeRules *rules;
  Ladder *ladder;
  GArray *trials;     /* of Trial */
  GArray *happenings; /* of Happening, yet to come */
  Ticks now;
  Forecast forecast;
  gboolean over;
} Run;

/* --- what happens to an attempt ------------------------------------------------------ */

static void
plan (Run *run, guint trial, What what, Ticks seen)
{
  const Trial *planned = &g_array_index (run->trials, Trial, trial);
  Happening happening = { .at = ticks_after (planned->began, MAX (seen - planned->result->began, 0)),
                          .trial = trial,
                          .what = what };
  if (seen != TICKS_NEVER)
    g_array_append_val (run->happenings, happening);
}

/* What the other side never did is left to the ladder's patience. */
static gboolean
ends_by_itself (ProbeFinding finding)
{
  return !probe_finding_is_good (finding) && finding != PROBE_SILENT && finding != PROBE_MUTE
         && finding != PROBE_TLS_STALLED && finding != PROBE_STALLED && finding != PROBE_UNFINISHED;
}

static void
plan_trial (Run *run, guint trial)
{
  const ProbeResult *result = g_array_index (run->trials, Trial, trial).result;
  ProbeFinding finding = probe_finding (result, run->rules);
  plan (run, trial, HAPPENS_CONNECTED, result->connected);
  plan (run, trial, HAPPENS_GREETED, result->greeted);
  plan (run, trial, HAPPENS_SECURING, result->securing);
  /* The login comes after the choice of a path. */
  if (probe_finding_is_good (finding) || finding == PROBE_NO_LOGIN)
    plan (run, trial, HAPPENS_ESTABLISHED, result->established);
  else if (ends_by_itself (finding))
    plan (run, trial, HAPPENS_ENDED, result->ended);
}

static LadderFailure
failure_of (const ProbeResult *result, ProbeFinding finding)
{
  switch (finding) {
  case PROBE_REFUSED:
  case PROBE_PROHIBITED:
  case PROBE_UNREACHABLE:
  case PROBE_NO_ROUTE:
    return LADDER_FAILED_CONNECT;
  case PROBE_GREETING_REFUSED:
    return LADDER_FAILED_GREETING;
  case PROBE_NOT_SMTP:
    return result->greeted == TICKS_NEVER ? LADDER_FAILED_GREETING : LADDER_FAILED_CLOSED;
  case PROBE_CLOSED:
    return LADDER_FAILED_CLOSED;
  default:
    return LADDER_FAILED_FINAL;
  }
}

static void
conclude (Run *run, ForecastKind kind, const ProbeResult *result)
{
  if (run->over)
    return;
  run->over = TRUE;
  run->forecast = (Forecast){ kind, result, run->now };
  ladder_finished (run->ladder, run->now);
}

static void
end_trial (Run *run, Trial *trial)
{
  LadderFailure failure = failure_of (trial->result, probe_finding (trial->result, run->rules));
  trial->over = TRUE;
  if (failure == LADDER_FAILED_FINAL)
    conclude (run, FORECAST_STOPS, trial->result);
  else
    ladder_failed (run->ladder, trial->attempt, failure, trial->result->end, run->now);
}

static void
let_happen (Run *run, const Happening *happening)
{
  static const LadderProgress progress[] = {
    [HAPPENS_CONNECTED] = LADDER_CONNECTED,
    [HAPPENS_GREETED] = LADDER_GREETED,
    [HAPPENS_SECURING] = LADDER_SECURING,
    [HAPPENS_ESTABLISHED] = LADDER_ESTABLISHED,
  };
  Trial *trial = &g_array_index (run->trials, Trial, happening->trial);
  if (trial->over)
    return;
  if (happening->what == HAPPENS_ENDED)
    end_trial (run, trial);
  else
    ladder_progress (run->ladder, trial->attempt, progress[happening->what], run->now);
}

/* --- the ladder's side ------------------------------------------------------------------ */

static void
answer_lookup (Run *run, guint host, Family family)
{
  g_autoptr (GArray) addresses = g_array_new (FALSE, FALSE, sizeof (IpAddress));
  const char *network = NULL;
  guint16 port = 0;
  for (guint i = 0; i < run->report->results->len; i++) {
    const ProbeResult *result = g_ptr_array_index (run->report->results, i);
    if (result->host != host || result->path.family != family || (port != 0 && result->path.port != port))
      continue;
    network = probe_report_lookup (run->report, result)->network;
    port = result->path.port; /* every port has the same addresses */
    g_array_append_val (addresses, result->address);
  }
  ladder_resolved (run->ladder, host, family, network, (const IpAddress *)(gpointer)addresses->data,
                   addresses->len, run->now);
}

static const ProbeResult *
find_result (const Run *run, const LadderAction *action)
{
  for (guint i = 0; i < run->report->results->len; i++) {
    const ProbeResult *result = g_ptr_array_index (run->report->results, i);
    gboolean same_address
        = action->path.family == FAMILY_TUNNEL || ip_address_equal (&result->address, &action->address);
    if (result->host == action->host && result->path.port == action->path.port
        && result->path.family == action->path.family && same_address)
      return result;
  }
  return NULL;
}

static void
start_trial (Run *run, const LadderAction *action)
{
  Trial trial = { .attempt = action->attempt, .result = find_result (run, action), .began = run->now };
  if (trial.result == NULL) { /* never probed: nothing is known of it */
    ladder_failed (run->ladder, action->attempt, LADDER_FAILED_CONNECT, ATTEMPT_OWN_HOST, run->now);
    return;
  }
  g_array_append_val (run->trials, trial);
  plan_trial (run, run->trials->len - 1);
}

static Trial *
find_trial (Run *run, LadderAttemptId attempt)
{
  for (guint i = 0; i < run->trials->len; i++)
    if (g_array_index (run->trials, Trial, i).attempt == attempt)
      return &g_array_index (run->trials, Trial, i);
  return NULL;
}

static void
win (Run *run, const Trial *trial)
{
  gboolean good = probe_finding_is_good (probe_finding (trial->result, run->rules));
  conclude (run, good ? FORECAST_LEAVES : FORECAST_STOPS, trial->result);
}

/* FALSE: it wants to wait, until *RET_UNTIL, or has no more to do. */
static gboolean
act (Run *run, Ticks *ret_until)
{
  LadderAction action = { 0 };
  *ret_until = TICKS_NEVER;
  switch (ladder_next (run->ladder, run->now, &action)) {
  case LADDER_RESOLVE:
    answer_lookup (run, action.host, action.path.family);
    return TRUE;
  case LADDER_ATTEMPT:
    start_trial (run, &action);
    return TRUE;
  case LADDER_ABANDON:
    find_trial (run, action.attempt)->over = TRUE;
    return TRUE;
  case LADDER_WINNER:
    win (run, find_trial (run, action.attempt));
    return TRUE;
  case LADDER_WAIT:
    *ret_until = action.until;
    return FALSE;
  case LADDER_EXHAUSTED:
  case LADDER_STOPPED:
    conclude (run, FORECAST_NO_PATH, NULL);
    return FALSE;
  }
  return FALSE;
}

/* --- the clock ---------------------------------------------------------------------------- */

/* The earliest; of two at the same time the one that was planned first. NULL: none. */
static const Happening *
next_happening (const Run *run, guint *ret_index)
{
  const Happening *next = NULL;
  for (guint i = 0; i < run->happenings->len; i++) {
    const Happening *happening = &g_array_index (run->happenings, Happening, i);
    if (next == NULL || happening->at < next->at) {
      next = happening;
      *ret_index = i;
    }
  }
  return next;
}

static void
play (Run *run, Ticks end)
{
  while (!run->over && run->now <= end) {
    Ticks until;
    guint index = 0;
    while (act (run, &until))
      ;
    const Happening *next = next_happening (run, &index);
    if (run->over || (next == NULL && until == TICKS_NEVER))
      break;
    if (next == NULL || next->at > until) {
      run->now = MAX (run->now, until);
      continue;
    }
    Happening happening = *next;
    g_array_remove_index (run->happenings, index);
    run->now = MAX (run->now, happening.at);
    let_happen (run, &happening);
  }
  conclude (run, FORECAST_NO_PATH, NULL);
}

Forecast
probe_forecast (const ProbeReport *report, const ProbeRules *rules, PathMemory *memory, Ticks now)
{
  Run run = { .report = report,
              .rules = rules,
              .trials = g_array_new (FALSE, FALSE, sizeof (Trial)),
              .happenings = g_array_new (FALSE, FALSE, sizeof (Happening)),
              .now = now };
  run.ladder = ladder_new (&rules->ladder, (const char *const *)report->hosts, g_strv_length (report->hosts),
                           memory);
  play (&run, ticks_after (now, FORECAST_LONGEST));
  ladder_free (run.ladder);
  g_array_unref (run.happenings);
  g_array_unref (run.trials);
  run.forecast.at -= now;
  return run.forecast;
}
