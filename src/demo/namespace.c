/* Namespaces, and the few netlink messages that make a network of one. Talking to the
 * kernel ourselves spares the demo a dependency on iproute2. */
#include "demo/namespace.h"

#include "base/error.h"
#include "base/i18n.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLOSED_PORT 9
#define ANSWER_WAIT 20 /* ms */
#define ANSWER_TRIES 100

#define HOSTS                                                                                                \
  "127.0.0.1 localhost\n"                                                                                    \
  "::1 localhost\n" NAMESPACE_IPV4 " " NAMESPACE_HOST "\n" NAMESPACE_IPV6 " " NAMESPACE_HOST "\n"

/* Where the way there can end. The child that tries it out first reports one of these. */
typedef enum { STEP_DONE, STEP_UNSHARE, STEP_MAP, STEP_MOUNT, STEP_HOSTS, STEP_LINK, STEP_ADDRESS } Step;

typedef struct {
  Step step;
  int error; /* errno */
  gboolean ipv6;
} Progress;

/* --- netlink (rtnetlink(7)) ------------------------------------------------- */

typedef struct {
  struct nlmsghdr header;
  union {
    struct ifinfomsg link;
    struct ifaddrmsg address;
  } body;
  char attributes[64];
} Request;

static void
request_add (Request *request, unsigned short type, const void *data, unsigned short length)
{
  struct rtattr *attribute = (struct rtattr *)((char *)request + NLMSG_ALIGN (request->header.nlmsg_len));
  attribute->rta_type = type;
  attribute->rta_len = (unsigned short)RTA_LENGTH (length);
  memcpy (RTA_DATA (attribute), data, length);
  request->header.nlmsg_len = NLMSG_ALIGN (request->header.nlmsg_len) + RTA_SPACE (length);
}

/* Sends REQUEST and waits for its acknowledgement: 0 or an errno. */
static int
request_do (Request *request)
{
  int fd = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0)
    return errno;
  union {
    struct nlmsghdr header;
    char octets[1024];
  } answer;
  int error = 0;
  request->header.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
  if (send (fd, request, request->header.nlmsg_len, 0) < 0)
    error = errno;
  else if (recv (fd, &answer, sizeof answer, 0) < (ssize_t)NLMSG_LENGTH (sizeof (struct nlmsgerr)))
    error = EPROTO;
  else
    error = -((struct nlmsgerr *)NLMSG_DATA (&answer.header))->error;
  close (fd);
  return error;
}

static int
link_up (unsigned index)
{
  Request request
      = { .header = { .nlmsg_len = NLMSG_LENGTH (sizeof (struct ifinfomsg)), .nlmsg_type = RTM_NEWLINK },
          .body.link = { .ifi_index = (int)index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP } };
  return request_do (&request);
}

static int
address_add (unsigned index, int family, const char *text)
{
  guint8 octets[16];
  unsigned short length = family == AF_INET ? 4 : 16;
  if (inet_pton (family, text, octets) != 1)
    return EINVAL;
  Request request = { .header = { .nlmsg_len = NLMSG_LENGTH (sizeof (struct ifaddrmsg)),
                                  .nlmsg_type = RTM_NEWADDR,
                                  .nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL },
                      .body.address = { .ifa_family = (guint8)family,
                                        .ifa_prefixlen = (guint8)(length * 8),
                                        .ifa_flags = IFA_F_NODAD, /* no second of waiting for it */
                                        .ifa_scope = RT_SCOPE_UNIVERSE,
                                        .ifa_index = index } };
  request_add (&request, IFA_LOCAL, octets, length);
  request_add (&request, IFA_ADDRESS, octets, length);
  return request_do (&request);
}

/* --- the way there ------------------------------------------------------------ */

static gboolean
write_file (const char *name, const char *text)
{
  int fd = open (name, O_WRONLY | O_CLOEXEC);
  if (fd < 0)
    return FALSE;
  gboolean written = write (fd, text, strlen (text)) == (ssize_t)strlen (text);
  int error = errno;
  close (fd);
  errno = error;
  return written;
}

/* We become root of the new user namespace, and stay who we are outside of it. */
static gboolean
map_ids (uid_t uid, gid_t gid)
{
  g_autofree char *uid_map = g_strdup_printf ("0 %u 1", uid), *gid_map = g_strdup_printf ("0 %u 1", gid);
  write_file ("/proc/self/setgroups", "deny"); /* user_namespaces(7); absent before Linux 3.19 */
  return write_file ("/proc/self/uid_map", uid_map) && write_file ("/proc/self/gid_map", gid_map);
}

static Step
unshare_all (void)
{
  uid_t uid = geteuid ();
  gid_t gid = getegid ();
  if (unshare (CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) == 0)
    return map_ids (uid, gid) ? STEP_DONE : STEP_MAP;
  /* Root may do without a user namespace where those are switched off. */
  int error = errno;
  if (uid == 0 && unshare (CLONE_NEWNET | CLONE_NEWNS) == 0)
    return STEP_DONE;
  errno = error;
  return STEP_UNSHARE;
}

static gboolean
add_addresses (unsigned index, gboolean *ret_ipv6)
{
  *ret_ipv6 = address_add (index, AF_INET6, NAMESPACE_IPV6) == 0;
  if (!*ret_ipv6) {
    write_file ("/proc/sys/net/ipv6/conf/all/disable_ipv6", "0"); /* containers often begin with 1 */
    *ret_ipv6 = address_add (index, AF_INET6, NAMESPACE_IPV6) == 0;
  }
  errno = address_add (index, AF_INET, NAMESPACE_IPV4);
  return errno == 0;
}

/* The kernel finishes adding an IPv6 address in its own time, from a work queue, and loses
 * packets to it until then. A SYN to a closed port is answered once it is there. */
static gboolean
ipv6_answers (void)
{
  struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_port = htons (CLOSED_PORT) };
  int fd = socket (AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 || inet_pton (AF_INET6, NAMESPACE_IPV6, &address.sin6_addr) != 1)
    return FALSE;
  struct pollfd answer = { .fd = fd, .events = POLLOUT };
  gboolean answers
      = connect (fd, (struct sockaddr *)&address, sizeof address) < 0
        && (errno == ECONNREFUSED || (errno == EINPROGRESS && poll (&answer, 1, ANSWER_WAIT) > 0));
  close (fd);
  return answers;
}

static gboolean
wait_for_ipv6 (void)
{
  for (int i = 0; i < ANSWER_TRIES; i++)
    if (ipv6_answers ())
      return TRUE;
  return FALSE;
}

static Step
go_there (const char *hosts_file, gboolean *ret_ipv6)
{
  Step step = unshare_all ();
  if (step != STEP_DONE)
    return step;
  /* Nothing that is mounted here may show outside. */
  if (mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
    return STEP_MOUNT;
  if (mount (hosts_file, "/etc/hosts", NULL, MS_BIND, NULL) < 0)
    return STEP_HOSTS;
  unsigned index = if_nametoindex ("lo");
  if ((errno = link_up (index)) != 0)
    return STEP_LINK;
  if (!add_addresses (index, ret_ipv6))
    return STEP_ADDRESS;
  *ret_ipv6 = *ret_ipv6 && wait_for_ipv6 ();
  return STEP_DONE;
}

/* There is no way back from half-way, so a child goes first. */
static Progress
try_in_child (const char *hosts_file)
{
  Progress progress = { STEP_UNSHARE, ECHILD, FALSE };
  int ends[2];
  if (pipe2 (ends, O_CLOEXEC) < 0)
    return progress;
  pid_t child = fork ();
  if (child == 0) {
    progress.step = go_there (hosts_file, &progress.ipv6);
    progress.error = errno;
    _exit (write (ends[1], &progress, sizeof progress) == (ssize_t)sizeof progress ? 0 : 1);
  }
  close (ends[1]);
  Progress said;
  if (child > 0 && read (ends[0], &said, sizeof said) == (ssize_t)sizeof said)
    progress = said;
  close (ends[0]);
  if (child > 0)
    waitpid (child, NULL, 0);
  return progress;
}

/* --- what to say when it can't be done ----------------------------------------- */

static gboolean
sysctl_is (const char *file, const char *value)
{
  g_autofree char *text = NULL;
  return g_file_get_contents (file, &text, NULL, NULL) && strcmp (g_strchomp (text), value) == 0;
}

/* The switches that distributions have for user namespaces, and the value that forbids. */
static const struct {
  const char *file, *forbids, *remedy;
} switches[] = {
  { "/proc/sys/user/max_user_namespaces", "0", "sysctl user.max_user_namespaces=10000" },
  { "/proc/sys/kernel/unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1" },
  { "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
    "sysctl kernel.apparmor_restrict_unprivileged_userns=0" },
};

static void
set_error (GError **error, const Progress *progress)
{
  static const char *const what[] = {
    [STEP_UNSHARE] = N_ ("this system lets nobody make user and network namespaces"),
    [STEP_MAP] = N_ ("this system makes user namespaces, and gives no rights in them"),
    [STEP_MOUNT] = N_ ("this system lets nobody mount inside a user namespace"),
    [STEP_HOSTS] = N_ ("/etc/hosts can't be replaced by a hosts file of the demo's own"),
    [STEP_LINK] = N_ ("the loopback interface of a new network can't be brought up"),
    [STEP_ADDRESS] = N_ ("no address can be added in a new network"),
  };
  const char *remedy = NULL;
  for (gsize i = 0; progress->step <= STEP_MOUNT && remedy == NULL && i < G_N_ELEMENTS (switches); i++)
    if (sysctl_is (switches[i].file, switches[i].forbids))
      remedy = switches[i].remedy;
  if (remedy != NULL)
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_UNAVAILABLE, _ ("%s (%s). Root enables them with: %s"),
                 _ (what[progress->step]), g_strerror (progress->error), remedy);
  else
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_UNAVAILABLE,
                 _ ("%s (%s). In a container, start it with the right to (docker run --privileged); "
                    "elsewhere try as root"),
                 _ (what[progress->step]), g_strerror (progress->error));
}

gboolean
namespace_enter (const char *hosts_file, gboolean *ret_ipv6, GError **error)
{
  if (!g_file_set_contents (hosts_file, HOSTS, -1, error))
    return FALSE;
  Progress progress = try_in_child (hosts_file);
  if (progress.step == STEP_DONE) {
    progress.step = go_there (hosts_file, ret_ipv6);
    progress.error = errno;
  }
  if (progress.step == STEP_DONE)
    return TRUE;
  set_error (error, &progress);
  return FALSE;
}
