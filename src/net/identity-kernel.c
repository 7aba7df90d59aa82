/* The doing behind identity-route.c: rtnetlink sockets. The kernel has its answer ready when
 * send() returns, so nothing waits but for a neighbour that isn't in the table yet: an empty
 * datagram makes the kernel look for it, and tells the neighbour nothing. */
#include "config.h"

#ifdef HAVE_LINUX_RTNETLINK_H

#include "net/identity-private.h"

#include "base/i18n.h"
#include "base/visible.h"
#include "net/identity-prefixes.h"
#include "net/identity-route.h"
#include "net/socket-address.h"

#include <glib-unix.h>
#include <linux/rtnetlink.h>
#include <unistd.h>

#define DISCARD_PORT 9 /* RFC 863 */
#define ANSWER_SIZE 32768
#define STALE_ANSWERS 16 /* at most so many are passed over */

struct KernelSearch {
  RouteLookup lookup;
  guint patience;
  guint32 sequence;
  int asking, watching;   /* rtnetlink sockets, -1: none */
  GSource *change, *late; /* NULL: nothing is waited for */
  KernelFound found;
  gpointer data;
};

/* ---- rtnetlink ------------------------------------------------------------------------- */

static int
open_rtnetlink (guint32 groups)
{
  const struct sockaddr_nl own = { .nl_family = AF_NETLINK, .nl_groups = groups };
  int fd = socket (AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd >= 0 && bind (fd, (const struct sockaddr *)&own, sizeof own) != 0) {
    close (fd);
    return -1;
  }
  return fd;
}

/* The next datagram that is the kernel's own; 0: there is none. */
static gsize
receive (int fd, guint8 *octets, gsize size)
{
  struct sockaddr_nl from = { 0 };
  socklen_t length = sizeof from;
  for (guint i = 0; i < STALE_ANSWERS; i++) {
    gssize got = recvfrom (fd, octets, size, MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&from, &length);
    if (got <= 0)
      return 0;
    if (from.nl_pid == 0 && (gsize)got <= size)
      return (gsize)got;
    length = sizeof from;
  }
  return 0;
}

static void
ask (KernelSearch *search)
{
  guint8 request[ROUTE_REQUEST_SIZE], answer[ANSWER_SIZE];
  gsize length = route_lookup_request (&search->lookup, ++search->sequence, request);
  gsize got = 0;
  if (send (search->asking, request, length, MSG_NOSIGNAL) == (gssize)length)
    got = receive (search->asking, answer, sizeof answer);
  route_lookup_answer (&search->lookup, search->sequence, answer, got);
}

/* ---- neighbours ------------------------------------------------------------------------ */

/* It may fail in many ways, and all look like a neighbour that is silent. */
static void
nudge (const IpAddress *to, guint32 interface)
{
  SocketAddress address;
  socklen_t length = socket_address_fill (&address, to, DISCARD_PORT);
  const guint32 index = htonl (interface);
  int fd = socket (address.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return;
  if (to->family == FAMILY_IPV6)
    setsockopt (fd, IPPROTO_IPV6, IPV6_UNICAST_IF, &index, sizeof index);
  else
    setsockopt (fd, IPPROTO_IP, IP_UNICAST_IF, &index, sizeof index);
  if (connect (fd, &address.any, length) == 0)
    send (fd, "", 0, MSG_DONTWAIT | MSG_NOSIGNAL);
  close (fd);
}

/* ---- what people read ------------------------------------------------------------------- */

static char *
describe (const RouteLookup *lookup)
{
  IpAddress hop = lookup->next_hop;
  hop.scope_id = 0; /* the interface is named beside it */
  g_autofree char *address = ip_address_to_string (&hop);
  g_autofree char *name = visible_text (lookup->interface_name, -1);
  g_autofree char *kind = visible_text (lookup->kind, -1);
  if (lookup->reason == ROUTE_REASON_NO_ROUTE)
    return g_strdup (_ ("no route"));
  if (lookup->reason == ROUTE_REASON_UNREADABLE)
    return g_strdup (_ ("the kernel's answer can't be read"));
  if (lookup->reason == ROUTE_REASON_SILENT)
    return g_strdup_printf (_ ("%s, where %s is silent"), name, address);
  if (lookup->reason == ROUTE_REASON_NO_PREFIX)
    return g_strdup_printf (_ ("%s, without a prefix"), name);
  if (lookup->local)
    return g_strdup (_ ("this machine"));
  if (lookup->prefixes)
    return g_strdup_printf ("%s (%s)", name, kind);
  if (lookup->has_gateway)
    return g_strdup_printf (_ ("%s, by %s"), name, address);
  return g_strdup_printf (_ ("%s, on the same link"), name);
}

/* ---- the search --------------------------------------------------------------------------- */

static void
find_prefixes (RouteLookup *lookup)
{
  struct ifaddrs *all = NULL;
  g_autofree char *text = NULL;
  if (getifaddrs (&all) == 0) {
    text = interface_prefixes (all, lookup->interface_name, lookup->destination.family);
    freeifaddrs (all);
  }
  route_lookup_prefixes (lookup, text);
}

/* Goes on as far as it can without waiting. TRUE: it's over. */
static gboolean
advance (KernelSearch *search)
{
  RouteLookup *lookup = &search->lookup;
  for (;;)
    switch (lookup->step) {
    case ROUTE_LOOKUP_ASK:
      ask (search);
      if (lookup->step == ROUTE_LOOKUP_ASK && lookup->nudged)
        return FALSE;
      break;
    case ROUTE_LOOKUP_NUDGE:
      /* Whoever begins to watch afterwards may miss the answer. */
      search->watching = open_rtnetlink (RTMGRP_NEIGH);
      nudge (&lookup->next_hop, lookup->interface);
      route_lookup_nudged (lookup);
      break;
    case ROUTE_LOOKUP_PREFIXES:
      find_prefixes (lookup);
      break;
    case ROUTE_LOOKUP_KNOWN:
    case ROUTE_LOOKUP_UNKNOWN:
      return TRUE;
    }
}

static void
drop_source (GSource **source)
{
  if (*source)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
stop_waiting (KernelSearch *search)
{
  drop_source (&search->change);
  drop_source (&search->late);
}

/* The callback may free SEARCH, so it comes last. */
static void
conclude (KernelSearch *search)
{
  const RouteLookup *lookup = &search->lookup;
  g_auto (IdentityFinding) finding = { .network = g_strdup (lookup->network),
                                       .description = describe (lookup),
                                       .silent = lookup->reason == ROUTE_REASON_SILENT };
  stop_waiting (search);
  search->found (&finding, search->data);
}

/* What has changed is of no interest: the table itself is asked. Even where notices were
 * lost it has the truth. */
static gboolean
on_change (int fd, GIOCondition condition, gpointer data)
{
  KernelSearch *search = data;
  guint8 ignored[ANSWER_SIZE];
  while (recv (fd, ignored, sizeof ignored, MSG_DONTWAIT) > 0)
    ;
  if (advance (search))
    conclude (search);
  return G_SOURCE_CONTINUE;
}

static void
give_up (KernelSearch *search)
{
  if (!advance (search))
    route_lookup_give_up (&search->lookup);
  conclude (search);
}

static gboolean
on_late (gpointer data)
{
  give_up (data);
  return G_SOURCE_REMOVE;
}

static void
attach (GSource *source, GSourceFunc callback, KernelSearch *search)
{
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, callback, search, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
}

static void
start_waiting (KernelSearch *search)
{
  if (search->watching >= 0) {
    search->change = g_unix_fd_source_new (search->watching, G_IO_IN);
    attach (search->change, G_SOURCE_FUNC (on_change), search);
  }
  search->late = g_timeout_source_new (search->patience);
  attach (search->late, on_late, search);
}

KernelSearch *
kernel_search_new (const IpAddress *destination, guint patience, KernelFound found, gpointer data)
{
  KernelSearch *search = g_new0 (KernelSearch, 1);
  search->patience = patience;
  search->watching = -1;
  search->found = found;
  search->data = data;
  search->asking = open_rtnetlink (0);
  route_lookup_start (&search->lookup, destination);
  gboolean over = advance (search);
  if (!over && patience > 0) {
    start_waiting (search);
    return search;
  }
  if (!over)
    route_lookup_give_up (&search->lookup);
  conclude (search);
  kernel_search_free (search);
  return NULL;
}

void
kernel_search_free (KernelSearch *search)
{
  if (!search)
    return;
  stop_waiting (search);
  if (search->asking >= 0)
    close (search->asking);
  if (search->watching >= 0)
    close (search->watching);
  route_lookup_clear (&search->lookup);
  g_free (search);
}

#endif
