/* How the messages of a batch are made of what the batch keeps: of a letter, stored once, and
 * each row's values; or each is kept whole. The one who loads and the one who sends (who may be
 * another process, days later) agree here. */
#pragma once

#include "mail/body.h"
#include "mail/merge.h"
#include "store/batch.h"

/* Keeps REQUEST in BATCH, for rows whose content is batch_letter_pack()'s. Its .folder must be
 * an absolute path; .html is kept as text, attachments as names. */
gboolean batch_letter_keep (Batch *batch, const MergeRequest *request, GError **error);

/* For rows whose content is a whole message. */
gboolean batch_letter_keep_none (Batch *batch, GError **error);

/* For rows without content: everybody gets MESSAGE. */
gboolean batch_letter_keep_copy (Batch *batch, GBytes *message, GError **error);

/* For BatchLoading.common: changes with anything of REQUEST that shows in a message, but the
 * date and the seed; its .name doesn't. Free with g_free(). */
char    *batch_letter_digest (const MergeRequest *request);

/* The seed that BATCH's Message-IDs follow from: the same as long as there is a batch, made at
 * the first call. The caller's. */
char    *batch_letter_seed (Batch *batch, GError **error);

/* VALUES (one for each column, then NULL) as a row's content; appended to OUT. */
void     batch_letter_pack (const char *const *values, GByteArray *out);

typedef struct BatchLetter BatchLetter;

/* As it was kept. */
BatchLetter *batch_letter_open (Batch *batch, GError **error);
void         batch_letter_free (BatchLetter *letter);

/* TRUE: rows hold whole messages, and the next function isn't for them. */
gboolean     batch_letter_is_none (const BatchLetter *letter);

/* The message of a row with CONTENT; the caller's. NULL as merge_row() fails. */
GBytes      *batch_letter_merge (BatchLetter *letter, GBytes *content, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BatchLetter, batch_letter_free)
