/* What the readers of option values share with the rest of the room. */
#pragma once

#include <glib.h>

/* The address in "Name <address>" or "address": points into TEXT. */
const char *address_in (const char *text, gsize *ret_length);
