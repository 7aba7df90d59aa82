/* What the demo sends, and as whom. */
#pragma once

#include "config/config.h"
#include "core/envelope.h"
#include "demo/scene.h"
#include "mail/body.h"

/* Standard input unless it is a terminal or empty: a whole message when it begins like
 * one, else a text to be made into one. Otherwise a sample. Reads to the end, so it comes
 * before anything is built. NULL with ERROR. */
BodySource *message_take (GError **error);

/* Another one, of our own. */
BodySource *message_second (GError **error);

/* From the demo's sender to its recipient. The caller's. */
Envelope *message_envelope (void);

/* The configuration that a user of SCENE's server would write. NULL with ERROR. */
Config *message_config (const SceneFacts *facts, GError **error);
