/* Messages out of an mbox file, one after the other. */
#pragma once

#include "mail/body.h"

typedef enum {
  MBOX_RD, /* every line of ">"s and "From " lost one when it is read (qmail's mboxrd) */
  MBOX_O,  /* only ">From " did: older files, in which ">>From " is as it was written */
} MboxQuoting;

typedef struct MboxReader MboxReader;

/* READER is taken. */
MboxReader *mbox_reader_new (BodyReader *reader, MboxQuoting quoting);
void        mbox_reader_free (MboxReader *mbox);

/* 1: a message, the caller's, without its "From " line and the empty line at its end, and in
 * *RET_LINE where it begins in the file; 0: the end; -1: ERROR: TOUKAN_ERROR_DATA when the
 * file doesn't begin with "From ". */
int mbox_reader_next (MboxReader *mbox, BodySource **ret_message, guint64 *ret_line, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MboxReader, mbox_reader_free)
