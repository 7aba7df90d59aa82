/* What goes over the session that a courier has won: which delivery is begun next, and when there is
 * none, whether the session is kept for more. */
#include "engine/courier-private.h"

#include "net/clock.h"

/* The reply to QUIT is waited for (RFC 5321, 4.1.1.10), but the mail is gone already and
 * nobody should sit in front of a server that has lost interest. */
#define QUIT_PATIENCE (2 * TICKS_PER_SECOND)

/* --- the winner's session ----------------------------------------------------------- */

/* Beside those in flight, as many less one may still be on their way to the disk: so the fates of
 * some and the permits of others are one write, and with a window of one nothing is ahead of its
 * record. */
static gboolean
has_room (const Courier *courier)
{
  guint window = MAX (engine_source (courier->engine)->window, 1);
  guint under_way = 0;

  for (const GList *link = courier->carriages.head; link; link = link->next)
    under_way += carriage_is_under_way (link->data) ? 1 : 0;
  return under_way < 2 * window - 1;
}

static Carriage *
claim_one (Courier *courier)
{
  WorkSource *source = engine_source (courier->engine);
  SessionKey key = { .account = courier->account, .n_begun = courier->n_begun };
  Delivery *delivery = NULL;

  courier->ask_at = TICKS_NEVER;
  if (!courier->last_session)
    delivery = source->claim (source, &key, clock_now (), &courier->ask_at);
  if (!delivery)
    return NULL;
  Carriage *carriage = carriage_new (courier, delivery);
  g_queue_push_tail (&courier->carriages, carriage);
  courier->quit_until = TICKS_NEVER;
  courier->n_begun++;
  return carriage;
}

/* The next to begin, of those in hand but EXCEPT, or claimed for it; NULL: there is none now. */
static Carriage *
find_next (Courier *courier, const Carriage *except)
{
  for (const GList *link = courier->carriages.head; link; link = link->next)
    if (link->data != except && carriage_wants_session (link->data))
      return link->data;
  return claim_one (courier);
}

/* What claim() could not give now may come while the session is kept. */
static gboolean
may_be_kept (const Courier *courier)
{
  WorkSource *source = engine_source (courier->engine);

  return source->idle > 0 && !courier->last_session && courier->ask_at != TICKS_NEVER
         && courier->ask_at <= ticks_after (clock_now (), source->idle);
}

/* Nothing can be begun: something may be left over for another transaction, or come. */
static void
wait_or_quit (Courier *courier)
{
  courier->idle = may_be_kept (courier);
  if (courier->carriages.length > 0 || courier->idle)
    return;
  courier->wants_delivery = FALSE;
  courier->quit_until = clock_now () + QUIT_PATIENCE;
  dialogue_quit (session_dialogue (courier_session (courier)), clock_now ());
}

void
courier_offer_delivery (Courier *courier)
{
  while (courier->wants_delivery && courier_session (courier) && has_room (courier)) {
    Carriage *carriage = find_next (courier, NULL);
    courier->idle = FALSE;
    if (!carriage) {
      wait_or_quit (courier);
      return;
    }
    if (!carriage_prepare (carriage, courier->winner->capabilities))
      continue;
    gboolean last = !find_next (courier, carriage) && !may_be_kept (courier);
    courier->wants_delivery = FALSE;
    carriage_begin (carriage, last);
  }
}

static void
drop_released (Courier *courier)
{
  for (GList *link = courier->carriages.head, *next; link; link = next) {
    Carriage *carriage = link->data;
    next = link->next;
    if (!carriage_is_released (carriage))
      continue;
    g_queue_delete_link (&courier->carriages, link);
    carriage_unref (carriage);
  }
}

void
courier_delivered (Courier *courier)
{
  drop_released (courier);
  if (courier_session (courier)) {
    courier_offer_delivery (courier);
    session_pump (courier_session (courier));
  } else if (courier->carriages.length == 0) {
    ladder_finished (courier->ladder, clock_now ()); /* cancelled, or given up */
  }
  /* The QUIT may have gone with the last of them. */
  if (courier->carriages.length == 0 && courier_session (courier) && !courier->idle
      && courier->quit_until == TICKS_NEVER)
    courier->quit_until = clock_now () + QUIT_PATIENCE;
  courier_drive (courier);
}

void
courier_wake (Courier *courier)
{
  if (!courier->idle || !courier_session (courier))
    return;
  courier_offer_delivery (courier);
  session_pump (courier_session (courier));
  courier_drive (courier);
}

void
courier_note_decided (Courier *courier, gboolean accepted)
{
  courier->n_decided++;
  courier->n_accepted += accepted ? 1 : 0;
}

Ticks
courier_note_answer (Courier *courier, Ticks since)
{
  Ticks now = clock_now ();
  Ticks took = now - MAX (since, courier->answered_at);

  courier->answered_at = now;
  return took;
}

/* --- what the source is told of sessions --------------------------------------------- */

gboolean
courier_tell_over (Courier *courier, const Verdict *verdict, gboolean goes_on)
{
  WorkSource *source = engine_source (courier->engine);
  SessionEnd end = {
    .n_begun = courier->n_begun, .n_accepted = courier->n_accepted, .verdict = verdict, .goes_on = goes_on
  };

  courier->over_told = TRUE;
  courier->n_begun = goes_on ? courier->carriages.length : 0;
  courier->n_accepted = 0;
  if (source->session_over && !source->session_over (source, &end))
    return FALSE;
  courier->over_told = !goes_on;
  return TRUE;
}

gboolean
courier_may_go_on (Courier *courier, const Verdict *verdict)
{
  if (courier->last_session || !courier_tell_over (courier, verdict, TRUE))
    courier->last_session = TRUE;
  return !courier->last_session;
}
