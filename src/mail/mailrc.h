/* Short names for people that other mail programs keep: `alias` lines of ~/.mailrc (POSIX mailx)
 * and of mutt's alias files, and sendmail's aliases. Everything else in such files is passed over. */
#pragma once

#include <glib.h>

typedef enum {
  MAILRC_MAILX, /* alias name member…: words, quoted as in the shell; a member may be an alias */
  MAILRC_MUTT,  /* alias [-group name]… name address, address…; group names aren't members */
  MAILRC_ALIASES, /* name: member, member…; lines that begin with a blank go on; commands and files aren't members */
} MailrcForm;

typedef struct Mailrc Mailrc;

Mailrc *mailrc_new (void);
void    mailrc_free (Mailrc *mailrc);

/* The alias lines of TEXT; lines for the same name add to it with mailx, the last counts with mutt, the
 * first with sendmail's. A name that was read in another form before is forgotten. */
void mailrc_read (Mailrc *mailrc, MailrcForm form, const char *text, gsize length);

/* A file that isn't there is an empty one. FALSE with TOUKAN_ERROR_NO_INPUT. */
gboolean mailrc_read_file (Mailrc *mailrc, MailrcForm form, const char *file, GError **error);

/* All addresses behind NAME (without case), aliases among them resolved: Mailbox, the caller's, each
 * address once. NULL: there is no such alias, or nothing behind it is an address. */
GPtrArray *mailrc_expand (const Mailrc *mailrc, const char *name);

/* LIST, addresses as somebody types them, with those behind each alias in it in its place. Free with
 * g_free(). */
char *mailrc_expand_list (const Mailrc *mailrc, const char *list);

/* Names of aliases (char *, the array's) that begin with TYPED (without case), sorted; at most LIMIT. */
GPtrArray *mailrc_complete (const Mailrc *mailrc, const char *typed, guint limit);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Mailrc, mailrc_free)
