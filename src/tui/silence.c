/* Silence is asked about when it has lasted for as long as the ladder's own patience; the answer goes
 * where what is learnt of paths goes, so that it holds as long and ends as that does. */
#include "tui/silence.h"

#include "base/i18n.h"
#include "base/visible.h"

typedef struct {
  LadderAttemptId id;
  Path path; /* its host is owned */
  Ticks began;
  gboolean over;
  gboolean asked;   /* a question is about it, */
  gboolean settled; /*   and has been answered */
} Attempt;

typedef struct {
  char *host, *network;
  Family family;
} Reach;

/* One for a port of a host: both families are silent for the same reason. */
typedef struct {
  const Path *path; /* that of the attempt which was asked about */
  gboolean last;
} Answer;

struct Silence {
  Desk *desk;
  Screen *screen; /* that asks */
  Ticks patience;
  GPtrArray *attempts;   /* of Attempt */
  GPtrArray *reaches;    /* of Reach: by which network a host is reached */
  GArray *answers;       /* of Answer */
  const Attempt *asking; /* NULL: no question is open */
  Ticks now;
};

static void
attempt_free (gpointer data)
{
  Attempt *attempt = data;

  g_free ((char *)attempt->path.host);
  g_free (attempt);
}

static void
reach_free (gpointer data)
{
  Reach *reach = data;

  g_free (reach->host);
  g_free (reach->network);
  g_free (reach);
}

Silence *
silence_new (Desk *desk, Screen *screen, Ticks patience)
{
  Silence *silence = g_new0 (Silence, 1);

  silence->desk = desk;
  silence->screen = screen;
  silence->patience = patience;
  silence->attempts = g_ptr_array_new_with_free_func (attempt_free);
  silence->reaches = g_ptr_array_new_with_free_func (reach_free);
  silence->answers = g_array_new (FALSE, FALSE, sizeof (Answer));
  return silence;
}

void
silence_free (Silence *silence)
{
  if (!silence)
    return;
  g_ptr_array_unref (silence->attempts);
  g_ptr_array_unref (silence->reaches);
  g_array_unref (silence->answers);
  g_free (silence);
}

static Attempt *
find_attempt (const Silence *silence, LadderAttemptId id)
{
  for (guint i = 0; i < silence->attempts->len; i++) {
    Attempt *attempt = g_ptr_array_index (silence->attempts, i);
    if (attempt->id == id)
      return attempt;
  }
  return NULL;
}

static void
note_network (Silence *silence, const EngineEvent *event)
{
  Reach *reach = g_new (Reach, 1);

  *reach = (Reach){ g_strdup (event->path.host), g_strdup (event->text), event->path.family };
  g_ptr_array_add (silence->reaches, reach);
}

static void
note_attempt (Silence *silence, const EngineEvent *event, Ticks now)
{
  Attempt *attempt = g_new0 (Attempt, 1);

  *attempt = (Attempt){ .id = event->attempt, .path = event->path, .began = now };
  attempt->path.host = g_strdup (event->path.host);
  g_ptr_array_add (silence->attempts, attempt);
}

void
silence_take (Silence *silence, const EngineEvent *event, Ticks now)
{
  Attempt *attempt = find_attempt (silence, event->attempt);

  switch (event->kind) {
  case ENGINE_NETWORK:
    if (event->text)
      note_network (silence, event);
    break;
  case ENGINE_ATTEMPT:
    note_attempt (silence, event, now);
    break;
  case ENGINE_CONNECTED:
  case ENGINE_ATTEMPT_ENDED:
    if (attempt)
      attempt->over = event->kind == ENGINE_CONNECTED || event->end != ATTEMPT_SILENT;
    break;
  default:
    break;
  }
}

static const char *
network_of (const Silence *silence, const Path *path)
{
  for (guint i = 0; i < silence->reaches->len; i++) {
    const Reach *reach = g_ptr_array_index (silence->reaches, i);
    if (reach->family == path->family && g_strcmp0 (reach->host, path->host) == 0)
      return reach->network;
  }
  return NULL;
}

static gboolean
is_same_port (const Path *one, const Path *other)
{
  return one->port == other->port && g_strcmp0 (one->host, other->host) == 0;
}

static const Answer *
find_answer (const Silence *silence, const Path *path)
{
  for (guint i = 0; i < silence->answers->len; i++) {
    const Answer *answer = &g_array_index (silence->answers, Answer, i);
    if (is_same_port (answer->path, path))
      return answer;
  }
  return NULL;
}

static gboolean
is_silent (const Silence *silence, const Attempt *attempt, Ticks now)
{
  return !attempt->over && !attempt->asked && !attempt->settled && now - attempt->began >= silence->patience
         && network_of (silence, &attempt->path);
}

/* Follows the answers that there are, also for what was given up since they were asked for. */
static void
follow (Silence *silence, Ticks now)
{
  for (guint i = 0; i < silence->attempts->len; i++) {
    Attempt *attempt = g_ptr_array_index (silence->attempts, i);
    const Answer *answer = find_answer (silence, &attempt->path);
    if (!answer || attempt->settled || !(attempt->asked || is_silent (silence, attempt, now)))
      continue;
    attempt->settled = TRUE;
    if (answer->last)
      silence->desk->distrust (silence->desk, silence->screen, network_of (silence, &attempt->path),
                               &attempt->path, attempt->began, now);
  }
}

static void
on_choice (char key, gpointer data)
{
  Silence *silence = data;
  const Answer answer = { &silence->asking->path, key == 'l' };

  silence->asking = NULL;
  g_array_append_val (silence->answers, answer);
  follow (silence, silence->now);
}

static void
ask_about (Silence *silence, const Attempt *attempt, Ticks now)
{
  const DeskOption options[] = { { 'l', _ ("Try it last from now on") }, { 'k', _ ("Keep the order") } };
  g_autofree char *host = visible_text (attempt->path.host, -1);
  g_autofree char *words
      = g_strdup_printf (_ ("Port %u of %s is silent; the other paths are being tried. Here from now on?"),
                         attempt->path.port, host);

  for (guint i = 0; i < silence->attempts->len; i++) {
    Attempt *other = g_ptr_array_index (silence->attempts, i);
    if (is_same_port (&other->path, &attempt->path) && is_silent (silence, other, now))
      other->asked = TRUE;
  }
  silence->asking = attempt;
  silence->desk->choose (silence->desk, words, options, G_N_ELEMENTS (options), on_choice, silence);
}

void
silence_ask (Silence *silence, Ticks now)
{
  silence->now = now;
  follow (silence, now);
  for (guint i = 0; i < silence->attempts->len && !silence->asking; i++) {
    const Attempt *attempt = g_ptr_array_index (silence->attempts, i);
    if (is_silent (silence, attempt, now))
      ask_about (silence, attempt, now);
  }
}
