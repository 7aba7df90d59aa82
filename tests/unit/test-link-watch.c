/* What of the kernel's tables counts, and how often a restless link is told of. What the kernel
 * really does is tests/lab/test-link-watch.py's. */
#include "config.h"

#include "net/link-state.h"
#include "net/link-watch.h"
#include "tests/lib/tap.h"

static void
test_pace (void)
{
  Ticks now = 1000 * TICKS_PER_SECOND, pace = 0;

  for (guint i = 0; i < LINK_WATCH_BURST; i++) {
    g_assert_cmpint (link_watch_pace (pace, now), ==, now);
    pace = link_watch_told (pace, now);
  }
  g_assert_cmpint (link_watch_pace (pace, now), ==, now + LINK_WATCH_SPAN);
  now += LINK_WATCH_SPAN;
  g_assert_cmpint (link_watch_pace (pace, now), ==, now);
  pace = link_watch_told (pace, now);
  g_assert_cmpint (link_watch_pace (pace, now), ==, now + LINK_WATCH_SPAN);
}

static void
test_pace_after_rest (void)
{
  Ticks now = 1000 * TICKS_PER_SECOND, pace = 0;

  for (guint i = 0; i < 100; i++) {
    now = link_watch_pace (pace, now);
    pace = link_watch_told (pace, now);
  }
  now += LINK_WATCH_BURST * LINK_WATCH_SPAN;
  for (guint i = 0; i < LINK_WATCH_BURST; i++) {
    g_assert_cmpint (link_watch_pace (pace, now), ==, now);
    pace = link_watch_told (pace, now);
  }
}

#ifdef HAVE_LINUX_RTNETLINK_H

#include <linux/rtnetlink.h>
#include <stdalign.h>
#include <sys/socket.h>

typedef struct {
  alignas (NLMSG_ALIGNTO) guint8 octets[512];
  gsize length;
} Dump;

static void
dump_add (Dump *dump, guint16 type, const void *body, gsize size)
{
  struct nlmsghdr head = { .nlmsg_type = type, .nlmsg_len = (guint32)NLMSG_LENGTH (size) };

  memcpy (dump->octets + dump->length, &head, sizeof head);
  memcpy (dump->octets + dump->length + NLMSG_HDRLEN, body, size);
  dump->length += NLMSG_ALIGN (head.nlmsg_len);
}

typedef struct {
  struct rtmsg route;
  struct rtattr head;
  guint32 value;
} Route;

static Route
route_with (guint16 attribute, guint32 value)
{
  return (Route){ .route = { .rtm_family = AF_INET, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_DHCP },
                  .head = { .rta_type = attribute, .rta_len = RTA_LENGTH (sizeof value) },
                  .value = value };
}

static guint64
state_of (const Route *first, const Route *second)
{
  Dump dump = { .length = 0 };
  gboolean done = FALSE;

  dump_add (&dump, RTM_NEWROUTE, first, sizeof *first);
  if (second)
    dump_add (&dump, RTM_NEWROUTE, second, sizeof *second);
  guint64 state = link_state_of_dump (dump.octets, dump.length, &done);
  g_assert_false (done);
  return state;
}

static void
test_routes (void)
{
  Route route = route_with (RTA_GATEWAY, 1), other = route_with (RTA_GATEWAY, 2);
  guint64 state = state_of (&route, NULL);

  g_assert_true (state_of (&other, NULL) != state);
  g_assert_true (state_of (&route, &other) != state);
  g_assert_true (state_of (&route, &other) == state_of (&other, &route));
  other = route;
  other.route.rtm_flags = RTNH_F_LINKDOWN;
  g_assert_true (state_of (&other, NULL) != state);
  other = route;
  other.route.rtm_table = RT_TABLE_LOCAL;
  g_assert_true (state_of (&route, &other) == state);
  other = route_with (RTA_EXPIRES, 1);
  Route renewed = route_with (RTA_EXPIRES, 2);
  g_assert_true (state_of (&other, NULL) == state_of (&renewed, NULL));
}

/* Each length that is too short for what it says, and each attribute that reaches over the end. */
static void
test_broken (void)
{
  Route route = route_with (RTA_GATEWAY, 1);
  Dump dump = { .length = 0 };
  gboolean done;

  route.head.rta_len = 400;
  dump_add (&dump, RTM_NEWROUTE, &route, sizeof route);
  dump_add (&dump, RTM_NEWADDR, &route, sizeof route.route - 4);
  for (gsize length = 0; length <= dump.length; length++) {
    g_autofree guint8 *copy = g_memdup2 (dump.octets, MAX (length, 1)); /* so that a sanitizer sees its end */
    link_state_of_dump (copy, length, &done);
  }
  for (guint16 rta_len = 0; rta_len < 12; rta_len++) {
    route.head.rta_len = rta_len;
    state_of (&route, NULL);
  }
}

static void
test_end (void)
{
  static const guint16 types[] = { NLMSG_DONE, NLMSG_ERROR };
  gboolean done;

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++) {
    Dump dump = { .length = 0 };
    dump_add (&dump, types[i], "", 0);
    g_assert_true (link_state_of_dump (dump.octets, dump.length, &done) == 0);
    g_assert_true (done);
  }
  link_state_of_dump ("", 0, &done);
  g_assert_true (done);
}

#endif

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  g_test_add_func ("/link-watch/a burst is told at once, then one in each span", test_pace);
  g_test_add_func ("/link-watch/after a rest there is room for a burst again", test_pace_after_rest);
#ifdef HAVE_LINUX_RTNETLINK_H
  g_test_add_func ("/link-watch/which of a route's fields count", test_routes);
  g_test_add_func ("/link-watch/broken messages", test_broken);
  g_test_add_func ("/link-watch/where a dump ends", test_end);
#endif
  return g_test_run ();
}
