/* Names for networks, and the questions that are under way. A name is asked for anew each
 * time: with a warm neighbour table that takes some 50 µs, and one that was remembered could
 * be the last network's. Only that nobody answers is remembered for a moment, lest one
 * connection after the other wait for it. */
#include "config.h"

#include "net/identity-private.h"

#include "base/i18n.h"
#include "base/visible.h"
#include "net/clock.h"
#include "net/identity-prefixes.h"
#include "net/socket-address.h"
#include "net/tcp.h"

#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#if defined HAVE_LINUX_RTNETLINK_H && !defined TOUKAN_TEST_NO_RTNETLINK
#define HAVE_KERNEL_SEARCH 1
#else
#define HAVE_KERNEL_SEARCH 0
#endif

#define NETWORK_DIGITS 32 /* 128 bits */
#define SILENCE_LASTS (5 * TICKS_PER_SECOND)
#define DISCARD_PORT 9 /* RFC 863; nothing is sent there */

typedef struct {
  IpAddress destination;
  Ticks until;
} Silence;

struct Identity {
  guint8 *salt;
  gsize salt_length;
  Silence silences[FAMILY_COUNT]; /* the latest of each */
  GPtrArray *questions;           /* of Question: those that wait */
};

typedef struct {
  Identity *identity;
  IpAddress destination;
  IdentityDone done;
  gpointer data;
  KernelSearch *search;
} Question;

void
identity_finding_clear (IdentityFinding *finding)
{
  g_clear_pointer (&finding->network, g_free);
  g_clear_pointer (&finding->description, g_free);
}

/* ---- questions ----------------------------------------------------------------------- */

Identity *
identity_new (const guint8 *salt, gsize length)
{
  g_assert (length > 0);
  Identity *identity = g_new0 (Identity, 1);
  identity->salt = g_memdup2 (salt, length);
  identity->salt_length = length;
  identity->questions = g_ptr_array_new ();
  return identity;
}

Identity *
identity_new_transient (void)
{
  guint8 salt[16];
  if (getentropy (salt, sizeof salt) != 0)
    for (gsize i = 0; i < sizeof salt; i++)
      salt[i] = (guint8)g_random_int ();
  return identity_new (salt, sizeof salt);
}

static void
question_free (Question *question)
{
#if HAVE_KERNEL_SEARCH
  kernel_search_free (question->search);
#endif
  g_free (question);
}

void
identity_free (Identity *identity)
{
  if (!identity)
    return;
  for (guint i = 0; i < identity->questions->len; i++)
    question_free (identity->questions->pdata[i]);
  g_ptr_array_unref (identity->questions);
  g_free (identity->salt);
  g_free (identity);
}

static char *
name_of (const Identity *identity, const char *network)
{
  g_autoptr (GHmac) hmac = g_hmac_new (G_CHECKSUM_SHA256, identity->salt, identity->salt_length);
  g_hmac_update (hmac, (const guchar *)network, -1);
  return g_strndup (g_hmac_get_string (hmac), NETWORK_DIGITS);
}

/* The callback may free IDENTITY, so it comes last. */
static void
tell (Identity *identity, const IdentityFinding *finding, IdentityDone done, gpointer data)
{
  g_autofree char *name = finding->network ? name_of (identity, finding->network) : NULL;
  done (name, finding->description, data);
}

#if HAVE_KERNEL_SEARCH

static guint
patience_for (const Identity *identity, const IpAddress *destination)
{
  const Silence *silence = &identity->silences[destination->family];
  gboolean known = ip_address_equal (&silence->destination, destination) && clock_now () < silence->until;
  return known ? 0 : IDENTITY_PATIENCE;
}

static void
on_found (const IdentityFinding *finding, gpointer data)
{
  g_autofree Question *question = data;
  Identity *identity = question->identity;
  if (finding->silent && patience_for (identity, &question->destination) > 0)
    identity->silences[question->destination.family]
        = (Silence){ question->destination, clock_now () + SILENCE_LASTS };
  g_ptr_array_remove (identity->questions, question);
  tell (identity, finding, question->done, question->data);
  kernel_search_free (question->search);
}

void
identity_ask (Identity *identity, const IpAddress *destination, IdentityDone done, gpointer data)
{
  Question *question = g_new0 (Question, 1);
  *question = (Question){ identity, *destination, done, data, NULL };
  g_ptr_array_add (identity->questions, question);
  KernelSearch *search
      = kernel_search_new (destination, patience_for (identity, destination), on_found, question);
  if (search)
    question->search = search;
}

#else

/* The address that the kernel would send from: a datagram socket's connect() sends nothing. */
static gboolean
find_source (const IpAddress *destination, IpAddress *ret_source)
{
  SocketAddress address;
  socklen_t length = socket_address_fill (&address, destination, DISCARD_PORT);
  int fd = socket (address.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return FALSE;
  gboolean found = connect (fd, &address.any, length) == 0 && tcp_local_address (fd, ret_source);
  close (fd);
  return found;
}

static void
found_local (IdentityFinding *finding)
{
  finding->network = g_strdup ("loopback");
  finding->description = g_strdup (_ ("this machine"));
}

static void
found_prefixes (IdentityFinding *finding, const struct ifaddrs *all, const IpAddress *source)
{
  const char *interface = interface_of_address (all, source);
  g_autofree char *prefixes = interface ? interface_prefixes (all, interface, source->family) : NULL;
  g_autofree char *name = interface ? visible_text (interface, -1) : NULL;
  if (prefixes) {
    finding->network = g_strdup_printf ("%s on %s", family_name (source->family), prefixes);
    finding->description = g_strdup_printf (_ ("%s, known by its prefixes"), name);
  } else
    finding->description = name ? g_strdup_printf (_ ("%s, without a prefix"), name)
                                : g_strdup (_ ("no interface has the address to send from"));
}

/* Where a system has nothing better: the prefixes of the interface that the kernel would
 * send from. No packet leaves. */
static void
find_by_prefixes (const IpAddress *destination, IdentityFinding *ret_finding)
{
  IpAddress source;
  struct ifaddrs *all = NULL;
  *ret_finding = (IdentityFinding){ 0 };
  if (ip_address_is_loopback (destination))
    found_local (ret_finding);
  else if (!find_source (destination, &source) || getifaddrs (&all) != 0)
    ret_finding->description = g_strdup (_ ("no route"));
  else if (memcmp (source.octets, destination->octets, sizeof source.octets) == 0)
    found_local (ret_finding);
  else
    found_prefixes (ret_finding, all, &source);
  if (all)
    freeifaddrs (all);
}

void
identity_ask (Identity *identity, const IpAddress *destination, IdentityDone done, gpointer data)
{
  g_auto (IdentityFinding) finding = { 0 };
  find_by_prefixes (destination, &finding);
  tell (identity, &finding, done, data);
}

#endif

void
identity_cancel (Identity *identity, gpointer data)
{
  for (guint i = identity->questions->len; i > 0; i--) {
    Question *question = identity->questions->pdata[i - 1];
    if (question->data != data)
      continue;
    g_ptr_array_remove_index (identity->questions, i - 1);
    question_free (question);
  }
}
