/* One configuration file, read into entries that know their line. The syntax is
 * GKeyFile's; GKeyFile itself tells no lines and leaves copies of passwords behind. */
#pragma once

#include <glib.h>

#define CONFIG_FILE_LIMIT (256 * 1024)
#define CONFIG_LINE_LIMIT 8192
#define CONFIG_ACCOUNTS_LIMIT 1000
#define CONFIG_FAULTS_LIMIT 100

typedef enum { CONFIG_GROUP_DEFAULTS, CONFIG_GROUP_ACCOUNT, CONFIG_GROUP_KEYS } ConfigGroup;

typedef struct {
  ConfigGroup group;
  const char *account; /* NAME of [account NAME], "" in [defaults], "[keys]" there; owned by the file */
  char       *key;
  char       *value;   /* wiped when freed */
  guint       line;
} ConfigEntry;

typedef struct {
  char      *name;
  char      *folder;   /* what relative paths in it are relative to */
  GPtrArray *entries;  /* of ConfigEntry, in order */
  GPtrArray *accounts; /* names, in order, each once */
} ConfigFile;

/* Reads TEXT; what is wrong joins FAULTS (of GError, "NAME:LINE: why") and is left out,
 * so that one run tells all that is wrong. Never NULL. */
ConfigFile *config_file_parse (const char *name, const char *text, gsize length, GPtrArray *faults);

/* Reads the file NAME. NULL when it isn't there or can't be read: then *ret_errno says
 * why; also refuses a file that others may write, or read when it holds a password. */
ConfigFile *config_file_read (const char *name, int *ret_errno, GPtrArray *faults);

void config_file_free (ConfigFile *file);

/* Adds "FILE:LINE: why" (no ":LINE" for 0) to FAULTS. */
void config_fault (GPtrArray *faults, int code, const char *file, guint line, const char *format, ...)
  G_GNUC_PRINTF (5, 6);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ConfigFile, config_file_free)
