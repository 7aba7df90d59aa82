/* The options' table as text: for people, and for what is made from it when toukan is
 * built (toukan.conf(5), the sample file, the completion). */
#pragma once

/* "text" for people, in their language; "man" items of an mdoc list; "sample" a
 * configuration to start from; "names" each name with the words it takes; "keys" the composer's keys as items of an mdoc list. NULL for another
 * FORMAT. Free with g_free(). */
char *option_list (const char *format);

/* The formats, for messages. */
#define OPTION_LIST_FORMATS "text, man, sample, names, keys"
