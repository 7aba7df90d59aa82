/* A password or token in memory: kept out of swap and core dumps where the
 * system lets us, zeroed when dropped, never printed. */
#pragma once

#include <glib.h>

typedef struct Secret Secret;

/* Copies LENGTH octets (NUL may be among them). The caller zeroes its own copy
 * (secret_wipe()). Also forbids core dumps of this process from now on, since
 * libraries keep copies of their own; it can't be traced by other processes of the
 * same user either, and can't map a user namespace for itself any more (the files
 * below /proc/self belong to root then), so whoever needs one makes it before.
 * Never fails (g_error on lack of memory). */
Secret *secret_new (const void *octets, gsize length);

/* Another reference; secrets don't change. */
Secret *secret_ref (Secret *secret);

/* Drops a reference; the last one zeroes the octets. Accepts NULL. */
void secret_unref (Secret *secret);

/* The octets, followed by a NUL that isn't counted. Owned by the secret. */
const char *secret_text (const Secret *secret);
gsize       secret_length (const Secret *secret);

/* Zeroes memory in a way that the compiler can't leave out. NULL is fine. */
void secret_wipe (void *octets, gsize length);

/* Wipes a NUL-terminated string and frees it with g_free(). NULL is fine. */
void secret_wipe_string (char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Secret, secret_unref)
