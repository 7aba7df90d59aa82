/* A network that is this process's own: user, network and mount namespaces, made without
 * root where the system lets us, with a loopback interface that bears the addresses of
 * the demo's mail host, and a hosts file that names it. */
#pragma once

#include <glib.h>

#define NAMESPACE_HOST "mail.demo.test"
#define NAMESPACE_IPV4 "198.51.100.25"
#define NAMESPACE_IPV6 "2001:db8::25"

/* Moves this process there; HOSTS_FILE is written and takes the place of /etc/hosts for
 * it and its children. To be called before the first thread starts. FALSE with
 * TOUKAN_ERROR_UNAVAILABLE, saying what is missing and how to enable it; the process
 * then stays where it was. *ret_ipv6: whether the kernel has IPv6. */
gboolean namespace_enter (const char *hosts_file, gboolean *ret_ipv6, GError **error);
