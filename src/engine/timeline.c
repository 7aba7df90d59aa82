/* The time line's model: which attempts there were and how far each has come. */
#include "engine/timeline-private.h"

/* More lines than this about one delivery (its recipients' fates) help nobody. */
#define FACTS_LIMIT 40

static void
attempt_free (TimelineAttempt *attempt)
{
  g_free (attempt->host);
  g_free (attempt->brief);
  g_free (attempt->full);
  g_free (attempt);
}

void
timeline_fact_free (TimelineFact *fact)
{
  g_free (fact->label);
  g_free (fact->text);
  g_free (fact);
}

Timeline *
timeline_new (TimelineSubject subject)
{
  Timeline *timeline = g_new0 (Timeline, 1);
  timeline->subject = subject;
  timeline->attempts = g_ptr_array_new_with_free_func ((GDestroyNotify)attempt_free);
  timeline->facts = g_ptr_array_new_with_free_func ((GDestroyNotify)timeline_fact_free);
  timeline->over = TICKS_NEVER;
  return timeline;
}

void
timeline_free (Timeline *timeline)
{
  if (timeline == NULL)
    return;
  g_ptr_array_unref (timeline->attempts);
  g_ptr_array_unref (timeline->facts);
  g_free (timeline);
}

static TimelineAttempt *
attempt_find (const Timeline *timeline, LadderAttemptId id)
{
  for (guint i = 0; i < timeline->attempts->len; i++) {
    TimelineAttempt *attempt = g_ptr_array_index (timeline->attempts, i);
    if (attempt->id == id)
      return attempt;
  }
  return NULL;
}

static gboolean
take_attempt (Timeline *timeline, const EngineEvent *event)
{
  if (timeline->attempts->len == TIMELINE_ATTEMPTS_LIMIT) {
    timeline->overflow++;
    return TRUE;
  }
  TimelineAttempt *attempt = g_new0 (TimelineAttempt, 1);
  attempt->id = event->attempt;
  attempt->host = g_strdup (event->path.host);
  attempt->port = event->path.port;
  attempt->family = event->path.family;
  attempt->has_address = event->has_address;
  attempt->address = event->address;
  attempt->began = event->at;
  attempt->connected = TICKS_NEVER;
  attempt->ended = TICKS_NEVER;
  g_ptr_array_add (timeline->attempts, attempt);
  return TRUE;
}

static gboolean
take_connected (Timeline *timeline, const EngineEvent *event)
{
  TimelineAttempt *attempt = attempt_find (timeline, event->attempt);
  if (attempt == NULL || attempt->state != ATTEMPT_STATE_CONNECTING)
    return FALSE;
  attempt->state = ATTEMPT_STATE_CONNECTED;
  attempt->connected = MAX (event->at, attempt->began);
  return TRUE;
}

static gboolean
take_attempt_ended (Timeline *timeline, const EngineEvent *event)
{
  /* The end of a connect that was accepted is the beginning of a session. */
  if (event->end == ATTEMPT_ACCEPTED && event->text == NULL)
    return take_connected (timeline, event);
  TimelineAttempt *attempt = attempt_find (timeline, event->attempt);
  if (attempt == NULL || attempt->state == ATTEMPT_STATE_ENDED)
    return FALSE;
  gboolean connected = attempt->connected != TICKS_NEVER;
  attempt->state = ATTEMPT_STATE_ENDED;
  attempt->ended = MAX (event->at, attempt->began);
  attempt->mark
      = event->text != NULL || event->end == ATTEMPT_SILENT ? ATTEMPT_MARK_GIVEN_UP : ATTEMPT_MARK_FAILED;
  timeline_words_of_end (event->end, event->error, event->text, connected, event->at - attempt->began,
                         &attempt->brief, &attempt->full);
  return TRUE;
}

static gboolean
take_winner (Timeline *timeline, const EngineEvent *event)
{
  TimelineAttempt *attempt = attempt_find (timeline, event->attempt);
  if (attempt == NULL || attempt->state == ATTEMPT_STATE_ENDED)
    return FALSE;
  if (attempt->connected == TICKS_NEVER)
    attempt->connected = MAX (event->at, attempt->began);
  attempt->state = ATTEMPT_STATE_WON;
  attempt->won = TRUE;
  return TRUE;
}

/* A probe's session is over in good order: now it counts what it came to. */
static void
end_probe (TimelineAttempt *attempt, Ticks at)
{
  attempt->mark = attempt->secured && attempt->verified ? ATTEMPT_MARK_GOOD : ATTEMPT_MARK_FAILED;
  timeline_words_of_probe (attempt, at - attempt->began, &attempt->brief, &attempt->full);
}

/* The session on an attempt is over; one that carried a refusal to us worked. */
static gboolean
end_session (TimelineAttempt *attempt, Ticks at, const Verdict *verdict)
{
  gboolean broke
      = verdict != NULL && (verdict->kind == OUTCOME_TRANSPORT || verdict->kind == OUTCOME_IN_DOUBT);
  if (attempt == NULL || attempt->state == ATTEMPT_STATE_ENDED)
    return FALSE;
  gboolean won = attempt->state == ATTEMPT_STATE_WON;
  attempt->state = ATTEMPT_STATE_ENDED;
  attempt->ended = MAX (at, attempt->began);
  attempt->mark = won && !broke ? ATTEMPT_MARK_GOOD : ATTEMPT_MARK_FAILED;
  if (!won && verdict != NULL && verdict->kind == OUTCOME_ACCEPTED)
    end_probe (attempt, at);
  else if (!won && verdict != NULL)
    timeline_words_of_session (verdict, at - attempt->began, &attempt->brief, &attempt->full);
  return TRUE;
}

/* The outcome ends the bar of whoever carried it; only one is at work at a time. */
static gboolean
take_outcome (Timeline *timeline, const EngineEvent *event)
{
  gboolean changed = FALSE;
  for (guint i = 0; i < timeline->attempts->len; i++) {
    TimelineAttempt *attempt = g_ptr_array_index (timeline->attempts, i);
    if (attempt->state == ATTEMPT_STATE_WON)
      changed = end_session (attempt, event->at, event->outcome == NULL ? NULL : &event->outcome->overall);
  }
  timeline->over = event->at;
  return changed;
}

static gboolean
take_progress (const Timeline *timeline, const EngineEvent *event)
{
  TimelineAttempt *attempt = attempt_find (timeline, event->attempt);
  if (attempt == NULL || attempt->state == ATTEMPT_STATE_ENDED)
    return FALSE;
  attempt->greeted = attempt->greeted || event->kind == ENGINE_GREETING;
  attempt->secured = attempt->secured || event->kind == ENGINE_TLS;
  attempt->verified = attempt->verified || (event->kind == ENGINE_TLS && event->tls->verified);
  return TRUE;
}

static gboolean
take_fact (Timeline *timeline, const EngineEvent *event)
{
  TimelineFact *fact = timeline->facts->len < FACTS_LIMIT || event->kind == ENGINE_OUTCOME
                           ? timeline_fact_of_event (event)
                           : NULL;
  if (fact == NULL)
    return FALSE;
  g_ptr_array_add (timeline->facts, fact);
  return TRUE;
}

gboolean
timeline_take (Timeline *timeline, const EngineEvent *event)
{
  gboolean changed;
  switch (event->kind) {
  case ENGINE_ATTEMPT:
    return take_attempt (timeline, event);
  case ENGINE_ATTEMPT_ENDED:
    return take_attempt_ended (timeline, event);
  case ENGINE_CONNECTED:
    return take_connected (timeline, event);
  case ENGINE_WINNER:
    return take_winner (timeline, event);
  case ENGINE_SESSION_ENDED:
    return end_session (attempt_find (timeline, event->attempt), event->at, event->verdict);
  case ENGINE_OUTCOME:
    changed = take_outcome (timeline, event);
    return take_fact (timeline, event) || changed;
  default:
    if (timeline->subject == TIMELINE_OF_PROBE && event->attempt != 0)
      return take_progress (timeline, event);
    return take_fact (timeline, event);
  }
}
