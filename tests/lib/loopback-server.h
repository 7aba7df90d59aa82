/* A mail server within the test's own main loop, on a port of its own at 127.0.0.1:
 * what it received, octet for octet, and how far it was let. */
#pragma once

#include "core/receiver.h"

typedef struct LoopbackServer LoopbackServer;

/* CAPABILITIES: CapabilityFlag offered. */
LoopbackServer *loopback_server_new (guint capabilities);
void            loopback_server_free (LoopbackServer *server);

guint16 loopback_server_port (const LoopbackServer *server);

/* Messages whose end arrived, and their bodies one behind the other. */
guint          loopback_server_messages (const LoopbackServer *server);
const GString *loopback_server_bodies (const LoopbackServer *server);

/* Octets of bodies that arrived, whole or not. */
gsize loopback_server_body_octets (const LoopbackServer *server);

/* Answers RCPT number INDEX (over all transactions, from 0) with CODE. */
void loopback_server_refuse (LoopbackServer *server, guint index, guint code);

/* Answers the end of messages with CODE (0: 250); G_MAXUINT: closes instead of answering. */
void loopback_server_end_with (LoopbackServer *server, guint code);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoopbackServer, loopback_server_free)
