/* A mount namespace of one's own, with or without root. */
#include "tests/lib/mounts.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static gboolean
write_file (const char *name, const char *text)
{
  int fd = open (name, O_WRONLY | O_CLOEXEC);
  gboolean written = fd >= 0 && write (fd, text, strlen (text)) == (gssize)strlen (text);
  if (fd >= 0)
    close (fd);
  return written;
}

gboolean
mounts_make_own (void)
{
  g_autofree char *users = g_strdup_printf ("0 %u 1", geteuid ());
  g_autofree char *groups = g_strdup_printf ("0 %u 1", getegid ());
  if (unshare (CLONE_NEWUSER | CLONE_NEWNS) == 0)
    return write_file ("/proc/self/setgroups", "deny") && write_file ("/proc/self/uid_map", users)
           && write_file ("/proc/self/gid_map", groups);
  return unshare (CLONE_NEWNS) == 0 && mount (NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL) == 0;
}
