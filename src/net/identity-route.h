/* Private to the net room: which network a destination is reached by, decided from what
 * the kernel answers over rtnetlink(7). Pure: octets in, octets out; identity-kernel.c
 * has the sockets.
 *
 * Use: route_lookup_start(); then do what route_lookup_step() says and tell the result,
 * until it is KNOWN or UNKNOWN. */
#pragma once

#include "core/path.h"

typedef enum {
  ROUTE_LOOKUP_ASK,      /* send route_lookup_request(), tell route_lookup_answer() */
  ROUTE_LOOKUP_NUDGE,    /* make the kernel look for .next_hop, tell route_lookup_nudged(); then ASK again at
                            each change, and route_lookup_give_up() when it has had its time */
  ROUTE_LOOKUP_PREFIXES, /* there is no link layer: tell route_lookup_prefixes() of .interface_name */
  ROUTE_LOOKUP_KNOWN,    /* .network */
  ROUTE_LOOKUP_UNKNOWN,  /* .reason */
} RouteLookupStep;

/* Why the network is unknown. */
typedef enum {
  ROUTE_REASON_NONE,
  ROUTE_REASON_NO_ROUTE,  /* none, or one that says unreachable, prohibited, black hole */
  ROUTE_REASON_SILENT,    /* the next hop doesn't say its link-layer address */
  ROUTE_REASON_NO_PREFIX, /* no link layer, and no address but link-local ones */
  ROUTE_REASON_UNREADABLE,
} RouteReason;

#define ROUTE_NAME_SIZE 32

typedef struct {
  RouteLookupStep step;
  RouteReason reason;
  IpAddress destination;
  gboolean  local;                           /* the destination is this machine */
  guint32   interface;                       /* by which it is reached; 0: not known yet */
  gboolean  has_gateway;
  IpAddress next_hop;                        /* the gateway, or the destination on the same link; either family */
  char      interface_name[ROUTE_NAME_SIZE]; /* "": not known yet */
  char      kind[ROUTE_NAME_SIZE];           /* "ether", "veth", "wireguard", … */
  gboolean  nudged;
  char     *prefixes;                        /* NULL: there is a link layer */
  char     *network;                         /* what is the same each time one is here, in words */
} RouteLookup;

void route_lookup_start (RouteLookup *lookup, const IpAddress *destination);
void route_lookup_clear (RouteLookup *lookup);

/* The largest request. */
#define ROUTE_REQUEST_SIZE 64

/* ASK: what to send, with SEQUENCE in it. */
gsize route_lookup_request (const RouteLookup *lookup, guint32 sequence, guint8 request[ROUTE_REQUEST_SIZE]);

/* ASK: the datagram that came back; LENGTH 0: none did. Messages with another sequence are passed over. */
void  route_lookup_answer (RouteLookup *lookup, guint32 sequence, const guint8 *octets, gsize length);

void  route_lookup_nudged (RouteLookup *lookup);
/* TEXT: as interface_prefixes() writes it; NULL: none. */
void  route_lookup_prefixes (RouteLookup *lookup, const char *text);
void  route_lookup_give_up (RouteLookup *lookup);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (RouteLookup, route_lookup_clear)
