/* Between body.c and body-writer.c: a source over a file that has no name. */
#pragma once

#include "mail/body.h"

/* Takes FD, which is closed with the last reference. */
BodySource *body_source_new_file (int fd, guint64 size);
