/* Messages in a Maildir: each whole or not there (tmp, then new or cur). */
#pragma once

#include <glib.h>

typedef enum {
  MAILDIR_NEW,  /* for somebody who hasn't seen it */
  MAILDIR_SEEN, /* cur, with the flag S: the owner's own words */
} MaildirPlace;

typedef enum {
  MAILDIR_QUICK,   /* lost with the machine */
  MAILDIR_DURABLE, /* on disk when finish() returns TRUE */
} MaildirCare;

typedef struct MaildirFile MaildirFile;

/* Makes DIR with cur, new and tmp (0700) where missing; durable. FALSE with TOUKAN_ERROR_IO. */
gboolean maildir_prepare (const char *dir, GError **error);

/* Begins a message in DIR, which was prepared. NULL with TOUKAN_ERROR_IO. */
MaildirFile *maildir_file_new (const char *dir, GError **error);

/* Octets of the message as they come; lines end with LF in the file. What goes wrong is
 * kept for finish(). */
void maildir_file_write (MaildirFile *file, const guint8 *octets, gsize length);

/* Moves it, whole, to its place. FALSE with TOUKAN_ERROR_IO: nothing of it is there. */
gboolean maildir_file_finish (MaildirFile *file, MaildirPlace place, MaildirCare care, GError **error);

/* Removes what isn't finished. Accepts NULL. */
void maildir_file_free (MaildirFile *file);

const char *maildir_file_path (const MaildirFile *file); /* after finish() */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MaildirFile, maildir_file_free)
