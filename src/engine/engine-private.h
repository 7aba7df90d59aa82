/* What the parts of the engine know of each other. */
#pragma once

#include "engine/engine.h"
#include "net/resolver.h"

typedef struct Courier Courier;

WorkSource *engine_source (Engine *engine);
PathMemory *engine_memory (Engine *engine);
Identity   *engine_identity (Engine *engine); /* NULL: none */
/* Questions of ACCOUNT's: each has a patience of its own. It is there as long as anything is in hand,
 * but another answers once the network has changed. */
Resolver   *engine_resolver (Engine *engine, const Account *account);

/* Tells all watchers. */
void engine_emit (Engine *engine, const EngineEvent *event);

/* COURIER has nothing more to do: free it at the next turn of the loop. */
void engine_courier_done (Engine *engine, Courier *courier);
