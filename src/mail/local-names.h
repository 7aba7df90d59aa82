/* The domains that mean this machine itself, and so nobody's mailbox at a server. */
#pragma once

#include <glib.h>

/* The domain that stands for "none was written": `root` is kept as root@localhost until it
 * is known what becomes of it. It is local on every machine. */
#define LOCAL_DOMAIN "localhost"

/* The machine's name, and its names with a domain in /etc/hosts; NULL-terminated, the
 * caller's. DNS isn't asked: mail must be accepted without a network. */
GStrv local_names_of_host (void);

/* The same from a machine's name and the text of a hosts file. */
GStrv local_names_parse (const char *host, const char *hosts);

/* Is DOMAIN one of NAMES (may be NULL), or LOCAL_DOMAIN? */
gboolean local_names_hold (const char *const *names, const char *domain);

/* Does DOMAIN mean nothing elsewhere: LOCAL_DOMAIN, or a single word of NAMES? Then what
 * no alias leads on from gets the account's domain. */
gboolean local_names_bare (const char *const *names, const char *domain);
