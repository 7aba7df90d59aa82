/* Once per process, whichever thread comes first. */
#include "mail/gmime-start.h"

#include <gmime/gmime.h>

void
gmime_start (void)
{
  static gsize started;
  if (g_once_init_enter (&started)) {
    g_mime_init ();
    g_once_init_leave (&started, 1);
  }
}
