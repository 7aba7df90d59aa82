/* The messages of a batch, one after the other, whatever they are made from. A table with its
 * letter, jobs, a folder, an mbox and a list of recipients differ in how a row is read and
 * in what becomes of it, and nowhere else. */
#pragma once

#include "core/envelope.h"
#include "mail/body.h"
#include "mail/merge.h"
#include "mail/rows.h"

/* Octets of one message; each is in memory while it is made. */
#define MAILING_MESSAGE_LIMIT ((gsize) 128 * 1024 * 1024)

/* Where rows come from: one of the names, of files or folders; "-" is standard input. All of
 * it outlives the mailing. */
typedef struct {
  const char *table, *charset; /* a row's values go into the letter; CHARSET: NULL: mail/text-input.h
                                  finds out */
  const char *jobs;            /* a line of mail/jobs.h each */
  const char *folder;          /* of messages */
  const char *mbox;
  const char *recipients;      /* an address a line, to each of whom the letter goes as it is */

  /* .from, .folder, .seed and .date hold for all, the letter for tables and recipients, the rest for
   * tables. The .columns are the mailing's. */
  MergeRequest merge;
} MailingRequest;

typedef struct Mailing Mailing;

/* Lives until the next one is asked for. */
typedef struct {
  const char *file; /* for people */
  guint64     line; /* where it begins in there; 0: it is the whole file */
  const char *key;  /* what the row calls itself, else its first recipient. Of a folder the name of the
                       file, of an mbox the Message-ID */
  const char *message_id;
  Envelope   *envelope;
  BodySource *message;
  gboolean    one_click;     /* it says how to unsubscribe (RFC 8058) */
  const char *const *values; /* of a table's row; NULL: it has none */
} MailingItem;

/* Reads up to the first row. NULL with ERROR, which names the file. */
Mailing  *mailing_new (const MailingRequest *request, GError **error);
void      mailing_free (Mailing *mailing);

/* ROW_FAULTY, ROW_BROKEN: ERROR says where, too. */
RowResult mailing_next (Mailing *mailing, MailingItem *ret_item, GError **error);

/* That of the request, with a table's columns; without .letter where every row is a message. */
const MergeRequest *mailing_merge_request (const Mailing *mailing);

/* The message that every row gets; NULL: they get different ones. */
GBytes   *mailing_copy (const Mailing *mailing);

/* "people.csv: line 12: REASON", with REASON's code. */
void mailing_blame (const MailingItem *item, const GError *reason, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Mailing, mailing_free)
