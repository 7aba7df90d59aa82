/* The whole ladder without a message: every path, and every address of it, is tried to its
 * end at the same time, up to where a login would follow. Nothing secret is sent and no
 * secret is asked for. A certificate that can't be verified is noted and looked behind. */
#pragma once

#include "core/probe-report.h"
#include "engine/engine.h"

/* Attempts in flight at the most; the others wait for their turn. */
#define PROBE_IN_FLIGHT 32

typedef struct Probe Probe;

/* Once, from the main loop: everything is known that will be. */
typedef void (*ProbeDone) (Probe *probe, gpointer data);

/* ACCOUNT outlives the probe, and so does IDENTITY, which names the networks; NULL: they are
 * unknown. WATCH is told what happens, as of a delivery: RESOLVING,
 * RESOLVED, ATTEMPT, ATTEMPT_ENDED, CONNECTED, WAITING, GREETING, TLS, CAPABLE and
 * SESSION_ENDED. The probe may not be freed in there. */
Probe *probe_new (const Account *account, Identity *identity, EngineWatch watch, ProbeDone done,
                  gpointer data);
void   probe_free (Probe *probe);

void probe_start (Probe *probe);

/* What has not been answered by now is not waited for: DONE comes soon. */
void probe_stop (Probe *probe);

/* What was found so far; owned by PROBE. */
const ProbeReport *probe_report (const Probe *probe);

/* What ACCOUNT asks of a path, for core/probe-advice.h; lent by ACCOUNT. */
ProbeRules probe_rules (const Account *account);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Probe, probe_free)
