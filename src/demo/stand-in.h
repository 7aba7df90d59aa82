/* What stands in for a firewall on a port where none can be had: a port that is closed
 * for certain, or one whose listen queue is full, so that the kernel drops what comes. */
#pragma once

#include <glib.h>

typedef struct StandIn StandIn;

typedef enum {
  STAND_IN_CLOSED, /* bound and not listening: connects are reset */
  STAND_IN_FULL,   /* listening, full and never accepting: SYNs are dropped */
} StandInKind;

/* Takes PORT at the addresses (IPv4 and IPv6 as text; NULL-terminated). NULL with
 * TOUKAN_ERROR_SYSTEM. */
StandIn *stand_in_new (StandInKind kind, const char *const *addresses, guint16 port, GError **error);
void     stand_in_free (StandIn *stand_in); /* accepts NULL */

/* TRUE when nobody has PORT at any of the addresses. */
gboolean stand_in_port_is_free (const char *const *addresses, guint16 port);

/* TRUE when this machine has ADDRESS. */
gboolean stand_in_has_address (const char *address);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StandIn, stand_in_free)
