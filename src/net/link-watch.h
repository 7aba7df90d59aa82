/* Says when this machine's attachment to the network may have changed: an address, a route, a
 * link that came or went. It only listens to the kernel (rtnetlink); other systems than Linux
 * are looked at every few seconds. Nobody on the network is asked anything. */
#pragma once

#include "base/ticks.h"

typedef struct LinkWatch LinkWatch;

typedef void (*LinkChanged) (gpointer data);

/* A change is told once its burst of notices is over, LINK_WATCH_SETTLE after the last, and
 * LINK_WATCH_LONGEST after the first of them at the latest. */
#define LINK_WATCH_SETTLE  (75 * TICKS_PER_MS)
#define LINK_WATCH_LONGEST (300 * TICKS_PER_MS)

/* A link that never comes to rest: so many changes are told at once, then one in each span. */
#define LINK_WATCH_BURST 8
#define LINK_WATCH_SPAN  (10 * TICKS_PER_SECOND)

/* CHANGED comes from the thread's default main context, never before this returns. */
LinkWatch *link_watch_new (LinkChanged changed, gpointer data);

/* Accepts NULL; allowed inside CHANGED. */
void       link_watch_free (LinkWatch *watch);

/* Private, for tests: when a change that is ready NOW may be told. *PACE is 0 at first, and goes on
 * when it is told. */
Ticks link_watch_pace (Ticks pace, Ticks now);
Ticks link_watch_told (Ticks pace, Ticks now);

/* The same over FD, which is taken, in place of the kernel's notices. */
LinkWatch *link_watch_new_on (int fd, LinkChanged changed, gpointer data);
