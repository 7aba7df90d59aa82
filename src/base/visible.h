/* Text that came from outside (replies, DNS, messages, file names), made safe to
 * show: what a terminal would act on or hide becomes visible. */
#pragma once

#include <glib.h>

/* A copy of TEXT (LENGTH octets; -1: up to its NUL) as UTF-8 in which control
 * and escape characters, bidi controls, invisible and invalid octets are written
 * as <U+001B> or <0xFF>. Line breaks are made visible too. Free with g_free(). */
char *visible_text (const char *text, gssize length);

/* The same as one value of a key=value log line: in double quotes, with \" and
 * \\ inside, when it is empty or holds a space, a quote, '=' or a control. */
char *visible_quoted (const char *text, gssize length);
