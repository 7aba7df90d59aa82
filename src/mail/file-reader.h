/* A BodyReader over a file or pipe that is read once, from where it stands. */
#pragma once

#include "mail/body.h"

/* Takes FD. */
BodyReader *file_reader_new (int fd);
