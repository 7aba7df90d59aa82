/* For test-link-watch.py: says "ready", then a line for each change of the network, with the
 * monotonic clock in seconds. */
#include <stdio.h>

#include "net/clock.h"
#include "net/link-watch.h"

static void
on_change (gpointer data)
{
  printf ("%.6f\n", (double)clock_now () / TICKS_PER_SECOND);
  fflush (stdout);
}

int
main (void)
{
  GMainLoop *loop = g_main_loop_new (NULL, FALSE);

  link_watch_new (on_change, NULL);
  printf ("ready\n");
  fflush (stdout);
  g_main_loop_run (loop);
  return 0;
}
