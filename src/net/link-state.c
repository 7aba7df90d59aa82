/* The kernel tells of every renewal of a lease and every advertisement of a router, a few each
 * minute on a quiet network. What matters of them is summed up here, so that a message which
 * waits for another network isn't tried again for nothing. Entries are added up: their order
 * means nothing. */
#include "config.h"

#include "net/link-state.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>

#include "net/socket-address.h"

#define FNV_BASIS 14695981039346656037U
#define FNV_PRIME 1099511628211U

static guint64
hash_octets (guint64 hash, const void *octets, gsize length)
{
  for (gsize i = 0; i < length; i++)
    hash = (hash ^ ((const guint8 *)octets)[i]) * FNV_PRIME;
  return hash;
}

static guint64
hash_number (guint64 hash, guint32 number)
{
  return hash_octets (hash, &number, sizeof number);
}

#ifdef HAVE_LINUX_RTNETLINK_H

#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_SIZE 32768
#define ANSWERS_LIMIT 64 /* of each dump: a router of the Internet's has routes without end */

/* What a message has behind its fixed part: which attributes count. */
typedef struct {
  const guint8 *wanted; /* 0 at the end */
  const void *first;
  int length;
} Attributes;

static guint64
hash_attributes (guint64 hash, const Attributes *attributes)
{
  const struct rtattr *each = attributes->first;

  for (int left = attributes->length; RTA_OK (each, left); each = RTA_NEXT (each, left)) {
    guint16 type = each->rta_type & NLA_TYPE_MASK;
    if (type == 0 || type > G_MAXUINT8 || !strchr ((const char *)attributes->wanted, type))
      continue;
    hash = hash_number (hash, type);
    hash = hash_octets (hash, RTA_DATA (each), RTA_PAYLOAD (each));
  }
  return hash;
}

/* The flags of an address in 32 bits, where the kernel has them so. */
static guint32
address_flags (const struct ifaddrmsg *address, int length)
{
  const struct rtattr *each = IFA_RTA (address);
  guint32 flags = address->ifa_flags;

  for (int left = length; RTA_OK (each, left); each = RTA_NEXT (each, left))
    if (each->rta_type == IFA_FLAGS && RTA_PAYLOAD (each) == sizeof flags)
      memcpy (&flags, RTA_DATA (each), sizeof flags);
  return flags;
}

/* An address that still is being checked for duplicates can't be sent from. */
static guint64
state_of_address (const struct nlmsghdr *message)
{
  static const guint8 wanted[] = { IFA_ADDRESS, IFA_LOCAL, 0 };
  const struct ifaddrmsg *address = NLMSG_DATA (message);
  if (message->nlmsg_len < NLMSG_LENGTH (sizeof *address))
    return 0;
  int length = (int)IFA_PAYLOAD (message);
  Attributes attributes = { wanted, IFA_RTA (address), length };
  guint64 hash = hash_number (FNV_BASIS, address->ifa_family);

  if (address->ifa_scope != RT_SCOPE_UNIVERSE && address->ifa_scope != RT_SCOPE_SITE)
    return 0;
  hash = hash_number (hash, address->ifa_index);
  hash = hash_number (hash, address->ifa_prefixlen);
  hash = hash_number (hash, address_flags (address, length) & (IFA_F_TENTATIVE | IFA_F_DADFAILED));
  return hash_attributes (hash, &attributes);
}

static guint64
state_of_route (const struct nlmsghdr *message)
{
  static const guint8 wanted[]
      = { RTA_DST, RTA_OIF, RTA_GATEWAY, RTA_VIA, RTA_MULTIPATH, RTA_PRIORITY, RTA_TABLE, 0 };
  const struct rtmsg *route = NLMSG_DATA (message);
  if (message->nlmsg_len < NLMSG_LENGTH (sizeof *route))
    return 0;
  Attributes attributes = { wanted, RTM_RTA (route), (int)RTM_PAYLOAD (message) };
  guint64 hash = hash_number (FNV_BASIS, route->rtm_family);

  /* What the kernel makes of an address by itself comes and goes with that. */
  if (route->rtm_table == RT_TABLE_LOCAL || (route->rtm_flags & RTM_F_CLONED) != 0
      || (route->rtm_family == AF_INET6 && route->rtm_protocol == RTPROT_KERNEL))
    return 0;
  hash = hash_number (hash, route->rtm_dst_len);
  hash = hash_number (hash, route->rtm_type);
  hash = hash_number (hash, route->rtm_flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN));
  return hash_attributes (hash, &attributes);
}

/* NLMSG_OK(), which compares numbers of different signs. */
static gboolean
is_whole (const struct nlmsghdr *message, int left)
{
  return left >= (int)sizeof *message && message->nlmsg_len >= sizeof *message
         && message->nlmsg_len <= (guint32)left;
}

guint64
link_state_of_dump (const void *octets, gsize length, gboolean *ret_done)
{
  const struct nlmsghdr *message = octets;
  guint64 state = 0;

  *ret_done = length < sizeof *message;
  for (int left = (int)length; is_whole (message, left); message = NLMSG_NEXT (message, left)) {
    if (message->nlmsg_type == RTM_NEWADDR)
      state += state_of_address (message);
    else if (message->nlmsg_type == RTM_NEWROUTE)
      state += state_of_route (message);
    else if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR)
      *ret_done = TRUE;
  }
  return state;
}

/* The kernel makes the next datagram while this one is read: nothing waits. */
static guint64
state_of_dump (int fd, guint16 type)
{
  struct {
    struct nlmsghdr head;
    struct rtgenmsg what;
  } request = { .head = { .nlmsg_len = NLMSG_LENGTH (sizeof request.what),
                          .nlmsg_type = type,
                          .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
                .what = { .rtgen_family = AF_UNSPEC } };
  guint8 *answer = g_malloc (ANSWER_SIZE);
  gboolean done = send (fd, &request, request.head.nlmsg_len, MSG_NOSIGNAL) < 0;
  guint64 state = 0;

  for (guint i = 0; i < ANSWERS_LIMIT && !done; i++) {
    gssize got = recv (fd, answer, ANSWER_SIZE, MSG_DONTWAIT);
    state += link_state_of_dump (answer, got > 0 ? (gsize)got : 0, &done);
  }
  g_free (answer);
  return state;
}

static guint64
state_of_tables (void)
{
  static const guint16 dumps[] = { RTM_GETADDR, RTM_GETROUTE };
  guint64 state = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (dumps); i++) {
    int fd = socket (AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0)
      continue;
    state += state_of_dump (fd, dumps[i]);
    close (fd);
  }
  return state;
}

#else

static guint64
state_of_tables (void)
{
  return 0;
}

#endif

/* Which addresses there are on links that are up and have a carrier. */
static guint64
state_of_interfaces (void)
{
  struct ifaddrs *all = NULL;
  guint64 state = 0;

  if (getifaddrs (&all) != 0)
    return 0;
  for (const struct ifaddrs *each = all; each; each = each->ifa_next) {
    IpAddress address;
    if ((each->ifa_flags & IFF_UP) == 0 || (each->ifa_flags & IFF_LOOPBACK) != 0
        || !socket_address_read (each->ifa_addr, &address) || ip_address_is_link_local (&address))
      continue;
    guint64 hash = hash_octets (FNV_BASIS, each->ifa_name, strlen (each->ifa_name));
    hash = hash_number (hash, (each->ifa_flags & IFF_RUNNING) != 0);
    state += hash_octets (hash, address.octets, sizeof address.octets);
  }
  freeifaddrs (all);
  return state;
}

guint64
link_state (void)
{
  return state_of_interfaces () + state_of_tables ();
}
