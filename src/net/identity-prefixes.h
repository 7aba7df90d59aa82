/* Private to the net room: the prefixes that are on the link of an interface, where no
 * router can be asked who it is. */
#pragma once

#include "core/path.h"
#include <ifaddrs.h>

/* INTERFACE's prefixes of FAMILY, of all that getifaddrs(3) found, sorted, each once:
 * "10.8.0.0/24 10.9.0.0/16". NULL: none, or none but link-local ones, which are the same
 * everywhere. Free with g_free(). */
char *interface_prefixes (const struct ifaddrs *all, const char *interface, Family family);

/* The interface that has ADDRESS; NULL: none. Owned by ALL. */
const char *interface_of_address (const struct ifaddrs *all, const IpAddress *address);
