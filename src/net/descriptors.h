/* The three descriptors that every program takes for granted. */
#pragma once

/* Opens /dev/null in place of each standard descriptor that the caller closed (`>&-`):
 * otherwise the next socket or file becomes standard output, and is printed into. The
 * first thing that main() does. */
void descriptors_fill_standard (void);
