/* A letter and a row make a message. The letter is a message itself, with header; what no
 * row changes is encoded once, so that a row costs little more than copying. */
#pragma once

#include "mail/template.h"

#define MERGE_ATTACHMENT_LIMIT ((guint64) 64 * 1024 * 1024)

/* The column whose value tells rows apart, where there is one. */
#define MERGE_KEY_COLUMN "id"

typedef struct {
  const char *name;               /* of the letter, for errors */
  const char *letter;
  gsize       length;
  const char *const *columns;     /* ends with NULL; outlives the merge */
  const char *from;               /* where the letter has no From; NULL: then it is refused */
  gboolean    markdown;           /* its text/plain is Markdown: an HTML alternative is made of it */
  const char *html;               /* a template for the HTML alternative; NULL: none */
  const char *const *attachments; /* templates of file names; NULL: none. A row for which a name
                                   * comes out empty goes without */
  const char *folder;             /* where they are; values lead no way out of it */
  const char *list_unsubscribe;   /* template of an https: or mailto: URL; NULL: none */
  const char *list_id;            /* RFC 2919, without angle brackets; NULL: none */
  const char *seed;               /* the batch's own: the same for a row that is sent again */
  gboolean    by_values;          /* rows of the same key are several messages: Message-IDs differ with
                                   * any of their values */
  gint64      date;               /* seconds since 1970 */
} MergeRequest;

/* What a row becomes; lives until the next one. */
typedef struct {
  const GString   *octets;
  const char      *from;       /* its address */
  const GPtrArray *recipients; /* of const char *: To, Cc and Bcc */
  const char      *key;        /* the value of MERGE_KEY_COLUMN, else the first recipient */
  const char      *message_id; /* of seed and key (and values), with angle brackets */
} Merged;

typedef struct Merge Merge;

/* NULL with TOUKAN_ERROR_DATA, or TOUKAN_ERROR_NO_INPUT for an attachment of every row. */
Merge *merge_new (const MergeRequest *request, GError **error);
void   merge_free (Merge *merge);

/* FALSE, with TOUKAN_ERROR_DATA or TOUKAN_ERROR_NO_INPUT, when the row makes no message:
 * a line break in a header, an address that is none, nobody to send to, no such file. */
gboolean merge_row (Merge *merge, const char *const *values, Merged *ret_merged, GError **error);

/* Does it say how to unsubscribe, as RFC 8058 wants it? */
gboolean merge_has_one_click (const Merge *merge);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Merge, merge_free)
