/* A letter as a person writes it: what the composer edits, what a draft keeps, and what a
 * message is built from. Everything is UTF-8 as typed; nothing is checked before it is built. */
#pragma once

#include "core/envelope.h"
#include "mail/body.h"

typedef struct {
  char   *path;      /* of the file; absolute */
  char   *name;      /* under which it goes out; NULL: the file's own */
  char   *type;      /* media type; NULL: guessed */
} LetterAttachment;

typedef struct {
  char      *account;       /* NULL: chosen by from */
  char      *from, *to, *cc, *bcc, *reply_to, *subject; /* never NULL */
  char      *in_reply_to;   /* message-id with brackets; NULL: none */
  char      *references;    /* NULL: none */
  GPtrArray *headers;       /* of char *: further "Name: value" lines */
  GPtrArray *attachments;   /* of LetterAttachment */
  char      *body;          /* lines ended by LF */
  GBytes    *forwarded;     /* a whole message that goes along as message/rfc822; NULL: none */
} Letter;

Letter *letter_new (void);
Letter *letter_copy (const Letter *letter);
void    letter_free (Letter *letter);
gboolean letter_is_empty (const Letter *letter); /* nobody would miss it; a signature alone is nothing */

/* Adds a file; NAME and TYPE may be NULL. */
void    letter_attach (Letter *letter, const char *path, const char *name, const char *type);
void    letter_attachment_free (LetterAttachment *attachment);

/* The message that goes out: format=flowed (RFC 3676) text, attachments, In-Reply-To and
 * References; no Bcc. Line breaks in a field count as blanks. DATE in seconds since 1970. NULL with TOUKAN_ERROR_DATA or
 * TOUKAN_ERROR_NO_INPUT naming the field or attachment. */
BodySource *letter_build (const Letter *letter, gint64 date, GError **error);

/* Everybody in To, Cc, Bcc; the sender of from. NULL with TOUKAN_ERROR_DATA naming the field. */
Envelope   *letter_envelope (const Letter *letter, GError **error);

/* --- drafts: a message for other programs, too, in which fields that are not finished stand
 * in X-Toukan- fields, and attachments by name of their file -------------------------------- */

/* The same letter gives the same octets. */
GBytes *letter_write_draft (const Letter *letter);
/* NULL with TOUKAN_ERROR_DATA. letter_read_draft (letter_write_draft (x)) is x. What isn't a
 * draft of ours is read by letter_of_message() with LETTER_EDIT. */
Letter *letter_read_draft (BodyReader *reader, GError **error);

/* --- letters made of other things ------------------------------------------------------------ */

typedef enum { LETTER_REPLY, LETTER_REPLY_ALL, LETTER_FORWARD, LETTER_FORWARD_WHOLE, LETTER_EDIT } LetterKind;

/* A letter that answers, forwards or (EDIT) is the message. OWN: the writer's addresses, as
 * accounts have them ("Name <address>"), up to NULL: left out of the recipients of a reply, and
 * the one that the message was sent to becomes from, which is "" where none was. EXTRACTED:
 * folder for attachments that are forwarded or edited; made by the caller; NULL: they are left out.
 * The body of a reply begins with an empty line. NULL with TOUKAN_ERROR_DATA or _IO. */
Letter *letter_of_message (BodySource *message, LetterKind kind, const char *const *own, const char *extracted,
                           GError **error);

/* RFC 6068. Only to, cc, bcc, subject, body, in-reply-to and references are taken; nothing that could
 * attach a file, change the sender or add a header. *RET_IGNORED: names of others, fit to be
 * shown; NULL: none. NULL with TOUKAN_ERROR_DATA for what could be read in two ways. */
Letter *letter_of_mailto (const char *url, char **ret_ignored, GError **error);

/* Puts "-- " and SIGNATURE under the body, unless it bears one: under what is quoted, too, since
 * readers take all that is behind that line for a signature. */
void    letter_sign (Letter *letter, const char *signature);

/* Puts SIGNATURE in the place of OLD, where that stands untouched; NULL: there is none. A letter that bears
 * none gets it at its end. */
void    letter_change_signature (Letter *letter, const char *old, const char *signature);

/* What FILE holds, or ~/.signature when it is NULL; NULL without ERROR: that isn't there, or
 * empty. NULL with TOUKAN_ERROR_NO_INPUT. */
char   *letter_signature (const char *file, GError **error);

/* TRUE: the text (not what is quoted, not the signature) speaks of something attached, and
 * nothing is. WORDS: separated by commas; NULL: those of
 * the user's language. */
gboolean letter_lacks_attachment (const Letter *letter, const char *words);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Letter, letter_free)
