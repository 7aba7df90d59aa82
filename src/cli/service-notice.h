/* A word to the service manager that started this program, if one did (sd_notify(3)). */
#pragma once

/* STATE: lines such as "READY=1". */
void service_notice (const char *state);
