/* Standard output, and whether what was printed arrived. */
#pragma once

/* STATUS, or EX_IOERR with a word on standard error when something printed did not
 * arrive: a full disk is a failure. */
int output_flush (int status);
