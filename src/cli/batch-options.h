/* The command line of `toukan batch`, and what of it can be understood without a look at any
 * file. */
#pragma once

#include "core/pacing.h"
#include "store/batch.h"

typedef struct {
  /* where messages come from */
  char *letter, *data, *charset, *eml_dir, *mbox, *each_recipient, *html, *list_unsubscribe, *list_id;
  char **attach;
  gboolean markdown;

  /* which of them, and whether they are sent */
  char *name, *test_to, *in_doubt;
  char **only;
  int limit, preview;
  gboolean dry_run, yes, allow_duplicates, skip_faulty;

  /* how */
  char *account, *from, *rate, *wait;
  char **set;
  int connections, window, per_connection, per_domain, max_recipients, stop_after; /* -1: not said */

  /* what is seen */
  char *report;
  gboolean json;
} BatchOptions;

void batch_options_clear (BatchOptions *options);

/* Reads and checks all that stands by itself; what is left in ARGV are the words. FALSE with
 * TOUKAN_ERROR_USAGE. */
gboolean batch_options_parse (BatchOptions *options, int *argc, char ***argv, GError **error);

/* Exactly one source of messages, and nothing that goes with another one. */
gboolean batch_options_check_source (const BatchOptions *options, GError **error);

/* Puts what was said into PLAN; the rest stays, but whether to resend what is in doubt, which is said
 * each time. */
void     batch_options_apply (const BatchOptions *options, BatchPlan *plan);

/* --in-doubt resend */
gboolean batch_options_resend (const BatchOptions *options);

/* --wait; the usual one where nothing was said. */
Ticks batch_options_wait (const BatchOptions *options);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BatchOptions, batch_options_clear)
