/* Private to the net room: the addresses and routes of this machine as one number. */
#pragma once

#include <glib.h>

/* Another number after a change that may open or close a way out: of an address, the link below
 * it, or a route. The same after a lease or a router's advertisement was only renewed. */
guint64 link_state (void);

/* What a dump of rtnetlink's adds to it, LENGTH octets aligned for a header; *RET_DONE: it ends
 * here. Linux only. */
guint64 link_state_of_dump (const void *octets, gsize length, gboolean *ret_done);
