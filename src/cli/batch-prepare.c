/* From the command line to what a batch is made from. */
#include "cli/batch-start-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "engine/state.h"
#include "mail/address.h"
#include "mail/file-reader.h"

#define LETTER_LIMIT TEMPLATE_SIZE_LIMIT
#define MESSAGE_LIMIT MAILING_MESSAGE_LIMIT
#define MANY_WITHOUT_UNSUBSCRIBE 100

void
batch_start_clear (BatchStart *start)
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

/* "-": standard input; NULL: there is none. */
static const char *
letter_file (const BatchOptions *options)
{
  return options->letter ? options->letter : options->each_recipient ? "-" : NULL;
}

/* The letter, and its HTML. */
static gboolean
read_letter (BatchStart *start, GError **error)
{
  const BatchOptions *options = start->options;
  const char *file = letter_file (options);
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

char *
batch_one_address (const char *text, GError **error)
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
choose_account (BatchStart *start, GError **error)
{
  const BatchOptions *options = start->options;
  g_autofree char *wanted = options->from ? batch_one_address (options->from, error) : NULL;
  if (options->from && !wanted)
    return FALSE;
  start->config = config_load ((const char *const *)options->set, error);
  start->account = start->config ? config_account (start->config, options->account, wanted, error) : NULL;
  if (!start->account)
    return FALSE;
  const char *from = options->from ? options->from : start->account->from;
  start->own = wanted ? g_steal_pointer (&wanted) : from ? batch_one_address (from, error) : g_strdup ("");
  start->request.merge.from = from;
  start->directory = state_directory (start->account);
  return start->own != NULL;
}

const char *
batch_input_name (const BatchOptions *options)
{
  const char *names[] = { options->data, options->eml_dir, options->mbox, options->each_recipient };
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (names[i])
      return names[i];
  return "-";
}

gboolean
batch_reads_stdin (const BatchOptions *options)
{
  return strcmp (batch_input_name (options), "-") == 0 || g_strcmp0 (letter_file (options), "-") == 0;
}

/* What comes from standard input has no name but the time. */
static char *
choose_name (const BatchOptions *options)
{
  const char *input = batch_input_name (options);
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  char *name = options->name              ? g_strdup (options->name)
               : strcmp (input, "-") != 0 ? batch_name_of_file (input)
                                          : NULL;
  return name ? name : g_date_time_format (now, "batch-%Y%m%d-%H%M%S");
}

void
batch_fill_request (BatchStart *start)
{
  const BatchOptions *options = start->options;
  MailingRequest *request = &start->request;
  request->table = options->data;
  request->charset = options->charset;
  request->folder = options->eml_dir;
  request->mbox = options->mbox;
  request->recipients = options->each_recipient;
  if (strcmp (batch_input_name (options), "-") == 0 && !options->data)
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

gboolean
batch_prepare (BatchStart *start, GError **error)
{
  const BatchOptions *options = start->options;
  if (strcmp (batch_input_name (options), "-") == 0 && !options->data && isatty (STDIN_FILENO)) {
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

/* --- what is about to happen ------------------------------------------------------------------------- */

void
batch_say_tally (const BatchStart *start, const BatchTally *tally)
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

void
batch_say_faults (const BatchStart *start, const BatchTally *tally)
{
  warn_of_list (tally);
  if (tally->faults == 0)
    return;
  g_autofree char *faults = number_words (tally->faults);
  fprintf (stderr,
           start->options->skip_faulty
               ? ngettext ("toukan: %s row has faults, and is left out\n",
                           "toukan: %s rows have faults, and are left out\n", tally->faults)
               : ngettext ("toukan: %s row has faults, and nothing was sent. Mend it, or leave it out with "
                           "--skip-faulty\n",
                           "toukan: %s rows have faults, and nothing was sent. Mend them, or leave them out "
                           "with --skip-faulty\n",
                           tally->faults),
           faults);
}
