/* The demo's firewall: what becomes of connections to one port. */
#pragma once

#include "demo/fault.h"

/* Loads rules of nft(8) into this process's own network namespace, so that PORT shows
 * FAULT. FALSE with TOUKAN_ERROR_UNAVAILABLE, saying what is missing. */
gboolean firewall_load (Fault fault, guint16 port, GError **error);
