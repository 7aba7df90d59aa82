/* GMime wants a call before its first use; made only where it is used, since most
 * messages never need it. */
#pragma once

void gmime_start (void);
