/* From the command line to a batch on disk. What only looks at messages (--preview,
 * --test-to) reads the first ones; --dry-run does all that sending does up to the moment
 * before it, on a batch of its own that nobody keeps. */
#include "cli/batch-start.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "cli/batch-load.h"
#include "cli/batch-run.h"
#include "cli/batch-say.h"
#include "cli/deliver.h"
#include "cli/json.h"
#include "cli/output.h"
#include "config/config.h"
#include "engine/accounts.h"
#include "engine/batch-letter.h"
#include "engine/state.h"
#include "mail/address.h"
#include "mail/file-reader.h"
#include "mail/preview.h"

#define LETTER_LIMIT TEMPLATE_SIZE_LIMIT
#define MESSAGE_LIMIT MAILING_MESSAGE_LIMIT
#define TESTS_USUAL 3
#define MANY_WITHOUT_UNSUBSCRIBE 100

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
  gint64 date; /* of messages that have none */
  MailingRequest request;
} Start;

static void
start_clear (Start *start)
{
  g_clear_pointer (&start->config, config_free);
  g_free (start->own);
  g_free (start->letter);
  g_free (start->html);
  g_free (start->here);
  g_free (start->seed);
  g_free (start->name);
  g_free (start->directory);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Start, start_clear)

/* --- files --------------------------------------------------------------------------------- */

/* All of FILE ("-": standard input), up to LIMIT octets. */
static char *
read_file (const char *file, gsize limit, gsize *ret_length, GError **error)
{
  guint8 piece[32 * 1024];
  g_autoptr (GString) octets = g_string_new (NULL);
  g_autofree char *shown = visible_text (file, -1);
  const int fd = strcmp (file, "-") == 0 ? fcntl (STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                         : open (file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_NO_INPUT, _ ("%s can't be read: %s"), shown,
                 g_strerror (errno));
    return NULL;
  }
  g_autoptr (BodyReader) reader = file_reader_new (fd);
  gssize given;
  while ((given = body_reader_read (reader, piece, sizeof piece, error)) > 0
         && octets->len + (gsize)given <= limit)
    g_string_append_len (octets, (const char *)piece, given);
  if (given > 0)
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, _ ("%s is too large"), shown);
  if (given != 0)
    return NULL;
  *ret_length = octets->len;
  return g_string_free (g_steal_pointer (&octets), FALSE);
}

/* The letter, and its HTML. */
static gboolean
read_letter (Start *start, GError **error)
{
  const BatchOptions *options = start->options;
  const char *file = options->letter ? options->letter : options->each_recipient ? "-" : NULL;
  gsize html_length = 0;
  if (file) {
    start->letter
        = read_file (file, options->data ? LETTER_LIMIT : MESSAGE_LIMIT, &start->letter_length, error);
    if (!start->letter)
      return FALSE;
  }
  if (options->html && !(start->html = read_file (options->html, LETTER_LIMIT, &html_length, error)))
    return FALSE;
  if (start->html && !g_utf8_validate_len (start->html, html_length, NULL)) {
    g_autofree char *shown = visible_text (options->html, -1);
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, _ ("%s isn't UTF-8"), shown);
    return FALSE;
  }
  return TRUE;
}

static char *
number_words (guint64 number)
{
  return g_strdup_printf ("%" G_GUINT64_FORMAT, number);
}

/* --- who and what ------------------------------------------------------------------------------ */

static char *
one_address (const char *text, GError **error)
{
  g_autoptr (GPtrArray) mailboxes = address_parse_list (text, NULL, error);
  if (mailboxes && mailboxes->len == 1)
    return g_strdup (((const Mailbox *)mailboxes->pdata[0])->address);
  if (mailboxes)
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE, _ ("one address is needed, not %u: %s"),
                 mailboxes->len, text);
  return NULL;
}

static gboolean
choose_account (Start *start, GError **error)
{
  const BatchOptions *options = start->options;
  g_autofree char *wanted = options->from ? one_address (options->from, error) : NULL;
  if (options->from && !wanted)
    return FALSE;
  start->config = config_load ((const char *const *)options->set, error);
  start->account = start->config ? config_account (start->config, options->account, wanted, error) : NULL;
  if (!start->account)
    return FALSE;
  const char *from = options->from ? options->from : start->account->from;
  start->own = wanted ? g_steal_pointer (&wanted) : from ? one_address (from, error) : g_strdup ("");
  start->request.merge.from = from;
  start->directory = state_directory (start->account);
  return start->own != NULL;
}

static const char *
input_name (const BatchOptions *options)
{
  const char *names[] = { options->data, options->eml_dir, options->mbox, options->each_recipient };
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (names[i])
      return names[i];
  return "-";
}

/* What comes from standard input has no name but the time. */
static char *
choose_name (const BatchOptions *options)
{
  const char *input = input_name (options);
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  char *name = options->name              ? g_strdup (options->name)
               : strcmp (input, "-") != 0 ? batch_name_of_file (input)
                                          : NULL;
  return name ? name : g_date_time_format (now, "batch-%Y%m%d-%H%M%S");
}

static void
fill_request (Start *start)
{
  const BatchOptions *options = start->options;
  MailingRequest *request = &start->request;
  request->table = options->data;
  request->charset = options->charset;
  request->folder = options->eml_dir;
  request->mbox = options->mbox;
  request->recipients = options->each_recipient;
  if (strcmp (input_name (options), "-") == 0 && !options->data)
    request->jobs = "-";
  request->merge.name
      = !options->letter || strcmp (options->letter, "-") == 0 ? _ ("standard input") : options->letter;
  request->merge.letter = start->letter;
  request->merge.length = start->letter_length;
  request->merge.markdown = options->markdown;
  request->merge.html = start->html;
  request->merge.attachments = (const char *const *)options->attach;
  request->merge.folder = options->data && !options->attach ? NULL : start->here;
  request->merge.list_unsubscribe = options->list_unsubscribe;
  request->merge.list_id = options->list_id;
  request->merge.seed = start->seed;
  request->merge.date = start->date;
  request->merge.by_values = options->allow_duplicates;
}

static gboolean
prepare (Start *start, GError **error)
{
  const BatchOptions *options = start->options;
  if (strcmp (input_name (options), "-") == 0 && !options->data && isatty (STDIN_FILENO)) {
    g_set_error_literal (
        error, TOUKAN_ERROR, TOUKAN_ERROR_USAGE,
        _ ("nothing to send: name --template and --data, --eml-dir, --mbox or --each-recipient, or "
           "give jobs on standard input; `toukan batch --help` says more"));
    return FALSE;
  }
  start->here = g_get_current_dir ();
  start->name = choose_name (options);
  return choose_account (start, error) && read_letter (start, error);
}

/* Messages that are made and never kept have a seed that nobody needs again. */
static Mailing *
open_passing (Start *start, GError **error)
{
  start->seed = g_uuid_string_random ();
  fill_request (start);
  return mailing_new (&start->request, error);
}

/* --- a look at the first ones ---------------------------------------------------------------------- */

typedef gboolean (*TakeItem) (const Start *start, const MailingItem *item, guint number, gpointer data,
                              GError **error);

static gboolean
is_wanted (const BatchOptions *options, const char *key)
{
  return !options->only || g_strv_contains ((const char *const *)options->only, key);
}

/* The first MOST messages. A row with a fault ends it. */
static gboolean
each_of_the_first (Start *start, guint most, TakeItem take, gpointer data, GError **error)
{
  g_autoptr (Mailing) mailing = open_passing (start, error);
  for (guint number = 0; mailing && number < most;) {
    MailingItem item;
    const RowResult result = mailing_next (mailing, &item, error);
    if (result == ROW_END)
      return TRUE;
    if (result != ROW_GIVEN)
      return FALSE;
    if (is_wanted (start->options, item.key) && !take (start, &item, number++, data, error))
      return FALSE;
  }
  return mailing != NULL;
}

static gboolean
print_item (const Start *start, const MailingItem *item, guint number, gpointer data, GError **error)
{
  g_autofree char *text = message_preview (item->message, error);
  g_autofree char *key = visible_text (item->key, -1);
  if (!text)
    return FALSE;
  if (number > 0)
    printf ("\n");
  g_autofree char *line = number_words (item->line);
  if (item->line > 0)
    printf (_ ("--- %s, line %s: %s ---\n"), item->file, line, key);
  else
    printf ("--- %s ---\n", item->file);
  printf ("%s", text);
  return TRUE;
}

static int
preview (Start *start)
{
  g_autoptr (GError) error = NULL;
  const gboolean good = each_of_the_first (start, (guint)start->options->preview, print_item, NULL, &error);
  return good ? output_flush (EX_OK) : deliver_fail (error);
}

typedef struct {
  const char *to;
  guint sent;
  int status; /* the first that wasn't good */
} Test;

static gboolean
send_test (const Start *start, const MailingItem *item, guint number, gpointer data, GError **error)
{
  Test *test = data;
  const DeliverView view = { .json = start->options->json };
  const DeliverWish wish = { .overrides = (const char *const *)start->options->set };
  g_autoptr (BodySource) message = message_readdress (item->message, test->to, error);
  g_autoptr (Envelope) envelope = envelope_new (item->envelope->sender);
  if (!message)
    return FALSE;
  envelope_add (envelope, test->to);
  const int status = deliver (start->account, envelope, message, &wish, &view);
  test->sent += status == EX_OK;
  test->status = test->status == EX_OK ? status : test->status;
  return TRUE;
}

static int
test_to (Start *start)
{
  const BatchOptions *options = start->options;
  g_autoptr (GError) error = NULL;
  g_autofree char *to = one_address (options->test_to, &error);
  Test test = { .to = to, .status = EX_OK };
  const guint most = options->limit > 0 ? (guint)options->limit : TESTS_USUAL;
  if (!to || !each_of_the_first (start, most, send_test, &test, &error))
    return deliver_fail (error);
  fprintf (stderr,
           ngettext ("toukan: %u message went to %s, and to nobody else\n",
                     "toukan: %u messages went to %s, and to nobody else\n", test.sent),
           test.sent, to);
  return test.status;
}

/* --- what is about to happen ------------------------------------------------------------------------- */

static void
say_tally (const Start *start, const BatchTally *tally)
{
  g_autofree char *rows = number_words (tally->rows);
  g_autofree char *recipients = number_words (tally->recipients);
  g_autofree char *messages
      = g_strdup_printf (ngettext ("%s message", "%s messages", (gulong)tally->rows), rows);
  g_autofree char *hosts = start->account->hosts ? g_strjoinv (", ", start->account->hosts) : g_strdup ("-");
  g_autofree char *from = visible_text (tally->from ? tally->from : "", -1);
  fprintf (stderr,
           ngettext ("Batch %s: %s to %s recipient\n", "Batch %s: %s to %s recipients\n",
                     (gulong)tally->recipients),
           start->name, messages, recipients);
  if (!tally->to)
    return;
  fprintf (stderr, _ ("  from   %s\n  over   account %s (%s)\n"), from, start->account->name, hosts);
  g_autofree char *to = visible_text (tally->to, -1);
  g_autofree char *subject = visible_text (tally->subject ? tally->subject : "", -1);
  fprintf (stderr, _ ("  first  to %s: %s\n"), to, subject);
}

static void
warn_of_list (const BatchTally *tally)
{
  if (tally->without_unsubscribe <= MANY_WITHOUT_UNSUBSCRIBE)
    return;
  g_autofree char *number = number_words (tally->without_unsubscribe);
  fprintf (stderr,
           _ ("toukan: warning: %s messages don't say how to unsubscribe; large providers refuse such "
              "mailings. See "
              "--list-unsubscribe\n"),
           number);
}

static void
say_faults (const BatchTally *tally, gboolean goes_on)
{
  g_autofree char *faults = number_words (tally->faults);
  if (tally->faults == 0)
    return;
  fprintf (stderr,
           goes_on
               ? _ ("toukan: %s rows have faults, and are left out\n")
               : _ ("toukan: %s rows have faults, and nothing was sent. Mend them, or leave them out with "
                    "--skip-faulty\n"),
           faults);
}

/* --- a dry run ------------------------------------------------------------------------------------------ */

static void
print_tally_json (const Start *start, const BatchTally *tally)
{
  JsonObject *object = json_object_new ();
  json_add_text (object, "event", "dry-run");
  json_add_text (object, "batch", start->name);
  json_object_set_int_member (object, "messages", (gint64)tally->rows);
  json_object_set_int_member (object, "recipients", (gint64)tally->recipients);
  json_object_set_int_member (object, "faults", (gint64)tally->faults);
  json_add_text (object, "account", start->account->name);
  json_add_text (object, "from", tally->from);
  json_add_text (object, "first-to", tally->to);
  json_add_text (object, "first-subject", tally->subject);
  g_autofree char *line = json_line (object);
  printf ("%s\n", line);
}

/* On a batch in FOLDER, which holds who is in it, but no message. */
static gboolean
count_rows (Start *start, const char *folder, BatchTally *tally, GError **error)
{
  g_autoptr (Mailing) mailing = open_passing (start, error);
  Batch *batch = mailing ? batch_open (folder, start->name, TRUE, error) : NULL;
  gint64 holder;
  if (!batch)
    return FALSE;
  const gboolean good = batch_take (batch, &holder, error)
                        && batch_load (batch, mailing, start->options, start->own, FALSE, tally, error);
  return batch_remove (batch, good ? error : NULL) && good;
}

/* FOLDER and the files in it. */
static void
remove_folder (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  for (const char *name; dir && (name = g_dir_read_name (dir)) != NULL;) {
    g_autofree char *path = g_build_filename (folder, name, NULL);
    g_unlink (path);
  }
  g_rmdir (folder);
}

static int
dry_run (Start *start)
{
  g_autoptr (GError) error = NULL;
  g_auto (BatchTally) tally = { .rows = 0 };
  g_autofree char *folder = g_dir_make_tmp ("toukan-XXXXXX", &error);
  if (!folder)
    return deliver_fail (error);
  const gboolean good = count_rows (start, folder, &tally, &error);
  g_autofree char *inside = g_build_filename (folder, BATCH_FOLDER, NULL);
  remove_folder (inside);
  remove_folder (folder);
  if (!good)
    return deliver_fail (error);
  if (start->options->json)
    print_tally_json (start, &tally);
  else
    say_tally (start, &tally);
  warn_of_list (&tally);
  say_faults (&tally, start->options->skip_faulty);
  if (!start->options->json)
    fprintf (stderr, _ ("Nothing was sent.\n"));
  return output_flush (tally.faults > 0 ? EX_DATAERR : EX_OK);
}

/* --- sending
 * ------------------------------------------------------------------------------------------------ */

/* Somebody sits there: then standard input is free for the answer, or is the input itself and the terminal is
 * asked. */
static FILE *
open_terminal (const Start *start)
{
  if (!isatty (STDERR_FILENO))
    return NULL;
  if (isatty (STDIN_FILENO))
    return fdopen (fcntl (STDIN_FILENO, F_DUPFD_CLOEXEC, 3), "r");
  return start->request.jobs || strcmp (input_name (start->options), "-") == 0 ? fopen ("/dev/tty", "re")
                                                                               : NULL;
}

static gboolean
is_agreed (const Start *start)
{
  FILE *terminal = start->options->yes ? NULL : open_terminal (start);
  char answer[64] = "";
  if (!terminal)
    return TRUE;
  fprintf (stderr, _ ("Send them? [y/N] "));
  const gboolean answered = fgets (answer, sizeof answer, terminal) != NULL;
  fclose (terminal);
  g_strstrip (answer);
  if (!answered)
    fprintf (stderr, "\n");
  return answered && (g_ascii_strcasecmp (answer, "y") == 0 || g_ascii_strcasecmp (answer, "yes") == 0);
}

/* What this batch was made for is over, and this is something else under its name. */
static gboolean
is_spent (const BatchTally *tally)
{
  return tally->told[BATCH_ROW_SETTLED] > 0 && tally->told[BATCH_ROW_NEW] == 0
         && tally->told[BATCH_ROW_CHANGED] == 0 && tally->told[BATCH_ROW_SAME] == 0;
}

static int
refuse_spent (const Start *start)
{
  fprintf (
      stderr,
      _ ("toukan: nothing was sent: everybody in it has had a message of the batch %s already, and this is "
         "another one. Give it a name of its own with --name, or forget the old one with `toukan batch "
         "remove "
         "%s`\n"),
      start->name, start->name);
  return EX_USAGE;
}

static gboolean
keep_plan (const Start *start, Batch *batch, const Mailing *mailing, GError **error)
{
  g_auto (BatchPlan) plan = { .account = NULL };
  const MergeRequest *merge = mailing_merge_request (mailing);
  batch_plan_init (&plan);
  plan.account = g_strdup (start->account->name);
  plan.overrides = accounts_keepable ((const char *const *)start->options->set);
  plan.sender = g_strdup (start->own);
  batch_options_apply (start->options, &plan);
  if (!batch_set_plan (batch, &plan, error))
    return FALSE;
  if (mailing_copy (mailing))
    return batch_letter_keep_copy (batch, mailing_copy (mailing), error);
  return merge->letter ? batch_letter_keep (batch, merge, error) : batch_letter_keep_none (batch, error);
}

/* A message that has no Date gets the batch's, so that it is the same when it is made again. */
static gboolean
find_date (Start *start, Batch *batch, GError **error)
{
  BatchInfo *info = batch_info (batch, error);
  if (!info)
    return FALSE;
  if (!start->options->data)
    start->date = info->created / G_USEC_PER_SEC;
  batch_info_free (info);
  return TRUE;
}

static gboolean
load (Start *start, Batch *batch, BatchTally *tally, GError **error)
{
  start->seed = batch_letter_seed (batch, error);
  if (!start->seed || !find_date (start, batch, error))
    return FALSE;
  fill_request (start);
  g_autoptr (Mailing) mailing = mailing_new (&start->request, error);
  return mailing && keep_plan (start, batch, mailing, error)
         && batch_load (batch, mailing, start->options, start->own, TRUE, tally, error);
}

/* TRUE: it is to be sent; else *RET_STATUS. */
static gboolean
may_go (Start *start, const BatchTally *tally, int *ret_status)
{
  if (!start->options->json)
    say_tally (start, tally);
  warn_of_list (tally);
  say_faults (tally, start->options->skip_faulty);
  *ret_status = EX_OK;
  if (tally->faults > 0 && !start->options->skip_faulty)
    *ret_status = EX_DATAERR;
  else if (is_spent (tally))
    *ret_status = refuse_spent (start);
  else if (is_agreed (start))
    return TRUE;
  else
    fprintf (stderr, _ ("Nothing was sent.\n"));
  return FALSE;
}

/* Who starts it again wants it to go on. */
static gboolean
unpause (Batch *batch, GError **error)
{
  BatchResult result;
  BatchState state;
  return batch_act (batch, BATCH_RESUME, g_get_real_time (), &result, &state, error);
}

/* BATCH is this process's, and gone afterwards. A new one that comes to nothing leaves nothing. */
static int
fill_and_send (Start *start, Batch *batch, gboolean is_new)
{
  g_auto (BatchTally) tally = { .rows = 0 };
  g_autoptr (GError) error = NULL;
  int status;
  const gboolean loaded = load (start, batch, &tally, &error);
  const gboolean goes = loaded && may_go (start, &tally, &status);
  if (goes && unpause (batch, &error))
    return batch_serve (batch, start->directory, start->account, start->options);
  if (error)
    status = deliver_fail (error);
  if (is_new)
    batch_remove (batch, NULL);
  else
    batch_close (batch);
  return status;
}

static int
send (Start *start)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Batch) batch = batch_open (start->directory, start->name, FALSE, &error);
  const gboolean is_new = batch == NULL;
  gint64 holder;
  if (!error && is_new)
    batch = batch_open (start->directory, start->name, TRUE, &error);
  if (!batch || !batch_take (batch, &holder, &error))
    return deliver_fail (error);
  if (batch_warning (batch))
    fprintf (stderr, _ ("toukan: warning: %s\n"), batch_warning (batch));
  if (holder != 0) {
    batch_say_busy (start->name, holder);
    return EX_TEMPFAIL;
  }
  return fill_and_send (start, g_steal_pointer (&batch), is_new);
}

int
batch_start (const BatchOptions *options)
{
  g_auto (Start) start = { .options = options, .date = time (NULL) };
  g_autoptr (GError) error = NULL;
  if (!batch_options_check_source (options, &error) || !prepare (&start, &error))
    return deliver_fail (error);
  if (options->preview > 0)
    return preview (&start);
  if (options->test_to)
    return test_to (&start);
  return options->dry_run ? dry_run (&start) : send (&start);
}
