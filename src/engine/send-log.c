/* People have written scripts for msmtp's log; its order of keys and its quoting are kept
 * (an apostrophe inside a value is a question mark, a line break is \n). What came from
 * outside can't add a key, a line, or the one word that scripts look for: "exitcode=". */
#include "engine/send-log.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sysexits.h>
#include <syslog.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "engine/report-words.h"

#define VALUE_LIMIT ((gsize)1024)      /* octets shown of a reply or a reason */
#define RECIPIENTS_LIMIT ((gsize)8192) /* octets of addresses; further ones are counted */

static const char *const status_names[] = {
  [EX_OK] = "EX_OK",
  [EX_USAGE] = "EX_USAGE",
  [EX_DATAERR] = "EX_DATAERR",
  [EX_NOINPUT] = "EX_NOINPUT",
  [EX_NOUSER] = "EX_NOUSER",
  [EX_NOHOST] = "EX_NOHOST",
  [EX_UNAVAILABLE] = "EX_UNAVAILABLE",
  [EX_SOFTWARE] = "EX_SOFTWARE",
  [EX_OSERR] = "EX_OSERR",
  [EX_IOERR] = "EX_IOERR",
  [EX_TEMPFAIL] = "EX_TEMPFAIL",
  [EX_PROTOCOL] = "EX_PROTOCOL",
  [EX_NOPERM] = "EX_NOPERM",
  [EX_CONFIG] = "EX_CONFIG",
};

/* --- values ------------------------------------------------------------------------- */

/* The octets of TEXT that may be shown, in whole characters. */
static gsize
shown_length (const char *text)
{
  gsize length = strlen (text);
  if (length <= VALUE_LIMIT)
    return length;
  for (length = VALUE_LIMIT; length > 0 && ((guchar)text[length] & 0xC0) == 0x80;)
    length--;
  return length;
}

static void
append_harmless (GString *line, const char *text, const char *hidden, gboolean one_word)
{
  static const char word[] = "exitcode=";
  g_autofree char *visible = visible_text (text, (gssize)shown_length (text));

  for (const char *at = visible; *at != '\0'; at = g_utf8_next_char (at)) {
    gunichar character = g_utf8_get_char (at);
    if (g_ascii_strncasecmp (at, word, strlen (word)) == 0) {
      g_string_append_len (line, at, (gssize)strlen (word) - 1);
      g_string_append_c (line, '?');
      at += strlen (word) - 1;
    } else if ((character < 0x80 && strchr (hidden, (int)character) != NULL)
               || (one_word && g_unichar_isspace (character))) {
      g_string_append_c (line, '?');
    } else {
      g_string_append_unichar (line, character);
    }
  }
}

/* " key=word" */
static void
append_word (GString *line, const char *key, const char *word)
{
  g_string_append_printf (line, "%s%s=", line->len > 0 ? " " : "", key);
  append_harmless (line, word, "'", TRUE);
}

/* " key='some words'" */
static void
append_quoted (GString *line, const char *key, const char *words)
{
  g_string_append_printf (line, " %s='", key);
  append_harmless (line, words, "'", FALSE);
  g_string_append_c (line, '\'');
}

/* The lines as they came, joined by msmtp's "\n". */
static void
append_reply (GString *line, const Reply *reply)
{
  gsize budget = VALUE_LIMIT;

  g_string_append_printf (line, " smtpstatus=%u smtpmsg='", reply->code);
  for (gsize i = 0; i < reply->n_lines; i++) {
    gboolean last = i + 1 == reply->n_lines;
    gsize before = line->len;
    g_string_append_printf (line, "%s%u%c", i > 0 ? "\\n" : "", reply->code, last ? ' ' : '-');
    append_harmless (line, reply->lines[i], "'", FALSE);
    if (line->len - before > budget)
      break;
    budget -= line->len - before;
  }
  g_string_append_c (line, '\'');
}

/* --- one fate ------------------------------------------------------------------------ */

/* The recipients of this try that one line speaks of. */
typedef struct {
  const Verdict *verdict;
  GArray *members; /* of guint */
} Fate;

static void
fate_free (gpointer data)
{
  Fate *fate = data;
  g_array_unref (fate->members);
  g_free (fate);
}

static gboolean
is_same_fate (const Verdict *a, const Verdict *b)
{
  return a->kind == b->kind && a->stage == b->stage && a->cause == b->cause
         && (a->reply != NULL ? a->reply->code : 0) == (b->reply != NULL ? b->reply->code : 0);
}

static Fate *
find_fate (GPtrArray *fates, const Verdict *verdict)
{
  for (guint i = 0; i < fates->len; i++) {
    Fate *fate = g_ptr_array_index (fates, i);
    if (is_same_fate (fate->verdict, verdict))
      return fate;
  }
  Fate *fate = g_new (Fate, 1);
  *fate = (Fate){ verdict, g_array_new (FALSE, FALSE, sizeof (guint)) };
  g_ptr_array_add (fates, fate);
  return fate;
}

/* Whoever was served by an earlier try has no part in this one. */
static GPtrArray *
sort_by_fate (const LogEntry *entry)
{
  const Outcome *outcome = entry->outcome;
  GPtrArray *fates = g_ptr_array_new_with_free_func (fate_free);

  for (guint i = 0; i < outcome->n_recipients; i++)
    if (outcome->recipients[i].kind != OUTCOME_NONE && (entry->asked == NULL || entry->asked[i]))
      g_array_append_val (find_fate (fates, &outcome->recipients[i])->members, i);
  return fates;
}

static int
fate_status (const Fate *fate)
{
  g_autoptr (Outcome) alone = outcome_new (1);

  verdict_copy (&alone->recipients[0], fate->verdict);
  outcome_summarize (alone);
  return report_exit_status (alone);
}

static void
append_recipients (GString *line, const Fate *fate, const Envelope *envelope)
{
  gsize start = line->len;

  g_string_append (line, " recipients=");
  for (guint i = 0; i < fate->members->len; i++) {
    g_string_append (line, i > 0 ? "," : "");
    if (line->len - start > RECIPIENTS_LIMIT) {
      g_string_append_printf (line, "+%u", fate->members->len - i);
      return;
    }
    append_harmless (line, envelope_recipient (envelope, g_array_index (fate->members, guint, i))->address,
                     "',", TRUE);
  }
}

/* --- a line ---------------------------------------------------------------------------- */

static void
append_server (GString *line, const LogEntry *entry)
{
  const Account *account = entry->account;
  gboolean tls = account->tls != TLS_OFF && !entry->outcome->without_tls;
  gboolean auth = account->auth != AUTH_OFF && !entry->outcome->without_auth
                  && (account->user != NULL || account->tls_client_certificate != NULL);

  append_word (line, "host",
               account->hosts != NULL && account->hosts[0] != NULL ? account->hosts[0] : "none");
  g_string_append_printf (line, " tls=%s auth=%s", tls ? "on" : "off", auth ? "on" : "off");
  if (auth && account->user != NULL)
    append_word (line, "user", account->user);
}

static const char *
account_name (const LogEntry *entry)
{
  return entry->account->name != NULL ? entry->account->name : "none";
}

/* What msmtp has no word for. */
static void
append_own (GString *line, const LogEntry *entry)
{
  append_word (line, "account", account_name (entry));
  if (entry->id != 0)
    g_string_append_printf (line, " id=%" G_GINT64_FORMAT, entry->id);
  if (entry->number != 0)
    g_string_append_printf (line, " try=%u", entry->number);
  if (entry->path != NULL)
    append_quoted (line, "path", entry->path);
  if (entry->next != 0) {
    g_autoptr (GDateTime) next = g_date_time_new_from_unix_utc (entry->next / G_USEC_PER_SEC);
    g_autofree char *moment = next != NULL ? g_date_time_format_iso8601 (next) : NULL;
    append_word (line, "next", moment != NULL ? moment : "never");
  }
}

static LogLine *
line_new (const LogEntry *entry, const Fate *fate)
{
  const Verdict *verdict = fate->verdict;
  GString *line = g_string_new (NULL);
  LogLine *result = g_new (LogLine, 1);

  result->status = fate_status (fate);
  append_server (line, entry);
  append_word (line, "from", *entry->envelope->sender != '\0' ? entry->envelope->sender : "<>");
  append_recipients (line, fate, entry->envelope);
  if (result->status == EX_OK)
    g_string_append_printf (line, " mailsize=%" G_GUINT64_FORMAT, entry->size);
  if (verdict->reply != NULL)
    append_reply (line, verdict->reply);
  if (result->status != EX_OK) {
    Verdict without_reply = { verdict->kind, verdict->stage, verdict->cause, NULL, verdict->detail };
    g_autofree char *words = report_verdict (&without_reply);
    append_quoted (line, "errormsg", words);
  }
  g_string_append_printf (line, " exitcode=%s", status_names[result->status]);
  append_own (line, entry);
  result->text = g_string_free (line, FALSE);
  return result;
}

static void
line_free (gpointer data)
{
  LogLine *line = data;
  g_free (line->text);
  g_free (line);
}

GPtrArray *
log_lines (const LogEntry *entry)
{
  g_autoptr (GPtrArray) fates = sort_by_fate (entry);
  GPtrArray *lines = g_ptr_array_new_with_free_func (line_free);

  for (guint i = 0; i < fates->len; i++)
    g_ptr_array_add (lines, line_new (entry, g_ptr_array_index (fates, i)));
  return lines;
}

/* --- where they go ----------------------------------------------------------------------- */

static int
priority (const LogLine *line)
{
  return line->status == EX_OK ? LOG_INFO : line->status == EX_TEMPFAIL ? LOG_WARNING : LOG_ERR;
}

static void
write_syslog (const GPtrArray *lines)
{
  openlog ("toukan", LOG_PID, LOG_MAIL);
  for (guint i = 0; i < lines->len; i++) {
    const LogLine *line = g_ptr_array_index (lines, i);
    syslog (priority (line), "%s", line->text);
  }
  closelog ();
}

static void
write_journal (const LogEntry *entry, const GPtrArray *lines)
{
  g_autofree char *facility = g_strdup_printf ("%d", LOG_FAC (LOG_MAIL));
  g_autofree char *id = g_strdup_printf ("%" G_GINT64_FORMAT, entry->id);

  for (guint i = 0; i < lines->len; i++) {
    const LogLine *line = g_ptr_array_index (lines, i);
    g_autofree char *level = g_strdup_printf ("%d", priority (line));
    const GLogField fields[] = {
      { "MESSAGE", line->text, -1 },
      { "PRIORITY", level, -1 },
      { "SYSLOG_FACILITY", facility, -1 },
      { "SYSLOG_IDENTIFIER", "toukan", -1 },
      { "TOUKAN_ACCOUNT", account_name (entry), -1 },
      { "TOUKAN_ID", id, -1 },
    };
    g_log_writer_journald (G_LOG_LEVEL_MESSAGE, fields, G_N_ELEMENTS (fields), NULL);
  }
}

static gboolean
file_error (const char *file, int number, GError **error)
{
  g_autofree char *shown = visible_text (file, -1);
  g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_IO, _ ("Can't write the log %s: %s"), shown,
               g_strerror (number));
  return FALSE;
}

/* msmtp's date, with the months' names in English whatever the locale. */
static char *
date_prefix (gint64 at)
{
  static const char months[][4]
      = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_local (at / G_USEC_PER_SEC);

  return g_strdup_printf ("%s %02d %02d:%02d:%02d ", months[g_date_time_get_month (date) - 1],
                          g_date_time_get_day_of_month (date), g_date_time_get_hour (date),
                          g_date_time_get_minute (date), g_date_time_get_second (date));
}

/* Opened anew each time, so that it may be rotated; one write() for all, so that lines of
 * several processes don't mix; never waiting for the reader of a pipe. */
static gboolean
write_file (const char *file, gint64 at, const GPtrArray *lines, GError **error)
{
  g_autofree char *date = date_prefix (at);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < lines->len; i++)
    g_string_append_printf (text, "%s%s\n", date, ((const LogLine *)g_ptr_array_index (lines, i))->text);
  int fd = open (file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
  if (fd < 0)
    return file_error (file, errno, error);
  gssize written = write (fd, text->str, text->len);
  int failure = written < 0 ? errno : written < (gssize)text->len ? ENOSPC : 0;
  if (close (fd) != 0 && failure == 0)
    failure = errno;
  return failure == 0 || file_error (file, failure, error);
}

static gboolean
is_off (const Account *account)
{
  return account->log == NULL || strcmp (account->log, "off") == 0;
}

static gboolean
write_lines (const LogEntry *entry, const GPtrArray *lines, GError **error)
{
  const char *where = entry->account->log;

  if (lines->len == 0)
    return TRUE;
  if (strcmp (where, "syslog") == 0)
    write_syslog (lines);
  else if (strcmp (where, "journal") == 0)
    write_journal (entry, lines);
  else
    return write_file (where, entry->at, lines, error);
  return TRUE;
}

gboolean
log_write (const LogEntry *entry, GError **error)
{
  if (is_off (entry->account))
    return TRUE;
  g_autoptr (GPtrArray) lines = log_lines (entry);
  return write_lines (entry, lines, error);
}

gboolean
log_note (const Account *account, gint64 at, const char *text, GError **error)
{
  const LogEntry entry = { .account = account, .at = at };
  g_autofree char *shown = visible_text (text, -1);
  LogLine line = { shown, EX_OK };
  g_autoptr (GPtrArray) lines = g_ptr_array_new ();

  if (is_off (account))
    return TRUE;
  g_ptr_array_add (lines, &line);
  return write_lines (&entry, lines, error);
}
