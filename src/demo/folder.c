/* Removing what the demo made. */
#include "demo/folder.h"

#include <ftw.h>
#include <stdio.h>

#define OPEN_FOLDERS 8

static int
remove_one (const char *path, const struct stat *status, int type, struct FTW *position)
{
  remove (path);
  return 0; /* what can't be removed doesn't keep the rest */
}

void
folder_remove (const char *name)
{
  nftw (name, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
