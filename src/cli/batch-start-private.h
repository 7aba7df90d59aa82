/* What the files of batch-start.h share: batch-prepare.c (the command line understood),
 * batch-look.c (messages looked at) and batch-start.c (sent). */
#pragma once

#include "cli/batch-load.h"
#include "cli/batch-start.h"
#include "config/config.h"

/* All that is known before the first row. */
typedef struct {
  const BatchOptions *options;
  Config *config;
  const Account *account;
  char *own; /* the sender's address; "": unknown */
  char *letter, *html;
  gsize letter_length;
  char *here; /* the folder of attachments */
  char *seed;
  char *name; /* the batch's */
  char *directory;
  gboolean is_new; /* the batch was made for this */
  gint64 date; /* of messages that have none */
  MailingRequest request;
} BatchStart;

void batch_start_clear (BatchStart *start);

/* --- batch-prepare.c ------------------------------------------------------------------- */

/* All but the mailing. FALSE with ERROR. */
gboolean batch_prepare (BatchStart *start, GError **error);

/* Once .seed and .date are known. */
void     batch_fill_request (BatchStart *start);

/* The file or folder that rows come from; "-": standard input. */
const char *batch_input_name (const BatchOptions *options);

/* The rows, or the letter, come from standard input. */
gboolean batch_reads_stdin (const BatchOptions *options);

/* The one address in TEXT; NULL with TOUKAN_ERROR_USAGE. Free with g_free(). */
char    *batch_one_address (const char *text, GError **error);

/* How many messages, from whom, over what. */
void     batch_say_tally (const BatchStart *start, const BatchTally *tally);
/* What is wrong, or unwise, with them. */
void     batch_say_faults (const BatchStart *start, const BatchTally *tally);

/* --- batch-look.c ------------------------------------------------------------------------- */

/* Each returns the exit status. */
int      batch_preview (BatchStart *start);
int      batch_test (BatchStart *start);
int      batch_dry_run (BatchStart *start);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BatchStart, batch_start_clear)
