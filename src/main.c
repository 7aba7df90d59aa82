/* argv[0] and verb dispatch, nothing else. */
#include <stdio.h>

#include "base/i18n.h"

int
main (int argc, char **argv)
{
  fprintf (stderr, _("toukan: no verb yet\n"));
  return 64;
}
