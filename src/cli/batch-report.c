/* Spreadsheets run a cell that begins with one of a few signs as a formula (CWE-1236), and
 * what a server replies is anybody's; so such a cell gets an apostrophe before it. Programs
 * that need each octet as it was take JSON Lines. */
#include "cli/batch-report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "cli/json.h"
#include "engine/when.h"

#define SETTLED (1u << BATCH_ACCEPTED | 1u << BATCH_REFUSED | 1u << BATCH_IN_DOUBT)

const char batch_report_head[]
    = "batch,key,recipient,state,code,reply,path,time,message-id,queue-id,reason\r\n";

typedef char *(*WriteRow) (const char *batch, const BatchRow *row, guint index);

struct BatchReport {
  char *file; /* visible */
  char *batch;
  WriteRow write;
  FILE *out;
  int error; /* the first that came; 0: none */
};

/* --- one row ------------------------------------------------------------------------------ */

/* What is told of a recipient, as texts; NULL: nothing. */
typedef struct {
  const char *key, *recipient, *state, *path, *message_id;
  char *code, *reply, *time, *queue_id, *reason;
} Told;

static void
told_clear (Told *told)
{
  g_free (told->code);
  g_free (told->reply);
  g_free (told->time);
  g_free (told->queue_id);
  g_free (told->reason);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Told, told_clear)

static void
tell_verdict (Told *told, const Verdict *verdict)
{
  gsize length = 0;
  const char *queue_id = batch_queue_id (verdict, &length);
  if (queue_id)
    told->queue_id = g_strndup (queue_id, length);
  if (verdict->reply) {
    told->code = g_strdup_printf ("%u", verdict->reply->code);
    told->reply = reply_to_string (verdict->reply);
  }
  if (verdict->cause != CAUSE_NONE && verdict->cause != CAUSE_REPLY)
    told->reason = verdict->detail ? g_strdup_printf ("%s: %s", cause_name (verdict->cause), verdict->detail)
                                   : g_strdup (cause_name (verdict->cause));
}

static Told
tell (const BatchRow *row, guint index)
{
  const BatchRecipient *recipient = &row->recipients[index];
  Told told = { .key = row->key,
                .recipient = recipient->address,
                .state = batch_fate_name (recipient->fate),
                .path = recipient->path,
                .message_id = row->message_id,
                .time = when_format_iso (recipient->at) };
  tell_verdict (&told, &recipient->verdict);
  return told;
}

static gboolean
is_formula (const char *text)
{
  return text[0] != '\0' && strchr ("=+-@\t\r", text[0]) != NULL;
}

static gboolean
needs_quotes (const char *text)
{
  for (; *text; text++)
    if (*text == ',' || *text == '"' || g_ascii_iscntrl (*text))
      return TRUE;
  return FALSE;
}

static void
append_cell (GString *line, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text ? text : "", -1);
  const gboolean formula = is_formula (valid);
  if (line->len > 0)
    g_string_append_c (line, ',');
  if (!formula && !needs_quotes (valid)) {
    g_string_append (line, valid);
    return;
  }
  g_string_append_c (line, '"');
  if (formula)
    g_string_append_c (line, '\'');
  for (const char *at = valid; *at; at++) {
    if (*at == '"')
      g_string_append_c (line, '"');
    g_string_append_c (line, g_ascii_iscntrl (*at) ? ' ' : *at);
  }
  g_string_append_c (line, '"');
}

char *
batch_report_csv (const char *batch, const BatchRow *row, guint index)
{
  g_auto (Told) told = tell (row, index);
  const char *cells[] = { batch,     told.key,  told.recipient,  told.state,    told.code,  told.reply,
                          told.path, told.time, told.message_id, told.queue_id, told.reason };
  g_autoptr (GString) line = g_string_new (NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cells); i++)
    append_cell (line, cells[i]);
  g_string_append (line, "\r\n");
  return g_string_free (g_steal_pointer (&line), FALSE);
}

char *
batch_report_json (const char *batch, const BatchRow *row, guint index)
{
  g_auto (Told) told = tell (row, index);
  const struct {
    const char *name;
    const char *text;
  } texts[] = {
    { "batch", batch },
    { "key", told.key },
    { "recipient", told.recipient },
    { "state", told.state },
    { "reply", told.reply },
    { "path", told.path },
    { "time", told.time },
    { "message-id", told.message_id },
    { "queue-id", told.queue_id },
    { "reason", told.reason },
  };
  JsonObject *object = json_object_new ();
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    json_add_text (object, texts[i].name, texts[i].text);
  if (row->recipients[index].verdict.reply)
    json_object_set_int_member (object, "code", row->recipients[index].verdict.reply->code);
  g_autofree char *line = json_line (object);
  return g_strconcat (line, "\n", NULL);
}

/* --- the file ------------------------------------------------------------------------------- */

static gboolean
fail (GError **error, ToukanError code, const char *file, const char *why)
{
  g_set_error (error, TOUKAN_ERROR, code, _ ("the report %s can't be written: %s"), file, why);
  return FALSE;
}

static gboolean
is_json_name (const char *file)
{
  static const char *const suffixes[] = { ".jsonl", ".ndjson", ".json" };
  for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++)
    if (g_str_has_suffix (file, suffixes[i]))
      return TRUE;
  return FALSE;
}

/* Begins what is in FILE as a report of this batch does? */
static gboolean
is_ours (FILE *file, const BatchReport *report)
{
  g_autoptr (GString) own = g_string_new (NULL);
  append_cell (own, report->batch);
  g_string_prepend (own, batch_report_head);
  g_string_append_c (own, ',');
  g_autofree char *json = g_strdup_printf ("{\"batch\":\"%s\",", report->batch);
  const gboolean as_json = report->write == batch_report_json;
  const char *want = as_json ? json : own->str;
  char found[512] = { 0 };
  const gsize length = fread (found, 1, sizeof found - 1, file);
  /* With nobody settled there is a head alone. */
  return length == 0 || g_str_has_prefix (found, want)
         || (!as_json && strcmp (found, batch_report_head) == 0);
}

/* What may be there must be a report of ours; *RET_PLAIN: it is a file that can be exchanged. */
static gboolean
check_file (const BatchReport *report, const char *file, gboolean *ret_plain, GError **error)
{
  struct stat status;
  *ret_plain = TRUE;
  if (stat (file, &status) != 0)
    return errno == ENOENT || fail (error, TOUKAN_ERROR_IO, report->file, g_strerror (errno));
  *ret_plain = S_ISREG (status.st_mode);
  if (!*ret_plain)
    return TRUE;
  FILE *there = fopen (file, "re");
  if (!there)
    return fail (error, TOUKAN_ERROR_IO, report->file, g_strerror (errno));
  const gboolean ours = is_ours (there, report);
  fclose (there);
  return ours
         || fail (error, TOUKAN_ERROR_USAGE, report->file,
                  _ ("there is a file of that name, and it is no report of this batch"));
}

static void
put (BatchReport *report, const char *text)
{
  if (report->error == 0 && fputs (text, report->out) == EOF)
    report->error = errno ? errno : EIO;
}

static void
put_row (BatchReport *report, const BatchRow *row, guint index)
{
  g_autofree char *line = report->write (report->batch, row, index);
  put (report, line);
}

typedef struct {
  BatchReport *report;
  guint fates;
} Visiting;

static gboolean
on_row (const BatchRow *row, gpointer data)
{
  const Visiting *visiting = data;
  for (guint i = 0; i < row->n_recipients; i++)
    if (visiting->fates & 1u << row->recipients[i].fate)
      put_row (visiting->report, row, i);
  return TRUE;
}

static gboolean
put_rows (BatchReport *report, Batch *batch, guint fates, GError **error)
{
  Visiting visiting = { report, fates };
  return batch_visit (batch, fates, on_row, &visiting, error);
}

static gboolean
flush (BatchReport *report, GError **error)
{
  if (report->error == 0 && fflush (report->out) != 0)
    report->error = errno;
  return report->error == 0 || fail (error, TOUKAN_ERROR_IO, report->file, g_strerror (report->error));
}

/* All that is known by now, into OUT, which becomes the report's. */
static gboolean
begin (BatchReport *report, FILE *out, Batch *batch, GError **error)
{
  if (!out)
    return fail (error, TOUKAN_ERROR_IO, report->file, g_strerror (errno));
  report->out = out;
  if (report->write == batch_report_csv)
    put (report, batch_report_head);
  return put_rows (report, batch, SETTLED, error) && flush (report, error);
}

/* Beside FILE, and then in its place. */
static gboolean
begin_plain (BatchReport *report, const char *file, Batch *batch, GError **error)
{
  g_autofree char *beside = g_strdup_printf ("%s.XXXXXX", file);
  const int fd = g_mkstemp_full (beside, O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0)
    return fail (error, TOUKAN_ERROR_IO, report->file, g_strerror (errno));
  if (begin (report, fdopen (fd, "w"), batch, error)) {
    if (rename (beside, file) == 0)
      return TRUE;
    fail (error, TOUKAN_ERROR_IO, report->file, g_strerror (errno));
  }
  unlink (beside);
  return FALSE;
}

BatchReport *
batch_report_open (const char *file, Batch *batch, GError **error)
{
  BatchReport *report = g_new0 (BatchReport, 1);
  gboolean plain;
  report->file = visible_text (file, -1);
  report->batch = g_strdup (batch_name (batch));
  report->write = is_json_name (file) ? batch_report_json : batch_report_csv;
  const gboolean good = check_file (report, file, &plain, error)
                        && (plain ? begin_plain (report, file, batch, error)
                                  : begin (report, fopen (file, "we"), batch, error));
  if (good)
    return report;
  batch_report_close (report, NULL);
  return NULL;
}

void
batch_report_add (BatchReport *report, const BatchRow *row, guint index)
{
  put_row (report, row, index);
  if (report->error == 0 && fflush (report->out) != 0)
    report->error = errno;
}

gboolean
batch_report_add_deferred (BatchReport *report, Batch *batch, GError **error)
{
  return put_rows (report, batch, 1u << BATCH_DEFERRED, error) && flush (report, error);
}

gboolean
batch_report_close (BatchReport *report, GError **error)
{
  if (!report)
    return TRUE;
  gboolean good = !report->out || flush (report, error);
  if (report->out && fclose (report->out) != 0 && good)
    good = fail (error, TOUKAN_ERROR_IO, report->file, g_strerror (errno));
  g_free (report->file);
  g_free (report->batch);
  g_free (report);
  return good;
}
