/* Linux cancels a timer of the time of day when that is set, and when the machine wakes up
 * (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET): one that would never end by itself tells of both
 * and wakes nobody otherwise. Elsewhere both clocks are compared once a minute. */
#include "config.h"

#include "net/clock-watch.h"

#include <glib-unix.h>
#include <unistd.h>

#include "net/clock.h"

#define LOOK_SPAN TICKS_PER_MINUTE
#define LEAST_JUMP TICKS_PER_SECOND
#define SLEW 2000 /* one in so many */

struct ClockWatch {
  int fd; /* -1: it has to be looked */
  GSource *source;
  Instant last;
  ClockChanged changed;
  gpointer data;
};

gboolean
clock_has_jumped (const Instant *before, const Instant *now)
{
  Ticks passed = now->ticks - before->ticks;
  gint64 difference = (now->wall - before->wall) - passed;

  return ABS (difference) > LEAST_JUMP + passed / SLEW;
}

#ifdef HAVE_SYS_TIMERFD_H

#include <sys/timerfd.h>

#define FAR_AWAY (1LL << 33) /* seconds since 1970: the year 2242 */

static gboolean
arm (int fd)
{
  const struct itimerspec never = { .it_value = { .tv_sec = FAR_AWAY } };

  return timerfd_settime (fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) == 0;
}

static int
open_timer (void)
{
  int fd = sizeof (time_t) > 4 ? timerfd_create (CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC) : -1;

  if (fd >= 0 && !arm (fd)) {
    close (fd);
    return -1;
  }
  return fd;
}

/* CHANGED may free WATCH, so it comes last. */
static gboolean
on_cancelled (int fd, GIOCondition condition, gpointer data)
{
  ClockWatch *watch = data;
  guint64 expirations;

  if (read (fd, &expirations, sizeof expirations) < 0) {
    /* ECANCELED is what it is for. */
  }
  arm (fd);
  watch->changed (watch->data);
  return G_SOURCE_CONTINUE;
}

static GSource *
notice_source (ClockWatch *watch)
{
  GSource *source = g_unix_fd_source_new (watch->fd, G_IO_IN);

  g_source_set_callback (source, G_SOURCE_FUNC (on_cancelled), watch, NULL);
  return source;
}

#else

static int
open_timer (void)
{
  return -1;
}

static GSource *
notice_source (ClockWatch *watch)
{
  g_assert_not_reached ();
}

#endif

static gboolean
on_look (gpointer data)
{
  ClockWatch *watch = data;
  Instant now = clock_instant ();
  gboolean jumped = clock_has_jumped (&watch->last, &now);

  watch->last = now;
  if (jumped)
    watch->changed (watch->data);
  return G_SOURCE_CONTINUE;
}

static GSource *
look_source (ClockWatch *watch)
{
  GSource *source = g_timeout_source_new (LOOK_SPAN / TICKS_PER_MS);

  g_source_set_callback (source, on_look, watch, NULL);
  return source;
}

ClockWatch *
clock_watch_new (ClockChanged changed, gpointer data)
{
  ClockWatch *watch = g_new0 (ClockWatch, 1);

  *watch = (ClockWatch){ .fd = open_timer (), .last = clock_instant (), .changed = changed, .data = data };
  watch->source = watch->fd >= 0 ? notice_source (watch) : look_source (watch);
  g_source_set_priority (watch->source, G_PRIORITY_DEFAULT);
  g_source_attach (watch->source, g_main_context_get_thread_default ());
  return watch;
}

void
clock_watch_free (ClockWatch *watch)
{
  if (!watch)
    return;
  g_source_destroy (watch->source);
  g_source_unref (watch->source);
  if (watch->fd >= 0)
    close (watch->fd);
  g_free (watch);
}
