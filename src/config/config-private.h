/* What a Config holds, for the files that fill it and ask it. */
#pragma once

#include "config/config-file.h"
#include "config/config.h"

typedef struct {
  Account *account;
  char   **origins;  /* by the table's index */
} AccountPlace;

struct Config {
  GPtrArray *files;   /* of ConfigFile, the most important last */
  GPtrArray *places;  /* of AccountPlace, in order */
  GPtrArray *faults;  /* of GError: what was wrong with files and overrides */
  Keymap    *keymap;
  GStrv      names;
  GStrv      file_names;
  char      *default_account;        /* NULL: none */
  char      *default_account_origin;
  char      *user_file;              /* where a user would write */
  char      *unreadable;             /* the system's file, when it is there and not for us */
  gboolean   implied;                /* no [account …] at all: "default" is made of [defaults] and --set */
};
