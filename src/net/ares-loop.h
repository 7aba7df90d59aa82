/* Private to the net room: c-ares on the main loop. */
#pragma once

#include "base/ticks.h"
#include "net/ares.h"
#include <glib.h>

typedef struct AresLoop AresLoop;

/* Reads resolv.conf unless SERVERS (NULL: none) are given. NULL: c-ares can't start, *ret_status says why. */
AresLoop *ares_loop_new (const char *servers, int *ret_status);
/* Ends all questions with ARES_EDESTRUCTION. Never from within a callback of c-ares. */
void      ares_loop_free (AresLoop *loop);

/* ares_search() of class IN: DONE may come before this returns. */
void ares_loop_ask (AresLoop *loop, const char *name, int type, ares_callback done, gpointer data);
