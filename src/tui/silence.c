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
  gboolean asked;
} Attempt;

typedef struct {
  char *host, *network;
  Family family;
} Reach;

struct Silence {
  Desk *desk;
  Screen *screen; /* that asks */
  Ticks patience;
  GPtrArray *attempts; /* of Attempt */
  GPtrArray *reaches;  /* of Reach: by which network a host is reached */
  Attempt *asking;     /* NULL: no question is open */
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
  return silence;
}

void
silence_free (Silence *silence)
{
  if (!silence)
    return;
  g_ptr_array_unref (silence->attempts);
  g_ptr_array_unref (silence->reaches);
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

static void
on_choice (char key, gpointer data)
{
  Silence *silence = data;
  Attempt *attempt = silence->asking;

  silence->asking = NULL;
  if (key == 'l' && attempt)
    silence->desk->distrust (silence->desk, silence->screen, network_of (silence, &attempt->path),
                             &attempt->path, attempt->began, silence->now);
}

void
silence_ask (Silence *silence, Ticks now)
{
  const DeskOption options[] = { { 'l', _ ("Try it last from now on") }, { 'k', _ ("Keep the order") } };

  silence->now = now;
  for (guint i = 0; i < silence->attempts->len && !silence->asking; i++) {
    Attempt *attempt = g_ptr_array_index (silence->attempts, i);
    if (attempt->over || attempt->asked || now - attempt->began < silence->patience
        || !network_of (silence, &attempt->path))
      continue;
    attempt->asked = TRUE;
    silence->asking = attempt;
    g_autofree char *host = visible_text (attempt->path.host, -1);
    g_autofree char *words
        = g_strdup_printf (_ ("Port %u by %s of %s is silent; the others are being tried. Here from now on?"),
                           attempt->path.port, family_name (attempt->path.family), host);
    silence->desk->choose (silence->desk, words, options, G_N_ELEMENTS (options), on_choice, silence);
  }
}
