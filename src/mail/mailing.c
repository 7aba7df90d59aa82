/* Each source of rows has a function that reads one and a function that makes a message of
 * it; what both need is in the mailing. */
#include "mail/mailing.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "mail/address.h"
#include "mail/eml-folder.h"
#include "mail/file-reader.h"
#include "mail/intake.h"
#include "mail/jobs.h"
#include "mail/json-line.h"
#include "mail/mbox.h"
#include "mail/rows-private.h"
#include "mail/summary.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define RECIPIENT_LIMIT ((gsize)16 * 1024)

/* Reads into mailing->octets, and says in mailing->item where that begins. */
typedef RowResult (*ReadRow) (Mailing *mailing, GError **error);
/* Makes mailing->item. */
typedef gboolean (*MakeItem) (Mailing *mailing, GError **error);

struct Mailing {
  MailingRequest request;
  ReadRow read;
  MakeItem make;
  char *own;  /* the address of .from; NULL: there is none */
  char *file; /* visible */
  GString *octets;

  /* Those that one source or another reads from. */
  RowReader *rows;
  TextInput *lines;
  MboxReader *mbox;
  GPtrArray *paths;
  guint next_path;
  guint64 line;

  Merge *merge;
  GBytes *copy; /* what all recipients get */
  char *copy_sender;

  MailingItem item;
  char *key, *message_id; /* the item's */
};

static gboolean
refuse (GError **error, const char *reason)
{
  g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, reason);
  return FALSE;
}

void
mailing_blame (const MailingItem *item, const GError *reason, GError **error)
{
  g_autoptr (GError) blamed = NULL;
  if (item->line > 0)
    rows_refuse (item->line, &blamed, "%s", reason->message);
  g_set_error (error, reason->domain, reason->code, "%s: %s", item->file,
               blamed != NULL ? blamed->message : reason->message);
}

/* TEXT becomes PLACE's. */
static const char *
keep (char **place, char *text)
{
  g_free (*place);
  return *place = text;
}

static BodySource *
source_of (const char *octets, gsize length)
{
  g_autoptr (GBytes) bytes = g_bytes_new (octets, length);
  return body_source_new_bytes (bytes);
}

static BodyReader *
open_file (const char *name, GError **error)
{
  int fd = strcmp (name, "-") == 0 ? fcntl (STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                   : open (name, O_RDONLY | O_CLOEXEC);
  if (fd >= 0)
    return file_reader_new (fd);
  g_autofree char *shown = visible_text (name, -1);
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_NO_INPUT, _ ("%s can't be read: %s"), shown,
               g_strerror (errno));
  return NULL;
}

/* ---- a table and its letter -------------------------------------------------------- */

/* Its errors tell the line by themselves. */
static RowResult
blame_file (const Mailing *mailing, RowResult result, const GError *reason, GError **error)
{
  const MailingItem whole = { .file = mailing->file };
  if (reason != NULL)
    mailing_blame (&whole, reason, error);
  return result;
}

static RowResult
read_table (Mailing *mailing, GError **error)
{
  g_autoptr (GError) reason = NULL;
  Row row = { 0 };
  RowResult result = row_reader_next (mailing->rows, &row, &reason);
  mailing->item.values = row.values;
  mailing->item.line = row.line;
  return blame_file (mailing, result, reason, error);
}

static gboolean
make_merged (Mailing *mailing, GError **error)
{
  MailingItem *item = &mailing->item;
  Merged merged;
  if (!merge_row (mailing->merge, item->values, &merged, error))
    return FALSE;
  item->key = merged.key;
  item->message_id = merged.message_id;
  item->envelope = envelope_new (merged.from);
  for (guint i = 0; i < merged.recipients->len; i++)
    envelope_add (item->envelope, g_ptr_array_index (merged.recipients, i));
  item->message = source_of (merged.octets->str, merged.octets->len);
  item->one_click = merge_has_one_click (mailing->merge);
  return TRUE;
}

static gboolean
open_table (Mailing *mailing, GError **error)
{
  g_autoptr (GError) reason = NULL;
  const char *name = mailing->request.table;
  BodyReader *file = open_file (name, error);
  if (file == NULL)
    return FALSE;
  mailing->rows = row_reader_new (file, rows_format_of (name), mailing->request.charset, &reason);
  if (mailing->rows == NULL)
    return blame_file (mailing, FALSE, reason, error);
  mailing->request.merge.columns = row_reader_names (mailing->rows);
  mailing->merge = merge_new (&mailing->request.merge, error);
  return mailing->merge != NULL;
}

/* ---- whole messages ------------------------------------------------------------------ */

static char *
hash_of (const GString *octets)
{
  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *)octets->str, octets->len);
}

/* What the header of the item's message says. */
static gboolean
read_header (Mailing *mailing, GError **error)
{
  MailingItem *item = &mailing->item;
  g_autoptr (MessageSummary) summary = message_summary_new (item->message, error);
  if (summary == NULL)
    return FALSE;
  item->message_id = keep (&mailing->message_id, g_steal_pointer (&summary->message_id));
  item->one_click = summary->one_click;
  return TRUE;
}

/* There must be a From, or one to put there. */
static gboolean
check_from (const Mailing *mailing, BodySource *raw, GError **error)
{
  if (mailing->own != NULL)
    return TRUE;
  g_autoptr (MessageSummary) summary = message_summary_new (raw, error);
  return summary != NULL && (summary->from != NULL || refuse (error, _ ("there is no From")));
}

/* A Message-ID that is missing follows from what is in the message: the same whenever it is
 * made. */
static Intake *
take_in (const Mailing *mailing, const GString *octets, GError **error)
{
  static const char *const no_names[] = { NULL };
  g_autoptr (BodySource) raw = source_of (octets->str, octets->len);
  g_autofree char *hash = hash_of (octets);
  const IntakeRules rules = { .read_recipients = TRUE,
                              .from_address = mailing->own != NULL ? mailing->own : "",
                              .date = mailing->request.merge.date,
                              .message_seed = mailing->request.merge.seed,
                              .message_key = hash,
                              .local_names = no_names };
  return check_from (mailing, raw, error) ? intake_message (raw, &rules, error) : NULL;
}

/* Without its angle brackets, over which shells and people would stumble. */
static char *
bare_message_id (const char *id)
{
  gsize length = strlen (id);
  gboolean bracketed = length > 2 && id[0] == '<' && id[length - 1] == '>';
  return bracketed ? g_strndup (id + 1, length - 2) : g_strdup (id);
}

static gboolean
make_message (Mailing *mailing, GError **error)
{
  MailingItem *item = &mailing->item;
  g_autoptr (Intake) intake = take_in (mailing, mailing->octets, error);
  if (intake == NULL)
    return FALSE;
  item->message = body_source_ref (intake->message);
  item->envelope = envelope_new (intake->sender != NULL ? intake->sender : intake->from);
  for (guint i = 0; i < intake->recipients->len; i++)
    envelope_add (item->envelope, g_ptr_array_index (intake->recipients, i));
  if (item->envelope->recipients->len == 0)
    return refuse (error, _ ("there is nobody to send to"));
  if (!read_header (mailing, error))
    return FALSE;
  if (item->key == NULL)
    item->key = keep (&mailing->key, bare_message_id (item->message_id));
  return TRUE;
}

/* All that READER gives, up to the limit. */
static gboolean
gather (GString *octets, BodyReader *reader, GError **error)
{
  guint8 piece[32 * 1024];
  gssize given;
  while ((given = body_reader_read (reader, piece, sizeof piece, error)) > 0) {
    if (octets->len + (gsize)given > MAILING_MESSAGE_LIMIT)
      return refuse (error, _ ("the message is too large"));
    g_string_append_len (octets, (const char *)piece, given);
  }
  return given == 0;
}

static RowResult
read_mbox (Mailing *mailing, GError **error)
{
  g_autoptr (BodySource) message = NULL;
  int got = mbox_reader_next (mailing->mbox, &message, &mailing->item.line, error);
  if (got <= 0)
    return got == 0 ? ROW_END : ROW_BROKEN;
  g_autoptr (BodyReader) body = body_source_open (message, error);
  return body != NULL && gather (mailing->octets, body, error) ? ROW_GIVEN : ROW_FAULTY;
}

static gboolean
open_mbox (Mailing *mailing, GError **error)
{
  BodyReader *file = open_file (mailing->request.mbox, error);
  mailing->mbox = file != NULL ? mbox_reader_new (file, MBOX_RD) : NULL;
  return file != NULL;
}

static RowResult
read_folder (Mailing *mailing, GError **error)
{
  if (mailing->next_path == mailing->paths->len)
    return ROW_END;
  const char *path = g_ptr_array_index (mailing->paths, mailing->next_path++);
  g_autofree char *name = g_path_get_basename (path);
  name[strlen (name) - strlen (".eml")] = '\0';
  mailing->item.key = keep (&mailing->key, g_utf8_make_valid (name, -1));
  mailing->item.file = keep (&mailing->file, visible_text (path, -1));
  g_autoptr (BodyReader) body = open_file (path, error);
  return body != NULL && gather (mailing->octets, body, error) ? ROW_GIVEN : ROW_FAULTY;
}

static gboolean
open_folder (Mailing *mailing, GError **error)
{
  mailing->paths = eml_folder_list (mailing->request.folder, error);
  return mailing->paths != NULL;
}

/* ---- lines: jobs and recipients -------------------------------------------------------- */

/* The next line with something on it. */
static RowResult
read_line (Mailing *mailing, gsize limit, GError **error)
{
  for (;;) {
    const char *text;
    gsize length, whole;
    mailing->item.line = ++mailing->line;
    int got = text_input_line (mailing->lines, limit, &text, &length, &whole, error);
    if (got <= 0)
      return got == 0 ? ROW_END : ROW_BROKEN;
    while (length > 0 && g_ascii_isspace (text[length - 1]))
      length--;
    g_string_truncate (mailing->octets, 0);
    g_string_append_len (mailing->octets, text, (gssize)length);
    text_input_take (mailing->lines, whole);
    if (length > 0)
      return ROW_GIVEN;
  }
}

static gboolean
open_lines (Mailing *mailing, const char *name, GError **error)
{
  BodyReader *file = open_file (name, error);
  mailing->lines = file != NULL ? text_input_new (file, NULL, error) : NULL;
  return mailing->lines != NULL;
}

static RowResult
read_job (Mailing *mailing, GError **error)
{
  return read_line (mailing, JSON_LINE_LIMIT, error);
}

static gboolean
make_job (Mailing *mailing, GError **error)
{
  const MergeRequest *merge = &mailing->request.merge;
  MailingItem *item = &mailing->item;
  g_autofree char *hash = hash_of (mailing->octets);
  const JobRules rules = {
    .from = merge->from, .folder = merge->folder, .seed = merge->seed, .key = hash, .date = merge->date
  };
  g_autoptr (Job) job = job_read (mailing->octets->str, mailing->octets->len, &rules, error);
  if (job == NULL)
    return FALSE;
  item->envelope = g_steal_pointer (&job->envelope);
  item->message = g_steal_pointer (&job->message);
  const char *key = job->id != NULL ? job->id : envelope_recipient (item->envelope, 0)->address;
  item->key = keep (&mailing->key, g_strdup (key));
  return read_header (mailing, error);
}

static gboolean
open_jobs (Mailing *mailing, GError **error)
{
  return open_lines (mailing, mailing->request.jobs, error);
}

static RowResult
read_recipient (Mailing *mailing, GError **error)
{
  RowResult result;
  do
    result = read_line (mailing, RECIPIENT_LIMIT, error);
  while (result == ROW_GIVEN && mailing->octets->str[0] == '#');
  return result;
}

static gboolean
make_copy (Mailing *mailing, GError **error)
{
  MailingItem *item = &mailing->item;
  g_autoptr (GPtrArray) mailboxes = address_parse_list (mailing->octets->str, NULL, error);
  if (mailboxes == NULL)
    return FALSE;
  if (mailboxes->len != 1)
    return refuse (error, _ ("a line takes one address"));
  const char *address = ((const Mailbox *)g_ptr_array_index (mailboxes, 0))->address;
  item->key = keep (&mailing->key, g_strdup (address));
  item->message = body_source_new_bytes (mailing->copy);
  item->envelope = envelope_new (mailing->copy_sender);
  envelope_add (item->envelope, address);
  return read_header (mailing, error);
}

static gboolean
open_recipients (Mailing *mailing, GError **error)
{
  const MergeRequest *merge = &mailing->request.merge;
  g_autoptr (GString) letter = g_string_new_len (merge->letter, (gssize)merge->length);
  g_autoptr (Intake) intake = take_in (mailing, letter, error);
  if (intake == NULL) {
    g_prefix_error (error, "%s: ", merge->name);
    return FALSE;
  }
  g_autoptr (BodyReader) reader = body_source_open (intake->message, error);
  if (reader == NULL || !gather (mailing->octets, reader, error))
    return FALSE;
  mailing->copy = g_bytes_new (mailing->octets->str, mailing->octets->len);
  mailing->copy_sender = g_strdup (intake->sender != NULL ? intake->sender : intake->from);
  return open_lines (mailing, mailing->request.recipients, error);
}

/* ---- all of them ------------------------------------------------------------------------- */

static void
clear_item (Mailing *mailing)
{
  g_clear_pointer (&mailing->item.envelope, envelope_free);
  g_clear_pointer (&mailing->item.message, body_source_unref);
  g_string_truncate (mailing->octets, 0);
  mailing->item = (MailingItem){ .file = mailing->file };
}

void
mailing_free (Mailing *mailing)
{
  if (mailing == NULL)
    return;
  clear_item (mailing);
  merge_free (mailing->merge);
  row_reader_free (mailing->rows);
  g_clear_pointer (&mailing->lines, text_input_free);
  mbox_reader_free (mailing->mbox);
  g_clear_pointer (&mailing->paths, g_ptr_array_unref);
  g_clear_pointer (&mailing->copy, g_bytes_unref);
  g_free (mailing->copy_sender);
  g_free (mailing->own);
  g_free (mailing->file);
  g_free (mailing->key);
  g_free (mailing->message_id);
  g_string_free (mailing->octets, TRUE);
  g_free (mailing);
}

static gboolean
read_own (Mailing *mailing, GError **error)
{
  if (mailing->request.merge.from == NULL)
    return TRUE;
  g_autoptr (GPtrArray) mailboxes = address_parse_list (mailing->request.merge.from, NULL, error);
  if (mailboxes != NULL && mailboxes->len > 0)
    mailing->own = g_strdup (((const Mailbox *)g_ptr_array_index (mailboxes, 0))->address);
  return mailboxes != NULL;
}

Mailing *
mailing_new (const MailingRequest *request, GError **error)
{
  const struct {
    const char *name;
    gboolean (*open) (Mailing *mailing, GError **error);
    ReadRow read;
    MakeItem make;
  } sources[] = {
    { request->table, open_table, read_table, make_merged },
    { request->jobs, open_jobs, read_job, make_job },
    { request->folder, open_folder, read_folder, make_message },
    { request->mbox, open_mbox, read_mbox, make_message },
    { request->recipients, open_recipients, read_recipient, make_copy },
  };
  Mailing *mailing = g_new0 (Mailing, 1);
  guint i = 0;
  while (sources[i].name == NULL)
    i++;
  mailing->request = *request;
  mailing->read = sources[i].read;
  mailing->make = sources[i].make;
  mailing->octets = g_string_new (NULL);
  mailing->file = strcmp (sources[i].name, "-") == 0 ? g_strdup (_ ("standard input"))
                                                     : visible_text (sources[i].name, -1);
  if (read_own (mailing, error) && sources[i].open (mailing, error))
    return mailing;
  mailing_free (mailing);
  return NULL;
}

RowResult
mailing_next (Mailing *mailing, MailingItem *ret_item, GError **error)
{
  g_autoptr (GError) reason = NULL;
  clear_item (mailing);
  RowResult result = mailing->read (mailing, &reason);
  gboolean placed = result != ROW_GIVEN && mailing->rows != NULL; /* it says the line itself */
  if (result == ROW_GIVEN && !mailing->make (mailing, &reason))
    result = ROW_FAULTY;
  if (placed && reason != NULL)
    g_propagate_error (error, g_steal_pointer (&reason));
  else if (reason != NULL)
    mailing_blame (&mailing->item, reason, error);
  *ret_item = mailing->item;
  return result;
}

const MergeRequest *
mailing_merge_request (const Mailing *mailing)
{
  return &mailing->request.merge;
}

GBytes *
mailing_copy (const Mailing *mailing)
{
  return mailing->copy;
}
