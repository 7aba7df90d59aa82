/* Between aliases.c, which knows what leads where, and aliases-parse.c, which reads it. */
#pragma once

#include "mail/aliases.h"

typedef enum {
  TARGET_ADDRESS, /* .text: somewhere else */
  TARGET_LOCAL,   /* .text: NAME@LOCAL_DOMAIN, which may be an alias itself */
  TARGET_FINAL,   /* .text: the same, but written \NAME: no alias */
  TARGET_REFUSED, /* .text: what is wrong with it */
} TargetKind;

typedef struct {
  TargetKind kind;
  char      *text;
} AliasTarget;

typedef struct {
  char      *name;    /* as it is shown */
  char      *place;   /* "FILE:LINE" */
  GPtrArray *targets; /* of AliasTarget */
} Alias;

struct Aliases {
  const char *const *local_names;
  GHashTable *by_name; /* alias_key() to Alias, which order owns */
  GPtrArray  *order;   /* of Alias */
  GPtrArray  *faults;  /* of char *: lines that are no alias */
};

/* How NAME, a local part without quotes, is looked up. Free with g_free(). */
char *alias_key (const char *name);

/* Takes ALIAS. */
void aliases_add (Aliases *aliases, const char *file, Alias *alias);
void alias_free (Alias *alias);
void alias_target_free (gpointer target);
