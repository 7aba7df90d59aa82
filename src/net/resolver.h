/* Host names to addresses: the hosts file first, then DNS through c-ares, A and
 * AAAA asked at once. nsswitch.conf is knowingly ignored. */
#pragma once

#include "core/path.h"
#include "base/ticks.h"

typedef enum {
  RESOLVER_FOUND,
  RESOLVER_NO_ADDRESS, /* the name exists, without an address of this family */
  RESOLVER_NO_NAME,    /* NXDOMAIN: final */
  RESOLVER_FAILED,     /* SERVFAIL, time-out: temporary */
} ResolverStatus;

const char *resolver_status_name (ResolverStatus status);

typedef struct Resolver Resolver;

/* TIMEOUT: at most so long for one question, whatever the servers do. */
Resolver *resolver_new (Ticks timeout);
void      resolver_free (Resolver *resolver);

/* DETAIL: for people, NULL when found. ADDRESSES lives during the call. */
typedef void (*ResolverDone) (Family family, ResolverStatus status, const IpAddress *addresses,
                              gsize n_addresses, const char *detail, gpointer data);

/* Asks for HOST (A-labels or a literal) in one family; DONE comes exactly once, from the
 * main context or before this returns (literals, "localhost", what is remembered, and
 * the hosts file: a name that is found there is answered wholly from it). Answers are
 * remembered within RESOLVER for the time of its life, but for failures. DONE may free RESOLVER. */
void resolver_ask (Resolver *resolver, const char *host, Family family, ResolverDone done, gpointer data);

/* No callback with DATA comes any more. */
void resolver_cancel (Resolver *resolver, gpointer data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Resolver, resolver_free)
