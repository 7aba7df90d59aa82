/* The lock belongs to the open file (F_OFD_SETLK), so that no other part of this process can lose it
 * by closing another descriptor of it. */
#include "cli/agent-lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"

#define LOCK_NAME "agent.lock"
#define TEXT_SIZE 80

#ifdef F_OFD_SETLK
#define SET_LOCK F_OFD_SETLK
#define GET_LOCK F_OFD_GETLK
#else
#define SET_LOCK F_SETLK
#define GET_LOCK F_GETLK
#endif

struct AgentLock {
  char *directory;
  int fd;
};

static AgentHolder
read_holder (int fd)
{
  char text[TEXT_SIZE] = { 0 };
  AgentHolder holder = { 0 };
  char *end = text;

  if (pread (fd, text, sizeof text - 1, 0) <= 0)
    return holder;
  holder.process = g_ascii_strtoll (text, &end, 10);
  holder.since = g_ascii_strtoll (end, NULL, 10);
  return holder;
}

static gboolean
write_holder (int fd)
{
  char text[TEXT_SIZE];
  int length = g_snprintf (text, sizeof text, "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n",
                           (gint64)getpid (), g_get_real_time ());

  return ftruncate (fd, 0) == 0 && pwrite (fd, text, (gsize)length, 0) == length;
}

static gboolean
set_error (GError **error, const char *name)
{
  int number = errno;

  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_IO, _ ("%s can't be used: %s"), name, g_strerror (number));
  return FALSE;
}

/* FALSE without ERROR: another has it. */
static gboolean
lock (int fd, const char *name, GError **error)
{
  struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

  if (fcntl (fd, SET_LOCK, &whole) == 0)
    return write_holder (fd) || set_error (error, name);
  if (errno != EAGAIN && errno != EACCES)
    return set_error (error, name);
  return FALSE;
}

AgentLock *
agent_lock_take (const char *directory, AgentHolder *ret_holder, GError **error)
{
  g_autofree char *name = g_build_filename (directory, LOCK_NAME, NULL);
  AgentLock *taken;
  int fd;

  if (g_mkdir_with_parents (directory, 0700) != 0) {
    set_error (error, directory);
    return NULL;
  }
  fd = open (name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) {
    set_error (error, name);
    return NULL;
  }
  if (!lock (fd, name, error)) {
    *ret_holder = read_holder (fd);
    close (fd);
    return NULL;
  }
  taken = g_new (AgentLock, 1);
  *taken = (AgentLock){ .directory = g_strdup (directory), .fd = fd };
  return taken;
}

/* The file stays: whoever took it away might take another agent's. */
void
agent_lock_free (AgentLock *lock)
{
  if (!lock)
    return;
  close (lock->fd);
  g_free (lock->directory);
  g_free (lock);
}

const char *
agent_lock_directory (const AgentLock *lock)
{
  return lock->directory;
}

gboolean
agent_lock_is_held (const char *directory, AgentHolder *ret_holder)
{
  g_autofree char *name = g_build_filename (directory, LOCK_NAME, NULL);
  struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
  int fd = open (name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  gboolean held;

  if (fd < 0)
    return FALSE;
  held = fcntl (fd, GET_LOCK, &whole) == 0 && whole.l_type != F_UNLCK;
  *ret_holder = read_holder (fd);
  close (fd);
  return held;
}
