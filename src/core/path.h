/* Paths and addresses: what can work or fail as a whole, and what one connects to. */
#pragma once

#include "base/ticks.h"

typedef enum {
  FAMILY_IPV6,
  FAMILY_IPV4,
  FAMILY_TUNNEL, /* a command's pipe takes the place of the connect: no address */
} Family;

#define FAMILY_COUNT 3

/* "IPv6", "IPv4", "tunnel". Static. */
const char *family_name (Family family);

/* One IP address, in network byte order; IPv4 uses the first four octets. */
typedef struct {
  Family  family;
  guint8  octets[16];
  guint32 scope_id; /* of a link-local IPv6 address, else 0 */
} IpAddress;

gboolean ip_address_equal (const IpAddress *a, const IpAddress *b);

/* 127.0.0.0/8 and ::1. */
gboolean ip_address_is_loopback (const IpAddress *address);

/* 169.254.0.0/16 (RFC 3927) and fe80::/10 (RFC 4291, 2.5.6). */
gboolean ip_address_is_link_local (const IpAddress *address);

/* Reads "192.0.2.1", "2001:db8::1", "[2001:db8::1]" or the SMTP literal
 * "[IPv6:2001:db8::1]". FALSE when TEXT is none of them. */
gboolean ip_address_parse (const char *text, IpAddress *ret_address);

/* The canonical form of RFC 5952. Free with g_free(). */
char *ip_address_to_string (const IpAddress *address);

/* How one attempt ended. The five cases, and the one that says nothing of the
 * server: our own host had no way to even try. */
typedef enum {
  ATTEMPT_ACCEPTED,
  ATTEMPT_REFUSED,     /* TCP RST */
  ATTEMPT_PROHIBITED,  /* ICMP hard error */
  ATTEMPT_UNREACHABLE, /* ICMP soft error, or an errno that can't tell */
  ATTEMPT_SILENT,      /* nothing within connect-timeout */
  ATTEMPT_OWN_HOST,    /* no route, no address, no descriptor here: no evidence */
} AttemptEnd;

/* "accepted", "refused", … "no way from here". Untranslated, static. */
const char *attempt_end_name (AttemptEnd end);

/* What follows from the errno of connect() or SO_ERROR, 0 being success.
 * AT_ONCE: connect() itself returned it, so no packet was answered. */
AttemptEnd attempt_end_of_errno (Family family, int error, gboolean at_once);

/* host + port + family. TLS from the first octet belongs to the port. */
typedef struct {
  const char *host; /* as configured, in A-label form; not owned */
  guint16     port;
  gboolean    implicit_tls;
  Family      family;
} Path;
