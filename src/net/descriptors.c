/* Standard descriptors, whole. */
#include "net/descriptors.h"

#include <fcntl.h>
#include <unistd.h>

void
descriptors_fill_standard (void)
{
  int fd;

  do
    fd = open ("/dev/null", O_RDWR); /* not close-on-exec: our children need them, too */
  while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd > STDERR_FILENO)
    close (fd);
}
