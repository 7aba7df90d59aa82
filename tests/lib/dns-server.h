/* A small DNS server on loopback, in the test's own main loop. */
#pragma once

#include <glib.h>

enum { DNS_NOERROR = 0, DNS_SERVFAIL = 2, DNS_NXDOMAIN = 3, DNS_REFUSED = 5, DNS_SILENT = -1 };

typedef struct {
  const char *name;
  int         rcode;
  const char *ipv4, *ipv6; /* addresses, separated by spaces; NULL: no such records */
  const char *alias_of;    /* a CNAME comes first, and the addresses are of this name */
} DnsZone;

typedef struct {
  const DnsZone *zones; /* the last has no name; a name that isn't there is NXDOMAIN */
  int            fd;
  GSource       *source;
  guint          n_questions; /* that came */
  guint          n_to_drop;   /* the first so many stay without an answer */
  char          *address;     /* "127.0.0.1:PORT" */
} DnsServer;

void dns_server_start (DnsServer *server, const DnsZone *zones);
void dns_server_stop  (DnsServer *server);
