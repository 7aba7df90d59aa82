/* One file beside the database, which stays empty: byte N of it is draft N's. */
#include "store/draft-locks.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define NAME "drafts.lock"

/* Those of the open file, where there are such: others go when any descriptor of the file is closed. */
#ifdef F_OFD_SETLK
#define SET F_OFD_SETLK
#define GET F_OFD_GETLK
#else
#define SET F_SETLK
#define GET F_GETLK
#endif

struct DraftLocks {
  char *file;
  int descriptor; /* -1: not open */
};

DraftLocks *
draft_locks_new (const char *directory)
{
  DraftLocks *locks = g_new (DraftLocks, 1);

  *locks = (DraftLocks){ g_build_filename (directory, NAME, NULL), -1 };
  return locks;
}

void
draft_locks_free (DraftLocks *locks)
{
  if (!locks)
    return;
  if (locks->descriptor >= 0)
    close (locks->descriptor);
  g_free (locks->file);
  g_free (locks);
}

static gboolean
open_file (DraftLocks *locks)
{
  if (locks->descriptor < 0)
    locks->descriptor = open (locks->file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  return locks->descriptor >= 0;
}

static struct flock
byte_of (gint64 id)
{
  return (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)id, .l_len = 1 };
}

gboolean
draft_locks_take (DraftLocks *locks, gint64 id)
{
  struct flock byte = byte_of (id);

  return !open_file (locks) || fcntl (locks->descriptor, SET, &byte) == 0
         || (errno != EAGAIN && errno != EACCES);
}

gboolean
draft_locks_is_free (DraftLocks *locks, gint64 id)
{
  struct flock byte = byte_of (id);

  return !open_file (locks) || fcntl (locks->descriptor, GET, &byte) != 0 || byte.l_type == F_UNLCK;
}
