/* Where this machine is attached: a name for the network by which a destination is reached,
 * the same each time one is here and another elsewhere. It's the route's next hop that is
 * named, by its link-layer address, hashed; where the route has no link layer (tun, ppp), the
 * interface's prefixes. Other systems than Linux have the prefixes only. */
#pragma once

#include "core/path.h"

typedef struct Identity Identity;

/* SALT keeps the names from telling others whose routers this machine has seen; with another
 * salt all networks are new ones. */
Identity *identity_new (const guint8 *salt, gsize length);
/* The same with a salt of its own: names that mean nothing outside of this process. */
Identity *identity_new_transient (void);
/* Ends all questions without an answer. Accepts NULL. */
void      identity_free (Identity *identity);

/* NETWORK: 32 hexadecimal digits; NULL: unknown, so that nothing may be believed or written.
 * DESCRIPTION: for people ("wlan0, by 192.0.2.1"). Both live during the call. */
typedef void (*IdentityDone) (const char *network, const char *description, gpointer data);

/* DONE comes exactly once: before this returns unless the neighbour table has to be filled
 * first, else from the main context within 50 ms. */
void identity_ask (Identity *identity, const IpAddress *destination, IdentityDone done, gpointer data);

/* No callback with DATA comes any more. */
void identity_cancel (Identity *identity, gpointer data);

#define IDENTITY_PATIENCE 50 /* ms */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Identity, identity_free)
