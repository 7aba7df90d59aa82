/* What the notices say is of no interest: the tables themselves are read once they have come to
 * rest (link-state.c), so that a lost notice costs nothing. */
#include "config.h"

#include "net/link-watch.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/clock.h"
#include "net/link-state.h"

#define NOTICES_AT_ONCE 256              /* then other sources have their turn */
#define POLL_SPAN (5 * TICKS_PER_SECOND) /* without notices */

struct LinkWatch {
  int fd; /* -1: there are no notices, so it is looked every POLL_SPAN */
  GSource *notices;
  GSource *timer;
  Ticks first; /* notice of this burst; TICKS_NEVER: there is no burst */
  Ticks pace;
  guint64 state;
  gboolean moved; /* in this burst, whatever the tables say at its end */
  LinkChanged changed;
  gpointer data;
};

Ticks
link_watch_pace (Ticks pace, Ticks now)
{
  return MAX (now, pace - (LINK_WATCH_BURST - 1) * LINK_WATCH_SPAN);
}

Ticks
link_watch_told (Ticks pace, Ticks now)
{
  return MAX (pace, now) + LINK_WATCH_SPAN;
}

/* What goes away and comes back within the burst has cut off what was under way. */
static void
start_burst (LinkWatch *watch)
{
  Ticks now = clock_now ();

  if (watch->first == TICKS_NEVER) {
    watch->first = now;
    watch->moved = watch->moved || link_state () != watch->state;
  }
  g_source_set_ready_time (watch->timer, MIN (now + LINK_WATCH_SETTLE, watch->first + LINK_WATCH_LONGEST));
}

static gboolean
on_notice (int fd, GIOCondition condition, gpointer data)
{
  LinkWatch *watch = data;
  guint8 ignored[1];

  for (guint i = 0; i < NOTICES_AT_ONCE; i++) {
    if (recv (fd, ignored, sizeof ignored, MSG_DONTWAIT) >= 0)
      continue;
    if (errno != ENOBUFS)
      break;
    watch->moved = TRUE;
  }
  start_burst (watch);
  return G_SOURCE_CONTINUE;
}

/* CHANGED may free WATCH, so it comes last. */
static gboolean
on_rest (gpointer data)
{
  LinkWatch *watch = data;
  Ticks now = clock_now ();
  Ticks at = link_watch_pace (watch->pace, now);
  guint64 state = link_state ();
  gboolean changed = state != watch->state || watch->moved;

  if (changed && at > now) {
    g_source_set_ready_time (watch->timer, at);
    return G_SOURCE_CONTINUE;
  }
  watch->state = state;
  watch->moved = FALSE;
  watch->first = TICKS_NEVER;
  g_source_set_ready_time (watch->timer, watch->fd >= 0 ? -1 : now + POLL_SPAN);
  if (changed) {
    watch->pace = link_watch_told (watch->pace, now);
    watch->changed (watch->data);
  }
  return G_SOURCE_CONTINUE;
}

static gboolean
timer_dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  return callback (data);
}

static GSourceFuncs timer_functions = { .dispatch = timer_dispatch };

static GSource *
attach (GSource *source, GSourceFunc callback, LinkWatch *watch)
{
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, callback, watch, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
  return source;
}

LinkWatch *
link_watch_new_on (int fd, LinkChanged changed, gpointer data)
{
  LinkWatch *watch = g_new0 (LinkWatch, 1);

  *watch = (LinkWatch){
    .fd = fd, .first = TICKS_NEVER, .state = link_state (), .changed = changed, .data = data
  };
  if (fd >= 0)
    watch->notices = attach (g_unix_fd_source_new (fd, G_IO_IN), G_SOURCE_FUNC (on_notice), watch);
  watch->timer = attach (g_source_new (&timer_functions, sizeof (GSource)), on_rest, watch);
  if (fd < 0)
    g_source_set_ready_time (watch->timer, clock_now () + POLL_SPAN);
  return watch;
}

#ifdef HAVE_LINUX_RTNETLINK_H

#include <linux/rtnetlink.h>

static int
open_notices (void)
{
  const struct sockaddr_nl own = { .nl_family = AF_NETLINK,
                                   .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR
                                                | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE };
  int fd = socket (AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);

  if (fd >= 0 && bind (fd, (const struct sockaddr *)&own, sizeof own) != 0) {
    close (fd);
    return -1;
  }
  return fd;
}

#else

static int
open_notices (void)
{
  return -1;
}

#endif

LinkWatch *
link_watch_new (LinkChanged changed, gpointer data)
{
  return link_watch_new_on (open_notices (), changed, data);
}

void
link_watch_free (LinkWatch *watch)
{
  if (!watch)
    return;
  if (watch->notices) {
    g_source_destroy (watch->notices);
    g_source_unref (watch->notices);
  }
  g_source_destroy (watch->timer);
  g_source_unref (watch->timer);
  if (watch->fd >= 0)
    close (watch->fd);
  g_free (watch);
}
