/* GLib's ready time is the monotonic clock in microseconds, which is what Ticks
 * are, so a deadline needs no rounding and no new source each time it moves. */
#include "engine/timer.h"

struct Timer {
  GSource *source;
  TimerFired fired;
  gpointer data;
};

static gboolean
timer_dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  Timer *timer = data;

  g_source_set_ready_time (source, -1);
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
  g_source_set_ready_time (timer->source, at == TICKS_NEVER ? -1 : at);
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
