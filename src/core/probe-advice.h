/* What follows from a probe for the account, as codes; front ends have the sentences. */
#pragma once

#include "core/probe-forecast.h"

typedef enum {
  ADVICE_LEAVES,       /* mail leaves by .result, found after .at, the next time after .again */
  ADVICE_STOPS,        /* nothing is sent: .result ends the search, see .finding */
  ADVICE_NO_PATH,      /* nothing is sent: no path works */
  ADVICE_NO_NETWORK,   /* … because this machine has none */
  ADVICE_HOST_UNKNOWN, /* … because no host's name exists */
  ADVICE_RESOLVER,     /* … because no host could be looked up */
  ADVICE_ALL_WORK,     /* .count paths, all of them */
  ADVICE_FINDING,      /* .place has .finding, which isn't that it works */
  ADVICE_NO_ADDRESS,   /* the host has none of the family: .place */
  ADVICE_SLOW,         /* .place greets after .at, the slowest */
  ADVICE_CERTIFICATE,  /* the certificate at .place ends within .days */
  ADVICE_LOGIN,        /* .place offers what .result does, and .mechanism would be used */
  ADVICE_LOGIN_UNUSED, /* .place offers what .result does, and no login is configured */
} AdviceCode;

/* Untranslated, static. */
const char *advice_code_name (AdviceCode code);

typedef enum {
  PLACE_HOST,    /* every path of .host */
  PLACE_PORT,    /* .port in every family */
  PLACE_FAMILY,  /* .family on every port */
  PLACE_PATH,    /* .port and .family */
  PLACE_ADDRESS, /* one of the addresses of that path: .result's */
} PlaceKind;

typedef struct {
  PlaceKind kind;
  guint     host;
  guint16   port;
  Family    family;
} Place;

typedef struct {
  AdviceCode           code;
  Place                place;
  ProbeFinding         finding;
  const ProbeResult   *result; /* an example; owned by the report. NULL: none */
  const AuthMechanism *mechanism;
  Ticks                at, again;
  gint64               days; /* less than 0: since so long */
  guint                count;
} Advice;

/* Fewer days than these are worth a word. */
#define ADVICE_CERTIFICATE_DAYS 14

/* What to say, most important first; the first alone says whether mail leaves, and is
 * always there: an array of Advice, the caller's. MEMORY: what is remembered at NOW;
 * afterwards it is as if two messages had been sent. */
GArray *probe_advise (const ProbeReport *report, const ProbeRules *rules, PathMemory *memory, Ticks now);

/* Days until TLS's certificate ends, rounded down. */
gint64 probe_days_left (const ProbeTls *tls, gint64 today);
