/* gettext's short names. Only front ends and rooms that make text for people
 * include this; core returns values, never sentences. */
#pragma once

#include <glib.h>
#include <libintl.h>

#define _(text) gettext (text)
#define N_(text) (text)
