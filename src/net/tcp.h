/* Non-blocking connects, and the sink's listening. */
#pragma once

#include "core/path.h"
#include <gio/gio.h>

typedef struct TcpConnect TcpConnect;

/* FD is the callee's when END is ATTEMPT_ACCEPTED, else -1. ERROR is the errno, 0 when
 * accepted. */
typedef void (*TcpConnected) (AttemptEnd end, int error, int fd, gpointer data);

/* Begins a connect to ADDRESS:PORT with TCP_NODELAY and close-on-exec. SO_ERROR is read at once,
 * since Linux files a quick ICMP error there and reports it to poll only a second
 * later. DONE comes once, always from the main context, never before this returns.
 * No timeout here: the ladder's. */
TcpConnect *tcp_connect (const IpAddress *address, guint16 port, TcpConnected done, gpointer data);

/* Gives up and closes; DONE doesn't come. Accepts NULL. Also frees after DONE. */
void tcp_connect_free (TcpConnect *connect);

/* A listening socket, -1 with ERROR. PORT 0: any; *ret_port says which. */
int tcp_listen (const IpAddress *address, guint16 port, guint16 *ret_port, GError **error);

/* FALSE: this machine has no address but loopback's and link-local ones, on a link with a carrier: no
 * attempt to connect elsewhere. */
gboolean tcp_have_network (void);

/* FALSE: no interface that is up has ADDRESS. */
gboolean tcp_is_own_address (const IpAddress *address);

/* The address that FD is bound to on our side; FALSE for what is no TCP socket. */
gboolean tcp_local_address (int fd, IpAddress *ret_address);
