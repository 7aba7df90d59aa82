/* Private to the net room: what its tests replace. */
#pragma once

#include "net/resolver.h"

/* DNS servers in c-ares' form ("127.0.0.1:5353,…") in place of resolv.conf's, whose search
 * list is dropped too; before the first question. */
void resolver_set_servers (Resolver *resolver, const char *servers);

/* In place of /etc/hosts. */
void resolver_set_hosts_file (Resolver *resolver, const char *file);
