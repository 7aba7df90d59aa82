/* The three descriptors that every program takes for granted, and reading and writing
 * those of any kind without waiting. */
#pragma once

#include <glib.h>

/* Opens /dev/null in place of each standard descriptor that the caller closed (`>&-`):
 * otherwise the next socket or file becomes standard output, and is printed into. The
 * first thing that main() does. */
void descriptors_fill_standard (void);

/* As recv() and send() with MSG_DONTWAIT, without EINTR and SIGPIPE of a socket, for what
 * is no socket, too. There descriptor_read() is only for when poll() said that there is
 * something, and descriptor_write() takes a piece at a time. */
gssize descriptor_read (int fd, guint8 *octets, gsize length);
gssize descriptor_write (int fd, const guint8 *octets, gsize length);
