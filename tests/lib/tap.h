/* g_test_init() that always speaks TAP, which automake's driver counts. */
#pragma once

#include <glib.h>
#include <string.h>

static inline void
tap_init (int *argc, char ***argv)
{
  gboolean asked = FALSE;
  for (int i = 1; i < *argc; i++)
    asked = asked || strcmp ((*argv)[i], "--tap") == 0;
  static char *with_tap[64];
  if (!asked && *argc < 62) {
    with_tap[0] = (*argv)[0];
    with_tap[1] = (char *) "--tap";
    for (int i = 1; i < *argc; i++)
      with_tap[i + 1] = (*argv)[i];
    *argc += 1;
    *argv = with_tap;
  }
  g_test_init (argc, argv, NULL);
}
