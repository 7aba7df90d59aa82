/* What a probe found of each way to a server, and what an account could do there. Pure:
 * the engine fills the report in (engine/probe.h); everything that follows from it is
 * decided here, in core/probe-forecast.h and in core/probe-advice.h. */
#pragma once

#include "core/auth-choice.h"
#include "core/dialogue.h"
#include "core/ladder.h"
#include "core/outcome.h"

/* What TLS agreed on, and the certificate that was shown. Strings are owned, as they came
 * (not made visible), and NULL where it didn't come so far. */
typedef struct {
  gboolean done; /* the handshake came to its end */
  char    *version, *cipher, *group;
  gboolean verified, binding_available, certificate_asked;
  char    *complaint; /* why it isn't verified; NULL: it is, or none was shown */
  char    *name;      /* the name that matched */
  char    *subject, *issuer;
  gint64   not_after; /* seconds since 1970; 0: no certificate */
} ProbeTls;

/* One attempt on one address of one path. Times are since the start of the probe;
 * TICKS_NEVER: it didn't come to that. */
typedef struct {
  guint         host; /* number of the host */
  Path          path; /* .host owned by the report */
  IpAddress     address;
  AttemptEnd    end;
  int           error; /* errno */
  Ticks         began, connected, greeted, securing, established, ended;
  char         *greeting; /* "220 mail.example.org ESMTP"; NULL: none came */
  Capabilities *before;   /* of EHLO in the clear; NULL: none was asked for */
  Capabilities *after;    /* of EHLO under TLS; NULL: none was asked for */
  ProbeTls      tls;
  Verdict       verdict;  /* ACCEPTED: all was asked that can be asked without a login */
} ProbeResult;

/* A question to the resolver. */
typedef struct {
  guint    host;
  Family   family;
  gboolean failed;  /* SERVFAIL or time-out, which is no answer */
  gboolean unknown; /* the name doesn't exist */
  gsize    n_addresses;
  char    *network; /* by which they are reached, owned; NULL: unknown */
  char    *way;     /* the same for people, owned; NULL: nobody asked */
} ProbeLookup;

typedef struct {
  char     **hosts;        /* A-labels */
  GArray    *lookups;      /* of ProbeLookup; of literals and tunnels, too */
  GPtrArray *results;      /* of ProbeResult, in the ladder's order */
  gboolean   have_network; /* this machine has an address besides loopback's, or a route */
  gboolean   cut_short;    /* somebody would wait no longer */
} ProbeReport;

ProbeReport *probe_report_new (const char *const *hosts);
void         probe_report_free (ProbeReport *report);
/* A new result at the end, owned by REPORT. PATH's host is replaced by the report's. */
ProbeResult *probe_report_add (ProbeReport *report, guint host, const Path *path, const IpAddress *address);

/* The question that gave RESULT's address. Owned by REPORT. */
const ProbeLookup *probe_report_lookup (const ProbeReport *report, const ProbeResult *result);

/* What the account asks of a path. Everything is lent. */
typedef struct {
  TlsRule      tls;
  gboolean     must_verify;
  AuthSettings auth;
  LadderRules  ladder;
  gint64       today; /* seconds since 1970 */
} ProbeRules;

/* What one result means for the account. */
typedef enum {
  PROBE_WORKS,
  PROBE_WORKS_WITHOUT_LOGIN, /* a login is configured and none offered: mail goes without */
  PROBE_REFUSED,
  PROBE_PROHIBITED,
  PROBE_UNREACHABLE,
  PROBE_SILENT,
  PROBE_NO_ROUTE,         /* this machine has no way to it */
  PROBE_MUTE,             /* accepted, and no greeting in time */
  PROBE_TLS_STALLED,      /* the handshake stood still (path-MTU black hole) */
  PROBE_STALLED,          /* some reply didn't come in time */
  PROBE_CLOSED,           /* accepted, then closed or reset */
  PROBE_GREETING_REFUSED, /* a greeting other than 220 */
  PROBE_EHLO_REFUSED,     /* greeted, and refused what came next */
  PROBE_NOT_SMTP,
  PROBE_NO_TLS,           /* none offered, or refused, and the account requires it */
  PROBE_UNVERIFIED,       /* the certificate, and the account wants it verified */
  PROBE_TLS_FAILED,       /* any other failure of TLS */
  PROBE_NO_LOGIN,         /* the account wants one, and there is none that it could use */
  PROBE_UNFINISHED,       /* it was not waited for */
} ProbeFinding;

#define PROBE_FINDING_COUNT (PROBE_UNFINISHED + 1)

/* "works", "works without login", … Untranslated, static. */
const char *probe_finding_name (ProbeFinding finding);

ProbeFinding probe_finding (const ProbeResult *result, const ProbeRules *rules);

/* TRUE for findings with which mail leaves. */
gboolean probe_finding_is_good (ProbeFinding finding);

/* What the server offers at the moment of the login; NULL: it wasn't asked. */
const Capabilities *probe_capabilities (const ProbeResult *result);

/* The login that would be chosen there. */
AuthChoice probe_login (const ProbeResult *result, const ProbeRules *rules);

/* Counts every attempt in MEMORY's history. A probe moves no path: it waits for what no
 * message would wait for. */
void probe_count (const ProbeReport *report, const ProbeRules *rules, PathMemory *memory, Ticks now);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ProbeReport, probe_report_free)
