/* The configuration's files, read again when they have changed. */
#pragma once

#include "config/config.h"

typedef struct ConfigWatch ConfigWatch;

/* CONFIG is the callee's; NULL with ERROR where it is broken. */
typedef void (*ConfigChanged) (Config *config, const GError *error, gpointer data);

/* SET: of --set, outlives the watch; may be NULL. CHANGED comes from the main context. */
ConfigWatch *config_watch_new (const char *const *set, ConfigChanged changed, gpointer data);
void         config_watch_free (ConfigWatch *watch); /* accepts NULL; not inside CHANGED */

/* Reads them now, changed or not. */
void         config_watch_reload (ConfigWatch *watch);
