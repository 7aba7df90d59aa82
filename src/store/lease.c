/* Open-file-description locks (fcntl(2), F_OFD_SETLK): unlike those of POSIX they belong to
 * the descriptor, so that two leases of one process know of each other, and closing another
 * descriptor of the file ends none. A child between fork and exec shares them for a moment. */
#include "store/lease.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOKEN_MASK ((G_GINT64_CONSTANT (1) << 62) - 1)

/* Two pick the same byte once in a very long time. */
#define PICKS 8

struct Lease {
  char *file;
  int fd; /* -1: not open */
  LeaseHolder own;
};

Lease *
lease_new (const char *file)
{
  Lease *lease = g_new0 (Lease, 1);

  lease->file = g_strdup (file);
  lease->fd = -1;
  return lease;
}

void
lease_holder_clear (LeaseHolder *holder)
{
  g_free (holder->boot);
  g_free (holder->space);
  g_free (holder->place);
  *holder = (LeaseHolder){ 0 };
}

void
lease_free (Lease *lease)
{
  if (!lease)
    return;
  if (lease->fd >= 0)
    close (lease->fd);
  lease_holder_clear (&lease->own);
  g_free (lease->file);
  g_free (lease);
}

gint64
lease_token (const Lease *lease)
{
  return lease->own.token;
}

/* --- what the kernel says of processes ------------------------------------------------------ */

/* Field 22 of /proc/PID/stat; the name in field 2 may hold anything. 0: there is none. */
static gint64
process_started (gint64 process)
{
  g_autofree char *name = g_strdup_printf ("/proc/%" G_GINT64_FORMAT "/stat", process);
  g_autofree char *text = NULL;

  if (!g_file_get_contents (name, &text, NULL, NULL))
    return 0;
  const char *at = strrchr (text, ')');
  for (guint field = 2; at && field < 22; field++)
    at = strchr (at + 1, ' ');
  return at ? g_ascii_strtoll (at, NULL, 10) : 0;
}

static char *
boot_id (void)
{
  char *text = NULL;

  return g_file_get_contents ("/proc/sys/kernel/random/boot_id", &text, NULL, NULL) ? g_strchomp (text)
                                                                                    : NULL;
}

static char *
process_space (void)
{
  char name[64];
  ssize_t length = readlink ("/proc/self/ns/pid", name, sizeof name);

  return length > 0 ? g_strndup (name, (gsize)length) : NULL;
}

/* --- the lock --------------------------------------------------------------------------------- */

static void
open_file (Lease *lease)
{
  struct stat place;

  if (lease->fd >= 0)
    return;
  lease->fd = open (lease->file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lease->fd >= 0 && fstat (lease->fd, &place) == 0) {
    g_free (lease->own.place);
    lease->own.place = g_strdup_printf ("%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT, (guint64)place.st_dev,
                                        (guint64)place.st_ino);
  }
}

static gint64
pick_token (void)
{
  gint64 token = 0;

  while (token == 0) {
    if (getentropy (&token, sizeof token) != 0)
      token = (gint64)g_random_int () << 32 | g_random_int ();
    token &= TOKEN_MASK;
  }
  return token;
}

static struct flock
byte_lock (gint64 token)
{
  return (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)token, .l_len = 1 };
}

static gboolean
lock_byte (const Lease *lease, gint64 token)
{
  struct flock lock = byte_lock (token);
  int result;

  do
    result = fcntl (lease->fd, F_OFD_SETLK, &lock);
  while (result != 0 && errno == EINTR);
  return result == 0;
}

const LeaseHolder *
lease_take (Lease *lease)
{
  gboolean locked = FALSE;

  if (lease->own.token != 0)
    return &lease->own;
  open_file (lease);
  for (guint i = 0; i < PICKS && !locked; i++) {
    lease->own.token = pick_token ();
    locked = lease->fd >= 0 && lock_byte (lease, lease->own.token);
  }
  if (!locked)
    g_clear_pointer (&lease->own.place, g_free);
  lease->own.process = getpid ();
  lease->own.started = process_started (lease->own.process);
  lease->own.boot = boot_id ();
  lease->own.space = process_space ();
  return &lease->own;
}

/* --- who lives --------------------------------------------------------------------------------- */

/* FALSE: the kernel can't say. */
static gboolean
ask_lock (const Lease *lease, gint64 token, gboolean *ret_alive)
{
  struct flock lock = byte_lock (token);

  if (lease->fd < 0 || fcntl (lease->fd, F_OFD_GETLK, &lock) != 0)
    return FALSE;
  *ret_alive = lock.l_type != F_UNLCK;
  return TRUE;
}

/* Whose processes we can't see is taken to live, until the computer is started anew. */
static gboolean
ask_processes (const LeaseHolder *holder)
{
  g_autofree char *boot = boot_id ();
  g_autofree char *space = process_space ();

  if (g_strcmp0 (holder->boot, boot) != 0)
    return FALSE;
  return g_strcmp0 (holder->space, space) != 0 || process_started (holder->process) == holder->started;
}

gboolean
lease_is_alive (Lease *lease, const LeaseHolder *holder)
{
  gboolean alive;

  if (holder->token == lease->own.token)
    return TRUE;
  open_file (lease);
  /* Somebody may have removed the file, and the lock is on the one that nobody sees. */
  if (holder->place && g_strcmp0 (holder->place, lease->own.place) == 0
      && ask_lock (lease, holder->token, &alive))
    return alive;
  return ask_processes (holder);
}
