/* Making a message from its parts: for `toukan send` and, later, the
 * composer and batches. */
#pragma once

#include "mail/body.h"

typedef struct {
  const char *from;               /* as a person writes it: `Name <address>` */
  const char *const *to;          /* lists; each NULL or NULL-terminated */
  const char *const *cc;
  const char *reply_to;           /* NULL: none */
  const char *subject;            /* UTF-8 */
  const char *text;               /* the body, UTF-8 or, when it isn't, octets of CHARSET */
  gsize       text_length;
  gboolean    flowed;             /* TEXT is flowed_encode()'s */
  const char *charset;            /* NULL: UTF-8, or ISO-8859-1 when it isn't valid UTF-8 */
  const char *html;               /* UTF-8: the same for those who see it formatted; NULL: none */
  const char *in_reply_to;        /* message-ids with their brackets; NULL: none */
  const char *references;
  const char *const *headers;     /* further "Name: value" lines; NULL: none */
  const char *const *attachments; /* file names; NULL: none */
  const char *const *attachment_types; /* NULL, or a media type for each (NULL: guessed) */
  const char *const *attachment_names; /* NULL, or a name for each (NULL: its file's) */
  GBytes     *forwarded;          /* a message that goes along whole; NULL: none */
  const char *message_seed;       /* with a key: the Message-ID follows from both; NULL: a new one */
  const char *message_key;
  gint64      date;               /* seconds since 1970, with the local offset applied by build */
} BuildRequest;

/* The message with Date, Message-ID, MIME-Version. NULL with TOUKAN_ERROR_DATA (a bad
 * address, a line break in a header) or TOUKAN_ERROR_NO_INPUT (an attachment). */
BodySource *build_message (const BuildRequest *request, GError **error);

/* A new Message-ID at DOMAIN, with its angle brackets. Free with g_free(). */
char *build_message_id (const char *domain);

/* The same for the same SEED and KEY, and nobody's who doesn't know SEED. */
char *build_stable_message_id (const char *seed, const char *key, const char *domain);

/* 32 random hexadecimal digits, for a boundary that nobody guesses. Free with g_free(). */
char *build_token (void);
