/* GLib's ready time is the monotonic clock in microseconds, which is what Ticks
 * are, so a deadline needs no rounding and no new source each time it moves. Each time
 * that GLib is told costs a write and another turn of the loop, and deadlines of sessions
 * move later with every reply: so it keeps the earlier time, and is told when that has come. */
#include "engine/timer.h"

#include "net/clock.h"

struct Timer {
  GSource *source;
  Ticks at;    /* as it was set */
  Ticks armed; /* as GLib knows it: no later */
  TimerFired fired;
  gpointer data;
};

static gboolean
timer_dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  Timer *timer = data;
  gboolean early = timer->at > clock_now ();

  timer->armed = early ? timer->at : TICKS_NEVER;
  g_source_set_ready_time (source, timer->armed == TICKS_NEVER ? -1 : timer->armed);
  if (early)
    return G_SOURCE_CONTINUE;
  timer->at = TICKS_NEVER;
  timer->fired (timer->data);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs timer_functions = { .dispatch = timer_dispatch };

static gboolean
never_called (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

Timer *
timer_new (TimerFired fired, gpointer data)
{
  Timer *timer = g_new0 (Timer, 1);

  timer->at = timer->armed = TICKS_NEVER;
  timer->fired = fired;
  timer->data = data;
  timer->source = g_source_new (&timer_functions, sizeof (GSource));
  g_source_set_callback (timer->source, never_called, timer, NULL);
  g_source_attach (timer->source, NULL);
  return timer;
}

void
timer_set (Timer *timer, Ticks at)
{
  timer->at = at;
  if (at >= timer->armed)
    return;
  timer->armed = at;
  g_source_set_ready_time (timer->source, at);
}

void
timer_free (Timer *timer)
{
  if (!timer)
    return;
  g_source_destroy (timer->source);
  g_source_unref (timer->source);
  g_free (timer);
}
