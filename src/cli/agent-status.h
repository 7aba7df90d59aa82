/* `toukan agent --status`: who serves the outboxes, and what is due next. */
#pragma once

#include "config/config.h"

/* Prints it. EX_OK where an agent serves each of CONFIG's outboxes, else EX_UNAVAILABLE. */
int agent_status (const Config *config);
