/* Opened without waiting, looked at before it is read. */
#include "mail/small-file.h"

#include "base/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *
read_descriptor (int fd, gsize limit, GString *text)
{
  struct stat status;
  char buffer[4096];
  gssize given = 0;

  if (fstat (fd, &status) != 0)
    return g_strerror (errno);
  if (!S_ISREG (status.st_mode))
    return _ ("it isn't a plain file");
  while (text->len <= limit && (given = read (fd, buffer, sizeof buffer)) > 0)
    g_string_append_len (text, buffer, given);
  if (given < 0)
    return g_strerror (errno);
  return text->len > limit ? _ ("it is too long") : NULL;
}

GString *
small_file_read (const char *path, gsize limit, int *ret_errno, const char **ret_reason)
{
  g_autoptr (GString) text = g_string_new (NULL);
  int fd = g_open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);

  *ret_errno = fd < 0 ? errno : 0;
  *ret_reason = fd < 0 ? g_strerror (errno) : read_descriptor (fd, limit, text);
  if (fd >= 0)
    close (fd);
  return *ret_reason == NULL ? g_steal_pointer (&text) : NULL;
}
