/* Which SASL mechanism to use, or why none: from what this EHLO offered on this
 * path, out of an allow-list. What a server offers never overrides our rule. */
#pragma once

#include "core/capabilities.h"

typedef enum {
  AUTH_AUTO,      /* where offered */
  AUTH_REQUIRED,  /* not offered is an error */
  AUTH_OFF,       /* never */
} AuthRule;

/* What a mechanism needs and gives, one row each, best first. */
typedef struct {
  const char *name;
  gboolean needs_password;
  gboolean needs_token;
  gboolean needs_certificate;   /* EXTERNAL: a client certificate, asked for by the server */
  gboolean needs_binding;       /* -PLUS: channel binding data of this TLS session */
  gboolean only_by_name;        /* CRAM-MD5: never chosen by itself */
  gboolean reveals_password;    /* what crosses is the password or the token itself */
  gboolean client_first;        /* has an initial response (RFC 4954) */
  guint    proof_at;            /* number of the response, from 0, that carries proof or
                                   password: refused from there on is final */
} AuthMechanism;

const AuthMechanism *auth_mechanism_find (const char *name); /* NULL: not in the allow-list */
gsize                auth_mechanism_count (void);
const AuthMechanism *auth_mechanism_at (gsize index);

typedef struct {
  AuthRule     rule;
  char       **order;             /* mechanisms in the user's order; NULL: ours */
  gboolean     without_tls;       /* auth-without-tls = yes: said in as many words */
  gboolean     have_user;
  gboolean     have_password;
  gboolean     have_token;
} AuthSettings;

/* Facts of the connection. */
typedef struct {
  gboolean encrypted;
  gboolean binding_available;
  gboolean certificate_asked;     /* we have a client certificate and the server asked for one */
} AuthSituation;

typedef enum {
  AUTH_CHOICE_USE,          /* .mechanism */
  AUTH_CHOICE_SKIP,         /* go on without: rule off, or not offered, or no login configured */
  AUTH_CHOICE_NOT_OFFERED,  /* required, and the server offers none */
  AUTH_CHOICE_NONE_IN_COMMON,
  AUTH_CHOICE_NEEDS_TLS,    /* one would do, but only on an encrypted connection */
  AUTH_CHOICE_NO_SECRET,    /* required, and neither password, token nor certificate set */
} AuthChoiceKind;

typedef struct {
  AuthChoiceKind       kind;
  const AuthMechanism *mechanism;
  gboolean             wanted;    /* on SKIP: a login is configured, so the outcome must say it */
} AuthChoice;

/* TRIED (may be NULL): names not to be chosen again on this connection. */
AuthChoice auth_choose (const AuthSettings *settings, const AuthSituation *situation,
                        const Capabilities *capabilities, const char *const *tried);
